"""Webhooks for the merchant's developers: endpoints and their health, deliveries, sending again."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.operations.handlers import LIMIT, Staff
from api.auth import requires_permission
from api.forms import KeyedForm, key_of, once_to, said_of
from api.pages import locale_of, page
from api.problems import STATUS
from core import clock, db
from core.design import webhook_views as views
from core.design.case_views import SettingsForm
from core.design.reward_views import FormField, FormGroup
from core.design.views import Notice
from core.errors import DomainError, Kind
from core.i18n import Translator, translator
from core.ids import new_id
from core.webhooks import catalogue, endpoints, log
from core.webhooks.endpoints import Wanted
from core.webhooks.model import DELIVERY_STATES, Delivery, Endpoint

PATH = "/staff/webhooks"
REPLAY_DAYS = 3
reads, manages = requires_permission("webhooks.read"), requires_permission("webhooks.manage")


class WebhookFormInvalid(DomainError):
    """A field of the form cannot be read."""

    code = "webhook_form_invalid"
    kind = Kind.INVALID
    title = "The form is not right"


@get("/webhooks", guards=[reads])
async def show_webhooks(
    request: Staff,
    only: FromQuery[str] = "",
    endpoint: FromQuery[str] = "",
    type: FromQuery[str] = "",
    before: FromQuery[UUID | None] = None,
    notice: FromQuery[str] = "",
) -> Response[Any]:
    """Endpoints with their health, and deliveries, the newest first."""
    state = only if only in DELIVERY_STATES else ""
    async with db.transaction(request.user.merchant_id):
        known = await endpoints.listed()
        which = next((each.id for each in known if str(each.id) == endpoint), None)
        wanted = type if type in catalogue.all_types() else ""
        found = await log.newest(LIMIT + 1, before, which, state, wanted)
    urls, shown = {each.id: each.url for each in known}, found[:LIMIT]
    chosen = {"only": state, "endpoint": str(which or ""), "type": wanted}
    view = views.Webhooks(
        endpoints=tuple(map(_endpoint_row, known)),
        rows=tuple(_row(each, urls, request) for each in shown),
        states=tuple(
            (code, _href(chosen | {"only": code}), code == state) for code in ("", *DELIVERY_STATES)
        ),
        choices=tuple((str(each.id), each.url) for each in known),
        types=tuple(catalogue.all_types()),
        endpoint=chosen["endpoint"],
        type=wanted,
        state=state,
        new_href=f"{PATH}/new" if _manages(request) else "",
        first_href=_href(chosen) if before else "",
        next_href=_href(chosen | {"before": str(shown[-1].id)}) if len(found) > LIMIT else "",
    )
    return page(request, "staff/webhooks.html", view, section="webhooks", notices=_said(request, notice))


@get("/webhooks/deliveries/{delivery_id:uuid}", guards=[reads])
async def show_delivery(
    request: Staff, delivery_id: FromPath[UUID], notice: FromQuery[str] = ""
) -> Response[Any]:
    """One delivery: what is sent, and each attempt. Raises NotFound."""
    async with db.transaction(request.user.merchant_id):
        found, body, attempts = await log.find(delivery_id)
        urls = {each.id: each.url for each in await endpoints.listed()}
    view = views.DeliveryPage(
        row=_row(found, urls, request),
        event_id=str(found.event_id),
        body=msgspec.json.format(body, indent=2),
        attempts=tuple(
            msgspec.convert(each, views.AttemptRow, from_attributes=True) for each in reversed(attempts)
        ),
    )
    said = _said(request, notice)
    return page(request, "staff/webhook_delivery.html", view, section="webhooks", notices=said)


@post("/webhooks/deliveries/{delivery_id:uuid}/resend", guards=[manages], status_code=303)
async def resend(
    request: Staff, delivery_id: FromPath[UUID], data: URLEncodedBody[KeyedForm]
) -> Response[Any]:
    """Send a delivery again. Raises NotFound, EndpointOff or DeliveryUnderWay."""
    there = f"{PATH}/deliveries/{delivery_id}?notice=again"
    return await _do(request, data, there, lambda now: log.send_again(delivery_id, now))


@get("/webhooks/new", guards=[manages])
async def new_endpoint(request: Staff) -> Response[Any]:
    """The form of a new endpoint."""
    view = views.EndpointPage(_form(request, f"{PATH}/new", {"on": "on"}))
    return page(request, "staff/webhook_endpoint.html", view, section="webhooks")


@post("/webhooks/new", guards=[manages], status_code=303)
async def add_endpoint(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Add an endpoint; what is wrong with it is said above the form."""
    now = clock.now()

    async def effect() -> str:
        return f"{PATH}/{(await endpoints.add(_wanted(data), now)).id}?notice=saved"

    try:
        return await once_to(request, key_of(data), said_of(data), effect, now)
    except DomainError as error:
        view = views.EndpointPage(_form(request, f"{PATH}/new", data, _why(request, error)))
        status = STATUS[error.kind]
        return page(request, "staff/webhook_endpoint.html", view, section="webhooks", status=status)


@get("/webhooks/{endpoint_id:uuid}", guards=[reads])
async def show_endpoint(
    request: Staff, endpoint_id: FromPath[UUID], notice: FromQuery[str] = ""
) -> Response[Any]:
    """One endpoint, with its secret for those who manage. Raises NotFound."""
    return await _endpoint_page(request, endpoint_id, said=_said(request, notice))


@post("/webhooks/{endpoint_id:uuid}", guards=[manages], status_code=303)
async def save_endpoint(
    request: Staff, endpoint_id: FromPath[UUID], data: URLEncodedBody[dict[str, str]]
) -> Response[Any]:
    """Change an endpoint; what is wrong with it is said above the form. Raises NotFound."""
    now = clock.now()

    async def effect() -> str:
        await endpoints.change(endpoint_id, _wanted(data), now)
        return f"{PATH}/{endpoint_id}?notice=saved"

    try:
        return await once_to(request, key_of(data), said_of(data), effect, now)
    except DomainError as error:
        if error.kind is not Kind.INVALID:
            raise
        return await _endpoint_page(request, endpoint_id, data, _why(request, error), STATUS[error.kind])


@post("/webhooks/{endpoint_id:uuid}/rotate", guards=[manages], status_code=303)
async def rotate(
    request: Staff, endpoint_id: FromPath[UUID], data: URLEncodedBody[KeyedForm]
) -> Response[Any]:
    """A new secret; the old one signs beside it for a day. Raises NotFound."""
    there = f"{PATH}/{endpoint_id}?notice=rotated"
    return await _do(request, data, there, lambda now: endpoints.rotate(endpoint_id, now))


@post("/webhooks/{endpoint_id:uuid}/test", guards=[manages], status_code=303)
async def try_endpoint(
    request: Staff, endpoint_id: FromPath[UUID], data: URLEncodedBody[KeyedForm]
) -> Response[Any]:
    """Send a test event. Raises NotFound or EndpointOff."""
    there = _href({"endpoint": str(endpoint_id), "notice": "again"})
    return await _do(request, data, there, lambda now: endpoints.test(endpoint_id, now))


@post("/webhooks/{endpoint_id:uuid}/drop", guards=[manages], status_code=303)
async def drop(request: Staff, endpoint_id: FromPath[UUID], data: URLEncodedBody[KeyedForm]) -> Response[Any]:
    """Take an endpoint away. Raises NotFound."""
    return await _do(request, data, f"{PATH}?notice=gone", lambda now: endpoints.drop(endpoint_id, now))


@post("/webhooks/{endpoint_id:uuid}/replay", guards=[manages], status_code=303)
async def replay(
    request: Staff, endpoint_id: FromPath[UUID], data: URLEncodedBody[dict[str, str]]
) -> Response[Any]:
    """Send all again that failed since then. Raises NotFound, EndpointOff or WebhookFormInvalid."""
    now, zone = clock.now(), ZoneInfo(request.user.shop.time_zone)
    try:
        since = datetime.fromisoformat(data.get("since", "")).replace(tzinfo=zone)
    except ValueError as error:
        raise WebhookFormInvalid("since is no time") from error

    async def effect() -> str:
        await log.replay(endpoint_id, since, now)
        return _href({"endpoint": str(endpoint_id), "notice": "again"})

    return await once_to(request, key_of(data), said_of(data), effect, now)


handlers = [
    *(show_webhooks, show_delivery, resend, new_endpoint, add_endpoint, show_endpoint, save_endpoint),
    *(rotate, try_endpoint, drop, replay),
]


async def _do(
    request: Staff, data: KeyedForm, there: str, deed: Callable[[datetime], Awaitable[object]]
) -> Response[Any]:
    """A deed without anything to say but that it be done; then the browser goes `there`."""
    now = clock.now()

    async def effect() -> str:
        await deed(now)
        return there

    return await once_to(request, data.idempotency_key, there, effect, now)


async def _endpoint_page(
    request: Staff,
    endpoint_id: UUID,
    typed: dict[str, str] | None = None,
    problem: str = "",
    status: int = 200,
    said: list[Notice] | None = None,
) -> Response[Any]:
    may, path = _manages(request), f"{PATH}/{endpoint_id}"
    async with db.transaction(request.user.merchant_id):
        found = await endpoints.find(endpoint_id)
        secret = await endpoints.secret(endpoint_id) if may else ""
    zone, since = ZoneInfo(request.user.shop.time_zone), clock.now() - timedelta(days=REPLAY_DAYS)
    actions = {
        name: views.Action(f"{path}/{name}", str(new_id())) if may else None
        for name in ("test", "rotate", "replay", "drop")
    }
    view = views.EndpointPage(
        form=_form(request, path, typed or _shown(found), problem),
        row=_endpoint_row(found),
        secret=secret,
        old_until=found.old_until if found.old_until and found.old_until > clock.now() else None,
        since=since.astimezone(zone).strftime("%Y-%m-%dT%H:%M"),
        **actions,
    )
    name = "staff/webhook_endpoint.html"
    return page(request, name, view, section="webhooks", notices=said or [], status=status)


def _manages(request: Staff) -> bool:
    return "webhooks.manage" in request.user.permissions


def _href(query: dict[str, str]) -> str:
    said = {name: value for name, value in query.items() if value}
    return f"{PATH}?{urlencode(said)}" if said else PATH


def _said(request: Staff, notice: str) -> list[Notice]:
    words = translator(locale_of(request))
    texts = {
        "again": words.gettext("It is on its way again."),
        "saved": words.gettext("Saved. It holds from now on."),
        "rotated": words.gettext("There is a new secret."),
        "gone": words.gettext("The endpoint is gone: nothing more is sent there."),
    }
    return [Notice("good", texts[notice])] if notice in texts else []


def _why(request: Staff, error: DomainError) -> str:
    words: Translator = translator(locale_of(request))
    if error.code == "address_refused":
        return words.gettext("This address may not be reached: it must begin with https:// and be public.")
    if error.code == "too_many_webhook_endpoints":
        return words.gettext("There are too many endpoints: take one away first.")
    return words.gettext("Something does not fit.")


def _endpoint_row(found: Endpoint) -> views.EndpointRow:
    return views.EndpointRow(
        url=found.url,
        href=f"{PATH}/{found.id}",
        note=found.note,
        state=found.state,
        reason=found.reason,
        failing_since=found.failing_since,
        succeeded_at=found.succeeded_at,
        queued=found.queued,
        delivered=found.delivered,
        failed=found.failed,
    )


def _row(found: Delivery, urls: dict[UUID, str], request: Staff) -> views.DeliveryRow:
    there = f"{PATH}/deliveries/{found.id}"
    again = found.state != "queued" and found.endpoint_id in urls and _manages(request)
    return views.DeliveryRow(
        type=found.type,
        href=there,
        url=urls.get(found.endpoint_id, "–"),
        state=found.state,
        reason=found.reason,
        status=found.status,
        attempts=found.attempts,
        at=found.created_at,
        next_at=found.next_at,
        resend_action=f"{there}/resend",
        resend_key=str(new_id()) if again else "",
    )


def _wanted(data: dict[str, str]) -> Wanted:
    """Raises WebhookFormInvalid."""
    url, note = data.get("url", "").strip(), data.get("note", "").strip()
    if len(url) > 2000 or len(note) > 200:
        raise WebhookFormInvalid("too long")
    types = tuple(code for code in _codes() if data.get(f"type_{code}") == "on")
    return Wanted(url, types, note, "on" if data.get("on") == "on" else "off")


def _shown(found: Endpoint) -> dict[str, str]:
    """An endpoint as its form says it."""
    types = {f"type_{code}": "on" for code in found.types}
    return {"url": found.url, "note": found.note, "on": "on" if found.state == "on" else "", **types}


def _codes() -> list[str]:
    return [code for code in catalogue.all_types() if code != catalogue.TEST.code]


def _form(request: Staff, action: str, shown: dict[str, str], problem: str = "") -> SettingsForm:
    words = translator(locale_of(request))

    def check(name: str, label: str) -> FormField:
        return FormField(name, label, "on" if shown.get(name) == "on" else "", "check")

    hint = words.gettext("It must begin with https:// and be public.")
    where = (
        FormField("url", words.gettext("Address"), shown.get("url", ""), "url", required=True, hint=hint),
        FormField("note", words.gettext("Note"), shown.get("note", ""), limit_chars=200),
        check("on", words.gettext("Send to it")),
    )
    which = tuple(check(f"type_{code}", code) for code in _codes())
    return SettingsForm(
        action=action,
        title=words.gettext("Settings"),
        submit=words.gettext("Save"),
        key=str(new_id()) if _manages(request) else "",
        groups=(
            FormGroup(words.gettext("Where to"), where),
            FormGroup(words.gettext("Which events (none: all, also those that come later)"), which),
        ),
        problem=problem,
    )
