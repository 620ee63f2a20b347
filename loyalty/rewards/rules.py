"""What a reward costs, is worth and asks for; pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from core.days import FIRST_YEAR, LAST_YEAR, day_of, start_of_day, usable
from core.errors import DomainError
from core.i18n import LOCALES
from loyalty.ledger.errors import PointsInsufficient
from loyalty.members.errors import MemberLeft
from loyalty.rewards import errors
from loyalty.rewards.kinds import (
    AmountOff,
    CashBack,
    Donation,
    Experience,
    GiftCard,
    Money,
    Points,
    StoreCredit,
    Terms,
)

Period = Literal["day", "week", "month", "year"]
PERIODS: tuple[Period, ...] = get_args(Period)
Language = Annotated[str, Meta(pattern=rf"^({'|'.join(LOCALES)})\Z")]
Times = Annotated[int, Meta(ge=1, le=10**6)]
Code = Annotated[str, Meta(min_length=1, max_length=100)]
Moment = Annotated[datetime, Meta(tz=True)]
_YEARS = f"the year must lie between {FIRST_YEAR} and {LAST_YEAR}"


class PeriodLimit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many times in each calendar period of the merchant's time zone; weeks begin on Monday."""

    times: Times
    period: Period


class Offer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a reward is, costs and asks for: all that a change makes another version of."""

    name: dict[Language, Annotated[str, Meta(max_length=200)]]
    """By language: en, zh-Hans, zh-Hant. English, or any other, stands in for one that is missing."""
    description: dict[Language, Annotated[str, Meta(max_length=2000)]] = {}
    terms: Terms
    cost_points: Points | None = None
    """None for cash back alone, where the member chooses."""
    limit_per_member: Times | None = None
    limit_per_period: PeriodLimit | None = None
    tiers: tuple[Code, ...] = ()
    """Codes of the tiers it is for; empty: all."""
    segments: tuple[Code, ...] = ()
    """Codes of the segments whose members it is for; empty: everybody."""
    offered_from: Moment | None = None
    offered_until: Moment | None = None
    valid_days: Annotated[int, Meta(ge=1, le=3660)] | None = None
    """A voucher is good to the end of so many days later, in the merchant's time zone."""
    valid_until: Moment | None = None
    """Instead: every voucher is good up to this moment."""
    points_back: bool = False
    """Whether points return when a voucher expires unused."""
    pool: Code | None = None
    """Vouchers take their codes out of this pool; None: codes are made up."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a reward and one member at one moment."""

    active: bool
    stock: int | None
    """None: without limit."""
    has_code: bool
    """False: its pool has run dry."""
    left: bool
    """Whether the member has left the programme."""
    tiers: frozenset[str]
    """Codes of the tiers the member is in, one for each tier set."""
    segments: frozenset[str]
    """Codes of the segments the member is in, of those that the offer names."""
    taken: int
    """How often the member has it, held or bought and not cancelled."""
    taken_in_period: int
    points: int
    """What the member can spend; negative: owed."""


def problem(offer: Offer) -> tuple[str, str] | None:
    """The first field that does not fit, and why; None: all is well."""
    return next(_problems(offer), None)


def _problems(offer: Offer) -> Iterator[tuple[str, str]]:
    if not any(text.strip() for text in offer.name.values()):
        yield "name", "there is no name in any language"
    if isinstance(offer.terms, CashBack):
        if offer.cost_points is not None:
            yield "cost_points", "of cash back the member chooses the points"
        yield from _cash_back_problems(offer.terms)
    elif offer.cost_points is None:
        yield "cost_points", "it must cost points"
    if offer.offered_from and offer.offered_until and offer.offered_from >= offer.offered_until:
        yield "offered_until", "it must end after it begins"
    if offer.valid_days and offer.valid_until:
        yield "valid_until", "a voucher is good for days or up to a date, not both"
    for field in ("offered_from", "offered_until", "valid_until"):
        moment: datetime | None = getattr(offer, field)
        if moment and not usable(moment):
            yield field, _YEARS
    if isinstance(offer.terms, Experience) and offer.terms.starts_at and not usable(offer.terms.starts_at):
        yield "starts_at", _YEARS


def _cash_back_problems(terms: CashBack) -> Iterator[tuple[str, str]]:
    if terms.min_points > terms.max_points:
        yield "terms", "the most is less than the least"
    if terms.min_points % terms.step_points or terms.max_points % terms.step_points:
        yield "terms", "the least and the most must be whole steps"


def cost(offer: Offer, chosen: int | None) -> int:
    """What it costs in points; `chosen` is the member's choice for cash back.

    Raises PointsChoiceInvalid for a choice where there is none, or one that is no step of the offer.
    """
    terms = offer.terms
    if not isinstance(terms, CashBack):
        if chosen is not None and chosen != offer.cost_points:
            raise errors.PointsChoiceInvalid(f"it costs {offer.cost_points}")
        return offer.cost_points or 0
    if chosen is None or not terms.min_points <= chosen <= terms.max_points or chosen % terms.step_points:
        raise errors.PointsChoiceInvalid(
            f"{terms.min_points} to {terms.max_points} in steps of {terms.step_points}",
            min_points=terms.min_points,
            max_points=terms.max_points,
            step_points=terms.step_points,
        )
    return chosen


def least_cost(offer: Offer) -> int:
    """The price to show before a choice was made."""
    terms = offer.terms
    return terms.min_points if isinstance(terms, CashBack) else offer.cost_points or 0


def worth(terms: Terms, cost_points: int) -> Money | None:
    """The money that its voucher stands for; None: for goods or a share."""
    match terms:
        case CashBack():
            amount = cost_points // terms.step_points * terms.step_amount.amount_minor
            return Money(amount_minor=amount, currency=terms.step_amount.currency)
        case AmountOff() | GiftCard() | StoreCredit() | Donation():
            return terms.amount
        case _:
            return None


def in_parts(terms: Terms) -> bool:
    """Whether its voucher may be used in parts."""
    return isinstance(terms, GiftCard)


def over(offer: Offer, now: datetime) -> bool:
    """Whether it is offered no longer, or its vouchers would be good for no moment."""
    return any(end is not None and now >= end for end in (offer.offered_until, offer.valid_until))


def refusals(offer: Offer, facts: Facts, cost_points: int, now: datetime) -> list[DomainError]:
    """Everything that stands against buying it, the weightiest first; empty: it can be bought."""
    return list(_refusals(offer, facts, cost_points, now))


def _refusals(offer: Offer, facts: Facts, cost_points: int, now: datetime) -> Iterator[DomainError]:
    if facts.left:
        yield MemberLeft()
    if not facts.active:
        yield errors.RewardInactive()
    early = offer.offered_from is not None and now < offer.offered_from
    if early or over(offer, now):
        yield errors.RewardNotOnNow(offered_from=offer.offered_from, offered_until=offer.offered_until)
    if offer.tiers and not facts.tiers.intersection(offer.tiers):
        yield errors.RewardTierLocked(tiers=list(offer.tiers))
    if offer.segments and not facts.segments.intersection(offer.segments):
        yield errors.RewardSegmentLocked(segments=list(offer.segments))
    if offer.limit_per_member is not None and facts.taken >= offer.limit_per_member:
        yield errors.RewardLimitReached(limit=offer.limit_per_member, period=None)
    each = offer.limit_per_period
    if each is not None and facts.taken_in_period >= each.times:
        yield errors.RewardLimitReached(limit=each.times, period=each.period)
    if facts.stock is not None and facts.stock <= 0:
        yield errors.RewardSoldOut()
    if not facts.has_code:
        yield errors.CodePoolEmpty()
    if facts.points < cost_points:
        yield PointsInsufficient(short_points=cost_points - facts.points)


def period_start(period: Period, now: datetime, zone: ZoneInfo) -> datetime:
    """When the calendar period that `now` lies in began, by the clocks of `zone`; in UTC."""
    today = day_of(now, zone)
    match period:
        case "day":
            first = today
        case "week":
            first = today - timedelta(days=today.weekday())
        case "month":
            first = today.replace(day=1)
        case "year":
            first = today.replace(month=1, day=1)
    return start_of_day(first, zone)


def good_until(
    valid_days: int | None, valid_until: datetime | None, issued_at: datetime, zone: ZoneInfo
) -> datetime | None:
    """When a voucher issued now ends to be good, in UTC; None: never."""
    if valid_days is None:
        return valid_until
    last_day = day_of(issued_at, zone) + timedelta(days=valid_days)
    return start_of_day(last_day + timedelta(days=1), zone)
