"""Real servers for the tests: one embedded PostgreSQL and Valkey a run, one fresh merchant a test."""

import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from core import clock, db, tenancy
from core.embedded import Services, services
from core.ids import new_id
from core.migrate import migrate
from core.settings import Settings, settings

# Started in the background of a shell, we would hand on to our children that they ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

LONGEST = ("worker", "installed")
"""Folders whose tests wait for processes: started first, they wait while others compute."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, since files are dealt out whole to processes."""
    items.sort(key=lambda item: item.path.parent.name not in LONGEST)


@pytest.fixture(scope="session")
def servers() -> Iterator[Services]:
    """Embedded PostgreSQL and Valkey in a short folder of their own; the environment points to them."""
    folder = Path(tempfile.mkdtemp(prefix="regulars-"))
    folder.chmod(0o711)
    try:
        with services(Settings(data_dir=folder)) as running:
            os.environ["REGULARS_DATABASE_URL"] = running.database_url
            os.environ["REGULARS_DATABASE_ADMIN_URL"] = running.database_admin_url
            os.environ["REGULARS_VALKEY_URL"] = running.valkey_url
            os.environ["REGULARS_DATA_DIR"] = str(folder)
            os.environ["REGULARS_SECRET_KEY"] = "a key for tests, not a secret"
            settings.cache_clear()
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def database(servers: Services) -> AsyncIterator[Services]:
    """A migrated database with the pool of this process open, as the application's role."""
    await migrate(servers.database_admin_url, servers.database_url)
    await db.connect(servers.database_url, pool_size=40)
    yield servers
    await db.disconnect()


@pytest.fixture
async def merchant(database: Services) -> UUID:
    """A new merchant with a programme-less, empty shop; tests of other merchants never see it."""
    return await new_merchant()


async def new_merchant(time_zone: str = "UTC", currency: str = "USD") -> UUID:
    """Insert one more merchant and answer its id."""
    merchant_id = new_id()
    async with db.transaction(merchant_id):
        await db.execute(
            "INSERT INTO merchants (id, code, name, time_zone, currency, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            merchant_id,
            f"shop-{merchant_id.hex[-12:]}",
            '{"en": "Shop", "zh-Hans": "商店", "zh-Hant": "商店"}',
            time_zone,
            currency,
            clock.now(),
        )
    return merchant_id


@pytest.fixture
def sweep_only(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Work for every merchant passes over these alone: other tests leave thousands, some of them broken."""
    everybody = tenancy.merchants

    def restrict(*merchants: UUID) -> None:
        async def those() -> list[tenancy.Merchant]:
            return [each for each in await everybody() if each.id in merchants]

        monkeypatch.setattr(tenancy, "merchants", those)

    return restrict
