"""Segments in the studio: all of them, one with its members, and the form that counts while it is typed."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Stream

from admin.studio import segment_forms as forms
from admin.studio.reward_forms import Shop, code_problem
from admin.studio.rule_words import UNKNOWN
from admin.studio.rules import naming, shop_of
from api.auth import StaffUser, requires_permission
from api.forms import KeyedForm, key_of, once_to, said_of
from api.pages import locale_of, page
from core import clock, db
from core.design import segment_views as views
from core.design.views import Notice
from core.errors import DomainError
from core.files.formulas import defused
from core.i18n import Translator, in_language, translator
from core.ids import new_id
from loyalty.members import service as members
from loyalty.segments import service as segments
from loyalty.segments.model import SegmentView, taints
from loyalty.segments.sentence import Words

Staff = Request[StaffUser, Any, Any]

PATH = "/staff/studio/segments"
NEEDED = "programme.edit"
reads = requires_permission("studio.read")
edits = requires_permission(NEEDED)
ROWS = 50
CSV_BATCH = 5000
OWN = ("csrf_token", "idempotency_key", "version", "look", "any")


@get("/segments", guards=[reads])
async def overview(request: Staff) -> Response[Any]:
    """The newest version of each; how many members are in them is counted on their pages."""
    locale = locale_of(request)
    async with db.transaction(request.user.merchant_id):
        found = await segments.every()
        say = await segments.words(locale)
    newest = [each for each in found if each.newest]
    presets = _presets(translator(locale)) if NEEDED in request.user.permissions else ()
    view = views.StudioSegments(tuple(_row(each, say) for each in newest), presets)
    return page(request, "staff/segments.html", view, section="studio")


@get("/segments/new", guards=[edits])
async def new(request: Staff, preset: FromQuery[str] = "") -> Response[Any]:
    """The form, empty or with a preset."""
    return await _new(request, dict(forms.PRESETS.get(preset, {})))


@post("/segments/new", guards=[edits], status_code=303)
async def make(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Save a new segment, or with `look` or `any` only say what it means."""
    if _only_looks(data):
        return await _new(request, data)
    now, code = clock.now(), data.get("code", "").strip()
    async with db.transaction(request.user.merchant_id):
        shop, _ = await shop_of(request)
    wanted, problems = forms.read(_fields(data), shop)
    if found := code_problem(code, shop.words, segments.CODE_LIMIT):
        problems["code"] = found
    if wanted is None or problems:
        return await _new(request, data, problems)
    segment = wanted

    async def effect() -> str:
        name = data.get("name", "").strip()[:200] or code
        await segments.create(code, name, segment, now, request.user.member.id)
        return f"{PATH}/{code}?notice=made"

    try:
        return await once_to(request, key_of(data), said_of(data), effect, now)
    except DomainError as error:
        return await _new(request, data, problem=_refusal(error, shop.words))


@get("/segments/look", guards=[edits])
async def look(request: Staff) -> Response[Any]:
    """What the form as it is typed means, and how many members that is."""
    typed = {name: value for name, value in request.query_params.dict().items() if isinstance(value, list)}
    fields = _fields({name: str(values[-1]) for name, values in typed.items()})
    async with db.transaction(request.user.merchant_id):
        shop, _ = await shop_of(request)
        view, _problems = await _looked(fields, shop, {}, "")
    return page(request, "staff/segment_look.html", view)


@get("/segments/{code:str}", guards=[reads])
async def one(
    request: Staff,
    code: FromPath[str],
    version: FromQuery[int | None] = None,
    after: FromQuery[UUID | None] = None,
    notice: FromQuery[str] = "",
) -> Response[Any]:
    """A version of a segment, the newest unless another is asked for, and who is in it. Raises NotFound."""
    return await _page(request, code, version, after, notice)


@post("/segments/{code:str}", guards=[edits], status_code=303)
async def revise(request: Staff, code: FromPath[str], data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Save the next version, or with `look` or `any` only say what it would mean."""
    if _only_looks(data):
        return await _page(request, code, typed=data)
    now = clock.now()
    async with db.transaction(request.user.merchant_id):
        shop, _ = await shop_of(request)
        known = (await segments.versions(code))[0]
    wanted, problems = forms.read(_fields(data), shop)
    if wanted is None or problems:
        return await _page(request, code, typed=data, problems=problems)
    segment, after = wanted, data.get("version", "")

    async def effect() -> str:
        number = int(after) if after.isascii() and after.isdecimal() and len(after) < 9 else 0
        await segments.revise(code, known.name, segment, number, now, request.user.member.id)
        return f"{PATH}/{code}?notice=revised"

    try:
        return await once_to(request, key_of(data), said_of(data), effect, now)
    except DomainError as error:
        return await _page(request, code, typed=data, problem=_refusal(error, shop.words))


@post("/segments/{code:str}/list", guards=[edits], status_code=303)
async def take(request: Staff, code: FromPath[str], data: URLEncodedBody[KeyedForm]) -> Response[Any]:
    """A static segment of those who are in it now. Raises NotFound."""
    now = clock.now()

    async def effect() -> str:
        found = (await segments.versions(code))[0]
        made = f"{code[:80]}-{now:%Y%m%d-%H%M%S}"
        name = f"{found.name[:180]} {now:%Y-%m-%d}"
        await segments.take_list(found.id, made, name, now, request.user.member.id)
        return f"{PATH}/{made}?notice=taken"

    return await once_to(request, data.idempotency_key, code, effect, now)


@get("/segments/{code:str}/members.csv", guards=[reads])
async def as_csv(request: Staff, code: FromPath[str], version: FromQuery[int | None] = None) -> Stream:
    """Who is in it, a line a member; no names and no addresses. Raises NotFound."""
    merchant, now = request.user.merchant_id, clock.now()
    async with db.transaction(merchant):
        found = _version(await segments.versions(code), version)
    headers = {"Content-Disposition": f'attachment; filename="segment-{found.code}.csv"'}
    return Stream(_lines(merchant, found, now), media_type="text/csv; charset=utf-8", headers=headers)


handlers = [overview, new, make, look, one, revise, take, as_csv]


async def _lines(merchant: UUID, found: SegmentView, now: datetime) -> AsyncIterator[str]:
    """All members as of one moment, a batch at a time."""
    yield "customer,tier,joined_at\r\n"
    after: UUID | None = None
    while True:
        async with db.transaction(merchant):
            rows = await segments.members(found.segment, now, after, CSV_BATCH)
        out = io.StringIO()
        csv.writer(out).writerows(
            [defused(each.external_id), each.tier_code, each.joined_at.isoformat()] for each in rows
        )
        yield out.getvalue()
        if len(rows) < CSV_BATCH:
            return
        after = rows[-1].id


def _version(versions: list[SegmentView], number: int | None) -> SegmentView:
    return next((each for each in versions if each.version == number), versions[0])


def _only_looks(data: dict[str, str]) -> bool:
    """Nothing is saved yet; `any` asks for one more group of which at least one thing holds."""
    return "look" in data or "any" in data


def _fields(data: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in data.items() if name not in OWN and value.strip()}


async def _new(
    request: Staff, typed: dict[str, str], problems: dict[str, str] | None = None, problem: str = ""
) -> Response[Any]:
    async with db.transaction(request.user.merchant_id):
        shop, known = await shop_of(request)
        form = await _form("", typed, shop, known.stores, problems or {}, problem)
    named = naming(shop.words.gettext("The segment"), typed, problems or {}, shop.words)
    form = replace(form, groups=(named, *form.groups))
    view = views.StudioSegment(shop.words.gettext("New segment"), "", form=form)
    status = 422 if problems or problem else 200
    return page(request, "staff/segment.html", view, section="studio", status=status)


async def _page(
    request: Staff,
    code: str,
    version: int | None = None,
    after: UUID | None = None,
    notice: str = "",
    typed: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
    problem: str = "",
) -> Response[Any]:
    now, may_edit = clock.now(), NEEDED in request.user.permissions
    async with db.transaction(request.user.merchant_id):
        shop, known = await shop_of(request)
        versions = await segments.versions(code)
        found = _version(versions, version)
        say = await segments.words(shop.locale)
        rows = await segments.members(found.segment, now, after, ROWS + 1)
        count, of = await segments.count(found.segment, now), await members.count()
        stored = forms.fields_of(found.segment, shop)
        form = None
        if may_edit and found.newest and (typed or stored is not None):
            fields = typed or stored or {}
            form = await _form(code, fields, shop, known.stores, problems or {}, problem, found.version)
    here = f"{PATH}/{code}?" + urlencode({"version": found.version})
    tiers = {each.code: in_language(each.name, shop.locale) for each in shop.tiers}
    view = views.StudioSegment(
        name=found.name,
        code=found.base,
        sentence=say.segment(found.segment),
        taints=tuple(found.taints),
        members=count,
        of=of,
        rows=tuple(_member(each, tiers) for each in rows[:ROWS]),
        next_href=f"{here}&after={rows[ROWS - 1].id}" if len(rows) > ROWS else "",
        first_href=here if after else "",
        csv_href=f"{PATH}/{code}/members.csv?version={found.version}",
        campaign_href=f"/staff/studio/campaigns/new?segment={found.id}" if may_edit else "",
        list_key=str(new_id()) if may_edit else "",
        versions=tuple(_line(each, found, say) for each in versions),
        form=form,
        beyond_form=stored is None,
    )
    said = _notices(notice, shop.words)
    status = 422 if problems or problem else 200
    return page(request, "staff/segment.html", view, section="studio", notices=said, status=status, now=now)


async def _form(
    code: str,
    typed: dict[str, str],
    shop: Shop,
    stores: forms.Stores,
    problems: dict[str, str],
    problem: str,
    version: int = 0,
) -> views.SegmentForm:
    looked, found = await _looked(_fields(typed), shop, problems, problem)
    anys = max(forms.anys(typed), _asked(typed))
    prefixes = [forms.any_prefix(number) for number in range(1, anys + 1)]
    return views.SegmentForm(
        action=f"{PATH}/{code or 'new'}",
        key=str(new_id()),
        version=version,
        groups=forms.groups(typed, found, shop, stores),
        look=looked,
        anys=tuple(forms.groups(typed, found, shop, stores, each) for each in prefixes),
        more=anys + 1 if anys < forms.ANYS_MOST else 0,
    )


def _asked(typed: dict[str, str]) -> int:
    """How many groups there should be now."""
    asked = typed.get("any", "")
    return int(asked) if asked in map(str, range(1, forms.ANYS_MOST + 1)) else 0


async def _looked(
    fields: dict[str, str], shop: Shop, problems: dict[str, str], problem: str
) -> tuple[views.SegmentLook, dict[str, str]]:
    """What the fields mean, with the live count, in the open transaction; and what is wrong with them."""
    if forms.is_empty(fields) and not problems and not problem:
        return views.SegmentLook(of=await members.count()), {}
    wanted, found = forms.read(fields, shop)
    found = problems or found
    if wanted is None or found or problem:
        text = problem or found.get("") or shop.words.gettext("Something does not fit.")
        return views.SegmentLook(problem=text), found
    say = await segments.words(shop.locale)
    count = await segments.count(wanted, clock.now())
    return views.SegmentLook(say.segment(wanted), count, await members.count(), tuple(taints(wanted))), {}


def _row(each: SegmentView, say: Words) -> views.SegmentRow:
    return views.SegmentRow(
        href=f"{PATH}/{each.base}",
        name=each.name,
        code=each.base,
        sentence=say.segment(each.segment),
        taints=tuple(each.taints),
        versions=each.version,
        since=each.created_at,
    )


def _line(each: SegmentView, shown: SegmentView, say: Words) -> views.SegmentVersion:
    href = f"{PATH}/{each.base}?version={each.version}"
    current = each.version == shown.version
    return views.SegmentVersion(each.version, href, say.segment(each.segment), each.created_at, current)


def _member(each: segments.MemberRow, tiers: dict[str, str]) -> views.SegmentMember:
    href = f"/staff/studio/members/{each.id}"
    tier = tiers.get(each.tier_code, each.tier_code)
    return views.SegmentMember(href, each.external_id, tier, each.joined_at)


def _presets(words: Translator) -> tuple[tuple[str, str], ...]:
    names = {
        "new": words.gettext("New customers"),
        "returning": words.gettext("Returning customers"),
        "champions": words.gettext("Best customers (RFM)"),
        "at_risk": words.gettext("Good customers who stay away"),
        "bargain": words.gettext("Buy mostly what is reduced"),
        "big": words.gettext("Buy often"),
    }
    return tuple((name, f"{PATH}/new?preset={code}") for code, name in names.items())


def _notices(notice: str, words: Translator) -> list[Notice]:
    texts = {
        "made": words.gettext("The segment is saved."),
        "revised": words.gettext(
            "The next version is saved. Campaigns, rules and rewards keep the version they were made with."
        ),
        "taken": words.gettext("The list is taken: whoever is on it stays on it."),
    }
    return [Notice("good", texts[notice])] if notice in texts else []


def _refusal(error: DomainError, words: Translator) -> str:
    texts = {
        "segment_exists": words.gettext("There is a segment with this code already."),
        "segment_moved": words.gettext("Somebody has saved a newer version meanwhile; look at it first."),
        "segment_too_large": words.gettext("The segment has too many conditions."),
    }
    return texts.get(error.code, words.gettext(UNKNOWN))
