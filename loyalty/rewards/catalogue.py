"""What is on offer: make rewards, change them by versions, count their stock."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from core import db
from core.errors import NotFound
from loyalty.rewards import credit, queries, rules
from loyalty.rewards.errors import RewardChanged, RewardExists, RewardInvalid
from loyalty.rewards.kinds import Terms
from loyalty.rewards.rules import Offer, PeriodLimit


class RewardView(Offer, frozen=True, kw_only=True):
    """A reward as it is offered now; of cash back, `cost_points` is the least."""

    id: UUID
    code: str
    cost_points: int
    version: int
    active: bool
    stock: int | None
    """How many are left; None: without limit."""
    has_code: bool
    """False: its pool of codes has run dry."""


class VersionView(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a reward; `created_by` None: no person of the staff."""

    number: int
    cost_points: int
    created_at: datetime
    created_by: str | None


async def offer(
    code: str, wanted: Offer, now: datetime, stock: int | None = None, by: UUID | None = None
) -> UUID:
    """Put a reward on offer; answers its id. Raises RewardInvalid or RewardExists."""
    pool_id = await _checked(wanted, now)
    reward_id: UUID | None = await db.fetchval(queries.ADD, code)
    if reward_id is None:
        raise RewardExists(code)
    await _add_version(reward_id, 1, wanted, pool_id, by, now)
    if stock is not None:
        await _set_stock(reward_id, stock)
    return reward_id


async def change(code: str, based_on: int, wanted: Offer, now: datetime, by: UUID | None = None) -> int:
    """Make another version of a reward; answers its number. Vouchers keep the version they were bought under.

    `based_on` is the version that was looked at. Raises NotFound, RewardInvalid, or RewardChanged when
    another one is live by now.
    """
    pool_id = await _checked(wanted, now)
    row = await db.fetchrow(queries.LOCK, code)
    if row is None:
        raise NotFound(f"no reward {code}")
    if row["version"] != based_on:
        raise RewardChanged(version=row["version"])
    await _add_version(row["id"], based_on + 1, wanted, pool_id, by, now)
    await db.execute(queries.SET_VERSION, row["id"], based_on + 1)
    return based_on + 1


async def set_active(code: str, active: bool) -> None:
    """Put a reward on or off the offer; vouchers stay good. Raises NotFound."""
    if await db.fetchval(queries.SET_ACTIVE, code, active) is None:
        raise NotFound(f"no reward {code}")


async def set_stock(code: str, stock: int | None) -> None:
    """So many are left from now on; None: without limit. Raises NotFound."""
    row = await db.fetchrow(queries.LOCK, code)
    if row is None:
        raise NotFound(f"no reward {code}")
    await _set_stock(row["id"], stock)


async def catalogue(active_only: bool = True) -> list[RewardView]:
    """Rewards, the cheapest first; without `active_only` those off the offer, too."""
    return [view(row) for row in await db.fetch(queries.CATALOGUE, active_only)]


async def find(code: str) -> RewardView:
    """A reward by its code, on offer or not. Raises NotFound."""
    row = await db.fetchrow(queries.BY_CODE, code)
    if row is None:
        raise NotFound(f"no reward {code}")
    return view(row)


async def versions(reward_id: UUID) -> list[VersionView]:
    """All versions of a reward, the newest first."""
    return [VersionView(**row) for row in await db.fetch(queries.VERSIONS, reward_id)]


async def names() -> dict[str, Mapping[str, str]]:
    """The names of all rewards by code, those no longer on offer included."""
    return {row["code"]: db.from_json(row["name"]) for row in await db.fetch(queries.NAMES)}


def view(row: db.Row) -> RewardView:
    """A row of queries.REWARDS."""
    fields: dict[str, Any] = dict(row)
    times, period = fields.pop("limit_period"), fields.pop("period")
    del fields["pool_id"]
    return RewardView(
        **fields
        | {
            "name": db.from_json(row["name"]),
            "description": db.from_json(row["description"]),
            "terms": msgspec.json.decode(row["terms"], type=Terms),
            "tiers": tuple(row["tiers"]),
            "segments": tuple(row["segments"]),
            "limit_per_member": fields.pop("limit_member"),
            "limit_per_period": PeriodLimit(times=times, period=period) if times else None,
        }
    )


async def _checked(wanted: Offer, now: datetime) -> UUID | None:
    """The id of its pool. Raises RewardInvalid."""
    if found := rules.problem(wanted):
        raise RewardInvalid(f"{found[0]}: {found[1]}", field=found[0])
    await credit.make_ready(wanted.terms, now)
    await _check_segments(wanted)
    if wanted.pool is None:
        return None
    pool_id: UUID | None = await db.fetchval(queries.POOL, wanted.pool)
    if pool_id is None:
        raise RewardInvalid(f"pool: there is no pool {wanted.pool}", field="pool")
    return pool_id


async def _check_segments(wanted: Offer) -> None:
    """They must be there, and know nothing of reviews: no reward depends on what somebody wrote.

    Raises RewardInvalid.
    """
    known = {row["code"]: row["taints"] for row in await db.fetch(queries.SEGMENTS, list(wanted.segments))}
    for code in wanted.segments:
        if code not in known:
            raise RewardInvalid(f"segments: there is no segment {code}", field="segments")
        if known[code]:
            raise RewardInvalid(
                f"segments: {code} uses {', '.join(known[code])} data", field="segments", segment=code
            )


async def _add_version(
    reward_id: UUID, number: int, wanted: Offer, pool_id: UUID | None, by: UUID | None, now: datetime
) -> None:
    each = wanted.limit_per_period
    await db.execute(
        queries.ADD_VERSION,
        reward_id,
        number,
        db.to_json(wanted.name),
        db.to_json(wanted.description),
        db.to_json(wanted.terms),
        rules.least_cost(wanted),
        wanted.limit_per_member,
        each.times if each else None,
        each.period if each else None,
        list(wanted.tiers),
        wanted.offered_from,
        wanted.offered_until,
        wanted.valid_days,
        wanted.valid_until,
        wanted.points_back,
        pool_id,
        by,
        now,
        list(wanted.segments),
    )


async def _set_stock(reward_id: UUID, stock: int | None) -> None:
    if stock is None:
        await db.execute(queries.UNCOUNT, reward_id)
    else:
        await db.execute(queries.SET_STOCK, reward_id, stock)
