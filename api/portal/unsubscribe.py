"""The end of messages about one matter, opened by the link of a mail, without signing in."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.params import FromQuery, URLEncodedBody

from api.forms import KeyedForm
from api.pages import locale_of, page, see_other
from api.portal.common import link_ended
from core import clock, db, tenancy
from core.design import review_views as views
from core.ids import new_id
from core.notifications import consent
from core.notifications.consent import PATH, Holder
from core.people.tokens import LinkEnded, merchant_of

Visitor = Request[Any, Any, Any]


class UnsubscribeForm(KeyedForm, forbid_unknown_fields=True, kw_only=True):
    """`again` is set by whoever wants to hear of it again."""

    again: str = ""


@get(PATH)
async def show_unsubscribe(
    request: Visitor, token: FromQuery[str] = "", done: FromQuery[str] = ""
) -> Response[Any]:
    """A button: mail scanners open links, but they post no forms."""
    try:
        merchant_id, holder = await _holder(token, clock.now())
    except LinkEnded:
        return link_ended(request, "/portal/sign-in?next=/portal/messages")
    async with db.transaction(merchant_id):
        shop = (await tenancy.shop()).name(locale_of(request))
    state = done if done in ("out", "in") else ""
    view = views.Unsubscribe(_path(token), str(new_id()), shop, holder.about, state)
    return page(request, "portal/unsubscribe.html", view, shop=shop)


@post(PATH, status_code=303)
async def unsubscribe(
    request: Visitor, data: URLEncodedBody[UnsubscribeForm], token: FromQuery[str] = ""
) -> Response[Any]:
    """Be left alone from now on, or hear of it again."""
    now = clock.now()
    try:
        merchant_id, holder = await _holder(token, now)
    except LinkEnded:
        return link_ended(request, "/portal/sign-in?next=/portal/messages")
    wants = bool(data.again)
    async with db.transaction(merchant_id):
        await consent.say(holder.customer_id, {(holder.about, holder.channel): wants}, "link", now)
    return see_other(_path(token, done="in" if wants else "out"))


router = Router("/", route_handlers=[show_unsubscribe, unsubscribe], include_in_schema=False)


def _path(token: str, **more: str) -> str:
    return f"{PATH}?{urlencode({'token': token} | more)}"


async def _holder(token: str, now: datetime) -> tuple[UUID, Holder]:
    merchant_id = await merchant_of("gate_notification_link", token)
    async with db.transaction(merchant_id):
        return merchant_id, await consent.holder(token, now)
