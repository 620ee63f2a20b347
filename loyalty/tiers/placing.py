"""What the statements that place members need to know: thresholds, and where days and periods begin."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from core import db
from core.days import day_of, months_on, start_of_day, starts_of_days, zone_of
from loyalty.programme.service import Version
from loyalty.tiers import queries
from loyalty.tiers.rules import (
    BEGINNING,
    Anniversary,
    Events,
    Lifetime,
    Metric,
    Orders,
    Points,
    RollingDays,
    RollingMonths,
    Spend,
    TierSet,
    first_day,
    months_of,
    period_of,
)


class Placing(msgspec.Struct, frozen=True):
    """By name, the values of queries.preview() and, but for a few, of queries.apply()."""

    form: queries.Form
    values: dict[str, Any]


async def place(tier_set: TierSet, live: Version, members: Sequence[UUID] | None, at: datetime) -> Placing:
    """How to place these members (None: all) in a set as of a moment. Raises TimeZoneUnknown."""
    zone = zone_of(live.time_zone)
    today = day_of(at, zone)
    values: dict[str, Any] = {
        "members": None if members is None else list(members),
        "at": at,
        "set_code": tier_set.code,
        "is_primary": tier_set.code == live.primary.code,
        "codes": [tier.code for tier in tier_set.tiers],
        "thresholds": [tier.threshold for tier in tier_set.tiers],
        "counted": counted(tier_set.metric),
        "guest_claim_days": live.guest_claim_days,
        "today_start": start_of_day(today, zone),
        "since": period_of(tier_set.window, at, zone, at)[0],
        "keeps": tier_set.requalification == "period_end",
    }
    if tier_set.requalification == "period_end" or isinstance(tier_set.window, Anniversary):
        return Placing("by_period", values | await _periods(tier_set, members, today, zone))
    if isinstance(tier_set.window, RollingDays | RollingMonths) and tier_set.grace_days:
        return Placing("with_grace", values | _grace(tier_set.window, tier_set.grace_days, today, zone))
    return Placing("now", values)


def _grace(
    window: RollingDays | RollingMonths, grace_days: int, today: date, zone: ZoneInfo
) -> dict[str, Any]:
    """From the first day that counted when the grace began."""
    began = today - timedelta(days=grace_days)
    first = first_day(window, began)
    months, days = (0, window.days - 1) if isinstance(window, RollingDays) else (window.months, -1)
    return {
        "today": today,
        "first_day": first,
        "since": start_of_day(first, zone),
        "day_starts": starts_of_days(first, today, zone),
        "grace_start": start_of_day(began, zone),
        "grace_days": grace_days,
        "window_months": months,
        "window_days": days,
    }


async def _periods(
    tier_set: TierSet, members: Sequence[UUID] | None, today: date, zone: ZoneInfo
) -> dict[str, Any]:
    """Where days begin: as far back as a period can matter, and for anniversaries from the first joining."""
    values: dict[str, Any] = {
        "today": today,
        "first_day": today,
        "since": BEGINNING,
        "months": months_of(tier_set.window),
        "anniversary": isinstance(tier_set.window, Anniversary),
        "one_step": tier_set.downgrade == "one_step",
        "grace_days": tier_set.grace_days,
    }
    if not isinstance(tier_set.window, Lifetime):
        periods = len(tier_set.tiers) + 1 if tier_set.downgrade == "one_step" else 2
        first = months_on(today, -values["months"] * (periods + 1))
        values["since"] = start_of_day(first, zone)
        joined = await db.fetchval(queries.FIRST_JOINED, members) if values["anniversary"] else None
        values["first_day"] = min(first, day_of(joined, zone)) if joined else first
    return values | {"day_starts": starts_of_days(values["first_day"], today, zone)}


def counted(metric: Metric) -> str | None:
    """Which wallet, currency or type of event a metric counts."""
    match metric:
        case Points(wallet):
            return wallet
        case Spend(currency):
            return currency
        case Events(kind):
            return kind
        case Orders():
            return None
