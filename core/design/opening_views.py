"""What the pages about files of opening balances are rendered from; see views."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class OpeningLine:
    """One file. `state`: code of kind "opening_state"; counts are of rows, `points` of the new ones,
    `largest` of these that one customer gets."""

    href: str
    file_name: str
    reason: str
    state: str
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    rows: int
    new: int
    known: int
    rejected: int
    points: int
    largest: int


@dataclass(frozen=True)
class Openings:
    """`staff/openings.html`: posts the file with a reason to `/staff/studio/openings`."""

    lines: tuple[OpeningLine, ...]
    second_person: bool = False
    key: str = ""
    """Empty: this reader may only look."""
    reason: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Opening:
    """`staff/opening.html`: one file, and what cannot be taken in of it: line, column, why."""

    line: OpeningLine
    create_members: bool
    rejects: tuple[tuple[int, str, str], ...] = ()
    key: str = ""
    """Not empty: this reader may reject it."""
    approves: bool = False
    """And approve it: somebody else sent it."""
    file_href: str = ""
