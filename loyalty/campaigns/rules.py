"""What a campaign is, and which rules it makes; pure."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from core.errors import DomainError, Kind
from loyalty.rules import model as m
from loyalty.rules.check import every

Limit = Annotated[int, Meta(ge=0, le=10**12)]


class CampaignInvalid(DomainError):
    """Channels are of orders; a period and what it allows go together."""

    code = "campaign_invalid"
    kind = Kind.INVALID
    title = "The campaign cannot be like this"


class CampaignBudget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many points the campaign gives at most: in all, to each member, in each period, to each member in
    each period. None: without this limit; 0 gives nothing. Periods are of the merchant's calendar."""

    points_total: Limit | None = None
    points_per_member: Limit | None = None
    period: Literal["day", "week", "month", "quarter", "year"] | None = None
    points_per_period: Limit | None = None
    points_per_member_period: Limit | None = None

    @property
    def limits(self) -> tuple[int, ...]:
        """Those that there are."""
        every_limit = (
            self.points_total,
            self.points_per_member,
            self.points_per_period,
            self.points_per_member_period,
        )
        return tuple(each for each in every_limit if each is not None)


class Campaign(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules that hold within a schedule, for the members of a segment and for orders of some channels.

    A rule gives nothing for an event whose points would not fit into the budget; all others still do.
    """

    rules: Annotated[tuple[m.Rule, ...], Meta(min_length=1, max_length=20)]
    schedule: m.Schedule = m.Schedule()
    segment: UUID | None = None
    channels: Annotated[tuple[m.Code, ...], Meta(max_length=20)] = ()
    budget: CampaignBudget | None = None


def rules_of(campaign: Campaign) -> list[m.Rule]:
    """The campaign's rules, each with all that the campaign asks for. Raises CampaignInvalid."""
    _check_budget(campaign.budget)
    asked: list[m.Condition] = []
    # The stretch of time is when the rules are in force; the rest are conditions.
    if campaign.schedule.weekdays:
        asked.append(m.WeekdayIn(days=campaign.schedule.weekdays))
    if campaign.schedule.hours:
        asked.append(campaign.schedule.hours)
    if campaign.segment:
        asked.append(m.InSegment(segment=campaign.segment))
    if campaign.channels:
        if not all(isinstance(each.trigger, m.Order | m.OrderLine) for each in campaign.rules):
            raise CampaignInvalid("channels are of orders, and a rule of the campaign is not")
        asked.append(m.ChannelIn(channels=campaign.channels))
    return [msgspec.structs.replace(each, conditions=(*asked, *each.conditions)) for each in campaign.rules]


def segments_of(rules: list[m.Rule]) -> list[str]:
    """All segments that the rules name."""
    return [
        str(each.segment)
        for rule in rules
        for each in every(rule.conditions)
        if isinstance(each, m.InSegment)
    ]


def about_reviews(rules: list[m.Rule]) -> bool:
    """Whether one of the rules gives points for reviews."""
    return any(isinstance(each.trigger, m.Review) for each in rules)


def _check_budget(budget: CampaignBudget | None) -> None:
    if budget is None:
        return
    if not budget.limits:
        raise CampaignInvalid("a budget needs a limit")
    per_period = (budget.points_per_period, budget.points_per_member_period) != (None, None)
    if per_period != (budget.period is not None):
        raise CampaignInvalid("`period` goes with `points_per_period` or `points_per_member_period`")
