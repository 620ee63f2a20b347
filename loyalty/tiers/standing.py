"""Where a member stands in each tier set: what is missing to the next tier, what keeps this one, by when."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from core import db
from core.days import day_of, months_on, start_of_day, zone_of
from loyalty.programme import service as programme
from loyalty.programme.service import Version
from loyalty.tiers import queries
from loyalty.tiers.placing import counted
from loyalty.tiers.rules import (
    Anniversary,
    Lifetime,
    RollingDays,
    RollingMonths,
    Tier,
    TierSet,
    first_day,
    leaves_on,
    period_of,
)

Fact = tuple[datetime, int]
"""When something happened, and by how much it changed the metric."""
Period = tuple[datetime, datetime]
"""From when, and until just before when, a member's facts count."""


class Keep(msgspec.Struct, frozen=True, kw_only=True):
    """What keeps a tier. `until`: how long it is kept if nothing more comes; None: for good.

    `missing`: so much of the metric, by then, keeps it longer; 0: nothing can be done now, or need be.
    """

    until: datetime | None
    missing: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A member in one tier set. `next_tier` is None at the top; `next_by` is None where no moment takes
    everything away at once: rolling windows and lifetimes."""

    tier_set: TierSet
    tier: Tier
    since: datetime
    basis: str
    """reached, requalified, soft_landing, grace or override."""
    value: int
    """Of the metric, as far as it counts now."""
    counts_from: datetime
    next_tier: Tier | None
    next_missing: int | None
    next_by: datetime | None
    keep: Keep


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a member's history in a set. `value`: of the metric, at that time.

    `reason`: joined, earned (something was counted), window (time passed), published (other terms),
    requalified (kept for another period), downgraded (a period ended), grace (kept for some days more),
    override (put there by staff, `note` says why), override_ended, merged.
    """

    id: UUID
    set_code: str
    from_code: str | None
    to_code: str
    reason: str
    value: int
    changed_at: datetime
    version: int
    note: str | None
    staff: str | None


async def standings(member_id: UUID, now: datetime) -> list[Standing]:
    """Where a member stands in all sets of the live version, in their order. Raises ProgrammeMissing."""
    live = await programme.live()
    return [await _of_member(live, each, member_id, now) for each in live.sets]


async def primary(member_id: UUID, now: datetime) -> Standing:
    """Where a member stands in the first set. Raises ProgrammeMissing."""
    live = await programme.live()
    return await _of_member(live, live.primary, member_id, now)


async def places(
    live: Version, tier_set: TierSet, rows: Sequence[db.Row], now: datetime
) -> dict[UUID, Standing]:
    """Where members stand in a set; `rows` have the columns of queries.STANDINGS."""
    facts: dict[UUID, list[Fact]] = {row["member_id"]: [] for row in rows}
    values = facts_values(live, tier_set, now) | {"members": list(facts)}
    for row in await db.fetch(*queries.statement(queries.facts_of(tier_set.metric), values)):
        facts[row["member_id"]].append((row["at"], row["delta"]))
    return placed(live, tier_set, rows, facts, now)


def placed(
    live: Version,
    tier_set: TierSet,
    rows: Sequence[db.Row],
    facts: Mapping[UUID, Sequence[Fact]],
    now: datetime,
) -> dict[UUID, Standing]:
    """Pure: the same, with the facts of each member that facts_values() ask for."""
    periods = _periods(live, tier_set, rows, now)
    return {
        row["member_id"]: _standing(live, tier_set, row, facts[row["member_id"]], periods[row["member_id"]])
        for row in rows
    }


def facts_values(live: Version, tier_set: TierSet, now: datetime) -> dict[str, Any]:
    """Pure: by name, which facts queries.facts_of() has to find; `members` aside."""
    return {
        "at": now,
        "since": _facts_since(tier_set, now, zone_of(live.time_zone)),
        "counted": counted(tier_set.metric),
        "guest_claim_days": live.guest_claim_days,
    }


async def history(
    member_id: UUID, set_code: str | None = None, before: UUID | None = None, limit: int = 50
) -> list[Change]:
    """A member's tiers, the newest first; `before`: those after (older than) this one."""
    return [Change(**row) for row in await db.fetch(queries.HISTORY, member_id, set_code, before, limit)]


async def _of_member(live: Version, tier_set: TierSet, member_id: UUID, now: datetime) -> Standing:
    rows = await db.fetch(queries.STANDINGS, member_id, tier_set.code)
    return (await places(live, tier_set, rows, now))[member_id]


def _periods(live: Version, tier_set: TierSet, rows: Sequence[db.Row], now: datetime) -> dict[UUID, Period]:
    """The stretch of time that counts for each member: the same for all, but for anniversaries."""
    zone, window = zone_of(live.time_zone), tier_set.window
    if isinstance(window, Anniversary):
        return {row["member_id"]: period_of(window, now, zone, row["joined_at"]) for row in rows}
    return dict.fromkeys([row["member_id"] for row in rows], period_of(window, now, zone, now))


def _standing(
    live: Version, tier_set: TierSet, row: db.Row, facts: Sequence[Fact], period: Period
) -> Standing:
    """Pure: a member's place, out of what is stored and what counts."""
    is_primary = tier_set.code == live.primary.code
    tier = tier_set.at(row["primary_code"] if is_primary else row["tier_code"] or "")
    value = max(0, sum(delta for at, delta in facts if at >= period[0]))
    above = tier_set.above(tier)
    fixed = not isinstance(tier_set.window, RollingDays | RollingMonths | Lifetime)
    return Standing(
        tier_set=tier_set,
        tier=tier,
        since=row["primary_since"] if is_primary else row["since"],
        basis=row["basis"],
        value=value,
        counts_from=period[0],
        next_tier=above,
        next_missing=max(0, above.threshold - value) if above else None,
        next_by=period[1] if above and fixed else None,
        keep=_keep(tier_set, tier, row, value, facts, period, zone_of(live.time_zone)),
    )


def _facts_since(tier_set: TierSet, now: datetime, zone: ZoneInfo) -> datetime:
    """From when on something matters to anybody. Before a rolling window: as long as its grace and a short
    month."""
    window = tier_set.window
    if isinstance(window, Anniversary):  # whenever somebody joined, their year began within the last one
        return start_of_day(months_on(day_of(now, zone), -12) - timedelta(days=1), zone)
    start, _ = period_of(window, now, zone, now)
    if isinstance(window, RollingDays | RollingMonths) and tier_set.grace_days:
        return _days_on(start, -tier_set.grace_days - 3, zone)
    return start


def _keep(
    tier_set: TierSet,
    tier: Tier,
    row: db.Row,
    value: int,
    facts: Sequence[Fact],
    period: Period,
    zone: ZoneInfo,
) -> Keep:
    """Pure: what keeps this tier."""
    start, end = period
    if row["basis"] == "override":
        return Keep(until=row["until"], missing=0)
    if tier.rank == 0 or isinstance(tier_set.window, Lifetime):
        return Keep(until=None, missing=0)
    if isinstance(tier_set.window, RollingDays | RollingMonths):
        return _rolling_keep(tier_set, tier, facts, day_of(end, zone) - timedelta(days=1), zone)
    if tier_set.requalification == "always":
        return Keep(until=end, missing=0)
    missing = max(0, tier.threshold - value)
    if row["basis"] == "grace":
        return Keep(until=_days_on(start, tier_set.grace_days, zone), missing=missing)
    if missing == 0:
        _, end = period_of(tier_set.window, end, zone, row["joined_at"])
    return Keep(until=_days_on(end, tier_set.grace_days, zone), missing=missing)


def _rolling_keep(tier_set: TierSet, tier: Tier, facts: Sequence[Fact], today: date, zone: ZoneInfo) -> Keep:
    """Days leave the window one after the other; after the last that is enough comes the grace."""
    window = tier_set.window
    assert isinstance(window, RollingDays | RollingMonths)
    by_day: dict[date, int] = {}
    for at, delta in facts:
        day = day_of(at, zone)
        by_day[day] = by_day.get(day, 0) + delta

    def value_on(day: date) -> int:
        first = first_day(window, day)
        return max(0, sum(delta for each, delta in by_day.items() if first <= each <= day))

    if value_on(today) >= tier.threshold:
        leaving = sorted({leaves_on(window, day) for day in by_day})
        falls = next((d for d in leaving if d > today and value_on(d) < tier.threshold), None)
    else:
        graced = (today - timedelta(days=n) for n in range(tier_set.grace_days + 1))
        falls = next((d + timedelta(days=1) for d in graced if value_on(d) >= tier.threshold), today)
    if falls is None:
        return Keep(until=None, missing=0)
    until = falls + timedelta(days=tier_set.grace_days)
    return Keep(until=start_of_day(until, zone), missing=tier.threshold - value_on(max(today, falls)))


def _days_on(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    return start_of_day(day_of(moment, zone) + timedelta(days=days), zone) if days else moment
