"""Pure: when points of a wallet settle and expire. Days, months and periods are of the merchant's calendar.

A local time that the clock skips or shows twice is read as the later moment: never to the member's
disadvantage. A period ends with the first moment of the next one.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from core.days import months_on, start_of_day, zone_of
from loyalty.ledger.commands import Policy

Code = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}\Z")]
YEARS = (1970, 2199)
"""Later days could be reached by no posting: every order would be refused."""
Days = Annotated[int, Meta(ge=1, le=36_500)]
Wait = Annotated[int, Meta(ge=0, le=3_650)]
Months = Annotated[int, Meta(ge=1, le=1_188)]
Later = Annotated[int, Meta(ge=0, le=99)]


class _Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    pass


class Never(_Rule, frozen=True, tag="never"):
    """Points stay for ever."""


class RollingDays(_Rule, frozen=True, tag="rolling_days"):
    """So many days after they were earned, at the same time of day."""

    days: Days


class RollingMonths(_Rule, frozen=True, tag="rolling_months"):
    """So many months after they were earned, at the same time of day; on the last day of a shorter month."""

    months: Months


class PeriodEnd(_Rule, frozen=True, tag="period_end"):
    """With the calendar period in which they were earned, or the end of the period so many `later`."""

    period: Literal["month", "quarter", "year"]
    later: Later = 0


class Inactivity(_Rule, frozen=True, tag="inactivity"):
    """After so many days in which the member neither earned nor spent in this wallet.

    Such a lot carries no date: each movement puts its end off, and a sweep expires it.
    """

    days: Days


class Anniversary(_Rule, frozen=True, tag="anniversary"):
    """With the first moment of the next anniversary of joining, or of the one so many `later`."""

    later: Later = 0


Expiry = Never | RollingDays | RollingMonths | PeriodEnd | Inactivity | Anniversary


class AtOnce(_Rule, frozen=True, tag="at_once"):
    """Points can be spent as soon as they are earned."""


class OnDelivery(_Rule, frozen=True, tag="on_delivery"):
    """So many days after the delivery: when the time for returns is over."""

    days: Wait = 0


class AfterPayment(_Rule, frozen=True, tag="after_payment"):
    """So many days after the payment."""

    days: Days


class OnDate(_Rule, frozen=True, tag="on_date"):
    """With the first moment of this day, up to the year 2199; what is earned later, at once."""

    day: date

    def __post_init__(self) -> None:
        if not YEARS[0] <= self.day.year <= YEARS[1]:
            raise ValueError(f"the year must be {YEARS[0]} to {YEARS[1]}")


HAPPENS = frozenset(
    {"order.placed", "order.fulfilled", "order.delivered"}
    | {f"shipment.{what}" for what in ("created", "scanned", "delayed")}
)
"""What shops tell of orders, besides events of their own, `custom.…`. Never that a review was approved: the
order's points would be paid for a review, and nothing would disclose it."""


class OnEvent(_Rule, frozen=True, tag="on_event"):
    """When the shop tells this of the order (`order_id` in the event's data): `order.fulfilled`, or an event
    of its own, for example `custom.return_window.over`."""

    event: Annotated[str, Meta(pattern=r"^[a-z]+(\.[a-z_]+)+\Z", max_length=100)]


Settling = AtOnce | OnDelivery | AfterPayment | OnDate | OnEvent


class Wallet(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of points, and what becomes of them when they are owed or old."""

    code: str
    debt_policy: Policy = "debt"
    expiry: Expiry = Never()
    settling: Settling = OnDelivery()
    earns_on_orders: bool = True
    """Whether an order earns here by itself; other wallets fill by what names them."""
    zone: str = "UTC"
    """The merchant's time zone."""

    def expires_at(self, earned_at: datetime, joined_at: datetime) -> datetime | None:
        """When a lot earned now in this wallet expires. Raises TimeZoneUnknown."""
        return expires_at(self.expiry, earned_at, zone_of(self.zone), joined_at)


def expires_at(policy: Expiry, earned_at: datetime, zone: ZoneInfo, joined_at: datetime) -> datetime | None:
    """The first moment at which a lot is no longer worth anything, in UTC; None: no date is known."""
    local = earned_at.astimezone(zone)
    match policy:
        case Never() | Inactivity():
            return None
        case RollingDays(days):
            return days_after(earned_at, days, zone)
        case RollingMonths(months):
            return _moment(months_on(local.date(), months), local.time(), zone)
        case PeriodEnd(period, later):
            return start_of_day(_period_start(local.date(), period, later + 1), zone)
        case Anniversary(later):
            return start_of_day(_anniversary(joined_at.astimezone(zone).date(), local.date(), later), zone)


def settles_at(
    policy: Settling, paid_at: datetime, delivered_at: datetime | None, zone: ZoneInfo
) -> datetime | None:
    """When pending points become active, in UTC and never before the payment; None: not known yet."""
    match policy:
        case AtOnce():
            return paid_at
        case OnDelivery(days):
            return max(paid_at, days_after(delivered_at, days, zone)) if delivered_at else None
        case AfterPayment(days):
            return days_after(paid_at, days, zone)
        case OnDate(day):
            return max(paid_at, start_of_day(day, zone))
        case OnEvent():
            return None


def days_after(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """So many calendar days later at the same local time, in UTC."""
    local = moment.astimezone(zone)
    if days == 0:
        return moment.astimezone(UTC)
    return _moment(local.date() + timedelta(days=days), local.time(), zone)


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    local = datetime.combine(day, at).replace(tzinfo=zone)
    return max(local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


def _period_start(day: date, period: Literal["month", "quarter", "year"], later: int) -> date:
    """The first day of the period that is so many after that of `day`."""
    length = {"month": 1, "quarter": 3, "year": 12}[period]
    month = day.month - 1 - (day.month - 1) % length
    return months_on(date(day.year, month + 1, 1), length * later)


def _anniversary(joined: date, earned: date, later: int) -> date:
    """The first anniversary after the day of earning, or one so many years on; 29 February has its in 28."""
    years = max(1, earned.year - joined.year)
    if months_on(joined, 12 * years) <= earned:
        years += 1
    return months_on(joined, 12 * (years + later))
