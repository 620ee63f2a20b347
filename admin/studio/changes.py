"""Changes of the terms: what is on its way, one change with all it does, and each step of it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.studio import change_present as present
from admin.studio import tier_present
from admin.studio.change_present import PATH, path_of
from admin.studio.change_words import REFUSALS, once_or_said, refused
from admin.studio.tier_present import Reader
from api.auth import StaffUser, requires_permission
from api.forms import KeyedForm, key_of, once_to, said_of
from api.pages import locale_of, page, see_other
from core import clock, db
from core.days import zone_of
from core.design import change_views as views
from core.design.tier_views import Difference
from core.design.views import Notice
from core.errors import DomainError, NotFound
from core.i18n import Locale, mark, translator
from core.ids import new_id
from loyalty.changes import service as changes
from loyalty.changes.errors import ChangeInvalid
from loyalty.changes.kinds import KINDS, VERSIONED
from loyalty.changes.service import Change
from loyalty.programme import service as programme
from loyalty.rules import service as rules
from loyalty.tiers import census
from loyalty.tiers import service as tiers
from loyalty.tiers.outlook import say_moves
from loyalty.tiers.rules import TierSet
from loyalty.tiers.service import Preview, PreviewStale, Seen

Staff = Request[StaffUser, Any, Any]
Step = Callable[[Change, Mapping[str, str], StaffUser, datetime], Awaitable[Change | None]]

EDIT, PUBLISH, POLICY = "programme.edit", "studio.publish", "changes.policy"

_DONE = {
    "kept": mark("The draft is kept. Nothing has changed for members."),
    "asked": mark("Somebody else can approve it now."),
    "approved": mark("Approved. It can be published, now or on a date."),
    "scheduled": mark("It goes live on that date, and can be taken back until then."),
    "live": mark("It is live."),
    "discarded": mark("The draft is gone."),
    "policy": mark("That holds from now on."),
}


def notices(code: str, locale: Locale) -> list[Notice]:
    """What a page says after a step; nothing for a code that there are no words for."""
    if code not in _DONE:
        return refused(code, locale)
    return [Notice("good", translator(locale).gettext(_DONE[code]))]


# ---------------------------------------------------------------- pages


@get("/changes", guards=[requires_permission("studio.read")])
async def overview(request: Staff, notice: FromQuery[str] = "") -> Response[Any]:
    """What is on its way, what was published, and whether a second person is needed."""
    locale = locale_of(request)
    async with db.transaction(request.user.merchant_id):
        view = views.Changes(
            pending=present.lines(await changes.pending(), locale),
            done=present.lines(await changes.done(), locale),
            second_person=await changes.second_person(),
            key=str(new_id()) if POLICY in request.user.permissions else "",
        )
    return page(request, "staff/changes.html", view, section="studio", notices=notices(notice, locale))


class Policy(KeyedForm, kw_only=True):
    """Whether a second person is needed: "on", or not there."""

    second_person: str = ""


@post("/changes/policy", guards=[requires_permission(POLICY)], status_code=303)
async def policy(request: Staff, data: URLEncodedBody[Policy]) -> Response[Any]:
    """Ask for a second person from now on, or no longer."""
    now = clock.now()

    async def effect() -> str:
        await changes.set_second_person(data.second_person == "on", request.user.member.id, now)
        return f"{PATH}?notice=policy"

    return await once_to(request, data.idempotency_key, data.second_person, effect, now)


class BackForm(KeyedForm, kw_only=True):
    """Which version of what is to come back."""

    kind: str
    subject: str
    version: str


@post("/changes/back", guards=[requires_permission(EDIT)], status_code=303)
async def back(request: Staff, data: URLEncodedBody[BackForm]) -> Response[Any]:
    """A draft that brings an earlier version back; why none does is said on the list. Raises NotFound."""
    now, user, words = clock.now(), request.user, translator(locale_of(request))

    async def effect() -> str:
        kind = next((each for each in KINDS if each == data.kind), None)
        if kind is None or not data.version.isdecimal():
            raise NotFound("there is no such version")
        number = int(data.version)
        name = words.gettext("Back to version %(number)s", number=number)
        made = await changes.back_to(kind, data.subject, number, name, user.member.id, now)
        return path_of(made)

    said = [data.kind, data.subject, data.version]
    return await once_or_said(request, data.idempotency_key, said, effect, now, PATH)


@get("/changes/{change_id:uuid}", guards=[requires_permission("studio.read")])
async def one(
    request: Staff, change_id: FromPath[UUID], notice: FromQuery[str] = "", shown: FromQuery[str] = ""
) -> Response[Any]:
    """One change: what it changes, what it does to members, and its next step."""
    now, user, locale = clock.now(), request.user, locale_of(request)
    async with db.transaction(user.merchant_id):
        change = await changes.find(change_id)
        second, stale = await changes.second_person(), await _stale(change)
        say = await rules.words(locale)
        live = await _live(change)
        reader = Reader(locale, user.shop.currency, user.shop.time_zone)
        seen = await _preview(change, user, now)
        preview = await _shown(change, seen, reader) if seen else None
    publishable = seen is not None and bool(seen.fingerprint)
    hidden = _hidden(seen) if seen and publishable else {}
    may = PUBLISH in user.permissions
    view = views.ChangePage(
        path=path_of(change),
        name=change.name,
        kind=change.kind,
        subject=change.subject,
        state=change.state,
        steps=present.steps(change, second),
        heads=tuple(translator(locale).gettext(each) for each in (mark("Live"), mark("This change"))),
        rows=present.rows(change, live, say, reader),
        key=str(new_id()) if may else "",
        mark=change.mark,
        note=present.note(change, locale),
        stale=stale,
        edit_href=present.edit_href(change) if EDIT in user.permissions else "",
        deeds=present.deeds(change, second, change.asked_by == user.member.id, hidden, stale, locale)
        if may
        else (),
        preview=preview,
        differences=_differences(change, shown or change.shown, seen, locale),
    )
    said = notices(notice, locale)
    return page(request, "staff/change.html", view, section="studio", notices=said, now=now)


async def _stale(change: Change) -> bool:
    return change.state in changes.PENDING and await changes.is_stale(change)


async def _live(change: Change) -> object:
    """What is live of what it changes; of one that is over, what it took the place of."""
    versioned = VERSIONED[change.kind]
    number = change.base if change.version else await versioned.current(change.subject)
    try:
        return await versioned.at(change.subject, number) if number else None
    except NotFound:
        return None


async def _preview(change: Change, user: StaffUser, now: datetime) -> Preview | None:
    """Counted for who may publish it, looked up for who only reads."""
    if change.kind != "tiers" or change.state not in changes.PENDING:
        return None
    look = tiers.preview if PUBLISH in user.permissions else census.quick
    return await look(change.definition, now)


async def _shown(change: Change, seen: Preview, to: Reader) -> Any:
    live = await programme.live()
    base = live.tier_set(change.subject) or live.primary
    return tier_present.preview_view(seen, base, live, to)


def _hidden(seen: Preview) -> dict[str, str]:
    return {
        "fingerprint": seen.fingerprint,
        "as_of": seen.as_of.isoformat(),
        "shown": say_moves(seen.cells),
    }


def _differences(change: Change, shown: str, seen: Preview | None, locale: Locale) -> tuple[Difference, ...]:
    if not isinstance(change.definition, TierSet):
        return ()
    now = say_moves(seen.cells) if seen else change.moved
    return tier_present.differences(shown, now, change.definition, locale)


# ---------------------------------------------------------------- steps


@post(
    "/changes/{change_id:uuid}/{deed:str}",
    guards=[requires_permission(PUBLISH)],
    status_code=303,
)
async def step(
    request: Staff, change_id: FromPath[UUID], deed: FromPath[str], data: URLEncodedBody[dict[str, str]]
) -> Response[Any]:
    """Take a step with what the page showed; what cannot be done is said on that page. Raises NotFound."""
    now, user, said = clock.now(), request.user, said_of(data)
    take = _STEPS.get(deed)
    if take is None:
        raise NotFound("there is no such step")

    async def effect() -> str:
        change = await changes.as_seen(change_id, said.get("mark", ""), deed == "publish")
        after = await take(change, data, user, now)
        if after is None:
            return f"{PATH}?notice=discarded"
        notice = "kept" if after.state == "draft" else after.state
        return f"{path_of(after)}?notice={notice}"

    try:
        return await once_to(request, key_of(data), said, effect, now)
    except DomainError as error:
        if error.code not in REFUSALS:
            raise
        path = f"{PATH}/{change_id}?notice={error.code}"
        return see_other(f"{path}&shown={said.get('shown', '')}" if isinstance(error, PreviewStale) else path)


async def _ask(change: Change, _: Mapping[str, str], user: StaffUser, now: datetime) -> Change:
    return await changes.ask(change.id, user.member.id, now)


async def _approve(change: Change, _: Mapping[str, str], user: StaffUser, now: datetime) -> Change:
    return await changes.approve(change.id, user.member.id, now)


async def _send_back(change: Change, data: Mapping[str, str], _: StaffUser, __: datetime) -> Change:
    return await changes.send_back(change.id, data.get("note", ""))


async def _schedule(change: Change, data: Mapping[str, str], user: StaffUser, now: datetime) -> Change:
    try:
        local = datetime.fromisoformat(data.get("date", ""))
    except ValueError:
        raise ChangeInvalid("no date") from None
    at = local if local.tzinfo else local.replace(tzinfo=zone_of(user.shop.time_zone))
    return await changes.schedule(change.id, at, user.member.id, now)


async def _take_back(change: Change, _: Mapping[str, str], __: StaffUser, ___: datetime) -> Change:
    return await changes.take_back(change.id)


async def _publish(change: Change, data: Mapping[str, str], user: StaffUser, now: datetime) -> Change:
    seen = None
    if change.kind == "tiers":
        try:
            seen = Seen(data.get("fingerprint", ""), moment(data.get("as_of", "")))
        except PreviewStale:
            seen = Seen("", now)  # stale, but first comes whether it may be published at all
    return await changes.publish(change.id, seen, user.member.id, now)


async def _rebase(change: Change, _: Mapping[str, str], __: StaffUser, ___: datetime) -> Change:
    return await changes.rebase(change.id)


async def _duplicate(change: Change, _: Mapping[str, str], user: StaffUser, now: datetime) -> Change:
    return await changes.duplicate(
        change.id, f"{change.name[: changes.NAME_LIMIT - 2]} 2", user.member.id, now
    )


async def _discard(change: Change, _: Mapping[str, str], __: StaffUser, ___: datetime) -> None:
    await changes.discard(change.id)


async def _back(change: Change, _: Mapping[str, str], user: StaffUser, now: datetime) -> Change:
    by, number = user.member.id, change.version or 0
    return await changes.back_to(change.kind, change.subject, number, change.name, by, now)


_STEPS: dict[str, Step] = {
    "ask": _ask,
    "approve": _approve,
    "send-back": _send_back,
    "schedule": _schedule,
    "take-back": _take_back,
    "publish": _publish,
    "rebase": _rebase,
    "duplicate": _duplicate,
    "discard": _discard,
    "back": _back,
}

handlers = [overview, policy, back, one, step]


def moment(text: str) -> datetime:
    """When the preview was made. Raises PreviewStale for what is no such moment."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise PreviewStale("the form does not say when its preview was made") from None
    if found.tzinfo is None:
        raise PreviewStale("the preview's time has no time zone")
    return found
