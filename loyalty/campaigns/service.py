"""Campaigns: drafted, published with their rules and budget, ended."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from core import db, tenancy
from core.errors import DomainError, Kind, NotFound
from core.ids import new_id
from loyalty.campaigns import queries
from loyalty.campaigns.rules import Campaign, CampaignBudget, about_reviews, rules_of, segments_of
from loyalty.ledger import budgets
from loyalty.ledger.budgets import Budget
from loyalty.rules import service as rules
from loyalty.rules.check import Overlap, check_times

CODE_LIMIT = 90
"""Characters; rules have the campaign's code and the next free number, and at most 100."""


class CampaignExists(DomainError):
    """A campaign of the merchant's has this code."""

    code = "campaign_exists"
    kind = Kind.CONFLICT
    title = "There is a campaign with this code"


class CampaignNotDraft(DomainError):
    """It was published before, or has ended."""

    code = "campaign_not_draft"
    kind = Kind.CONFLICT
    title = "Only a draft can be published"


class CampaignNotLive(DomainError):
    """It is a draft, or has ended, or has no budget."""

    code = "campaign_not_live"
    kind = Kind.CONFLICT
    title = "The campaign is not running"


class CampaignView(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign as it is stored.

    `points_given` of its budget, less what was taken back; `points_left` None: no limit in all.
    """

    id: UUID
    code: str
    name: str
    state: Literal["draft", "published", "ended"]
    campaign: Campaign
    created_at: datetime
    published_at: datetime | None
    ended_at: datetime | None
    author: str | None
    points_given: int = 0
    points_left: int | None = None


async def create(
    code: str, name: str, campaign: Campaign, now: datetime, by: UUID | None = None
) -> CampaignView:
    """A campaign as a draft. Raises CampaignExists, CampaignInvalid and what loyalty.rules refuses."""
    await check(campaign, now)
    made = await db.fetchval(queries.ADD, code, name, db.to_json(campaign), by, now)
    if made is None:
        raise CampaignExists(code)
    return await get(code)


async def lock(code: str) -> None:
    """Nobody else publishes or ends the campaign until the transaction ends."""
    await db.execute(queries.LOCK, code)


async def publish(code: str, now: datetime) -> CampaignView:
    """Put a draft's rules in force, from its schedule's start or from now on, and open its budget.

    Raises NotFound, CampaignNotDraft and what loyalty.rules refuses.
    """
    await lock(code)
    found = await get(code)
    if found.state != "draft":
        raise CampaignNotDraft(f"{code} is {found.state}")
    await check(found.campaign, now)
    schedule = found.campaign.schedule
    start = schedule.start if schedule.start and schedule.start > now else None
    wanted = rules_of(found.campaign)
    # A campaign may have been drafted when its code could be as long as that of a rule.
    codes = await db.fetch(queries.FREE_RULES, code[:CODE_LIMIT], len(wanted))
    for number, (rule, free) in enumerate(zip(wanted, codes, strict=True), 1):
        name = f"{found.name} {number}" if len(wanted) > 1 else found.name
        draft = await rules.create(free["code"], name, rule, now, campaign_id=found.id)
        await rules.publish(draft.version_id, now, start, schedule.end)
    budget_id = await _open(found.campaign.budget, new_id(), now) if found.campaign.budget else None
    await db.execute(queries.PUBLISH, found.id, budget_id, now)
    return await get(code)


async def end(code: str, now: datetime) -> CampaignView:
    """Take the campaign's rules out of force. Raises NotFound or CampaignNotLive."""
    await lock(code)
    found = await get(code)
    if found.state != "published":
        raise CampaignNotLive(code)
    await rules.retire_of_campaign(found.id, now)
    await db.execute(queries.END, found.id, now)
    return await get(code)


async def change_budget(code: str, budget: CampaignBudget, now: datetime) -> CampaignView:
    """Raise or lower the limits of a running campaign, never below what was given.

    Raises NotFound, CampaignNotLive and what the ledger refuses.
    """
    budget_id = await db.fetchval(queries.BUDGET, code)
    found = await get(code)
    if budget_id is None or found.state != "published":
        raise CampaignNotLive(code)
    rules_of(msgspec.structs.replace(found.campaign, budget=budget))
    await _open(budget, budget_id, now)
    return await get(code)


async def _open(budget: CampaignBudget, budget_id: UUID, now: datetime) -> UUID:
    zone = (await tenancy.shop()).time_zone
    limits = {name: getattr(budget, name) for name in CampaignBudget.__struct_fields__}
    await budgets.put(Budget(id=budget_id, time_zone=zone, **limits), now)
    return budget_id


async def get(code: str) -> CampaignView:
    """One campaign. Raises NotFound."""
    rows = await db.fetch(queries.ONE, code)
    if not rows:
        raise NotFound(f"no campaign has the code {code}")
    return (await _views(rows))[0]


async def page(before: UUID | None = None, limit: int = 50) -> list[CampaignView]:
    """Campaigns, the youngest first."""
    return await _views(await db.fetch(queries.PAGE, before, limit))


async def warnings(campaign: Campaign, now: datetime) -> list[Overlap]:
    """What the campaign's rules and those in force would do to each other; each once."""
    found = [each for rule in rules_of(campaign) for each in await rules.warnings(rule, None, now)]
    return list(dict.fromkeys(found))


async def check(campaign: Campaign, now: datetime) -> None:
    """Raises CampaignInvalid, RulePast for one whose end has passed, and what loyalty.rules refuses."""
    made = rules_of(campaign)
    check_times(campaign.schedule.start, campaign.schedule.end)
    end = campaign.schedule.end
    if end and end <= now:
        raise rules.RulePast(f"it would have ended at {end.isoformat()}")
    for each in made:
        await rules.check_saved(each)
    if about_reviews(made):
        await rules.refuse_tainted(segments_of(made))


async def _views(rows: Sequence[db.Row]) -> list[CampaignView]:
    used = await budgets.left([row["budget_id"] for row in rows if row["budget_id"]])
    return [_view(row, used) for row in rows]


def _view(row: db.Row, used: Mapping[UUID, budgets.BudgetLeft]) -> CampaignView:
    fields = dict(row)
    found = used.get(fields.pop("budget_id"))
    campaign = msgspec.json.decode(fields.pop("definition"), type=Campaign)
    if found:
        fields |= {"points_given": found.points_used, "points_left": found.points_left}
    return CampaignView(**fields, campaign=campaign)
