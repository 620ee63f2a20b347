"""Which types of events there are. Packages register theirs when they are imported."""

import importlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType

import msgspec

from core.webhooks.model import EventType

MODULES = ("loyalty.hooks", "reviews.hooks")
"""Modules that register types. Named, not imported: core knows no package above it."""

_types: dict[str, EventType] = {}


class WebhookTest(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing has happened: somebody tries the endpoint."""

    message: str


def register(type_: EventType) -> EventType:
    """Add a type. Raises ValueError where there is one of this code: a mistake in the code."""
    if type_.code in _types:
        raise ValueError(f"two types of events are called {type_.code!r}")
    _types[type_.code] = type_
    return type_


def find(code: str) -> EventType:
    """The type. Raises LookupError: a row of another version, or a missing import."""
    if code not in all_types():
        raise LookupError(f"nothing tells events of the type {code!r}")
    return _types[code]


def all_types() -> Mapping[str, EventType]:
    """Every type, by code."""
    _load()
    return MappingProxyType(dict(sorted(_types.items())))


def envelope(type_: EventType, data: msgspec.Struct, at: datetime) -> bytes:
    """The body as it is sent: type, version, timestamp, data."""
    return msgspec.json.encode({"type": type_.code, "version": type_.version, "timestamp": at, "data": data})


EXAMPLE_AT = datetime(2027, 3, 1, 9, 30, tzinfo=UTC)
TEST = register(
    EventType(
        code="webhook.test",
        says="Somebody tries the endpoint; it is sent to that one alone, whatever types it wants.",
        data=WebhookTest,
        example=WebhookTest(message="It works."),
    )
)


@lru_cache
def _load() -> None:
    for name in MODULES:
        importlib.import_module(name)
