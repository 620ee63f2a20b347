"""Pages of long lists: a cursor holds the sort values of the last row, so that no page is skipped over."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from core.errors import DomainError, Kind

T = TypeVar("T")


class CursorInvalid(DomainError):
    """Not a cursor that this list has given out."""

    code = "cursor_invalid"
    kind = Kind.INVALID
    title = "The cursor does not belong to this list"


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows and where to go on; `next` is None at the end."""

    rows: Sequence[T]
    next: str | None


def cursor(values: Sequence[Any]) -> str:
    """The place right after the row with these sort values."""
    return base64.urlsafe_b64encode(msgspec.json.encode(list(values))).decode().rstrip("=")


def place(text: str, types: Sequence[type]) -> list[Any]:
    """The sort values in a cursor. Raises CursorInvalid."""
    try:
        values = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(values, list) or len(values) != len(types):
            raise CursorInvalid()
        return [msgspec.convert(value, kind) for value, kind in zip(values, types, strict=True)]
    except (ValueError, binascii.Error, msgspec.MsgspecError) as error:
        raise CursorInvalid() from error


NEWEST: tuple[type, ...] = (datetime, UUID)
"""Sorted by time and id."""
