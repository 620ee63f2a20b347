"""Lists of cases that people keep for themselves: a name, a filter, and the view that it narrows."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from core import db
from core.errors import DomainError, Kind, NotFound
from reviews.cases.filters import Filter
from reviews.cases.reading import ViewName

MOST = 20
LIMIT_CHARS = 60
_SAVE = """
    INSERT INTO case_views (merchant_id, staff_id, name, filter, made_at)
    VALUES (current_merchant(), $1, $2, $3, $4)
    ON CONFLICT (staff_id, name) DO UPDATE SET filter = EXCLUDED.filter RETURNING id
"""


class ViewUnfit(DomainError):
    """Without a name or a filter, with too long a name, or one too many."""

    code = "case_view_unfit"
    kind = Kind.INVALID
    title = "The view cannot be kept"


@dataclass(frozen=True)
class OwnView:
    """One of somebody's lists."""

    id: UUID
    name: str
    filter: Filter
    view: ViewName = "open"


class _Narrowed(msgspec.Struct):
    """What is kept beside the fields of a filter."""

    view: ViewName = "open"


async def of(staff_id: UUID) -> list[OwnView]:
    """Somebody's lists by name."""
    rows = await db.fetch(
        "SELECT id, name, filter FROM case_views WHERE staff_id = $1 ORDER BY name", staff_id
    )
    return [_view(row) for row in rows]


async def find(view_id: UUID, staff_id: UUID) -> OwnView:
    """One of somebody's own. Raises NotFound."""
    row = await db.fetchrow(
        "SELECT id, name, filter FROM case_views WHERE id = $1 AND staff_id = $2", view_id, staff_id
    )
    if row is None:
        raise NotFound(f"no view {view_id}")
    return _view(row)


async def save(typed: str, view: ViewName, wanted: Filter, staff_id: UUID, now: datetime) -> UUID:
    """Keep a list; one of the same name is replaced. Raises ViewUnfit."""
    name = " ".join(typed.replace("\0", "").split())
    if not 1 <= len(name) <= LIMIT_CHARS or not wanted:
        raise ViewUnfit(f"a name of 1 to {LIMIT_CHARS} characters, and a filter", limit_chars=LIMIT_CHARS)
    others = [each for each in await of(staff_id) if each.name != name]
    if len(others) >= MOST:
        raise ViewUnfit(f"at most {MOST} views", most=MOST)
    said = {**msgspec.to_builtins(wanted), "view": view}
    kept: UUID = await db.fetchval(_SAVE, staff_id, name, db.to_json(said), now)
    return kept


async def remove(view_id: UUID, staff_id: UUID) -> None:
    """Forget a list. Raises NotFound."""
    await find(view_id, staff_id)
    await db.execute("DELETE FROM case_views WHERE id = $1", view_id)


def _view(row: db.Row) -> OwnView:
    said = row["filter"]
    view = msgspec.json.decode(said, type=_Narrowed).view
    return OwnView(row["id"], row["name"], msgspec.json.decode(said, type=Filter), view)
