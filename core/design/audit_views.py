"""View models of the audit log."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Change:
    """A column, in words, and its values; empty: there was none."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class AuditRow:
    """One row that somebody changed. `actor` is a code of kind "audit_actor", `op` of "audit_op"."""

    at: datetime
    who: str
    actor: str
    op: str
    noun: str
    row_id: str
    row_href: str
    address: str
    door: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class AuditLog:
    """`staff/audit.html`. `actors`: id and name; `tables`: name and what its rows are called."""

    rows: tuple[AuditRow, ...]
    who: str
    actors: tuple[tuple[str, str], ...]
    what: str
    tables: tuple[tuple[str, str], ...]
    row: str
    since: str
    until: str
    csv_href: str
    first_href: str = ""
    next_href: str = ""
