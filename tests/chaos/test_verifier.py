"""The verifier finds nothing in what a quiet installation did, and each damage that is done to it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest

from api.app import App
from core.embedded import Services
from tests.access.conftest import app
from tests.chaos.damages import DAMAGES
from tests.chaos.shop import STOCKED
from tests.chaos.verifier import Finding, verify
from tests.chaos.world import World, build

__all__ = ["app"]


@dataclass(frozen=True)
class Checked:
    """A world, looked at through a connection of the administrator's."""

    world: World
    admin: asyncpg.Connection

    async def found(self) -> set[Finding]:
        """In the open transaction."""
        return set(await verify(self.admin, self.world.merchant, self.world.journal.said, STOCKED))


@pytest.fixture(scope="module")
async def checked(
    database: Services, app: App, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Checked]:
    """A world without a fault."""
    world = await build(app, tmp_path_factory.mktemp("world"))
    admin = await asyncpg.connect(database.database_admin_url)
    yield Checked(world, admin)
    await admin.close()
    await world.close()


async def test_nothing_is_found_where_nothing_went_wrong(checked: Checked) -> None:
    counts = checked.world.journal.counts()
    assert set(counts) >= {
        *("cancel", "capture", "earn", "event", "goodwill", "hold", "note", "private_message"),
        *("public_reply", "redeem", "release", "removal", "review"),
    }
    assert await checked.found() == set()


@pytest.mark.parametrize(("sql", "kind", "what"), DAMAGES.values(), ids=DAMAGES.keys())
async def test_each_damage_is_found(checked: Checked, sql: str, kind: str, what: str) -> None:
    merchant = checked.world.merchant
    transaction = checked.admin.transaction()
    await transaction.start()
    try:
        # Past triggers and foreign keys, as no process of ours could.
        await checked.admin.execute("SET LOCAL session_replication_role = replica")
        damage = sql.replace("{m}", f"merchant_id = '{merchant}'").replace("{merchant}", str(merchant))
        assert not (await checked.admin.execute(damage)).endswith(" 0"), "nothing was damaged"
        found = {(each.kind, each.what) for each in await checked.found()}
    finally:
        await transaction.rollback()
    assert (kind, what) in found
