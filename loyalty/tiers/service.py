"""Place members in tiers; preview other terms; publish them so that exactly the previewed members move."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from core import db, tenancy
from core.days import day_of, start_of_day, zone_of
from core.errors import DomainError, Kind
from loyalty.programme import service as programme
from loyalty.programme.service import Version
from loyalty.tiers import queries
from loyalty.tiers.outlook import Cell, Year
from loyalty.tiers.placing import place
from loyalty.tiers.rules import Points, Tier, TierSet, check, granted

PREVIEW_LASTS = timedelta(hours=1)
YEAR = timedelta(days=365)
OVERRIDES_A_SWEEP = 10_000
EVERYBODY_TIMEOUT_S = 280
"""To place everybody at once: the first time millions of rows are written. Less than a task may take."""
Cause = Literal["earned", "window", "published", "merged"]
"""Why tiers are looked at: something was counted, time went on, other terms, or a member became another."""


class PreviewStale(DomainError):
    """Publishing would do something else than was shown; nothing was done."""

    code = "preview_stale"
    kind = Kind.CONFLICT
    title = "Other members would move than the preview showed"


class Flow(msgspec.Struct, frozen=True):
    """So many members go from one tier to another."""

    from_code: str
    to_code: str
    members: int


class Example(msgspec.Struct, frozen=True):
    """One member who would move. `value`: of the metric, as far as it decides."""

    member_id: UUID
    external_id: str
    name: str | None
    from_code: str
    to_code: str
    value: int


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """Who would move under another tier set as of a moment; `fingerprint` stands for just this set
    and just these members."""

    as_of: datetime
    tier_set: TierSet
    fingerprint: str
    cells: tuple[Cell, ...]
    """Everybody, by where they are and where they would be."""
    year: Year
    examples: tuple[Example, ...]

    @property
    def members(self) -> int:
        """How many there are."""
        return sum(each.members for each in self.cells)

    @property
    def flows(self) -> tuple[Flow, ...]:
        """Who moves, by from where to where."""
        return tuple(Flow(c.from_code, c.to_code, c.members) for c in self.cells if c.from_code != c.to_code)

    @property
    def moving(self) -> int:
        """How many members change their tier."""
        return sum(flow.members for flow in self.flows)

    @property
    def before(self) -> Mapping[str, int]:
        """Members by tier as they are."""
        return _counted((each.from_code, each.members) for each in self.cells)

    @property
    def after(self) -> Mapping[str, int]:
        """Members by tier as they would be."""
        return _counted((each.to_code, each.members) for each in self.cells)


def _counted(found: Iterable[tuple[str, int]]) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for code, members in found:
        counts[code] = counts.get(code, 0) + members
    return counts


async def preview(tier_set: TierSet, as_of: datetime) -> Preview:
    """Who would move if this set were live, in the place of the one with its code or beside the others.

    Raises TiersInvalid, ProgrammeMissing, TimeZoneUnknown.
    """
    check(tier_set)
    live = await programme.live()
    placing = await place(tier_set, live, None, as_of)
    sql = queries.preview(tier_set.metric, placing.form)
    values = placing.values | await year_values(as_of)
    await db.execute(queries.ROOM)
    row = await db.connection().fetchrow(*queries.statement(sql, values), timeout=EVERYBODY_TIMEOUT_S)
    assert row is not None  # an aggregate always answers a row
    return Preview(
        as_of=as_of,
        tier_set=tier_set,
        fingerprint=_fingerprint(live, tier_set, row["mark"]),
        cells=msgspec.json.decode(row["cells"], type=tuple[Cell, ...]),
        year=await year_of(as_of),
        examples=msgspec.json.decode(row["examples"], type=tuple[Example, ...]),
    )


async def year_values(as_of: datetime) -> dict[str, Any]:
    """By name, what the statements need to know of the year before a moment."""
    return {
        "year_start": as_of - YEAR,
        "currency": (await tenancy.shop()).currency,
        "multiplied": [row["id"] for row in await db.fetch(queries.MULTIPLIED)],
    }


async def year_of(as_of: datetime) -> Year:
    """The programme's points, as of a moment."""
    row = await db.fetchrow(queries.YEAR, as_of - YEAR, as_of)
    assert row is not None  # an aggregate always answers a row
    return Year(row["points_outstanding"], row["points_earned"])


class Seen(msgspec.Struct, frozen=True):
    """The preview that whoever publishes was shown."""

    fingerprint: str
    as_of: datetime


async def publish(
    tier_set: TierSet, fingerprint: str, as_of: datetime, by: UUID | None, now: datetime
) -> Version:
    """Make this set live and move exactly the members that the preview as of `as_of` showed.

    Raises as put_in_force().
    """
    version, _ = await put_in_force(tier_set, Seen(fingerprint, as_of), by, now)
    return version


async def put_in_force(
    tier_set: TierSet, seen: Seen | None, by: UUID | None, now: datetime
) -> tuple[Version, Preview]:
    """Make this set live and move exactly the members that were seen, or (None) whoever is due now.

    Raises PreviewStale when others would move by now, when the terms were changed since, or when the
    preview is older than an hour.
    """
    as_of = seen.as_of if seen else now
    if not now - PREVIEW_LASTS <= as_of <= now:
        raise PreviewStale("the preview is older than an hour")
    await db.execute(queries.ALONE)
    found = await preview(tier_set, as_of)
    if seen and found.fingerprint != seen.fingerprint:
        raise PreviewStale("points or terms changed since; look at the new preview", moving=found.moving)
    live = await programme.live()
    draft = await programme.draft(_with(live.sets, tier_set), live, by, now)
    published = await programme.make_live(draft.id, now)
    mark, _ = await _apply(tier_set, published, None, "published", as_of, before=live.tier_set(tier_set.code))
    # Points may be posted between the look and the move: each sees what is committed by then.
    if _fingerprint(live, tier_set, mark) != found.fingerprint:
        raise PreviewStale("points changed just now; look at the new preview")
    return published, found


def _with(sets: Sequence[TierSet], changed: TierSet) -> list[TierSet]:
    kept = [changed if each.code == changed.code else each for each in sets]
    return kept if changed in kept else [*kept, changed]


def _fingerprint(live: Version, tier_set: TierSet, mark: str) -> str:
    """Of the whole set, too: other benefits move nobody, and are nevertheless not what was seen."""
    said = hashlib.sha256(msgspec.json.encode(tier_set, order="sorted")).hexdigest()
    return f"{live.number}-{said[:16]}-{mark}"


async def lock(members: Sequence[UUID] | None) -> None:
    """Keep others from placing these members (None: all) until the transaction ends.

    Whoever may have to wait reads the clock after it: by an older time, what others saw would not have
    happened yet. To be taken before any other lock on members, or two could wait for each other.
    """
    if members is None:
        await db.execute(queries.ALONE)
    else:
        await db.execute(queries.SHARE)
        await db.execute(queries.LOCK_MEMBERS, list(members))


async def recalculate(members: Sequence[UUID] | None, cause: Cause, now: datetime) -> int:
    """Bring these members (None: all) to the tier of each set that they are due; answers how many moves.

    Who came into their tier after `now` stays there. Raises ProgrammeMissing, TimeZoneUnknown.
    """
    await lock(members)
    live = await programme.live()
    moved = [(await _apply(each, live, members, cause, now))[1] for each in live.sets]
    return sum(moved)


async def _apply(
    tier_set: TierSet,
    live: Version,
    members: Sequence[UUID] | None,
    cause: Cause,
    at: datetime,
    before: TierSet | None = None,
) -> tuple[str, int]:
    """Move members of one set; answers the mark that stands for the moves, and how many there were."""
    placing = await place(tier_set, live, members, at)
    values = placing.values | {
        "cause": cause,
        "version_id": live.id,
        "benefits": db.to_json(_benefits((before or tier_set).tiers, tier_set.tiers)),
    }
    sql = queries.apply(tier_set.metric, placing.form, members is None)
    if members is None:
        await db.execute(queries.ROOM)
    timeout_s = EVERYBODY_TIMEOUT_S if members is None else None
    row = await db.connection().fetchrow(*queries.statement(sql, values), timeout=timeout_s)
    assert row is not None  # an aggregate always answers a row
    return row["mark"], row["moved"]


def _benefits(before: Sequence[Tier], after: Sequence[Tier]) -> dict[str, Any]:
    """What each move grants and withdraws, by "from>to"."""
    known = {tier.code: tier for tier in (*after, *before)}
    return {
        f"{code}>{new.code}": {"granted": granted(old, new), "withdrawn": granted(new, old)}
        for code, old in known.items()
        for new in after
        if code != new.code
    }


async def to_sweep(now: datetime) -> Sequence[UUID] | None:
    """Who is to be placed because of time alone; None: everybody. To be asked about once a minute.

    Everybody is placed once in each of the merchant's days, since windows and periods begin with days; who
    is in a tier by an override that is over, at once. Raises ProgrammeMissing, TimeZoneUnknown.
    """
    zone = zone_of((await programme.live()).time_zone)
    swept_at = await db.fetchval(queries.SWEPT)
    if swept_at is None or swept_at < start_of_day(day_of(now, zone), zone):
        return None
    rows = await db.fetch(queries.OVERRIDES_OVER, now, OVERRIDES_A_SWEEP)
    return [row["member_id"] for row in rows]


async def sweep(members: Sequence[UUID] | None, now: datetime) -> int:
    """Place them, and note it if they are everybody; answers how many moves that made."""
    moved = await recalculate(members, "window", now)
    if members is None:
        await db.execute(queries.SWEEP, now)
    return moved


async def note_counted(customers: Collection[UUID], external_ids: Collection[str], now: datetime) -> None:
    """Orders or events of these customers came in: where a live tier set counts such, place them soon."""
    if customers or external_ids:
        await db.execute(queries.NOTE_COUNTED, list(customers), list(external_ids), now)


async def counted_wallets() -> set[str]:
    """The wallets whose points some live tier set counts."""
    live = await programme.live()
    return {each.metric.wallet for each in live.sets if isinstance(each.metric, Points)}


async def members_posted(first: UUID, last: UUID, wallets: Collection[str]) -> list[UUID]:
    """The members of the postings of a set, from its first to its last id, in these wallets."""
    rows = await db.fetch(queries.MEMBERS_POSTED, first, last, list(wallets)) if wallets else []
    return [row["member_id"] for row in rows]


async def members_of(customers: Sequence[str], external_ids: Sequence[str]) -> list[UUID]:
    """The members who are these customers, by id or external id, or whom these were merged into."""
    rows = await db.fetch(queries.MEMBERS_OF, list(customers), list(external_ids))
    return [row["id"] for row in rows]


async def counts() -> dict[str, int]:
    """How many members are in each tier of the first set; tiers without members are left out."""
    return {row["tier_code"]: row["members"] for row in await db.fetch(queries.COUNTS)}
