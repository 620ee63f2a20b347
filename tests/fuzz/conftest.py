"""The whole installation, a shop that has something of everything, and another one whose rows are secret."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest

from admin.serve import create
from api.app import App
from core import logs
from core.embedded import Services
from tests.access.doors import Door, doors
from tests.access.everything import MARK, Everything, fill, remove
from tests.chaos.world import World, build
from tests.conftest import new_merchant
from tests.fuzz.examples import SEED
from tests.fuzz.tally import Tally


@pytest.fixture(scope="session")
def app(database: Services) -> App:
    """Every page and every operation of an installation; how this process writes its log stays as it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "configure", lambda *_: None)
        return create()


@pytest.fixture(scope="session")
def every_door(app: App) -> list[Door]:
    """All doors of the application."""
    return doors(app)


@pytest.fixture(scope="session")
def whole() -> Iterator[Tally]:
    """The counts of the whole run, written where REGULARS_FUZZ_OUT says."""
    tally = Tally()
    yield tally
    if file := os.environ.get("REGULARS_FUZZ_OUT"):
        tally.write(Path(file), SEED)


@pytest.fixture(scope="module")
async def theirs(database: Services) -> AsyncIterator[Everything]:
    """A row of somebody else in every table."""
    admin = await asyncpg.connect(database.database_admin_url)
    everything = await fill(admin, await new_merchant())
    try:
        yield everything
    finally:
        await remove(admin, everything)
        await admin.close()


@pytest.fixture
def tally(whole: Tally, theirs: Everything) -> Iterator[Tally]:
    """The same for one test, which fails in its end if there was anything that must not be."""
    before = len(whole.faults)
    whole.secrets = {*theirs.ids(), MARK}
    yield whole
    new = [f"{kind}: {told}" for kind, told in whole.faults[before:]]
    assert not new, "\n\n".join([f"seed {SEED}", *new[:20]])


@pytest.fixture(scope="session")
async def world(app: App, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Our shop, in which clients have done everything that they do."""
    built = await build(app, tmp_path_factory.mktemp("world"))
    yield built
    await built.close()


@pytest.fixture
def merchant(world: World) -> UUID:
    """Ours."""
    return world.merchant


@pytest.fixture
async def client(app: App) -> AsyncIterator[httpx.AsyncClient]:
    """Whoever asks. What the application itself does not catch is a fault as every other."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test", timeout=120) as client:
        yield client
