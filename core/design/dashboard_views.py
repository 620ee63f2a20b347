"""What the studio's dashboards are rendered from; see views."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """A figure as people read it; `value` is what the chart draws, "" nothing, None: it is in no chart."""

    text: str
    href: str = ""
    value: str | None = None
    heat: int = 0
    """1 to 9: the more the stronger; 0: no ground of its own."""


@dataclass(frozen=True)
class BoardRow:
    """A line of a table: what it is about, then its figures."""

    head: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Board:
    """A chart and its table. `kind`: line, bar, stacked, flow, or "" for a table that needs no chart."""

    code: str
    title: str
    lead: str
    kind: str
    unit: str
    heads: tuple[str, ...]
    rows: tuple[BoardRow, ...]
    csv_href: str
    empty: str = ""
    text_cells: int = 0
    """So many cells of each row are words."""


@dataclass(frozen=True)
class Compared:
    """A figure of the stretch; `before`: the same of as long a stretch before it, in words."""

    label: str
    value: str
    before: str
    direction: str = ""
    """up or down where that is good or bad news; empty: neither."""


@dataclass(frozen=True)
class Dashboards:
    """`staff/dashboards.html`."""

    stretch: str
    """In words."""
    earlier_href: str
    later_href: str
    choices: tuple[tuple[int, str, bool], ...]
    """Months, address, whether it is shown."""
    figures: tuple[Compared, ...]
    boards: tuple[Board, ...]


@dataclass(frozen=True)
class DashboardRows:
    """`staff/dashboard_rows.html`: what a figure counts."""

    title: str
    back_href: str
    heads: tuple[str, ...]
    rows: tuple[BoardRow, ...]
    next_href: str = ""
    first_href: str = ""
