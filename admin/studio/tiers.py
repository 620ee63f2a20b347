"""Tiers: the draft of a set with its preview, publishing it; a member's tiers, and giving one by hand."""

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.studio import tier_form, tier_present
from admin.studio.tier_form import Draft
from admin.studio.tier_present import DRAFT, MEMBERS, Reader
from api.auth import StaffUser, requires_permission
from api.forms import KeyedForm, once_to
from api.pages import locale_of, page, see_other
from api.problems import RequestRefused
from core import clock, db
from core.days import start_of_day, zone_of
from core.design import tier_views as views
from core.design.views import Notice
from core.errors import NotFound
from core.i18n import translator
from core.ids import new_id
from loyalty.members import service as members
from loyalty.programme import service as programme
from loyalty.programme.service import ProgrammeMissing, Version
from loyalty.tiers import overrides, standing
from loyalty.tiers import service as tiers
from loyalty.tiers.overrides import By, OverrideInvalid, OverrideMissing, TierUnknown
from loyalty.tiers.rules import TierSet, TiersInvalid
from loyalty.tiers.service import PreviewStale

Staff = Request[StaffUser, Any, Any]

OVERVIEW = "/staff/studio"
MAY_GIVE = "tiers.override"
LATEST = 50


class Override(KeyedForm):
    """The form that gives a tier; `until`: the last day of it."""

    tier: str
    until: str
    reason: str


# ---------------------------------------------------------------- the draft


@get("/tiers", guards=[requires_permission("studio.read")])
async def tier_draft(request: Staff) -> Response[Any]:
    """A set as it would be, and who would move; htmx gets the preview alone."""
    now, user = clock.now(), request.user
    typed = {name: str(value) for name, value in request.query_params.items()}
    async with db.transaction(user.merchant_id):
        try:
            live = await programme.live()
        except ProgrammeMissing:
            return see_other(OVERVIEW)
        base, made = _draft(request, live, typed)
        preview = await tiers.preview(made.tier_set, now) if made.previewable else None
    key = str(new_id()) if preview and "studio.publish" in user.permissions else ""
    view = tier_present.draft(made, live, base, preview, key, "conflict" in typed, _reader(request))
    template = "staff/tier_preview.html" if "hx-request" in request.headers else "staff/tier_draft.html"
    return page(request, template, view, section="studio", now=now)


@post("/tiers/publish", guards=[requires_permission("studio.publish")], status_code=303)
async def publish(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Move exactly the previewed members, or show who would move by now and change nothing."""
    key = data.get("idempotency_key", "")
    if not 1 <= len(key) <= 255:
        raise RequestRefused("invalid_request", "The form is not right", "idempotency_key", status=422)
    now, user = clock.now(), request.user
    said = {name: value for name, value in data.items() if name not in ("csrf_token", "idempotency_key")}
    fields = {name: value for name, value in said.items() if name not in ("as_of", "fingerprint")}

    async def effect() -> str:
        _, made = _draft(request, await programme.live(), fields)
        if made.problems:
            raise TiersInvalid(" ".join(made.problems.values()))
        as_of = _moment(data.get("as_of", ""))
        version = await tiers.publish(made.tier_set, data.get("fingerprint", ""), as_of, user.member.id, now)
        return f"{OVERVIEW}?published={version.number}"

    try:
        return await once_to(request, key, said, effect, now)
    except PreviewStale:
        return see_other(f"{DRAFT}?{urlencode({**fields, 'conflict': '1'})}")
    except TiersInvalid:
        return see_other(f"{DRAFT}?{urlencode(fields)}")


def _draft(request: Staff, live: Version, typed: dict[str, str]) -> tuple[TierSet, Draft]:
    base = live.tier_set(typed.get("set", "")) or live.primary
    return base, tier_form.read(base, typed, request.user.shop.currency, locale_of(request))


def _moment(text: str) -> datetime:
    """When the preview was made. Raises PreviewStale for what is no such moment."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise PreviewStale("the form does not say when its preview was made") from None
    if moment.tzinfo is None:
        raise PreviewStale("the preview's time has no time zone")
    return moment


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


handlers = [tier_draft, publish, find_member, member, give, end]


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
