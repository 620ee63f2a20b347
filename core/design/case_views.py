"""View models of what goes with cases: settings, the patrol."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.design.reward_views import FormGroup

Way = Literal["earlier", "later"]


@dataclass(frozen=True)
class SettingsLine:
    """One thing that is set; the first cell links to `href`, where it is changed."""

    cells: tuple[str, ...]
    href: str = ""
    remove_action: str = ""
    remove_key: str = ""
    """Empty: it cannot be removed."""
    move_action: str = ""
    """Where it can change its place; it posts `direction`, with the key "move-" and remove_key."""
    moves: tuple[Way, ...] = ()


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
    edits: str = ""
    """Which of those that `action` saves it changes, posted as `edit`; "": a new one, or the only one."""


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
class See:
    """Another page that belongs to this one."""

    text: str
    href: str


@dataclass(frozen=True)
class CaseSettings:
    """`staff/case_settings.html`: one of calendars, targets, teams, remedies, contact."""

    section: str
    title: str
    lead: str
    tables: tuple[SettingsTable, ...]
    forms: tuple[SettingsForm, ...] = ()
    waiting: tuple[AskedRemedy, ...] = ()
    see: See | None = None


@dataclass(frozen=True)
class SurveySaid:
    """What the customer answered in a survey."""

    at: datetime
    scores: tuple[tuple[str, int], ...]
    """Code of kind "survey_question", and the score."""
    text: str = ""


@dataclass(frozen=True)
class PatrolLine:
    """`owner` "": nobody."""

    href: str
    number: int
    customer: str
    owner: str
    due_at: datetime | None
    call_owed: bool = False


@dataclass(frozen=True)
class PatrolPage:
    """`staff/patrol.html`: figures of the last day, and what is nobody's or late now."""

    negative: int
    handled: int
    listed: int
    without_case: int
    unowned: int
    overdue: int
    calls: int
    """Open cases whose customers are to be called."""
    lines: tuple[PatrolLine, ...]


@dataclass(frozen=True)
class MailIn:
    """A mail that came. Forms post to /staff/inbox/mail/{id}/put (`number`) and …/dismiss."""

    id: str
    at: datetime
    sender: str
    name: str
    subject: str
    text: str
    cut: bool
    """There is more of it."""
    attachments: tuple[str, ...]
    """Names of what was not kept."""
    reason: str
    """Code of kind "mail_reason"; "": it was taken at once."""
    case_href: str
    case_number: str
    decided_by: str
    put_key: str
    """Empty: nothing can be decided."""
    dismiss_key: str


@dataclass(frozen=True)
class MailsIn:
    """`staff/mails_in.html`: mails of one state."""

    state: str
    """Code of kind "mail_state", as are `states`."""
    states: tuple[str, ...]
    parked: int
    mails: tuple[MailIn, ...]
    problem: str = ""
    first_href: str = ""
    next_href: str = ""
