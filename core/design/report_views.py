"""View models of the reports of cases."""

from dataclasses import dataclass

from core.design.case_views import SettingsForm
from core.design.dashboard_views import Board
from core.design.reward_views import FormField


@dataclass(frozen=True)
class ReportTable:
    """Cells are texts, the first of each row its head. `lead`: what is counted; `empty`: where nothing is."""

    caption: str
    lead: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str


@dataclass(frozen=True)
class Bar:
    """A share from 0 to 1 as a bar; `note` is beside it."""

    label: str
    value: float
    note: str


@dataclass(frozen=True)
class Reports:
    """`staff/reports.html`."""

    month: str
    """In words."""
    earlier_href: str
    later_href: str
    """Empty: this is the current month."""
    csv_href: str
    goals_href: str
    """Where goals are set; empty: the reader may not go there."""
    filters: tuple[FormField, ...]
    month_code: str
    """2026-11"""
    bars: tuple[Bar, ...]
    tables: tuple[ReportTable, ...]
    boards: tuple[tuple[Board, str], ...]
    """Charts over their tables, each with the address of the page that says more; "": not for this reader."""
    forms: tuple[SettingsForm, ...] = ()
