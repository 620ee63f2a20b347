"""View models of what goes with cases: settings, the patrol."""

from dataclasses import dataclass
from datetime import datetime

from core.design.reward_views import FormGroup


@dataclass(frozen=True)
class SettingsLine:
    """One thing that is set; the first cell links to `href`, where it is changed."""

    cells: tuple[str, ...]
    href: str = ""
    remove_action: str = ""
    remove_key: str = ""
    """Empty: it cannot be removed."""


@dataclass(frozen=True)
class SettingsTable:
    """`heads` as many as each line has cells; `empty` is said where there is no line."""

    caption: str
    heads: tuple[str, ...]
    lines: tuple[SettingsLine, ...]
    empty: str = ""


@dataclass(frozen=True)
class SettingsForm:
    """Posts to `action`; without a key it cannot be used."""

    action: str
    title: str
    submit: str
    key: str
    groups: tuple[FormGroup, ...]
    problem: str = ""
    cancel_href: str = ""


@dataclass(frozen=True)
class AskedRemedy:
    """What waits for a second person; without a key this person cannot decide."""

    id: str
    case_href: str
    number: int
    what: str
    message: str
    asked_by: str
    asked_at: datetime
    key: str


@dataclass(frozen=True)
class CaseSettings:
    """`staff/case_settings.html`: one of calendars, targets, teams, remedies."""

    section: str
    title: str
    lead: str
    tables: tuple[SettingsTable, ...]
    forms: tuple[SettingsForm, ...] = ()
    waiting: tuple[AskedRemedy, ...] = ()


@dataclass(frozen=True)
class PatrolLine:
    """`owner` "": nobody."""

    href: str
    number: int
    customer: str
    owner: str
    due_at: datetime | None


@dataclass(frozen=True)
class PatrolPage:
    """`staff/patrol.html`: figures of the last day, and what is nobody's or late now."""

    negative: int
    handled: int
    listed: int
    without_case: int
    unowned: int
    overdue: int
    lines: tuple[PatrolLine, ...]
