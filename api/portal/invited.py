"""The form that a mail opens, without signing in."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.params import FromQuery

from api.pages import locale_of, page, see_other
from api.portal import review_form, traces
from api.portal.common import link_ended
from api.portal.review_form import BODY_LIMIT_BYTES
from api.problems import STATUS
from core import clock, db, tenancy
from core.design import review_views as views
from core.errors import DomainError
from core.idempotency import Answer, fingerprint, once
from core.people.tokens import LinkEnded, merchant_of
from loyalty.members import service as members
from reviews import attributes
from reviews.fraud import service as fraud
from reviews.invitations import service as invitations
from reviews.invitations.letter import WRITE_PATH
from reviews.invitations.service import Invited
from reviews.photos import service as photos
from reviews.points import service as points
from reviews.writing import service as writing
from reviews.writing.model import Draft, Subject

Visitor = Request[Any, Any, Any]
THANKS_PATH = "/reviews/thanks"


@get(WRITE_PATH)
async def show(
    request: Visitor, token: FromQuery[str] = "", line: FromQuery[str] = "", stars: FromQuery[int] = 0
) -> Response[Any]:
    """The form of one line, with the stars that were clicked in the mail. Opening it writes nothing."""
    now = clock.now()
    try:
        merchant_id, invited, about = await _opened(token, line, now)
    except LinkEnded:
        return link_ended(request)
    if about.review_id:
        return see_other(_path(THANKS_PATH, token))
    draft = Draft(stars=stars if 1 <= stars <= 5 else 0, author=invited.name.split(" ")[0])
    return await _form(request, merchant_id, invited, about, token, draft)


@post(WRITE_PATH, status_code=303, request_max_body_size=BODY_LIMIT_BYTES)
async def write(request: Visitor, token: FromQuery[str] = "", line: FromQuery[str] = "") -> Response[Any]:
    """Take the review in; what does not fit is said on the form."""
    now = clock.now()
    try:
        merchant_id, invited, about = await _opened(token, line, now)
    except LinkEnded:
        return link_ended(request)
    async with db.transaction(merchant_id):
        asked = await attributes.asked()
    posted = await review_form.read(request, locale_of(request), asked)
    try:
        pictures = await photos.decode(posted.uploads)

        async def effect() -> None:
            fresh = await writing.line(invited.customer_id, invited.order_id, about.line_id)
            review_id = await invitations.answer(invited, fresh, posted.draft, pictures, now)
            await fraud.leave(review_id, traces.of(request, invited.email, now), now)

        files = [hashlib.sha256(each).hexdigest() for each in posted.uploads]
        await _once(request, merchant_id, invited, posted.key, [posted.draft, files], effect, now)
        return see_other(_path(THANKS_PATH, token))
    except DomainError as error:
        problem = review_form.problem(error, locale_of(request))
        if not problem:
            raise
        there = f"/portal/reviews/{error.review_id}/edit" if isinstance(error, writing.ReviewExists) else ""
        return await _form(
            request, merchant_id, invited, about, token, posted.draft, problem, STATUS[error.kind], there
        )


@get(THANKS_PATH)
async def thanks(request: Visitor, token: FromQuery[str] = "") -> Response[Any]:
    """What else of the order there is to write about."""
    now, locale = clock.now(), locale_of(request)
    try:
        merchant_id, invited, _ = await _opened(token, "", now)
    except LinkEnded:
        return link_ended(request)
    async with db.transaction(merchant_id):
        lines = await writing.lines_of(invited.customer_id, invited.order_id)
        shop = (await tenancy.shop()).name(locale)
    view = views.Thanks(
        about=shop,
        others=tuple(
            views.ToReview(
                review_form.about(each, locale),
                _path(WRITE_PATH, token, line=each.line_id),
                each.delivered_at,
            )
            for each in lines
            if each.review_id is None
        ),
    )
    return page(request, "portal/review_thanks.html", view, shop=shop, now=now)


router = Router("/", route_handlers=[show, write, thanks], include_in_schema=False)


def _line_path(token: str, about: Subject) -> str:
    return _path(WRITE_PATH, token, line=about.line_id)


def _path(path: str, token: str, **more: str) -> str:
    return f"{path}?{urlencode({'token': token} | more)}"


async def _opened(token: str, line: str, now: datetime) -> tuple[UUID, Invited, Subject]:
    """Merchant, holder, and the line: the one that is named, else the first without a review."""
    merchant_id = await merchant_of("gate_review_link", token)
    async with db.transaction(merchant_id):
        invited = await invitations.open_link(token, now)
        lines = await writing.lines_of(invited.customer_id, invited.order_id)
    named = [each for each in lines if each.line_id == line]
    waiting = [each for each in lines if each.review_id is None]
    if not lines:
        raise LinkEnded()
    return merchant_id, invited, (named or waiting or lines)[0]


async def _form(
    request: Visitor, merchant_id: UUID, invited: Invited, about: Subject, token: str, draft: Draft,
    problem: str = "", status: int = 200, there_href: str = "",
) -> Response[Any]:  # fmt: skip
    locale, now = locale_of(request), clock.now()
    async with db.transaction(merchant_id):
        asked = await attributes.asked()
        shop = (await tenancy.shop()).name(locale)
        member = await members.by_customer(invited.customer_id)
        gives = await points.sentences(locale, now) if member else ()
    name, path = review_form.about(about, locale), _line_path(token, about)
    view = review_form.view(
        name, path, "", draft, asked, locale, points=gives, problem=problem, there_href=there_href
    )
    answer = page(request, "portal/review_form.html", view, shop=shop, status=status, now=now)
    answer.cookies = traces.cookies(request)
    return answer


async def _once(
    request: Visitor, merchant_id: UUID, invited: Invited, key: str, said: object,
    effect: Callable[[], Awaitable[None]], now: datetime,
) -> None:  # fmt: skip
    """As api.forms.once_to, for somebody who is known by their link alone; which is kept nowhere."""

    async def run() -> Answer:
        await effect()
        return Answer(303, b"")

    asked = fingerprint("POST", request.scope["path"], msgspec.json.encode(said, order="sorted"))
    await once(merchant_id, f"invitation:{invited.id}", key, asked, run, now)
