"""Place members in tiers; preview other terms; publish them so that exactly the previewed members move."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from core import db
from core.errors import DomainError, Kind
from loyalty.programme import service as programme
from loyalty.programme.service import Tier, Version
from loyalty.tiers import queries

PREVIEW_LASTS = timedelta(hours=1)


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
    """One member who would move. `points`: qualifying points in the window."""

    member_id: UUID
    external_id: str
    name: str | None
    from_code: str
    to_code: str
    points: int


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """Who would move under other tiers as of a moment; `fingerprint` stands for exactly these members."""

    as_of: datetime
    tiers: Sequence[Tier]
    members: int
    fingerprint: str
    flows: tuple[Flow, ...]
    before: Mapping[str, int]
    after: Mapping[str, int]
    examples: tuple[Example, ...]

    @property
    def moving(self) -> int:
        """How many members change their tier."""
        return sum(flow.members for flow in self.flows)


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a member stands. `next_*` is None at the top."""

    tier: Tier
    qualifying_points: int
    window_days: int
    next_tier: Tier | None
    next_missing_points: int | None


async def preview(tiers: Sequence[Tier], as_of: datetime) -> Preview:
    """Who would move if these were the tiers. Raises TiersInvalid, ProgrammeMissing."""
    programme.check_tiers(tiers)
    live = await programme.live()
    row = await db.fetchrow(queries.PREVIEW, *_arguments(None, as_of, live, tiers))
    assert row is not None  # an aggregate always answers a row
    return Preview(
        as_of=as_of,
        tiers=tiers,
        members=row["members"],
        fingerprint=_fingerprint(live, row["mark"]),
        flows=msgspec.json.decode(row["flows"], type=tuple[Flow, ...]),
        before=db.from_json(row["before"]),
        after=db.from_json(row["after"]),
        examples=msgspec.json.decode(row["examples"], type=tuple[Example, ...]),
    )


async def publish(
    tiers: Sequence[Tier], fingerprint: str, as_of: datetime, by: UUID | None, now: datetime
) -> Version:
    """Make these tiers live and move exactly the members that the preview as of `as_of` showed.

    Raises PreviewStale when others would move by now, when the terms were changed since, or when the
    preview is older than an hour.
    """
    if not now - PREVIEW_LASTS <= as_of <= now:
        raise PreviewStale("the preview is older than an hour")
    await db.execute(queries.ALONE)
    seen = await preview(tiers, as_of)
    if seen.fingerprint != fingerprint:
        raise PreviewStale("points or terms changed since; look at the new preview", moving=seen.moving)
    live = await programme.live()
    draft = await programme.draft(tiers, live, by, now)
    published = await programme.make_live(draft.id, now)
    row = await db.fetchrow(
        queries.APPLY, *_arguments(None, as_of, published, tiers), published.id, "published"
    )
    # Points may be posted between the look and the move: each sees what is committed by then.
    if row is None or _fingerprint(live, row["mark"]) != fingerprint:
        raise PreviewStale("points changed just now; look at the new preview")
    return published


def _fingerprint(live: Version, mark: str) -> str:
    return f"{live.number}-{mark}"


async def recalculate(members: Sequence[UUID] | None, reason: str, now: datetime) -> int:
    """Bring these members (None: all) to the tier of their qualifying points; answers how many moved."""
    await db.execute(queries.SHARE)
    live = await programme.live()
    arguments = _arguments(members, now, live, live.tiers)
    row = await db.fetchrow(queries.APPLY, *arguments, live.id, reason)
    return int(row["moved"]) if row else 0


async def counts() -> dict[str, int]:
    """How many members are in each tier; tiers without members are left out."""
    return {row["tier_code"]: row["members"] for row in await db.fetch(queries.COUNTS)}


async def progress(member_id: UUID, tier_code: str, now: datetime) -> Progress:
    """Where a member stands and what is missing to the next tier."""
    live = await programme.live()
    points = int(await db.fetchval(queries.POINTS, member_id, now, live.qualifying_window_days))
    tier = next((t for t in live.tiers if t.code == tier_code), live.tiers[0])
    above = next((t for t in live.tiers if t.rank == tier.rank + 1), None)
    return Progress(
        tier=tier,
        qualifying_points=points,
        window_days=live.qualifying_window_days,
        next_tier=above,
        next_missing_points=max(0, above.threshold_points - points) if above else None,
    )


def _arguments(
    members: Sequence[UUID] | None, as_of: datetime, live: Version, tiers: Sequence[Tier]
) -> tuple[object, ...]:
    return (
        None if members is None else list(members),
        as_of,
        live.qualifying_window_days,
        [tier.code for tier in tiers],
        [tier.threshold_points for tier in tiers],
    )
