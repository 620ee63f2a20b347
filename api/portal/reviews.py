"""What the customer wrote, what the shop answered, and the conversation about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from api.forms import KeyedForm, once_to
from api.pages import locale_of, page
from api.portal import present, review_form, words
from api.portal.common import Customer
from api.portal.writing import offered
from api.problems import STATUS
from core import clock, db
from core.design import portal_review_views
from core.design.review_views import Picture
from core.errors import DomainError
from core.i18n import Locale, Translator, in_language, mark, translator
from core.idempotency import KeyReused, KeyRunning
from core.ids import new_id
from core.tenancy import Shop
from loyalty.ledger import reading as ledger
from loyalty.ledger.reading import LotNow
from reviews import attributes
from reviews import reading as reviews
from reviews.attributes import Rated
from reviews.cases import conversation, rules
from reviews.cases import reading as cases
from reviews.cases.service import TextUnfit
from reviews.cases.views import MessageView
from reviews.photos import service as photos
from reviews.photos.service import Photo
from reviews.reading import OwnCase, OwnReview
from reviews.sources import FIRST_PARTY
from reviews.wording import shown

PAGE_SIZE = 20
_GIFTS = """
    SELECT case_id, sum(points)::bigint AS points FROM case_remedies
    WHERE case_id = ANY($1) AND kind = 'points' GROUP BY 1
"""
_PROBLEMS = {
    TextUnfit.code: mark("Write 1 to %(limit)s characters."),
    KeyReused.code: mark("This form was sent before with another text. Your earlier answer is above."),
    KeyRunning.code: mark("Your answer is just being sent."),
}


class AnswerForm(KeyedForm, forbid_unknown_fields=True, kw_only=True):
    """What the customer answers."""

    text: str = ""


@get("/reviews")
async def my_reviews(
    request: Customer, after: FromQuery[str] = "", notice: FromQuery[str] = ""
) -> Response[Any]:
    """What the customer wrote, the newest first, with reply, points, case, and what they could write about.

    Raises CursorInvalid.
    """
    now, user = clock.now(), request.user
    async with db.transaction(user.merchant_id):
        found = await reviews.of_customer(user.profile.id, after, PAGE_SIZE)
        around = await _around(found.rows)
        waiting = () if after else await offered(request, now)
    view = portal_review_views.PortalReviews(
        reviews=tuple(my_review(own, around, user.shop, locale_of(request), now) for own in found.rows),
        next_href=f"/portal/reviews?after={found.next}" if found.next else "",
        first_href="/portal/reviews" if after else "",
        waiting=waiting,
    )
    said = words.notices(notice, locale_of(request))
    return page(request, "portal/reviews.html", view, section="reviews", notices=said, now=now)


@get("/cases/{case_id:uuid}")
async def my_case(request: Customer, case_id: FromPath[UUID]) -> Response[Any]:
    """The conversation about one review. Raises NotFound for another customer's."""
    return await _case_page(request, case_id, clock.now())


@get("/cases/{case_id:uuid}/thread")
async def thread(request: Customer, case_id: FromPath[UUID], seen: FromQuery[int] = 0) -> Response[Any]:
    """The messages alone, once there are others than the `seen` ones; before that nothing (204).

    Raises NotFound for another customer's case.
    """
    async with db.transaction(request.user.merchant_id):
        found = await cases.of_customer(case_id, request.user.profile.id)
    if len(found.messages) == seen:
        return Response(None, status_code=204)
    view = portal_review_views.CaseThread(str(case_id), tuple(_message(each) for each in found.messages))
    return page(request, "portal/thread.html", view)


@post("/cases/{case_id:uuid}/answer", status_code=303)
async def answer(
    request: Customer, case_id: FromPath[UUID], data: URLEncodedBody[AnswerForm]
) -> Response[Any]:
    """Write to the shop; a case that was done is reopened. Raises NotFound for another customer's."""
    now, customer_id = clock.now(), request.user.profile.id
    text = data.text.replace("\r\n", "\n")

    async def effect() -> str:
        await conversation.customer_message(case_id, customer_id, text, now)
        return f"/portal/cases/{case_id}"

    try:
        return await once_to(request, data.idempotency_key, text, effect, now)
    except DomainError as error:
        problem = _problem(translator(locale_of(request)), error)
        if not problem:
            raise
        return await _case_page(request, case_id, now, text, problem, STATUS[error.kind])


handlers = [my_reviews, my_case, thread, answer]


async def _case_page(
    request: Customer, case_id: UUID, now: datetime, text: str = "", problem: str = "", status: int = 200
) -> Response[Any]:
    user = request.user
    async with db.transaction(user.merchant_id):
        found = await cases.of_customer(case_id, user.profile.id)
        own = OwnReview(found.review, found.case) if found.review else None
        around = await _around([own] if own else [])
    review = my_review(own, around, user.shop, locale_of(request), now) if own else None
    about = review.product if review else about_case(found.case, translator(locale_of(request)), "")
    view = portal_review_views.PortalCase(
        case=my_case_of(found.case, about, now),
        review=review,
        steps=tuple(portal_review_views.CaseStep(each.kind, each.at, each.name) for each in found.steps),
        thread=portal_review_views.CaseThread(str(case_id), tuple(_message(each) for each in found.messages)),
        answer_key=str(new_id()),
        text=text,
        problem=problem,
        limit_chars=rules.TEXT_LIMIT_CHARS,
    )
    return page(request, "portal/case.html", view, section="reviews", status=status, now=now)


async def latest(request: Customer, now: datetime) -> portal_review_views.MyReview | None:
    """The customer's newest review, for their first page, in the open transaction."""
    user = request.user
    found = (await reviews.of_customer(user.profile.id, "", 1)).rows
    around = await _around(found)
    return next((my_review(own, around, user.shop, locale_of(request), now) for own in found), None)


@dataclass(frozen=True)
class Around:
    """What belongs to some reviews besides themselves: by case, by ledger entry, by review."""

    gifts: Mapping[UUID, int]
    """Goodwill in points."""
    lots: Mapping[UUID, LotNow]
    pictures: Mapping[UUID, Sequence[Photo]]
    rated: Mapping[UUID, Sequence[Rated]]


async def _around(found: Sequence[OwnReview]) -> Around:
    ids = [own.review.id for own in found]
    entries = [each for own in found if (each := own.review.disclosure_journal_id)]
    return Around(
        await _gifts([own.case.id for own in found if own.case]),
        await ledger.lots_now(entries),
        await photos.of_reviews(ids),
        await attributes.of_reviews(ids),
    )


def my_review(
    own: OwnReview, around: Around, shop: Shop, locale: Locale, now: datetime
) -> portal_review_views.MyReview:
    """A review as its author sees it; one of no product is about the shop."""
    review = own.review
    about = review.product_name or review.product_sku or shop.name(locale)
    live, lot = review.state == "live", around.lots.get(review.disclosure_journal_id or review.id)
    return portal_review_views.MyReview(
        id=str(review.id),
        at=review.written_at,
        product=about,
        stars=review.stars,
        text="\n".join(shown(part) for part in (review.title, review.body) if part),
        state=review.standing,
        reply=review.reply,
        replied_at=review.replied_at,
        points=around.gifts.get(own.case.id, 0) if own.case else 0,
        incentivised=review.incentivised,
        verified=review.verified,
        case=my_case_of(own.case, about, now) if own.case else None,
        pictures=review_form.pictures(around.pictures.get(review.id, ())),
        attributes=tuple(
            (in_language(each.name, locale), each.stars) for each in around.rated.get(review.id, ())
        ),
        insider=review.insider,
        earned=lot.points if lot else 0,
        earned_state=present.state(lot, now) if lot else "",
        edit_href=f"/portal/reviews/{review.id}/edit" if live and review.source == FIRST_PARTY else "",
    )


def about_case(case: OwnCase, say: Translator, shop: str) -> str:
    """What a case is about, in a few words."""
    if case.cause == "review":
        return case.product or shop
    if case.order:
        return say.gettext("Your order %(order)s", order=case.order)
    return say.gettext("Your question")


def my_case_of(case: OwnCase, about: str, now: datetime) -> portal_review_views.MyCase:
    """A date is promised only while the shop's answer is still to come, and not one that has passed."""
    promised = case.step == "open" and case.next_by is not None and case.next_by > now
    later = case.step != "resolved" and case.settled_by is not None and case.settled_by > now
    return portal_review_views.MyCase(
        str(case.id),
        case.step,
        about,
        case.updated_at,
        case.next_by if promised else None,
        case.settled_by if later else None,
    )


def _message(message: MessageView) -> portal_review_views.Message:
    mine = message.kind == "customer_message"
    return portal_review_views.Message(
        at=message.at,
        author=message.author,
        mine=mine,
        text=message.text,
        points=message.points,
        attachments=tuple(message.attachments),
        pictures=tuple(
            Picture(str(each), f"/media/cases/{each}", f"/media/cases/{each}/small")
            for each in message.pictures
        ),
    )


def _problem(say: Translator, error: DomainError) -> str:
    """Why the answer was not sent; empty: nothing that the customer could do better on the same page."""
    if error.code not in _PROBLEMS:
        return ""
    return say.gettext(_PROBLEMS[error.code], limit=rules.TEXT_LIMIT_CHARS)


async def _gifts(case_ids: list[UUID]) -> dict[UUID, int]:
    """Goodwill in points by case, in the open transaction."""
    return {row["case_id"]: row["points"] for row in await db.fetch(_GIFTS, case_ids)}
