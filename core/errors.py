"""Domain errors: each is a class with a stable code, defined beside the code that raises it.

Only the kind is known here; api.errors maps kinds to HTTP.
"""

from enum import StrEnum
from typing import Any, ClassVar


class Kind(StrEnum):
    """What sort of failure it is, from the caller's point of view."""

    INVALID = "invalid"
    """The request can never succeed as it is."""
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    """It clashes with the present state; look again, then retry."""
    LIMITED = "limited"
    """Too much or too often."""
    UNAVAILABLE = "unavailable"
    """A part that is needed is not there now; the same request may succeed later."""


class DomainError(Exception):
    """Base of every expected failure.

    `code` is stable and part of the API; `title` is a short English sentence that never varies;
    `detail` says what happened this time; `extra` holds figures for programs.
    """

    code: ClassVar[str]
    kind: ClassVar[Kind]
    title: ClassVar[str]

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra = extra


class NotFound(DomainError):
    """Nothing of that kind with that id is visible to this merchant."""

    code = "not_found"
    kind = Kind.NOT_FOUND
    title = "There is no such thing"


class Forbidden(DomainError):
    """The caller is known but may not do this."""

    code = "forbidden"
    kind = Kind.FORBIDDEN
    title = "Not allowed"
