"""From the cells of a row to an opening balance. Pure."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from core.days import start_of_day
from core.files.errors import FieldInvalid

COLUMNS = (
    "id",
    "customer_id",
    "wallet",
    "points",
    "earned_at",
    "expires_at",
    "pending",
    "settles_at",
    "note",
)
REQUIRED = ("id", "customer_id", "points")
POINTS_LIMIT = 10**12
YEARS = (1970, 2199)

_YES, _NO = {"yes", "true", "1"}, {"no", "false", "0", ""}


class Opening(msgspec.Struct, frozen=True, gc=False):
    """One lot that a member brings along. `id` is its natural key: the same id is posted once."""

    id: str
    customer_id: str
    wallet: str
    points: int
    earned_at: datetime | None
    expiry: Literal["given", "never", "policy"]
    """`policy`: by the wallet's rules, from when it was earned."""
    expires_at: datetime | None
    pending: bool
    settles_at: datetime | None
    note: str


def opening_of(cells: Mapping[str, str], zone: ZoneInfo, now: datetime) -> Opening:
    """The opening balance that a row tells of. Raises FieldInvalid, whose reason repeats nothing of the row:
    where columns are shifted a cell may be anything, and reasons are kept.

    Times are ISO 8601 with an offset; a date alone is the first moment of that day in `zone`.
    """
    earned_at = _moment("earned_at", cells, zone)
    if earned_at and earned_at > now:
        raise FieldInvalid("earned_at", "lies ahead")
    settles_at = _moment("settles_at", cells, zone)
    never = cells.get("expires_at") == "never"
    expires_at = None if never else _moment("expires_at", cells, zone)
    return Opening(
        _text("id", cells),
        _text("customer_id", cells),
        cells.get("wallet") or "points",
        _points(cells.get("points", "")),
        earned_at,
        "never" if never else "given" if expires_at else "policy",
        expires_at,
        settles_at is not None or _yes("pending", cells),
        settles_at,
        _text("note", cells, most=500) if cells.get("note") else "",
    )


def _text(field: str, cells: Mapping[str, str], most: int = 200) -> str:
    text = cells.get(field, "").strip()
    if not text:
        raise FieldInvalid(field, "is missing")
    if len(text) > most or "\0" in text:
        raise FieldInvalid(field, f"has more than {most} characters, or the null character")
    return text


def _points(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 13 and 1 <= int(text) <= POINTS_LIMIT):
        raise FieldInvalid("points", f"is no whole number of points from 1 to {POINTS_LIMIT}")
    return int(text)


def _yes(field: str, cells: Mapping[str, str]) -> bool:
    text = cells.get(field, "").lower()
    if text not in _YES | _NO:
        raise FieldInvalid(field, "is neither yes nor no")
    return text in _YES


def _moment(field: str, cells: Mapping[str, str], zone: ZoneInfo) -> datetime | None:
    text = cells.get(field, "")
    if not text:
        return None
    try:
        said = date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        raise FieldInvalid(field, "is no ISO date or time") from None
    if not YEARS[0] <= said.year <= YEARS[1]:  # the calendar ends before some zones' days of the year 1 begin
        raise FieldInvalid(field, f"the year must be {YEARS[0]} to {YEARS[1]}")
    if not isinstance(said, datetime):
        return start_of_day(said, zone)
    if said.tzinfo is None:
        raise FieldInvalid(field, "has no offset, such as Z or +08:00")
    return said.astimezone(UTC)
