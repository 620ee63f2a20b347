"""What the pages of the back office are rendered from; see views."""

from dataclasses import dataclass
from datetime import datetime

from core.design.case_views import SettingsForm


@dataclass(frozen=True)
class TableLine:
    """A table; `repairs`: the columns that can be put right."""

    name: str
    href: str
    repairs: tuple[str, ...]


@dataclass(frozen=True)
class BackOffice:
    """`staff/backoffice.html`."""

    tables: tuple[TableLine, ...]


@dataclass(frozen=True)
class PlainRow:
    """A row as texts; `href` empty: nothing in it can be put right."""

    key: str
    cells: tuple[str, ...]
    href: str = ""


@dataclass(frozen=True)
class PlainTable:
    """`staff/backoffice_table.html`."""

    name: str
    key: str
    columns: tuple[str, ...]
    rows: tuple[PlainRow, ...]
    repairable: bool
    next_href: str = ""
    first_href: str = ""


@dataclass(frozen=True)
class Repair:
    """What was put right, by whom and why."""

    at: datetime
    by: str
    was: str
    became: str
    reason: str


@dataclass(frozen=True)
class PlainRowPage:
    """`staff/backoffice_row.html`."""

    table: str
    key: str
    cells: tuple[tuple[str, str], ...]
    form: SettingsForm
    repairs: tuple[Repair, ...]
