"""What we may write to the customer about, by which channel, and whose night is quiet."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromQuery, URLEncodedBody

from api.forms import key_of, once_to, said_of
from api.pages import locale_of, page
from api.portal.common import Customer
from core import clock, db
from core.days import zone_names
from core.design import message_views as views
from core.design.views import Notice
from core.i18n import translator
from core.ids import new_id
from core.notifications import consent, rules, settings
from core.notifications.model import ABOUT, CHANNELS, About, Channel
from core.people import customers

PATH = "/portal/messages"


@get("/messages")
async def show_choices(request: Customer, notice: FromQuery[str] = "") -> Response[Any]:
    """Each matter by each channel that the shop has."""
    said = []
    if notice == "saved":
        said = [Notice("good", translator(locale_of(request)).gettext("Saved. It holds from now on."))]
    async with db.transaction(request.user.merchant_id):
        view = await choices(request)
    return page(request, "portal/messages.html", view, notices=said)


async def choices(request: Customer) -> views.MessageChoices:
    """What a customer can choose, as it is now, in the open transaction."""
    profile, found = request.user.profile, await _found(request)
    return views.MessageChoices(
        action=PATH,
        key=str(new_id()),
        rows=tuple(
            views.ChoiceRow(
                about,
                tuple(
                    views.Choice(f"{about}.{channel}", channel, wanted)
                    for (matter, channel), wanted in found.items()
                    if matter == about
                ),
            )
            for about in ABOUT
        ),
        time_zone=await customers.time_zone(profile.id),
        time_zones=tuple(sorted(zone for zone in zone_names() if "/" in zone)),
        address=profile.email,
    )


@post("/messages", status_code=303)
async def choose(request: Customer, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Keep what changed. Raises core.days.TimeZoneUnknown."""
    now, profile = clock.now(), request.user.profile

    async def effect() -> str:
        before = await _found(request)
        said = {each: data.get(".".join(each)) == "on" for each in before}
        changed = {each: wants for each, wants in said.items() if wants is not before[each]}
        await consent.say(profile.id, changed, "portal", now)
        await consent.choose_clock(profile.id, data.get("time_zone", ""))
        return f"{PATH}?notice=saved"

    return await once_to(request, key_of(data), said_of(data), effect, now)


async def _found(request: Customer) -> dict[tuple[About, Channel], bool]:
    """Whether they are written to, by what they said or by what silence means."""
    there = await settings.gateway_urls()
    channels = [channel for channel in CHANNELS if channel == "mail" or channel in there]
    wanted, set_so = await consent.wanted(request.user.profile.id, channels), await settings.current()
    return {
        (about, channel): said if said is not None else not rules.needs_consent(about, channel, set_so)
        for (about, channel), said in wanted.items()
    }


handlers = [show_choices, choose]
