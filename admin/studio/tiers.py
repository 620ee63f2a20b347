"""Tiers: the draft of a set with its preview, publishing it; a member's tiers, and giving one by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter, URLEncodedBody

from admin.studio import change_present, tier_form, tier_present
from admin.studio.changes import moment, notices
from admin.studio.tier_form import Draft
from admin.studio.tier_present import DRAFT, MEMBERS, Reader, Work
from api.auth import StaffUser, requires_permission
from api.forms import KeyedForm, key_of, once_to, said_of
from api.pages import locale_of, page, see_other
from core import clock, db
from core.days import start_of_day, zone_of
from core.design import tier_views as views
from core.design.views import Notice
from core.errors import NotFound
from core.i18n import in_language, translator
from core.ids import new_id
from loyalty.changes import service as changes
from loyalty.changes.errors import ChangeInvalid, ChangeStale, ChangeState, ChangeUnseen
from loyalty.changes.kinds import VERSIONED
from loyalty.changes.service import Change
from loyalty.members import service as members
from loyalty.programme import service as programme
from loyalty.programme.service import ProgrammeMissing, Version
from loyalty.tiers import census, overrides, standing
from loyalty.tiers import service as tiers
from loyalty.tiers.overrides import By, OverrideInvalid, OverrideMissing, TierUnknown
from loyalty.tiers.rules import TierSet, TiersInvalid
from loyalty.tiers.service import PreviewStale, Seen

Staff = Request[StaffUser, Any, Any]

OVERVIEW = "/staff/studio"
MAY_GIVE = "tiers.override"
LATEST = 50
COLUMNS = 4
"""Drafts that stand side by side."""
SHOWN_LIMIT = 10_000


@dataclass(frozen=True, kw_only=True)
class Begun:
    """What a form is of: `of` gives its fields, and what they cannot show."""

    base: int
    """The version that it was made on."""
    stale: bool
    """What is live of its set is no longer what it was made on."""
    of: TierSet
    live: TierSet | None
    beside: TierSet
    """What is live, as the page shows it beside: the first set, where there is none of this code."""
    kept: Change | None


class Override(KeyedForm):
    """The form that gives a tier; `until`: the last day of it."""

    tier: str
    until: str
    reason: str


# ---------------------------------------------------------------- the draft


@get("/tiers", guards=[requires_permission("studio.read")])
async def tier_draft(request: Staff) -> Response[Any]:
    """A set as it would be, and who would move; htmx gets the preview alone.

    It is looked up, and counted only where it is to be published (`exact`) or others would have moved by now.
    """
    now, alone = clock.now(), "hx-request" in request.headers
    typed = {name: str(value) for name, value in request.query_params.items()}
    async with db.transaction(request.user.merchant_id):
        try:
            live = await programme.live()
        except ProgrammeMissing:
            return see_other(OVERVIEW)
        begun = await _begun(live, {"base": str(live.number)} | typed)
        made = _read(request, begun, typed)
        look = tiers.preview if typed.keys() & {"exact", "conflict"} else census.quick
        preview = await look(made.tier_set, now) if made.previewable else None
        if "warm" in typed:
            await census.prepare(begun.beside, now)
        work = await _work(request, begun, typed)
    view = tier_present.draft(made, live, begun.beside, preview, work, _reader(request))
    template = "staff/tier_preview.html" if alone else "staff/tier_draft.html"
    return page(request, template, view, section="studio", now=now)


async def _work(request: Staff, begun: Begun, typed: Mapping[str, str]) -> Work:
    may, kept = request.user.permissions, begun.kept
    mark = typed.get("mark", kept.mark) if kept else ""
    return Work(
        key=str(new_id()) if "studio.publish" in may else "",
        keep_key=str(new_id()) if "programme.edit" in may else "",
        base=begun.base,
        stale=begun.stale,
        draft_id=str(kept.id) if kept else "",
        name=kept.name if kept else "",
        mark=mark,
        overtaken=kept is not None and kept.mark != mark,
        second_person=await changes.second_person(),
        conflict="conflict" in typed,
        shown=typed.get("shown", "") if "conflict" in typed else "",
    )


async def _kept(draft_id: str) -> Change | None:
    """The kept draft that is worked on; None: none."""
    try:
        found = await changes.find(UUID(draft_id))
    except (ValueError, NotFound):
        return None
    return found if found.kind == "tiers" else None


async def _begun(live: Version, typed: Mapping[str, str]) -> Begun:
    """What a form is of. One that does not say on which version it was made is as old as can be."""
    kept, said = await _kept(typed.get("draft") or typed.get("of_draft", "")), typed.get("base", "")
    base = int(said) if said.isascii() and said.isdecimal() and len(said) < 9 else 0
    base = min(base, kept.base if kept else live.number)
    code = kept.subject if kept else typed.get("set", "")
    now_live = live.tier_set(code) or (None if kept else live.primary)
    code = now_live.code if now_live else code
    was = now_live if base == live.number else await _at(code, base)
    return Begun(
        base=base,
        stale=was != now_live,
        of=kept.definition if kept else was or now_live or live.primary,
        live=now_live,
        beside=now_live or live.primary,
        kept=kept,
    )


async def _at(code: str, number: int) -> TierSet | None:
    try:
        found: TierSet = await VERSIONED["tiers"].at(code, number)
    except NotFound:
        return None
    return found


def _read(request: Staff, begun: Begun, typed: Mapping[str, str]) -> Draft:
    made = tier_form.read(begun.of, typed, request.user.shop.currency, locale_of(request))
    return replace(made, changed=made.tier_set != begun.live)


@post("/tiers/publish", guards=[requires_permission("studio.publish")], status_code=303)
async def publish(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Move exactly the previewed members, or show who would move by now and change nothing.

    Where the shop wants a second person, it becomes a change that waits for one.
    """
    now, user, said = clock.now(), request.user, said_of(data)
    fields = {name: value for name, value in said.items() if name not in ("as_of", "fingerprint", "shown")}

    async def effect() -> str:
        begun = await _begun(await programme.live(), fields)
        made = _read(request, begun, fields)
        _refuse(made)
        seen = Seen(data.get("fingerprint", ""), moment(data.get("as_of", "")))
        shown, by = said.get("shown", "")[:SHOWN_LIMIT], user.member.id
        if kept := begun.kept:
            at_once = not await changes.second_person()
            await changes.as_seen(kept.id, said.get("mark", ""), publishing=at_once)
            await changes.save(kept.id, kept.name, made.tier_set, now, shown, begun.base)
            done = await changes.go_on(kept.id, seen, by, now)
        else:
            wanted = made.tier_set
            name = in_language(wanted.name, locale_of(request)) or wanted.code
            done = await changes.at_once("tiers", wanted.code, name, wanted, seen, by, now, shown, begun.base)
        if done.state == "live":
            return f"{OVERVIEW}?published={done.version}"
        return f"{change_present.path_of(done)}?notice={done.state}"

    try:
        return await once_to(request, key_of(data), said, effect, now)
    except (PreviewStale, ChangeStale):
        return see_other(f"{DRAFT}?{urlencode({**said, 'conflict': '1'})}")
    except ChangeState as error:
        return see_other(f"{change_present.PATH}/{said['draft']}?notice={error.code}")
    except (TiersInvalid, ChangeUnseen):
        return see_other(f"{DRAFT}?{urlencode(fields)}")


@post("/tiers/keep", guards=[requires_permission("programme.edit")], status_code=303)
async def keep(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Keep the draft under a name: in the place of `draft`, or as a new one that was taken from `of_draft`.

    One that says something else by now than what the form was taken from is not replaced. What was made on
    something that is no longer live goes on from its own page.
    """
    now, said = clock.now(), said_of(data)

    async def effect() -> str:
        begun = await _begun(await programme.live(), said)
        wanted = _read(request, begun, said)
        _refuse(wanted)
        name, shown, made = said.get("name", ""), said.get("shown", "")[:SHOWN_LIMIT], wanted.tier_set
        if begun.kept and "draft" in said:
            await changes.as_seen(begun.kept.id, said.get("mark", ""))
            after = await changes.save(begun.kept.id, name, made, now, shown, begun.base)
        else:
            by = request.user.member.id
            after = await changes.draft("tiers", made.code, name, made, by, now, shown, base=begun.base)
        if begun.stale:
            return f"{change_present.path_of(after)}?notice=kept"
        return f"{DRAFT}/compare?set={made.code}&notice=kept"

    try:
        return await once_to(request, key_of(data), said, effect, now)
    except ChangeState as error:
        return see_other(f"{change_present.PATH}/{said['draft']}?notice={error.code}")
    except (TiersInvalid, ChangeInvalid, ChangeUnseen):
        return see_other(f"{DRAFT}?{urlencode(said)}")


def _refuse(made: Draft) -> None:
    if made.problems:
        raise TiersInvalid(" ".join(made.problems.values()))


@get("/tiers/compare", guards=[requires_permission("studio.read")])
async def compare(
    request: Staff, set_code: Annotated[str, QueryParameter(name="set")] = "", notice: FromQuery[str] = ""
) -> Response[Any]:
    """What is live, and the drafts of a set side by side."""
    now, user, locale = clock.now(), request.user, locale_of(request)
    async with db.transaction(user.merchant_id):
        try:
            live = await programme.live()
        except ProgrammeMissing:
            return see_other(OVERVIEW)
        base = live.tier_set(set_code) or live.primary
        drafts = await changes.pending("tiers", base.code)
        shown = drafts[:COLUMNS]
        sets = [base, *(each.definition for each in shown)]
        previews = [await census.quick(each, now) for each in sets]
    view = change_present.comparison(base, live, shown, previews, len(drafts) - len(shown), _reader(request))
    if "studio.publish" in user.permissions:
        view = replace(view, key=str(new_id()))
    said = notices(notice, locale)
    return page(request, "staff/tier_compare.html", view, section="studio", notices=said, now=now)


# ---------------------------------------------------------------- one member


@get("/tiers/members", guards=[requires_permission("studio.read")])
async def find_member(request: Staff, customer: FromQuery[str] = "") -> Response[Any]:
    """Look a member up by the shop's id."""
    if not customer.strip():
        return page(request, "staff/tier_member.html", views.TierMember("", MEMBERS), section="studio")
    async with db.transaction(request.user.merchant_id):
        try:
            await members.find(customer.strip())
        except NotFound:
            view = views.TierMember(customer, MEMBERS, unknown=True)
            return page(request, "staff/tier_member.html", view, section="studio", status=404)
    return see_other(tier_present.path_of(customer.strip()))


@get("/tiers/members/{customer:str}", guards=[requires_permission("studio.read")])
async def member(request: Staff, customer: FromPath[str], notice: FromQuery[str] = "") -> Response[Any]:
    """Where a member stands in each set, and how they came there."""
    words = translator(locale_of(request))
    known = {
        "given": words.gettext("The member is in this tier now."),
        "ended": words.gettext("The member has the tier again that they have by themselves."),
    }
    said = [Notice("good", known[notice])] if notice in known else []
    return await _show(request, customer, said)


@post(
    "/tiers/members/{customer:str}/{set_code:str}/override",
    guards=[requires_permission(MAY_GIVE)],
    status_code=303,
)
async def give(
    request: Staff, customer: FromPath[str], set_code: FromPath[str], data: URLEncodedBody[Override]
) -> Response[Any]:
    """Put the member into a tier through a day; what is wrong with the form is said above it."""
    now, user = clock.now(), request.user
    typed = (data.tier, data.until, data.reason)

    async def effect() -> str:
        found = await members.find(customer)
        until = _through(data.until, user.shop.time_zone)
        by = By(staff_id=user.member.id)
        await overrides.put(found.id, set_code, data.tier, until, data.reason, by, now)
        return f"{tier_present.path_of(customer)}?notice=given"

    try:
        return await once_to(request, data.idempotency_key, (set_code, typed), effect, now)
    except (OverrideInvalid, TierUnknown):
        problem = translator(locale_of(request)).gettext(
            "Choose a tier and a day from today on, and say why."
        )
        return await _show(request, customer, [], problem, typed)


@post(
    "/tiers/members/{customer:str}/{set_code:str}/override/end",
    guards=[requires_permission(MAY_GIVE)],
    status_code=303,
)
async def end(
    request: Staff, customer: FromPath[str], set_code: FromPath[str], data: URLEncodedBody[KeyedForm]
) -> Response[Any]:
    """Take a given tier back before its time; one that is over already is left alone."""
    now, user = clock.now(), request.user

    async def effect() -> str:
        found = await members.find(customer)
        await overrides.end(found.id, set_code, By(staff_id=user.member.id), now)
        return f"{tier_present.path_of(customer)}?notice=ended"

    try:
        return await once_to(request, data.idempotency_key, f"end {set_code}", effect, now)
    except OverrideMissing:
        return see_other(tier_present.path_of(customer))


handlers = [tier_draft, publish, keep, compare, find_member, member, give, end]


async def _show(
    request: Staff,
    customer: str,
    said: list[Notice],
    problem: str = "",
    typed: tuple[str, str, str] = ("", "", ""),
) -> Response[Any]:
    now = clock.now()
    async with db.transaction(request.user.merchant_id):
        found = await members.find(customer)
        view = tier_present.member(
            customer,
            await standing.standings(found.id, now),
            await overrides.in_force(found.id, now),
            await standing.history(found.id, limit=LATEST),
            _reader(request),
            problem,
            typed,
        )
    status = 422 if problem else 200
    return page(
        request, "staff/tier_member.html", view, section="studio", notices=said, status=status, now=now
    )


def _reader(request: Staff) -> Reader:
    user = request.user
    return Reader(locale_of(request), user.shop.currency, user.shop.time_zone, MAY_GIVE in user.permissions)


def _through(day: str, time_zone: str) -> datetime:
    """The end of a day in the shop's time zone. Raises OverrideInvalid for what is no day."""
    try:
        return start_of_day(date.fromisoformat(day) + timedelta(days=1), zone_of(time_zone))
    except (ValueError, OverflowError):
        raise OverrideInvalid("the last day is no date") from None
