"""Tags: words by which people find cases again. They change nothing that a colleague must see first."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from core import db
from core.errors import DomainError, Kind
from reviews.cases import events, service
from reviews.cases.people import person

LIMIT_CHARS = 40
MOST = 20
_ADD = """
    INSERT INTO case_tags (merchant_id, case_id, tag, staff_id, added_at)
    VALUES (current_merchant(), $1, $2, $3, $4)
"""
_OF = "SELECT case_id, tag FROM case_tags WHERE case_id = ANY ($1::uuid[]) ORDER BY case_id, tag"
_KNOWN = """
    SELECT tag FROM case_tags WHERE merchant_id = $1 GROUP BY tag ORDER BY count(*) DESC, tag LIMIT 50
"""


class TagUnfit(DomainError):
    """No word, too long a one, or one too many."""

    code = "case_tag_unfit"
    kind = Kind.INVALID
    title = "The tag cannot be put on the case"


def tag_of(typed: str) -> str:
    """The tag as it is kept: on one line, in small letters. Raises TagUnfit."""
    tag = " ".join(typed.replace("\0", "").split()).casefold()
    if not 1 <= len(tag) <= LIMIT_CHARS:
        raise TagUnfit(f"a tag has 1 to {LIMIT_CHARS} characters", limit_chars=LIMIT_CHARS)
    return tag


async def add(case_id: UUID, typed: str, by: UUID, now: datetime) -> bool:
    """Put a tag on a case; whether it is new there. Raises TagUnfit, NotFound or core.errors.Forbidden."""
    await person(by, "note")
    case, tag = await service.lock(case_id), tag_of(typed)
    there = (await of_cases([case_id])).get(case_id, ())
    if tag in there:
        return False
    if len(there) >= MOST:
        raise TagUnfit(f"a case has at most {MOST} tags", most=MOST)
    await db.execute(_ADD, case_id, tag, by, now)
    await events.add(case_id, case.cycle, "tagged", now, staff_id=by, text=tag)
    return True


async def remove(case_id: UUID, tag: str, by: UUID, now: datetime) -> None:
    """Take a tag off; one that is not there is no fault. Raises NotFound or core.errors.Forbidden."""
    await person(by, "note")
    case = await service.lock(case_id)
    gone = await db.fetchval(
        "DELETE FROM case_tags WHERE case_id = $1 AND tag = $2 RETURNING tag", case_id, tag
    )
    if gone:
        await events.add(case_id, case.cycle, "untagged", now, staff_id=by, text=gone)


async def of_cases(ids: Collection[UUID]) -> dict[UUID, tuple[str, ...]]:
    """The tags of each case that has any."""
    found: dict[UUID, tuple[str, ...]] = {}
    for row in await db.fetch(_OF, list(ids)):
        found[row["case_id"]] = (*found.get(row["case_id"], ()), row["tag"])
    return found


async def known() -> list[str]:
    """The merchant's tags, the most used first."""
    return [row["tag"] for row in await db.fetch(_KNOWN, db.merchant_id())]
