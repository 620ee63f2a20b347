"""A Valkey of its own for each test, so that it may be stopped and emptied."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from core.embedded import Services
from tests.worker.servers import Processes, Valkey


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A running Valkey."""
    server = Valkey(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def processes(database: Services, valkey: Valkey, tmp_path: Path) -> AsyncIterator[Processes]:
    """Starts workers and schedulers; all are gone at the end. Work that other tests left rests."""
    admin = await asyncpg.connect(database.database_admin_url)
    await admin.execute("UPDATE outbox SET available_at = now() + interval '1 day'")
    await admin.close()
    started = Processes(valkey, tmp_path)
    yield started
    started.end()
