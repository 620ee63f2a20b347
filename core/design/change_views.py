"""What the studio's pages about changes of the terms are rendered from; see views."""

from dataclasses import dataclass
from datetime import datetime

from core.design.tier_views import Difference, Row, TierPreview

__all__ = ["Back", "ChangeLine", "ChangePage", "Changes", "Comparison", "Deed", "DraftColumn", "Row", "Step"]


@dataclass(frozen=True)
class ChangeLine:
    """One change in a list. `kind`: code of kind "change_kind"; `state`: of kind "change_state"."""

    href: str
    name: str
    kind: str
    subject: str
    state: str
    at: datetime
    """Of its last step; of one that is set for a date, that date."""
    by: str
    says: str


@dataclass(frozen=True)
class Changes:
    """`staff/changes.html`. `key`: not empty: the reader may say whether a second person is needed."""

    pending: tuple[ChangeLine, ...]
    done: tuple[ChangeLine, ...]
    second_person: bool
    key: str = ""


@dataclass(frozen=True)
class Back:
    """A form that drafts an earlier version again: of which kind ("tiers", "rule", "wallet") and subject."""

    kind: str
    subject: str
    version: int
    label: str
    key: str


@dataclass(frozen=True)
class Step:
    """A step that the change has taken, or will take. `code`: of kind "change_state"."""

    code: str
    at: datetime | None = None
    by: str = ""
    current: bool = False


@dataclass(frozen=True)
class Deed:
    """A button: posts to the change's path and `code`. `asks`: "date", "note", "name" or nothing."""

    code: str
    label: str
    kind: str = ""
    asks: str = ""
    asks_label: str = ""
    hidden: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ChangePage:
    """`staff/change.html`: one change, what it changes and does, and what can be done with it."""

    path: str
    name: str
    kind: str
    subject: str
    state: str
    steps: tuple[Step, ...]
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    key: str
    mark: str = ""
    """Of what is shown; posted with each step."""
    note: str = ""
    stale: bool = False
    edit_href: str = ""
    deeds: tuple[Deed, ...] = ()
    preview: TierPreview | None = None
    differences: tuple[Difference, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class DraftColumn:
    """A draft beside what is live."""

    name: str
    href: str
    edit_href: str
    change_id: str = ""
    mark: str = ""
    """Of what it says; posted with each step."""


@dataclass(frozen=True)
class Comparison:
    """`staff/tier_compare.html`: what is live, and its drafts side by side."""

    set_code: str
    set_name: str
    columns: tuple[DraftColumn, ...]
    rows: tuple[Row, ...]
    key: str = ""
    """Not empty: the reader may duplicate and delete."""
    left_out: int = 0
