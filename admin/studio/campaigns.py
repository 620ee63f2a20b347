"""Campaigns in the studio: the list with the use of budgets, a new one, publishing and ending."""

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.studio import rule_forms as forms
from admin.studio.campaign_words import LIMITS as LABELS
from admin.studio.campaign_words import PERIODS, period_options
from admin.studio.change_present import path_of
from admin.studio.change_words import once_or_said, refused
from admin.studio.reward_forms import Shop, Typed, code_problem
from admin.studio.rule_forms import Known
from admin.studio.rule_words import refusal
from admin.studio.rules import Looked, key_of, look, naming, notices, shop_of
from api.auth import StaffUser, requires_permission
from api.forms import KeyedForm, once_to
from api.pages import locale_of, page
from core import clock, db
from core.design import rule_views as views
from core.design.reward_views import FormField, FormGroup
from core.errors import DomainError
from core.i18n import Translator
from core.ids import new_id
from loyalty.campaigns import service as campaigns
from loyalty.campaigns.rules import Campaign, CampaignBudget, rules_of
from loyalty.campaigns.service import CampaignView
from loyalty.changes import service as changes
from loyalty.changes.service import Change
from loyalty.rules import model as m
from loyalty.rules import service as rules
from loyalty.rules.sentence import Words

Staff = Request[StaffUser, Any, Any]

PATH = "/staff/studio/campaigns"
NEEDED = "programme.edit"
PUBLISH = "studio.publish"
LIMITS = {
    "budget_total": "points_total",
    "budget_member": "points_per_member",
    "budget_period": "points_per_period",
    "budget_member_period": "points_per_member_period",
}


@get("/campaigns", guards=[requires_permission("studio.read")])
async def overview(request: Staff, notice: FromQuery[str] = "") -> Response[Any]:
    """All campaigns, the youngest first."""
    permissions, locale = request.user.permissions, locale_of(request)
    async with db.transaction(request.user.merchant_id):
        found = await campaigns.page(limit=200)
        say = await rules.words(locale)
        on_their_way = {each.subject: each for each in await changes.pending("campaign", limit=200)}
    rows = tuple(_row(each, say, PUBLISH in permissions, on_their_way.get(each.code)) for each in found)
    view = views.StudioCampaigns(rows, NEEDED in permissions)
    said = notices(notice, say.words) or refused(notice, locale)
    return page(request, "staff/campaigns.html", view, section="studio", notices=said)


@get("/campaigns/new", guards=[requires_permission(NEEDED)])
async def new(request: Staff, segment: FromQuery[str] = "") -> Response[Any]:
    """The empty form, for a segment if its id is given."""
    return await _form(request, {}, {}, given={"segment": segment[:36]})


@post("/campaigns/new", guards=[requires_permission(NEEDED)], status_code=303)
async def make(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Save a campaign of one rule as a draft, or with `look` only say what it means."""
    now = clock.now()
    async with db.transaction(request.user.merchant_id):
        shop, _ = await shop_of(request)
    if "look" in data:
        return await _form(request, data, {})
    wanted, problems = _read(data, shop)
    code, name = data.get("code", "").strip(), data.get("name", "").strip()
    if found := code_problem(code, shop.words, campaigns.CODE_LIMIT):
        problems["code"] = found
    if wanted is None or problems:
        return await _form(request, data, problems)

    async def effect() -> str:
        await campaigns.create(code, name or code, wanted, now, request.user.member.id)
        return f"{PATH}?notice=drafted"

    said = {field: value for field, value in data.items() if field not in ("csrf_token", "idempotency_key")}
    try:
        return await once_to(request, key_of(data), said, effect, now)
    except DomainError as error:
        return await _form(request, data, {}, refusal(error, shop.words))


@post("/campaigns/{code:str}/publish", guards=[requires_permission(PUBLISH)], status_code=303)
async def publish(request: Staff, code: FromPath[str], data: URLEncodedBody[KeyedForm]) -> Response[Any]:
    """Put a draft in force, or ask a second person first; a refusal is said on the page. Raises NotFound."""
    now, by = clock.now(), request.user.member.id

    async def effect() -> str:
        found, waiting = await _draft(code)
        if waiting:
            return path_of(waiting)
        name = found.name[: changes.NAME_LIMIT]
        made = await changes.at_once("campaign", code, name, found.campaign, None, by, now)
        return f"{PATH}?notice=running" if made.state == "live" else path_of(made)

    return await once_or_said(request, data.idempotency_key, "", effect, now, PATH)


@post("/campaigns/{code:str}/change", guards=[requires_permission(PUBLISH)], status_code=303)
async def change(request: Staff, code: FromPath[str], data: URLEncodedBody[KeyedForm]) -> Response[Any]:
    """Have a draft go its way as a change, for a date or a second person. Raises as publish()."""
    now, by = clock.now(), request.user.member.id

    async def effect() -> str:
        found, waiting = await _draft(code)
        name = found.name[: changes.NAME_LIMIT]
        return path_of(waiting or await changes.draft("campaign", code, name, found.campaign, by, now))

    return await once_or_said(request, data.idempotency_key, "", effect, now, PATH)


async def _draft(code: str) -> tuple[CampaignView, Change | None]:
    """A draft, and the change by which it is on its way. Raises NotFound, CampaignNotDraft."""
    await campaigns.lock(code)
    found = await campaigns.get(code)
    if found.state != "draft":
        raise campaigns.CampaignNotDraft(f"{code} is {found.state}")
    waiting = await changes.pending("campaign", code)
    return found, waiting[0] if waiting else None


@post("/campaigns/{code:str}/end", guards=[requires_permission(PUBLISH)], status_code=303)
async def end(request: Staff, code: FromPath[str], data: URLEncodedBody[KeyedForm]) -> Response[Any]:
    """End a campaign now. Raises NotFound."""
    now = clock.now()

    async def effect() -> str:
        await campaigns.end(code, now)
        return f"{PATH}?notice=ended"

    return await once_or_said(request, data.idempotency_key, "", effect, now, PATH)


handlers = [overview, new, make, publish, change, end]


def _row(found: CampaignView, say: Words, may_publish: bool, on_its_way: Change | None) -> views.CampaignRow:
    budget, schedule = found.campaign.budget, found.campaign.schedule
    total = budget.points_total if budget else None
    if found.points_left is not None:
        total = found.points_given + found.points_left
    return views.CampaignRow(
        code=found.code,
        name=found.name,
        state=found.state,
        sentences=tuple(say.rule(each) for each in rules_of(found.campaign)),
        start=schedule.start or found.published_at,
        end=found.ended_at or schedule.end,
        points_given=found.points_given,
        points_total=total,
        key=str(new_id()) if may_publish and found.state != "ended" else "",
        change_href=path_of(on_its_way) if on_its_way and found.state == "draft" else "",
        change_state=on_its_way.state if on_its_way else "",
    )


def _read(fields: dict[str, str], shop: Shop) -> tuple[Campaign | None, dict[str, str]]:
    """The campaign that a form asks for: its rule's times are the campaign's."""
    rule, problems = forms.read(fields, shop)
    typed = Typed(fields, shop)
    limits = {limit: typed.whole(name, least=0) for name, limit in LIMITS.items()}
    if rule is None or typed.problems:
        return None, problems | typed.problems
    budget = None
    if any(limit is not None for limit in limits.values()):
        by_period = (limits["points_per_period"], limits["points_per_member_period"]) != (None, None)
        period = next((each for each in PERIODS if each == fields.get("budget_of")), "day")
        budget = msgspec.convert(limits | {"period": period if by_period else None}, CampaignBudget)
    bare = msgspec.structs.replace(rule, schedule=m.Schedule())
    return Campaign(rules=(bare,), schedule=rule.schedule, budget=budget), {}


async def _form(
    request: Staff,
    typed: dict[str, str],
    problems: dict[str, str],
    problem: str = "",
    given: dict[str, str] | None = None,
) -> Response[Any]:
    async with db.transaction(request.user.merchant_id):
        shop, known = await shop_of(request)
        say = await rules.words(shop.locale)
        looked = await look(typed, shop, say, problems, problem)
    view = views.StudioCampaigns((), True, _view(typed or given or {}, looked, shop, known))
    status = 422 if problems or problem else 200
    return page(request, "staff/campaigns.html", view, section="studio", status=status)


def _view(fields: dict[str, str], looked: Looked, shop: Shop, known: Known) -> views.RuleForm:
    words = shop.words
    return views.RuleForm(
        action=f"{PATH}/new",
        key=str(new_id()),
        groups=(
            naming(words.gettext("The campaign"), fields, looked.problems, words),
            *forms.groups(fields, looked.problems, shop, known),
            _budget(fields, looked.problems, words),
        ),
        problem=looked.problem,
        sentence=looked.sentence,
        overlaps=looked.overlaps,
        stack=looked.stack,
        problems=tuple(dict.fromkeys([looked.problem, *looked.problems.values()])) if looked.problem else (),
        figures=looked.figures,
    )


def _budget(fields: dict[str, str], problems: dict[str, str], words: Translator) -> FormGroup:
    hint = words.gettext(
        "Empty: without this limit. When the budget has run dry, all other rules still give points."
    )

    def number(name: str, hint: str = "") -> FormField:
        label, problem = words.gettext(LABELS[LIMITS[name]]), problems.get(name, "")
        return FormField(name, label, fields.get(name, ""), "text", hint, problem, inputmode="numeric")

    of = FormField(
        "budget_of",
        words.gettext("A period is"),
        fields.get("budget_of", ""),
        "select",
        options=period_options(words),
    )
    first, *others = LIMITS
    return FormGroup(words.gettext("Budget"), (number(first, hint), *map(number, others), of))
