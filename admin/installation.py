"""What a command stands on: settings whose addresses work, embedded servers included."""

import asyncio
import getpass
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from core import db
from core.audit.acting import Actor, acting
from core.embedded import services
from core.ids import new_id
from core.settings import Settings, settings

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def installation() -> Iterator[Settings]:
    """Settings with every address filled in, for this process and for those it starts.

    Servers that have no address are started for the block, unless another command on the same data
    folder runs them already. Raises core.embedded.EmbeddedError.
    """
    given = settings()
    with services(given) as running:
        os.environ["REGULARS_DATABASE_URL"] = running.database_url
        os.environ["REGULARS_DATABASE_ADMIN_URL"] = running.database_admin_url
        os.environ["REGULARS_VALKEY_URL"] = running.valkey_url
        settings.cache_clear()
        yield settings()


def _operator() -> Actor:
    """Who runs this command, for the audit log; not what it is given, which can be a secret."""
    words = [word for word in sys.argv[1:] if not word.startswith("-")][:2]
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        name = str(os.getuid())
    return Actor(kind="command", name=name, door=" ".join(["regulars", *words]), deed=str(new_id()))


def run(function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one asynchronous function with the database pool open. Raises OSError when it is away."""

    async def connected() -> T:
        await db.connect(settings().database_url, settings().database_pool_size)
        try:
            with acting(_operator()):
                return await function(*args, **kwargs)
        finally:
            await db.disconnect()

    return asyncio.run(connected())
