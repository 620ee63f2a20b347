"""The one click with which a mail program ends such mails (RFC 8058): no page, no cookie, no form's token."""

from litestar import Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect

from core import clock, db
from core.notifications import consent
from core.notifications.consent import ONE_CLICK_PATH, PATH
from core.people.tokens import merchant_of


@post(ONE_CLICK_PATH, status_code=200, include_in_schema=False)
async def one_click(token: FromQuery[str] = "") -> Response[None]:
    """End the mails. Raises LinkEnded."""
    now = clock.now()
    async with db.transaction(await merchant_of("gate_notification_link", token)):
        holder = await consent.holder(token, now)
        await consent.say(holder.customer_id, {(holder.about, holder.channel): False}, "one_click", now)
    return Response(None, status_code=200)


@get(ONE_CLICK_PATH, include_in_schema=False)
async def to_page(token: FromQuery[str] = "") -> Redirect:
    """Older mail programs open the address: there a person is asked."""
    return Redirect(PATH, status_code=303, query_params={"token": token})


handlers = [one_click, to_page]
