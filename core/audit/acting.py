"""Who acts in this context: core.db tells the database, whose triggers write it down."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

import msgspec

Kind = Literal["staff", "key", "command", "visitor"]


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who, from where and by which door; `deed` is the request's id. `visitor`: nobody is known yet."""

    kind: Kind
    door: str
    deed: str
    address: str = ""
    id: str = ""
    """Of staff or a key."""
    name: str = ""
    """Of who runs a command."""


_actor: ContextVar[str] = ContextVar("actor", default="")


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """What is changed within is this actor's deed."""
    told = msgspec.to_builtins(actor) | {"id": actor.id or None}
    token = _actor.set(msgspec.json.encode(told).decode())
    try:
        yield
    finally:
        _actor.reset(token)


def told() -> str:
    """The actor as JSON, for the database; empty: nobody, it is the system itself."""
    return _actor.get()
