"""A customer writes a review of what was delivered, edits it and takes it back."""

import hashlib
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from api.forms import KeyedForm, once_to
from api.pages import locale_of, page, see_other
from api.portal import review_form, traces
from api.portal.common import Customer
from api.portal.review_form import BODY_LIMIT_BYTES, Posted
from api.problems import STATUS
from core import clock, db
from core.design import review_views as views
from core.errors import DomainError, Kind
from core.ids import new_id
from loyalty.members import service as members
from reviews import attributes
from reviews.fraud import service as fraud
from reviews.photos import service as photos
from reviews.photos.pixels import Picture
from reviews.points import service as points
from reviews.writing import service as writing
from reviews.writing.model import Draft, Subject

LIST = "/portal/reviews"
OFFERED = 10


@get("/reviews/write")
async def show_new(
    request: Customer, order: FromQuery[UUID | None] = None, line: FromQuery[str] = "",
    store: FromQuery[UUID | None] = None,
) -> Response[Any]:  # fmt: skip
    """The form for a delivered line, or for a store. Raises NotFound for what was not delivered to them."""
    async with db.transaction(request.user.merchant_id):
        about = await _subject(request, order, line, store)
    if about.review_id:
        return see_other(f"{LIST}/{about.review_id}/edit")
    draft = Draft(stars=0, author=request.user.profile.name.split(" ")[0])
    return await _new_page(request, about, draft)


@post("/reviews/write", status_code=303, request_max_body_size=BODY_LIMIT_BYTES)
async def write(
    request: Customer, order: FromQuery[UUID | None] = None, line: FromQuery[str] = "",
    store: FromQuery[UUID | None] = None,
) -> Response[Any]:  # fmt: skip
    """Take the review in; what does not fit is said on the form."""
    now, user = clock.now(), request.user
    async with db.transaction(user.merchant_id):
        about = await _subject(request, order, line, store)
        asked = await attributes.asked()
    posted = await review_form.read(request, locale_of(request), asked)
    try:
        pictures = await photos.decode(posted.uploads)

        async def effect() -> str:
            fresh = await _subject(request, order, line, store)
            review_id = await writing.write(fresh, posted.draft, pictures, now)
            await fraud.leave(review_id, traces.of(request, user.profile.email, now), now)
            return f"{LIST}?notice=written"

        return await once_to(request, posted.key, _said(posted), effect, now)
    except DomainError as error:
        problem = review_form.problem(error, locale_of(request))
        if not problem:
            raise
        if isinstance(error, writing.ReviewExists):
            return await _edit_page(request, error.review_id, posted, problem, error.kind)
        return await _new_page(request, about, posted.draft, problem, STATUS[error.kind])


@get("/reviews/{review_id:uuid}/edit")
async def show_edit(request: Customer, review_id: FromPath[UUID]) -> Response[Any]:
    """The form of a review that is there. Raises NotFound for another's."""
    return await _edit_page(request, review_id)


@post("/reviews/{review_id:uuid}/edit", status_code=303, request_max_body_size=BODY_LIMIT_BYTES)
async def edit(request: Customer, review_id: FromPath[UUID]) -> Response[Any]:
    """Take the new wording in; what does not fit is said on the form."""
    now, user = clock.now(), request.user
    async with db.transaction(user.merchant_id):
        await writing.own(user.profile.id, review_id)
        asked = await attributes.asked()
    posted = await review_form.read(request, locale_of(request), asked)
    try:
        pictures: list[Picture] = await photos.decode(posted.uploads)

        async def effect() -> str:
            await writing.edit(
                user.profile.id, review_id, posted.draft, posted.kept, pictures, posted.version, now
            )
            return f"{LIST}?notice=edited"

        return await once_to(request, posted.key, _said(posted), effect, now)
    except DomainError as error:
        problem = review_form.problem(error, locale_of(request))
        if not problem:
            raise
        return await _edit_page(request, review_id, posted, problem, error.kind)


@post("/reviews/{review_id:uuid}/delete", status_code=303)
async def delete(
    request: Customer, review_id: FromPath[UUID], data: URLEncodedBody[KeyedForm]
) -> Response[Any]:
    """Take a review back. Raises NotFound for another's."""
    now = clock.now()

    async def effect() -> str:
        await writing.delete(request.user.profile.id, review_id, now)
        return f"{LIST}?notice=deleted"

    return await once_to(request, data.idempotency_key, "delete", effect, now)


handlers = [show_new, write, show_edit, edit, delete]


async def offered(request: Customer, now: datetime) -> tuple[views.ToReview, ...]:
    """What the customer may write about, in the open transaction: delivered lines, then stores."""
    customer_id, locale = request.user.profile.id, locale_of(request)
    lines = await writing.waiting(customer_id, now, OFFERED)
    stores = [each for each in await writing.stores(customer_id) if each.review_id is None]
    return tuple(
        views.ToReview(review_form.about(each, locale), _href(each), each.delivered_at, not each.sku)
        for each in (*lines, *stores)
    )


def _href(about: Subject) -> str:
    query = {"order": about.order_id, "line": about.line_id} if about.sku else {"store": about.store_id}
    return f"{LIST}/write?{urlencode(query)}"


async def _subject(request: Customer, order: UUID | None, line: str, store: UUID | None) -> Subject:
    customer_id = request.user.profile.id
    if store is not None:
        return await writing.store(customer_id, store)
    return await writing.line(customer_id, order or UUID(int=0), line)


async def _new_page(
    request: Customer, about: Subject, draft: Draft, problem: str = "", status: int = 200
) -> Response[Any]:
    locale, now = locale_of(request), clock.now()
    async with db.transaction(request.user.merchant_id):
        asked = await attributes.asked()
        member = await members.by_customer(request.user.profile.id)
        gives = await points.sentences(locale, now) if member else ()
    view = review_form.view(
        review_form.about(about, locale),
        _href(about),
        LIST,
        draft,
        asked,
        locale,
        points=gives,
        problem=problem,
    )
    answer = page(request, "portal/review_form.html", view, section="reviews", status=status, now=now)
    answer.cookies = traces.cookies(request)
    return answer


async def _edit_page(
    request: Customer, review_id: UUID, posted: Posted | None = None, problem: str = "",
    kind: Kind | None = None,
) -> Response[Any]:  # fmt: skip
    """What was typed stands in the form; saved from there, it replaces the wording beside it."""
    locale, user = locale_of(request), request.user
    async with db.transaction(user.merchant_id):
        asked = await attributes.asked()
        known = await writing.own(user.profile.id, review_id)
        found = (await photos.of_reviews([review_id])).get(review_id, [])
    path = f"{LIST}/{review_id}"
    about = known.product_name or known.product_sku or user.shop.name(locale)
    meanwhile, draft = kind is Kind.CONFLICT, posted.draft if posted else known.draft
    view = review_form.view(
        about, f"{path}/edit", LIST, draft, asked, locale,
        insider_fixed=known.draft.insider, pictures=review_form.pictures(found), problem=problem,
        dropped=review_form.dropped(found, posted) if posted else (),
        version=posted.version if posted and not meanwhile else known.version,
        stands=f"{known.draft.title}\n{known.draft.body}".strip() if meanwhile else "",
        delete_action=f"{path}/delete", delete_key=str(new_id()),
    )  # fmt: skip
    status = STATUS[kind] if kind else 200
    return page(request, "portal/review_form.html", view, section="reviews", status=status)


def _said(posted: Posted) -> dict[str, Any]:
    """What makes two posts the same."""
    files = [hashlib.sha256(each).hexdigest() for each in posted.uploads]
    kept = sorted(map(str, posted.kept))
    return {"draft": posted.draft, "kept": kept, "files": files, "version": posted.version}
