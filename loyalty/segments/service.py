"""Segments: made once, never changed; who is in them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from core import db
from core.errors import DomainError, Kind, NotFound
from loyalty.rules.compile import Arguments
from loyalty.segments import compile as compiled
from loyalty.segments.model import Origin, Segment, SegmentView, size, taints

_SEGMENT = "SELECT id, code, name, definition, taints FROM segments "


CONDITIONS_MOST = 100


class SegmentTooLarge(DomainError):
    """So many conditions, or so deep in one another, that not every place which reads segments can follow."""

    code = "segment_too_large"
    kind = Kind.INVALID
    title = "The segment has too many conditions"


class SegmentExists(DomainError):
    """A segment of the merchant's has this code."""

    code = "segment_exists"
    kind = Kind.CONFLICT
    title = "There is a segment with this code"


async def create(code: str, name: str, segment: Segment, now: datetime) -> SegmentView:
    """Make a segment. It never changes: another meaning is another segment.

    Raises SegmentExists, SegmentTooLarge.
    """
    if size(segment) > CONDITIONS_MOST:
        raise SegmentTooLarge(f"a segment has at most {CONDITIONS_MOST} conditions")
    made = await db.fetchval(
        "INSERT INTO segments (merchant_id, code, name, definition, taints, created_at)"
        " VALUES (current_merchant(), $1, $2, $3::jsonb, $4, $5)"
        " ON CONFLICT (merchant_id, code) DO NOTHING RETURNING id",
        code,
        name,
        db.to_json(segment),
        taints(segment),
        now,
    )
    if made is None:
        raise SegmentExists(code)
    return await get(made)


async def get(segment_id: UUID) -> SegmentView:
    """One segment. Raises NotFound."""
    row = await db.fetchrow(_SEGMENT + "WHERE id = $1", segment_id)
    if row is None:
        raise NotFound("there is no such segment")
    return _view(row)


async def every() -> list[SegmentView]:
    """All segments, by name."""
    return [_view(row) for row in await db.fetch(_SEGMENT + "ORDER BY name, code")]


async def count(segment: Segment, at: datetime) -> int:
    """How many members are in it as of `at`."""
    args = Arguments()
    where = compiled.members(segment, at, args)
    sql = f"SELECT count(*) FROM members m WHERE m.left_at IS NULL AND {where}"
    return int(await db.fetchval(sql, *args.values))


async def contains(segment_id: UUID, member_id: UUID, at: datetime) -> bool:
    """Whether a member is in a segment as of `at`. Raises NotFound."""
    await get(segment_id)
    return segment_id in (await memberships([segment_id], [member_id], at)).get(member_id, set())


async def memberships(
    segments: Sequence[UUID], members: Sequence[UUID], at: datetime
) -> dict[UUID, set[UUID]]:
    """Which of the segments each of the members is in, as of `at`; those in none are left out."""
    found: dict[UUID, set[UUID]] = {}
    for row in await db.fetch(_SEGMENT + "WHERE id = ANY ($1::uuid[])", list(segments)):
        args = Arguments(list(members))
        where = compiled.members(_view(row).segment, at, args)
        sql = f"SELECT m.id FROM members m WHERE m.id = ANY ($1::uuid[]) AND {where}"
        for member in await db.fetch(sql, *args.values):
            found.setdefault(member["id"], set()).add(row["id"])
    return found


async def tag(member_id: UUID, tags: Sequence[str], origin: Origin, now: datetime) -> None:
    """Give a member tags; having one already changes nothing."""
    await db.execute(
        "INSERT INTO member_tags (merchant_id, member_id, origin, tag, tagged_at)"
        " SELECT current_merchant(), $1, $2, t, $4 FROM unnest($3::text[]) t ON CONFLICT DO NOTHING",
        member_id,
        origin,
        list(tags),
        now,
    )


async def untag(member_id: UUID, tags: Sequence[str], origin: Origin) -> None:
    """Take tags away again."""
    await db.execute(
        "DELETE FROM member_tags WHERE member_id = $1 AND origin = $2 AND tag = ANY ($3::text[])",
        member_id,
        origin,
        list(tags),
    )


def _view(row: db.Row) -> SegmentView:
    fields = dict(row)
    definition = fields.pop("definition")
    return SegmentView(**fields, segment=msgspec.json.decode(definition, type=Segment))
