"""Members counted by what they have: a draft's thresholds are looked up in it while a slider moves.

A census holds for one shape of a set: what counts, in which time, how a tier is kept. Thresholds, multipliers
and benefits may be anything. It is exact as of its moment; publishing counts again.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from core import db
from loyalty.programme import service as programme
from loyalty.programme.service import Version
from loyalty.tiers import census_queries, queries
from loyalty.tiers.outlook import Cell, Upto, Year, cells_of
from loyalty.tiers.placing import place
from loyalty.tiers.rules import TierSet, check
from loyalty.tiers.service import EVERYBODY_TIMEOUT_S, Example, Preview, preview, year_of, year_values

LASTS = timedelta(minutes=10)
KEPT = timedelta(hours=1)
"""Of shapes that nobody looks at any more."""
EXAMPLES = 5


class _Census(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    as_of: datetime
    from_codes: tuple[str, ...]
    pinned: tuple[Cell, ...]
    year: Year


async def quick(tier_set: TierSet, now: datetime) -> Preview:
    """Who would move, from the census: exact as of a moment in the last ten minutes, with no fingerprint.

    The first look at a shape counts everybody and takes as long as a preview. Soft landing is not decided by
    one number: it is previewed each time. Raises TiersInvalid, ProgrammeMissing, TimeZoneUnknown.
    """
    check(tier_set)
    if tier_set.downgrade == "one_step":
        return await preview(tier_set, now)
    live = await programme.live()
    census = await _find(tier_set, live, now) or await _count(tier_set, live, now)
    counted = await _counted(census, tier_set)
    cells = cells_of(tier_set, counted, census.pinned)
    return Preview(
        as_of=census.as_of,
        tier_set=tier_set,
        fingerprint="",
        cells=cells,
        year=census.year,
        examples=await _examples(census, tier_set, cells),
    )


async def prepare(tier_set: TierSet, now: datetime) -> None:
    """Have a census ready for this shape."""
    if tier_set.downgrade == "free_fall":
        live = await programme.live()
        await _find(tier_set, live, now) or await _count(tier_set, live, now)


def shape_of(tier_set: TierSet) -> str:
    """What of a set decides how members are counted, as a hash."""
    asked = (
        tier_set.metric,
        tier_set.window,
        tier_set.requalification,
        tier_set.grace_days,
        [tier.code for tier in tier_set.tiers],
    )
    return hashlib.sha256(msgspec.json.encode(asked)).hexdigest()


async def _find(tier_set: TierSet, live: Version, now: datetime) -> _Census | None:
    row = await db.fetchrow(census_queries.FIND, tier_set.code, shape_of(tier_set), live.id, now - LASTS, now)
    return _census(row) if row else None


async def _count(tier_set: TierSet, live: Version, now: datetime) -> _Census:
    """Count everybody, alone: who asked meanwhile takes what the first one counted."""
    await db.execute(census_queries.ALONE)
    if found := await _find(tier_set, live, now):
        return found
    await db.execute(census_queries.FORGET, tier_set.code, shape_of(tier_set), now - KEPT)
    year = await year_of(now)
    census_id = await db.fetchval(
        census_queries.ADD, tier_set.code, shape_of(tier_set), live.id, now, db.to_json(year)
    )
    placing = await place(tier_set, live, None, now)
    values = placing.values | await year_values(now) | {"census_id": census_id}
    await db.execute(queries.ROOM)
    sql = queries.census(tier_set.metric, placing.form)
    await db.connection().execute(*queries.statement(sql, values), timeout=EVERYBODY_TIMEOUT_S)
    found = await _find(tier_set, live, now)
    assert found is not None  # it was added above
    return found


def _census(row: db.Row) -> _Census:
    return _Census(
        id=row["id"],
        as_of=row["as_of"],
        from_codes=tuple(row["from_codes"]),
        pinned=msgspec.json.decode(row["pinned"], type=tuple[Cell, ...]),
        year=msgspec.json.decode(row["year"], type=Year),
    )


async def _counted(census: _Census, tier_set: TierSet) -> dict[str, list[Upto]]:
    thresholds = [tier.threshold for tier in tier_set.tiers]
    rows = await db.fetch(census_queries.UPTO, census.id, list(census.from_codes), thresholds)
    found: dict[str, list[Upto]] = {code: [] for code in census.from_codes}
    for row in rows:
        found[row["from_code"]].append(Upto(row["members"], row["points"], row["spend_minor"]))
    return found


async def _examples(census: _Census, tier_set: TierSet, cells: tuple[Cell, ...]) -> tuple[Example, ...]:
    """Of each kind of move those with the least, in turn."""
    flows = [each for each in cells if each.from_code != each.to_code]
    ends: dict[str, int | None] = {
        tier.code: above.threshold if (above := tier_set.above(tier)) else None for tier in tier_set.tiers
    }
    columns: tuple[list[Any], ...] = (
        [each.from_code for each in flows],
        [each.to_code for each in flows],
        [tier_set.at(each.to_code).threshold for each in flows],
        [ends[each.to_code] for each in flows],
    )
    rows = await db.fetch(census_queries.EXAMPLES, census.id, *columns, EXAMPLES)
    return tuple(Example(**row) for row in rows)
