"""What is asked: one operation with its arguments, before anybody sends it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from urllib.parse import quote

T = TypeVar("T")
JSON = "application/json"
Value = str | int | bool | None


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request; its answer is a T."""

    method: str
    path: str
    query: Mapping[str, Value]
    body: Any = None
    media_type: str = JSON
    key: str = ""
    """Idempotency key of a write; empty: the operation needs none."""
    cursor: str = ""
    """Parameter that asks for the next page; empty: there are no pages."""

    def after(self, cursor: Value) -> "Call[T]":
        """The same for the page that begins there."""
        return replace(self, query={**self.query, self.cursor: cursor})


def call(
    method: str,
    path: str,
    parts: tuple[object, ...] = (),
    *,
    query: Mapping[str, Value] | None = None,
    body: Any = None,
    media_type: str = JSON,
    key: str | None = None,
    cursor: str = "",
) -> Call[Any]:
    """A call; `path` has `{}` for each of its parts. `key` None: a fresh one, "": none."""
    filled = path.format(*(quote(str(part), safe="") for part in parts))
    asked = {name: value for name, value in (query or {}).items() if value is not None}
    return Call(method, filled, asked, body, media_type, str(uuid.uuid4()) if key is None else key, cursor)
