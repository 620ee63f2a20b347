"""What the pages about files of reviews are rendered from; see views."""

from dataclasses import dataclass
from datetime import datetime

from core.design.reward_views import FormField


@dataclass(frozen=True)
class ImportLine:
    """One file in the list."""

    href: str
    """Empty: imported by command, there is nothing more to see."""
    file_name: str
    state: str
    """Code of kind "import_state"."""
    by: str
    created_at: datetime
    rows: int
    new: int
    rejected: int


@dataclass(frozen=True)
class Imports:
    """`staff/imports.html`. Posts the file to `/staff/studio/imports`."""

    lines: tuple[ImportLine, ...]
    fields: tuple[FormField, ...] = ()
    key: str = ""
    """Empty: this reader may only look."""
    limit_mb: int = 0
    problem: str = ""


@dataclass(frozen=True)
class ImportProgress:
    """How far a file is. `href` gives the same again; empty: it does not move any more."""

    state: str
    href: str
    percent: float
    rows: int
    counts: tuple[tuple[str, int], ...]
    """Code of kind "import_count", and how many rows."""


@dataclass(frozen=True)
class ImportSample:
    written_at: datetime
    rating: str
    product: str
    author: str
    text: str
    hidden: bool


@dataclass(frozen=True)
class ImportReject:
    line: int
    column: str
    reason: str


@dataclass(frozen=True)
class ImportPage:
    """`staff/import.html`. Posts to `href` + /check, /start or /drop."""

    href: str
    file_name: str
    by: str
    created_at: datetime
    size_bytes: int
    format: str
    encoding: str
    progress: ImportProgress
    failure: str
    samples: tuple[ImportSample, ...]
    rejects: tuple[ImportReject, ...]
    rejected: int
    about: tuple[FormField, ...]
    """Format, encoding, order of dates: what can be said about the file."""
    mapping: tuple[FormField, ...]
    """One select a field; its options are the file's columns."""
    key: str = ""
    """Of the forms; empty: nothing can be changed, or not by this reader."""
    can_start: bool = False
