"""How the shop asks for reviews, and of whose deliveries it has asked."""

from datetime import timedelta
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery, URLEncodedBody

from admin.moderation.pages import PATH, Staff, reads
from api.auth import requires_permission
from api.forms import KeyedForm, once_to
from api.pages import locale_of, page
from core import clock, db
from core.design import review_views as views
from core.design.views import Notice
from core.errors import DomainError, Kind
from core.i18n import translator
from core.ids import new_id
from reviews.invitations import service as invitations
from reviews.invitations.model import Settings
from reviews.moderation import queue

NEEDED = "reviews.settings"
REQUESTS = f"{PATH}/requests"
PERIOD_DAYS = 30
NUMBERS = ("days_after_delivery", "reminder_after_days", "cooldown_days", "valid_days")


class SettingsInvalid(DomainError):
    """The form says no settings."""

    code = "invitation_settings_invalid"
    kind = Kind.INVALID
    title = "Reviews cannot be asked for like this"


class SettingsForm(KeyedForm, forbid_unknown_fields=True, kw_only=True):
    """The form, as typed; `active` is absent where the box is not ticked."""

    days_after_delivery: str
    reminder_after_days: str
    cooldown_days: str
    valid_days: str
    active: str = ""


@get("/requests", guards=[reads])
async def show(request: Staff, notice: FromQuery[str] = "") -> Response[Any]:
    """Settings, and how many were asked."""
    said = []
    if notice == "saved":
        said = [Notice("good", translator(locale_of(request)).gettext("Saved. It holds from now on."))]
    return await _show(request, None, "", said)


@post("/requests", guards=[requires_permission(NEEDED)], status_code=303)
async def save(request: Staff, data: URLEncodedBody[SettingsForm]) -> Response[Any]:
    """Set them; what is wrong with the form is said above it."""
    now = clock.now()
    typed = {name: getattr(data, name) for name in (*NUMBERS, "active")}

    async def effect() -> str:
        await invitations.change(read(typed), request.user.member.id, now)
        return f"{REQUESTS}?notice=saved"

    try:
        return await once_to(request, data.idempotency_key, typed, effect, now)
    except SettingsInvalid:
        words = translator(locale_of(request))
        return await _show(request, typed, words.gettext("Something does not fit: look at the numbers."), [])


handlers = [show, save]


def read(typed: dict[str, str]) -> Settings:
    """The settings that a form says. Raises SettingsInvalid."""
    try:
        numbers = {name: int(typed[name]) for name in NUMBERS}
        return msgspec.convert(numbers | {"active": typed["active"] == "1"}, Settings)
    except (ValueError, msgspec.ValidationError) as error:
        raise SettingsInvalid(str(error)) from error


def written(settings: Settings) -> dict[str, str]:
    """The fields of the form for these settings."""
    fields = {name: str(getattr(settings, name)) for name in NUMBERS}
    return fields | {"active": "1" if settings.active else ""}


async def _show(
    request: Staff, typed: dict[str, str] | None, problem: str, said: list[Notice]
) -> Response[Any]:
    now = clock.now()
    async with db.transaction(request.user.merchant_id):
        fields = typed or written(await invitations.settings())
        counted = await invitations.coverage(now - timedelta(days=PERIOD_DAYS), now)
        held = await queue.count()
    view = views.Requests(
        held_count=held,
        fields=fields,
        key=str(new_id()) if NEEDED in request.user.permissions else "",
        days=PERIOD_DAYS,
        delivered=counted.delivered,
        sent=counted.sent,
        waiting=counted.waiting,
        answered=counted.answered,
        unasked=counted.unasked,
        skipped=tuple(counted.skipped.items()),
        problem=problem,
    )
    status = 422 if problem else 200
    return page(
        request, "staff/moderation_requests.html", view,
        section="moderation", notices=said, status=status, now=now,
    )  # fmt: skip
