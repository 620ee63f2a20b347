"""All places of all packages, and what packages do besides. Named, not imported: core knows none above it."""

import importlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import cast

from core.people.personal.model import Person, Place

MODULES = ("core.people.personal.places", "loyalty.personal", "reviews.personal")
"""Each has PLACES and IMPERSONAL, and may have `erased` and `files`."""

Erased = Callable[[Person, datetime], Awaitable[None]]
"""What ends with a person, in the transaction of their erasure, before their words go."""
Files = Callable[[Person], AsyncIterator[tuple[str, bytes]]]
"""More of an export than rows: names and contents."""


@lru_cache
def places() -> Sequence[Place]:
    """Every table that has something of a person."""
    return [place for module in _modules() for place in module.PLACES]


@lru_cache
def impersonal() -> Mapping[str, str]:
    """Every other table of a merchant, with its columns of words, apart by spaces."""
    return {table: columns for module in _modules() for table, columns in module.IMPERSONAL.items()}


@lru_cache
def endings() -> Sequence[Erased]:
    """What packages end."""
    return [cast("Erased", module.erased) for module in _modules() if hasattr(module, "erased")]


@lru_cache
def files() -> Sequence[Files]:
    """What packages add to an export."""
    return [cast("Files", module.files) for module in _modules() if hasattr(module, "files")]


def _modules() -> list:  # type: ignore[type-arg]
    return [importlib.import_module(name) for name in MODULES]
