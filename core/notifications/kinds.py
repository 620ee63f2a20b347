"""Which kinds of messages there are. Modules register theirs when they are imported."""

import importlib
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from core.notifications.model import Kind

MODULES = (
    "loyalty.expiry.warnings",
    "loyalty.notices",
    "reviews.cases.care.notices",
    "reviews.cases.contact.notices",
    "reviews.cases.notices",
    "reviews.invitations.notices",
    "reviews.surveys.notices",
)
"""Modules that register kinds. Named, not imported: core knows no package above it."""

_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Add a kind. Raises ValueError where there is one of this code: a mistake in the code."""
    if kind.code in _kinds:
        raise ValueError(f"two kinds of messages are called {kind.code!r}")
    _kinds[kind.code] = kind
    return kind


def find(code: str) -> Kind:
    """The kind. Raises LookupError: a row of another version, or a missing import."""
    if code not in all_kinds():
        raise LookupError(f"nothing writes messages of the kind {code!r}")
    return _kinds[code]


def all_kinds() -> Mapping[str, Kind]:
    """Every kind, by code."""
    _load()
    return MappingProxyType(_kinds)


@lru_cache
def _load() -> None:
    for name in MODULES:
        importlib.import_module(name)
