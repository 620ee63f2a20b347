"""What a command stands on: settings whose addresses work, embedded servers included."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from core.embedded import services
from core.settings import Settings, settings


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
