"""What was said to customers, what became of it, and how it is sent."""

from datetime import time
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.operations.handlers import LIMIT, Staff
from api.auth import requires_permission
from api.forms import KeyedForm, key_of, once_to, said_of
from api.pages import locale_of, page
from api.problems import STATUS, RequestRefused
from core import clock, db
from core.design import message_views as views
from core.design.case_views import SettingsForm
from core.design.reward_views import FormField, FormGroup
from core.design.views import Notice
from core.design.words import codes, word
from core.errors import DomainError, Kind
from core.i18n import Translator, translator
from core.ids import new_id
from core.notifications import kinds, log, service, settings
from core.notifications.log import Entry
from core.notifications.model import STATES, Channel, Settings
from core.outbox import parked

PATH = "/staff/messages"
SETTINGS = f"{PATH}/settings"
GATEWAYS: tuple[Channel, ...] = ("sms", "push")
reads = requires_permission("mails.read")
sets = requires_permission("inbox.settings")


class MessageSettingsInvalid(DomainError):
    """The form says no settings."""

    code = "message_settings_invalid"
    kind = Kind.INVALID
    title = "Customers cannot be written to like this"


@get("/messages", guards=[reads])
async def show_log(
    request: Staff,
    only: FromQuery[str] = "",
    before: FromQuery[UUID | None] = None,
    notice: FromQuery[str] = "",
) -> Response[Any]:
    """The log, the newest first."""
    state, words = only if only in STATES else "", translator(locale_of(request))
    async with db.transaction(request.user.merchant_id):
        found = await log.newest(LIMIT + 1, before, state)
        counts = await log.counts()
        failed = {str(item.payload.get("mail_id")) for item in await parked.newest(LIMIT)}
    shown, again = found[:LIMIT], f"{PATH}?" + (f"only={state}&" if state else "")
    view = views.MessageLog(
        rows=tuple(_row(each, failed, request.user.permissions, words) for each in shown),
        states=(
            ("", sum(counts.values()), PATH, not state),
            *((code, counts.get(code, 0), f"{PATH}?only={code}", code == state) for code in STATES),
        ),
        first_href=again[:-1] if before else "",
        next_href=f"{again}before={shown[-1].id}" if len(found) > LIMIT else "",
    )
    said = [Notice("good", words.gettext("It is on its way again."))] if notice == "retried" else []
    return page(request, "staff/messages.html", view, section="mails", notices=said)


@post("/messages/{message_id:uuid}/retry", guards=[sets], status_code=303)
async def send_again(
    request: Staff, message_id: FromPath[UUID], data: URLEncodedBody[KeyedForm]
) -> Response[Any]:
    """Hand a failed message over again. Raises NothingToRetry."""
    now = clock.now()

    async def effect() -> str:
        await service.retry(message_id, now)
        return f"{PATH}?notice=retried"

    return await once_to(request, data.idempotency_key, "retry", effect, now)


@get("/messages/settings", guards=[reads])
async def show_settings(request: Staff, notice: FromQuery[str] = "") -> Response[Any]:
    """Quiet hours, consent, kinds and gateways."""
    words = translator(locale_of(request))
    said = [Notice("good", words.gettext("Saved. It holds from now on."))] if notice == "saved" else []
    return await _settings(request, said=said)


@post("/messages/settings", guards=[sets], status_code=303)
async def save_settings(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Set hours, consent and kinds; what is wrong with the form is said above it."""
    now = clock.now()

    async def effect() -> str:
        await settings.change(_read(data), request.user.member.id, now)
        return f"{SETTINGS}?notice=saved"

    try:
        return await once_to(request, key_of(data), said_of(data), effect, now)
    except MessageSettingsInvalid as error:
        words = translator(locale_of(request))
        because = words.gettext("Something does not fit: look at the hours.")
        return await _settings(request, typed=data, problem=because, status=STATUS[error.kind])


@post("/messages/gateways/{channel:str}", guards=[sets])
async def save_gateway(
    request: Staff, channel: FromPath[str], data: URLEncodedBody[dict[str, str]]
) -> Response[Any]:
    """Set or take away the gateway of a channel; the page shows the new secret once."""
    found = next((each for each in GATEWAYS if each == channel), None)
    if found is None:
        raise RequestRefused("not_found", "There is no such channel", channel, status=404)
    url, secret, now = data.get(f"url_{found}", "").strip(), "", clock.now()
    try:
        async with db.transaction(request.user.merchant_id):
            if url:
                secret = await settings.set_gateway(found, url, now)
            else:
                await settings.drop_gateway(found)
    except DomainError as error:
        words = translator(locale_of(request))
        because = words.gettext("This address may not be reached: it must begin with https:// and be public.")
        return await _settings(request, problem_of=found, problem=because, status=STATUS[error.kind])
    return await _settings(request, secret=secret)


handlers = [show_log, send_again, show_settings, save_settings, save_gateway]


def _name(words: Translator, kind: str) -> str:
    """What a kind is called; one of another version has its code for a name."""
    return word(words, "message_kind", kind) if kind in codes("message_kind") else kind


def _row(each: Entry, failed: set[str], permissions: frozenset[str], words: Translator) -> views.MessageRow:
    state = "failed" if str(each.mail_id) in failed and each.state == "queued" else each.state
    retries = each.state == "failed" and "inbox.settings" in permissions
    return views.MessageRow(
        kind=_name(words, each.kind),
        channel=each.channel,
        state=state,
        reason=each.reason,
        customer=each.name or each.external_id,
        subject=each.subject,
        href=f"/staff/mails/{each.mail_id}" if each.mail_id else "",
        at=each.created_at,
        due_at=each.due_at,
        attempts=each.attempts,
        retry_action=f"{PATH}/{each.id}/retry",
        retry_key=str(new_id()) if retries else "",
        language=each.locale,
    )


def _read(data: dict[str, str]) -> Settings:
    try:
        hours = {
            name: time.fromisoformat(data.get(name, "")).isoformat() for name in ("quiet_from", "quiet_until")
        }
    except ValueError as error:
        raise MessageSettingsInvalid(str(error)) from error
    switched = {
        code: data.get(f"kind_{code}") == "on" for code, kind in kinds.all_kinds().items() if kind.switch
    }
    told = hours | {"kinds": switched, "marketing_needs_consent": data.get("consent") == "on"}
    return msgspec.convert(told, Settings)


async def _settings(
    request: Staff,
    typed: dict[str, str] | None = None,
    problem: str = "",
    problem_of: str = "",
    secret: str = "",
    said: list[Notice] | None = None,
    status: int = 200,
) -> Response[Any]:
    words = translator(locale_of(request))
    async with db.transaction(request.user.merchant_id):
        now, urls = await settings.current(), await settings.gateway_urls()
    may = "inbox.settings" in request.user.permissions
    form = SettingsForm(
        action=SETTINGS,
        title=words.gettext("When and what"),
        submit=words.gettext("Save"),
        key=str(new_id()) if may else "",
        groups=_groups(now, typed, words),
        problem="" if problem_of else problem,
    )
    gateways = tuple(
        SettingsForm(
            action=f"{PATH}/gateways/{channel}",
            title=words.gettext("Gateway: %(channel)s", channel=word(words, "channel", channel)),
            submit=words.gettext("Save, with a new secret"),
            key=str(new_id()) if may else "",
            groups=(
                FormGroup(word(words, "channel", channel), (_url(channel, urls.get(channel, ""), words),)),
            ),
            problem=problem if problem_of == channel else "",
        )
        for channel in GATEWAYS
    )
    view = views.MessageSettings((form, *gateways), secret)
    return page(
        request, "staff/message_settings.html", view, section="mails", notices=said or [], status=status
    )


def _groups(now: Settings, typed: dict[str, str] | None, words: Translator) -> tuple[FormGroup, ...]:
    shown = typed or {
        "quiet_from": now.quiet_from.strftime("%H:%M"),
        "quiet_until": now.quiet_until.strftime("%H:%M"),
        "consent": "on" if now.marketing_needs_consent else "",
        **{f"kind_{code}": "on" if now.sends(kind) else "" for code, kind in kinds.all_kinds().items()},
    }

    def check(name: str, label: str) -> FormField:
        return FormField(name, label, "on" if shown.get(name) == "on" else "", "check")

    hint = words.gettext("On the customer's clock; where they have chosen none, the store's or the shop's.")
    hours = tuple(
        FormField(name, label, shown.get(name, ""), "time", required=True, hint=more)
        for name, label, more in (
            ("quiet_from", words.gettext("No message from"), hint),
            ("quiet_until", words.gettext("No message until"), ""),
        )
    )
    consent = check("consent", words.gettext("Write only to whoever has agreed, except on cases and orders"))
    switched = tuple(
        check(f"kind_{code}", _name(words, code))
        for code, kind in sorted(kinds.all_kinds().items())
        if kind.switch
    )
    return (
        FormGroup(words.gettext("Quiet hours"), hours),
        FormGroup(words.gettext("Consent"), (consent,)),
        FormGroup(words.gettext("What is sent"), switched),
    )


def _url(channel: str, url: str, words: Translator) -> FormField:
    hint = words.gettext("Messages are posted there and signed. Empty: the channel is not used.")
    return FormField(f"url_{channel}", words.gettext("Address"), url, "url", hint=hint)
