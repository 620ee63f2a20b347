"""Earning rules in the studio: the list with sentences, the form that says what it means, publishing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.studio import rule_forms as forms
from admin.studio.change_present import back, path_of
from admin.studio.change_words import refusal
from admin.studio.reward_forms import Shop, is_code
from admin.studio.rule_forms import Known
from api.auth import StaffUser, requires_permission
from api.forms import KeyedForm, once_to
from api.pages import locale_of, page
from api.problems import RequestRefused
from core import clock, db
from core.days import zone_of
from core.design import rule_views as views
from core.design.reward_views import FormField, FormGroup
from core.design.views import Notice
from core.errors import DomainError
from core.i18n import Translator, in_language, translator
from core.ids import new_id
from loyalty.changes import service as changes
from loyalty.programme import service as programme
from loyalty.programme.service import ProgrammeMissing
from loyalty.rules import service as rules
from loyalty.rules.backtest import backtest, trial
from loyalty.rules.check import Overlap
from loyalty.rules.model import Active, Multiply, stacked
from loyalty.rules.sentence import Words
from loyalty.rules.service import Version
from loyalty.segments import service as segments
from loyalty.wallets import service as wallets

Staff = Request[StaffUser, Any, Any]

PATH = "/staff/studio/rules"
NEEDED = "programme.edit"
PUBLISH = "studio.publish"
FIGURES_DAYS = 90
OWN = ("csrf_token", "idempotency_key", "code", "name")


@get("/rules", guards=[requires_permission("studio.read")])
async def overview(request: Staff, notice: FromQuery[str] = "") -> Response[Any]:
    """All rules, those in force first, in stacking order."""
    locale = locale_of(request)
    async with db.transaction(request.user.merchant_id):
        found = await rules.page(limit=200)
        say = await rules.words(locale)
    found.sort(key=lambda each: (each.state != "published", each.rule.priority, each.rule_id))
    view = views.StudioRules(tuple(row(each, say) for each in found), NEEDED in request.user.permissions)
    return page(request, "staff/rules.html", view, section="studio", notices=notices(notice, say.words))


@get("/rules/new", guards=[requires_permission(NEEDED)])
async def new(request: Staff) -> Response[Any]:
    """The empty form."""
    return await _form(request, "", {})


@post("/rules/new", guards=[requires_permission(NEEDED)], status_code=303)
async def make(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Save a new rule as a draft, or with `look` only say what it means and would have given."""
    return await _save(request, "", data)


@get("/rules/{code:str}", guards=[requires_permission("studio.read")])
async def one(
    request: Staff, code: FromPath[str], notice: FromQuery[str] = "", counted: FromQuery[str] = ""
) -> Response[Any]:
    """A rule with its versions and the form for the next one; what it gave is counted after that, or now."""
    return await _form(request, code, {}, notice, counted=bool(counted))


@get("/rules/{code:str}/figures", guards=[requires_permission("studio.read")])
async def gave(request: Staff, code: FromPath[str]) -> Response[Any]:
    """What the newest version gave, or would have: a part of the rule's page. Raises NotFound."""
    async with db.transaction(request.user.merchant_id):
        newest = (await rules.versions(code))[0]
        view = views.RuleGave(await _figures(newest.active), newest.state == "draft")
    return page(request, "staff/rule_figures.html", view)


@post("/rules/{code:str}", guards=[requires_permission(NEEDED)], status_code=303)
async def revise(request: Staff, code: FromPath[str], data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Save the next version as a draft."""
    return await _save(request, code, data)


class PublishForm(KeyedForm, kw_only=True):
    """Which version is put in force now, or (`later`) goes its way as a change."""

    version: str
    live: str = ""
    """The number of the version that the page showed as being in force."""
    later: str = ""


@post("/rules/{code:str}/publish", guards=[requires_permission(PUBLISH)], status_code=303)
async def publish(request: Staff, code: FromPath[str], data: URLEncodedBody[PublishForm]) -> Response[Any]:
    """Put a draft in force, or ask a second person first. Raises NotFound, and what loyalty.rules refuses."""
    now, by, words = clock.now(), request.user.member.id, translator(locale_of(request))

    async def effect() -> str:
        draft, base = await rules.numbered(code, _number(data.version)), _number(data.live)
        if draft.state != "draft":
            raise rules.RuleNotDraft(f"version {draft.version} is {draft.state}")
        name = name_of(code, draft.name, words)[: changes.NAME_LIMIT]
        if data.later:
            made = await changes.draft("rule", code, name, draft.rule, by, now, base=base)
        else:
            made = await changes.at_once("rule", code, name, draft.rule, None, by, now, base=base)
        return f"{PATH}/{code}?notice=published" if made.state == "live" else path_of(made)

    try:
        return await once_to(
            request, data.idempotency_key, [data.version, data.live, data.later], effect, now
        )
    except DomainError as error:
        return await _form(request, code, {}, problem=refusal(error, words))


@post("/rules/{code:str}/retire", guards=[requires_permission(PUBLISH)], status_code=303)
async def retire(request: Staff, code: FromPath[str], data: URLEncodedBody[KeyedForm]) -> Response[Any]:
    """Take a rule out of force; a refusal is said on its page. Raises NotFound."""
    now, words = clock.now(), translator(locale_of(request))

    async def effect() -> str:
        await rules.retire(code, now)
        return f"{PATH}/{code}?notice=retired"

    try:
        return await once_to(request, data.idempotency_key, "", effect, now)
    except (rules.RuleNotLive, rules.RuleOfCampaign) as error:
        return await _form(request, code, {}, problem=refusal(error, words))


handlers = [overview, new, make, one, gave, revise, publish, retire]


def key_of(data: dict[str, str]) -> str:
    """The form's key. Raises RequestRefused without one."""
    key = data.get("idempotency_key", "")
    if not 1 <= len(key) <= 255:
        raise RequestRefused("invalid_request", "The form is not right", "idempotency_key", status=422)
    return key


def _number(said: str) -> int:
    """Of a version; 0: none."""
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 9 else 0


async def _save(request: Staff, code: str, data: dict[str, str]) -> Response[Any]:
    now = clock.now()
    async with db.transaction(request.user.merchant_id):
        shop, _ = await shop_of(request)
    if "look" in data:
        return await _form(request, code, data)
    wanted, problems = forms.read(data, shop)
    name, named = data.get("name", "").strip(), code or data.get("code", "").strip()
    if not is_code(named):
        problems["code"] = shop.words.gettext("Small letters, digits and hyphens; it stays for ever.")
    if wanted is None or problems:
        return await _form(request, code, data, problems=problems)

    async def effect() -> str:
        if code:
            after = _number(data.get("version", ""))
            await rules.revise(code, wanted, now, request.user.member.id, after)
        else:
            await rules.create(named, name or named, wanted, now, request.user.member.id)
        return f"{PATH}/{named}?notice=drafted"

    said = {field: value for field, value in data.items() if field not in OWN[:2]}
    try:
        return await once_to(request, key_of(data), said, effect, now)
    except DomainError as error:
        moved = {"version": ""} if isinstance(error, rules.RuleMoved) else {}
        return await _form(request, code, data | moved, problem=refusal(error, shop.words))


async def _form(
    request: Staff,
    code: str,
    typed: dict[str, str],
    notice: str = "",
    problems: dict[str, str] | None = None,
    problem: str = "",
    counted: bool = False,
) -> Response[Any]:
    """The page of one rule, or of a new one. Raises NotFound."""
    permissions = request.user.permissions
    may_edit, may_publish = NEEDED in permissions, PUBLISH in permissions
    async with db.transaction(request.user.merchant_id):
        shop, known = await shop_of(request)
        versions = await rules.versions(code) if code else []
        say = await rules.words(shop.locale)
        stored = forms.fields_of(versions[0].rule, shop) if versions else {}
        form = None
        of_campaign = bool(versions and versions[0].campaign_id)
        if may_edit and not of_campaign and (typed or stored is not None):
            asked = typed or stored or {}
            told = bool(typed) and "hx-request" not in request.headers
            looked = await look(asked, shop, say, problems or {}, problem, versions, figures=told)
            newest = versions[0].version if versions else 0
            form = _view(code, asked, looked, shop, known, _number(asked.get("version", "")) or newest)
        figures = await _figures(versions[0].active) if versions and counted else None
    live = next((each.version for each in versions if each.state == "published"), 0)
    view = views.StudioRule(
        code=code,
        name=name_of(code, versions[0].name, shop.words) if versions else "",
        versions=tuple(_version(each, say, may_edit, may_publish) for each in versions),
        form=form,
        live=live,
        retire_key=str(new_id()) if live and may_publish and not of_campaign else "",
        figures=figures,
        figures_href=f"{PATH}/{code}/figures" if versions and not counted else "",
        beyond_form=stored is None,
    )
    said = notices(notice, shop.words)
    if problem and form is None:
        said.append(Notice("problem", problem))
    status = 422 if problems or problem else 200
    return page(request, "staff/rule.html", view, section="studio", notices=said, status=status)


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What a form as it is typed means, or what is wrong with it."""

    problems: dict[str, str]
    problem: str = ""
    sentence: str = ""
    overlaps: tuple[views.Meeting, ...] = ()
    stack: tuple[views.Stacked, ...] = ()
    figures: views.RuleFigures | None = None


async def look(
    typed: dict[str, str],
    shop: Shop,
    say: Words,
    problems: dict[str, str],
    problem: str = "",
    versions: list[Version] | None = None,
    figures: bool = True,
) -> Looked:
    """Read the form, in the open transaction; nothing is typed: nothing is said of it.

    `figures`: also what it would have given, which takes long where much has happened.
    """
    if not typed or problems or problem:
        text = shop.words.gettext("Something does not fit.") if problems else ""
        return Looked(problems=problems, problem=problem or problems.get("") or text)
    wanted, found = forms.read(typed, shop)
    if wanted is None:
        return await look(typed, shop, say, found)
    try:
        await rules.check_saved(wanted)
    except DomainError as error:
        return Looked(problems={}, problem=refusal(error, shop.words))
    like = versions[0].active if versions else None
    overlaps = await rules.warnings(wanted, like.rule_id if like else None, clock.now())
    live = {each.code: each for each in await rules.live(clock.now())}
    tested = trial(wanted, like)
    met = [live[each.code] for each in overlaps]
    return Looked(
        problems={},
        sentence=say.rule(wanted),
        overlaps=tuple(
            views.Meeting(overlap(each, shop.words), f"{PATH}/{each.code}", say.rule(live[each.code].rule))
            for each in overlaps
        ),
        stack=stacking(tested, met, shop.words),
        figures=await _figures(tested) if figures else None,
    )


def stacking(mine: Active, met: list[Version], words: Translator) -> tuple[views.Stacked, ...]:
    """The rule among those that it meets, in the order in which they are looked at; alone: nothing."""
    names = {each.rule_id: name_of(each.code, each.name, words) for each in met}
    own = words.gettext("This rule")
    return tuple(
        views.Stacked(names.get(each.rule_id, own), each is mine, isinstance(each.rule.effect, Multiply))
        for each in (stacked([mine, *(other.active for other in met)]) if met else ())
    )


def _view(
    code: str, fields: dict[str, str], looked: Looked, shop: Shop, known: Known, version: int
) -> views.RuleForm:
    named = naming(shop.words.gettext("The rule"), fields, looked.problems, shop.words)
    groups = forms.groups(fields, looked.problems, shop, known)
    return views.RuleForm(
        action=f"{PATH}/{code or 'new'}",
        key=str(new_id()),
        version=version,
        groups=groups if code else (named, *groups),
        problem=looked.problem,
        sentence=looked.sentence,
        overlaps=looked.overlaps,
        stack=looked.stack,
        problems=tuple(dict.fromkeys([looked.problem, *looked.problems.values()])) if looked.problem else (),
        figures=looked.figures,
    )


def naming(title: str, fields: dict[str, str], problems: dict[str, str], words: Translator) -> FormGroup:
    """Code and name of something new."""
    code = FormField(
        "code",
        words.gettext("Code"),
        fields.get("code", ""),
        problem=problems.get("code", ""),
        required=True,
        hint=words.gettext("Small letters, digits and hyphens; it stays for ever."),
    )
    return FormGroup(title, (code, FormField("name", words.gettext("Name"), fields.get("name", ""))))


async def shop_of(request: Staff) -> tuple[Shop, Known]:
    """What a form needs to know, in the open transaction."""
    shop, locale = request.user.shop, locale_of(request)
    try:
        tiers = (await programme.live()).tiers
    except ProgrammeMissing:
        tiers = ()
    known = Known(
        stores=await rules.stores(locale),
        segments=[(str(each.id), each.label) for each in await segments.every()],
        wallets=[(each.code, in_language(each.name, locale)) for each in await wallets.every()],
    )
    return Shop(locale, shop.currency, zone_of(shop.time_zone), tiers, []), known


async def _figures(tested: Active) -> views.RuleFigures:
    now = clock.now()
    wallet = tested.rule.wallets[0] if tested.rule.wallets else "points"
    found = await backtest(tested, now - timedelta(days=FIGURES_DAYS), now, wallet)
    return views.RuleFigures(FIGURES_DAYS, found.events, found.members, found.points)


def _version(version: Version, say: Words, may_edit: bool, may_publish: bool) -> views.RuleRow:
    """What a version of the rule's page says: one that is over can come back, but not by itself what is of
    a campaign, whose time and budget are over with it."""
    shown = row(version, say, may_publish)
    over = version.state == "retired" or (version.valid_until and version.valid_until <= clock.now())
    if not (may_edit and over) or version.campaign_id:
        return shown
    return replace(shown, back=back("rule", version.code, version.version, say.locale))


def row(version: Version, say: Words, may_publish: bool = False) -> views.RuleRow:
    """A version as a line of a table."""
    return views.RuleRow(
        code=version.code,
        name=name_of(version.code, version.name, say.words),
        version=version.version,
        state=version.state,
        sentence=say.rule(version.rule),
        campaign=version.campaign_id is not None,
        since=version.valid_from or version.created_at,
        until=version.valid_until,
        by=version.author or "",
        publish_key=str(new_id()) if may_publish and version.state == "draft" else "",
    )


def name_of(code: str, name: str, words: Translator) -> str:
    """What a rule is called; that of every programme has a name in each language."""
    return name or (words.gettext("Orders") if code == "orders" else code)


def overlap(found: Overlap, words: Translator) -> str:
    """What two rules do to each other, as a sentence."""
    name = name_of(found.code, found.name, words)
    texts = {
        "adds_up": words.gettext(
            "Both this rule and “%(name)s” can give points for the same event.", name=name
        ),
        "multiplies": words.gettext("This rule multiplies the points of “%(name)s”.", name=name),
        "multiplied": words.gettext("“%(name)s” multiplies the points of this rule.", name=name),
        "gives_way": words.gettext(
            "“%(name)s” comes first in the exclusive group: where both hold, this rule gives nothing.",
            name=name,
        ),
        "goes_first": words.gettext(
            "This rule comes first in the exclusive group: where both hold, “%(name)s” gives nothing.",
            name=name,
        ),
        "shadows": words.gettext(
            "This rule comes first in the exclusive group: “%(name)s” will never give points.", name=name
        ),
        "shadowed": words.gettext(
            "“%(name)s” comes first in the exclusive group: this rule will never give points.",
            name=name,
        ),
    }
    return texts[found.kind]


def notices(notice: str, words: Translator) -> list[Notice]:
    """What is said after a change."""
    texts = {
        "drafted": words.gettext("The draft is saved. It gives no points until it is put in force."),
        "published": words.gettext("The rule is in force for whatever happens from now on."),
        "retired": words.gettext("The rule gives no points for what happens from now on."),
        "ended": words.gettext("The campaign has ended."),
        "running": words.gettext("The campaign is running."),
    }
    return [Notice("good", texts[notice])] if notice in texts else []
