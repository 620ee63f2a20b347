"""View models of what is kept of a person: their own page, and the staff's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.design.message_views import MessageChoices


@dataclass(frozen=True)
class ExportRow:
    """One file that was asked for; `href` is empty while it is being made."""

    asked_at: datetime
    until: datetime
    href: str = ""
    size_kb: int = 0


class Export(Protocol):
    """What core.people.export says of a file."""

    @property
    def id(self) -> UUID: ...
    @property
    def asked_at(self) -> datetime: ...
    @property
    def until(self) -> datetime: ...
    @property
    def ready_at(self) -> datetime | None: ...
    @property
    def size_bytes(self) -> int | None: ...


def export_rows(exports: Sequence[Export], path: str) -> tuple[ExportRow, ...]:
    """Files as pages list them; `path` is where each is fetched from."""
    return tuple(
        ExportRow(
            asked_at=each.asked_at,
            until=each.until,
            href=f"{path}/{each.id}" if each.ready_at else "",
            size_kb=-(-(each.size_bytes or 0) // 1024),
        )
        for each in exports
    )


@dataclass(frozen=True)
class Profile:
    """`portal/profile.html`. `months`: value and name; `confirm`: what they type to be erased."""

    action: str
    key: str
    name: str
    email: str
    external_id: str
    locale: str
    locales: tuple[tuple[str, str], ...]
    month: str
    day: str
    months: tuple[tuple[str, str], ...]
    messages: MessageChoices
    exports: tuple[ExportRow, ...]
    export_key: str
    erase_key: str
    confirm: str
    leave_key: str = ""
    """Empty: they are no member."""
    sessions_href: str = ""
    problem: str = ""
    """Of the erasure, as a sentence."""
    profile_problem: str = ""


@dataclass(frozen=True)
class Erased:
    """`portal/erased.html`: there is nothing left to show."""


@dataclass(frozen=True)
class ErasureRow:
    """One erasure, as staff see it: nobody's name."""

    customer: str
    via: str
    """Code of kind "erasure_via"."""
    asked_by: str
    asked_at: datetime
    done_at: datetime | None


@dataclass(frozen=True)
class People:
    """`staff/people.html`. `customer`: whom was asked for; `name` and the forms where there is one."""

    customer: str
    found: bool = False
    name: str = ""
    export_action: str = ""
    erase_action: str = ""
    export_key: str = ""
    erase_key: str = ""
    exports: tuple[ExportRow, ...] = ()
    problem: str = ""
    rows: tuple[ErasureRow, ...] = field(default=())
    first_href: str = ""
    next_href: str = ""
