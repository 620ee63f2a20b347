"""Segments in versions that never change; who is in them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from core import db, tenancy
from core.errors import DomainError, Kind, NotFound
from core.i18n import Locale, in_language
from loyalty.rules import queries as rule_queries
from loyalty.rules.compile import Arguments
from loyalty.segments import compile as compiled
from loyalty.segments import rfm
from loyalty.segments.model import Listed, Origin, Segment, SegmentView, lists, size, taints
from loyalty.segments.sentence import Words

CODE_LIMIT = 90
"""Characters; later versions have the first one's code and a number, and at most 100."""

_SEGMENT = """
    SELECT s.id, s.code, s.base, s.name, s.definition, s.taints, s.version, s.created_at,
           s.version = max(s.version) OVER (PARTITION BY s.base) AS newest
    FROM segments s
"""
_ONE = f"SELECT * FROM ({_SEGMENT}) x WHERE id = $1"
_VERSIONS = f"{_SEGMENT} WHERE s.base = $1 ORDER BY s.version DESC"
_EVERY = f"SELECT * FROM ({_SEGMENT}) x ORDER BY name, base, version DESC"
_SOME = "SELECT id, definition FROM segments WHERE id = ANY ($1::uuid[])"
# Another segment may have the code already: then the next number.
_FREE = f"""
    SELECT made.code
    FROM generate_series($5::int, $5::int + 999) n, concat(left($1::text, {CODE_LIMIT}), '-v', n) made (code)
    WHERE NOT EXISTS (SELECT FROM segments taken WHERE taken.code = made.code) ORDER BY n LIMIT 1
"""
_ADD = f"""
    INSERT INTO segments (merchant_id, base, code, name, definition, taints, version, created_by, created_at)
    VALUES (current_merchant(), $1::text, CASE $5::int WHEN 1 THEN $1::text ELSE ({_FREE}) END,
            $2, $3::jsonb, $4, $5::int, $6, $7)
    ON CONFLICT DO NOTHING RETURNING id
"""
_LIST_TAINTS = "SELECT id, taints FROM member_lists WHERE id = ANY ($1::uuid[])"
_NAMES = f"""{rule_queries.NAMES}
    UNION ALL SELECT l.id::text, jsonb_build_object('en', s.name)
    FROM member_lists l JOIN segments s ON s.id = l.segment_id
"""
_ADD_LIST = """
    INSERT INTO member_lists (merchant_id, segment_id, taints, taken_at)
    VALUES (current_merchant(), $1, $2, $3) RETURNING id
"""

_TAGS = "SELECT tag FROM member_tags WHERE member_id = $1 AND origin = $2 ORDER BY tag"
_UNTAG = "DELETE FROM member_tags WHERE member_id = $1 AND origin = $2 AND tag <> ALL ($3::text[])"
_TAG = """
    INSERT INTO member_tags (merchant_id, member_id, origin, tag, tagged_at)
    SELECT current_merchant(), $1, $2, t, $4 FROM unnest($3::text[]) t ON CONFLICT DO NOTHING
"""

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


class SegmentMoved(DomainError):
    """Somebody else has made its next version meanwhile."""

    code = "segment_moved"
    kind = Kind.CONFLICT
    title = "The segment has a newer version"


class ListUnknown(DomainError):
    """The segment names a list of members that does not exist."""

    code = "member_list_unknown"
    kind = Kind.INVALID
    title = "There is no such list of members"


class MemberRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a segment."""

    id: UUID
    external_id: str
    tier_code: str
    joined_at: datetime


async def create(
    code: str, name: str, segment: Segment, now: datetime, by: UUID | None = None
) -> SegmentView:
    """Make a segment, version 1. Raises SegmentExists, SegmentTooLarge, ListUnknown."""
    made = await _add(code, name, segment, 1, now, by)
    if made is None:
        raise SegmentExists(code)
    return await get(made)


async def revise(
    code: str, name: str, segment: Segment, after: int, now: datetime, by: UUID | None = None
) -> SegmentView:
    """Make the version that follows `after`; its code is that of the first with -v2, or with the next number
    that is free. What names a version keeps it.

    Raises NotFound, SegmentMoved, SegmentTooLarge, ListUnknown.
    """
    newest = (await versions(code))[0]
    made = await _add(code, name, segment, after + 1, now, by) if newest.version == after else None
    if made is None:
        raise SegmentMoved(f"its newest version is {newest.version}")
    return await get(made)


async def _add(
    code: str, name: str, segment: Segment, version: int, now: datetime, by: UUID | None
) -> UUID | None:
    if size(segment) > CONDITIONS_MOST:
        raise SegmentTooLarge(f"a segment has at most {CONDITIONS_MOST} conditions")
    args = (code, name, db.to_json(segment), await _all_taints(segment), version, by, now)
    found: UUID | None = await db.fetchval(_ADD, *args)
    return found


async def _all_taints(segment: Segment) -> list[str]:
    """Its own, and those of the lists that it names: a list carries what it was made with."""
    named = lists(segment)
    known = {row["id"]: row["taints"] for row in await db.fetch(_LIST_TAINTS, named)} if named else {}
    if missing := sorted(set(named) - set(known)):
        raise ListUnknown(str(missing[0]))
    return sorted({*taints(segment), *(taint for its in known.values() for taint in its)})


async def take_list(segment_id: UUID, code: str, name: str, now: datetime, by: UUID | None) -> SegmentView:
    """A static segment: of those who are in this one now. Raises NotFound, SegmentExists."""
    found = await get(segment_id)
    made = await db.fetchval(_ADD_LIST, found.id, found.taints, now)
    args = Arguments(made)
    joins, where = await _everybody(found.segment, now, args)
    await db.execute(
        "INSERT INTO member_list_members (merchant_id, list_id, member_id)"
        f" SELECT current_merchant(), $1, m.id FROM members m {joins} WHERE m.left_at IS NULL AND {where}",
        *args.values,
    )
    return await create(code, name, Segment(where=(Listed(list=made),)), now, by)


async def get(segment_id: UUID) -> SegmentView:
    """One version of a segment. Raises NotFound."""
    row = await db.fetchrow(_ONE, segment_id)
    if row is None:
        raise NotFound("there is no such segment")
    return _view(row)


async def versions(code: str) -> list[SegmentView]:
    """All versions of a segment, the newest first. Raises NotFound."""
    rows = await db.fetch(_VERSIONS, code)
    if not rows:
        raise NotFound(f"no segment has the code {code}")
    return [_view(row) for row in rows]


async def every() -> list[SegmentView]:
    """All versions of all segments, by name; of each the newest first."""
    return [_view(row) for row in await db.fetch(_EVERY)]


async def count(segment: Segment, at: datetime) -> int:
    """How many members are in it as of `at`: one statement over sets, whatever their number."""
    args = Arguments()
    joins, where = await _everybody(segment, at, args)
    sql = f"SELECT count(*) FROM members m {joins} WHERE m.left_at IS NULL AND {where}"
    return int(await db.fetchval(sql, *args.values))


async def members(segment: Segment, at: datetime, after: UUID | None, limit: int) -> list[MemberRow]:
    """Who is in it as of `at`, by id, those after `after`."""
    args = Arguments(after, limit)
    joins, where = await _everybody(segment, at, args)
    sql = (
        "SELECT m.id, c.external_id, m.tier_code, m.joined_at"
        f" FROM members m JOIN customers c ON c.id = m.customer_id {joins}"
        f" WHERE m.left_at IS NULL AND ($1::uuid IS NULL OR m.id > $1) AND {where} ORDER BY m.id LIMIT $2"
    )
    return [MemberRow(**row) for row in await db.fetch(sql, *args.values)]


async def _everybody(segment: Segment, at: datetime, args: Arguments) -> compiled.Compiled:
    return compiled.members(segment, at, args, await _bounds([segment], at), everybody=True)


async def _bounds(segments: Sequence[Segment], at: datetime) -> rfm.Bounds | None:
    return await rfm.bounds(at) if any(map(compiled.uses_scores, segments)) else None


async def contains(segment_id: UUID, member_id: UUID, at: datetime) -> bool:
    """Whether a member is in a segment as of `at`. Raises NotFound."""
    await get(segment_id)
    return segment_id in (await memberships([segment_id], [member_id], at)).get(member_id, set())


async def memberships(
    segments: Sequence[UUID], members: Sequence[UUID], at: datetime
) -> dict[UUID, set[UUID]]:
    """Which of the segments each of the members is in, as of `at`; those in none are left out."""
    rows = {row["id"]: _segment(row) for row in await db.fetch(_SOME, list(segments))}
    bounds = await _bounds(list(rows.values()), at)
    found: dict[UUID, set[UUID]] = {}
    for key, segment in rows.items():
        args = Arguments(list(members))
        joins, where = compiled.members(segment, at, args, bounds)
        sql = f"SELECT m.id FROM members m {joins} WHERE m.id = ANY ($1::uuid[]) AND {where}"
        for member in await db.fetch(sql, *args.values):
            found.setdefault(member["id"], set()).add(key)
    return found


async def tags(member_id: UUID, origin: Origin = "shop") -> list[str]:
    """A member's tags of one origin, by name."""
    rows = await db.fetch(_TAGS, member_id, origin)
    return [row["tag"] for row in rows]


async def put_tags(member_id: UUID, tags: Sequence[str], now: datetime, origin: Origin = "shop") -> None:
    """Give a member exactly these tags of one origin."""
    await db.execute(_UNTAG, member_id, origin, list(tags))
    await db.execute(_TAG, member_id, origin, sorted(set(tags)), now)


async def words(locale: Locale) -> Words:
    """Says segments in one language, with the merchant's names of tiers, stores and lists."""
    rows = await db.fetch(_NAMES)
    names = {row["code"]: in_language(db.from_json(row["name"]), locale) for row in rows}
    return Words(locale, (await tenancy.shop()).time_zone, names)


def _view(row: db.Row) -> SegmentView:
    fields = {name: row[name] for name in SegmentView.__struct_fields__ if name != "segment"}
    return SegmentView(**fields, segment=_segment(row))


def _segment(row: db.Row) -> Segment:
    return msgspec.json.decode(row["definition"], type=Segment)
