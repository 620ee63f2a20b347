"""What the studio's page about review sources is rendered from; see views."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SourceCard:
    """A connected account and how it is doing."""

    id: str
    source: str
    name: str
    account: str
    state: str
    """Code of kind "source_state"."""
    reviews: int
    reviews_more: bool
    """There are more than so many."""
    last_at: datetime | None
    next_at: datetime
    seen: int | None
    """Of the pass under way; of about `total`, if that is known."""
    total: int | None
    quota_left: int | None
    quota: int
    quota_window_s: int
    problem: str
    """In the reader's language; empty: none."""
    detail: str


@dataclass(frozen=True)
class SourcePass:
    """One reading of an account; mode and state are codes of kind "source_mode" and "source_pass"."""

    started_at: datetime
    mode: str
    state: str
    seen: int
    new: int
    changed: int
    removed: int
    rejected: int
    reject: str


@dataclass(frozen=True)
class SourceField:
    """`code`: of kind "source_field"."""

    code: str
    secret: bool
    required: bool
    value: str
    hint: str


@dataclass(frozen=True)
class SourceForm:
    """Connects an account of `source`; posts to /staff/studio/sources/connect."""

    source: str
    label: str
    key: str
    fields: tuple[SourceField, ...]
    name: str = ""
    problem: str = ""
    unfit: str = ""
    """The field that does not fit."""
    open: bool = False


@dataclass(frozen=True)
class SourceKeys:
    """Idempotency keys of what can be done with the chosen account; `accept` empty: nothing to accept."""

    sync: str
    full: str
    accept: str
    disconnect: str


@dataclass(frozen=True)
class Sources:
    """`staff/sources.html`: all accounts, or with `chosen` one of them with its passes."""

    cards: tuple[SourceCard, ...]
    forms: tuple[SourceForm, ...] = ()
    """Empty: the reader may only look."""
    chosen: SourceCard | None = None
    passes: tuple[SourcePass, ...] = ()
    keys: SourceKeys | None = None
    hook_url: str = ""
    """Where the source sends its webhooks; empty: it has none, or the reader may not know."""
    hook_secret: str = ""
