"""The whole installation, and how to see that nothing in it has changed."""

from uuid import UUID

import pytest

from admin.serve import create
from api.app import App
from core import db, logs
from core.embedded import Services
from tests.access.doors import Door, doors
from tests.http.conftest import Browser, browser, client

__all__ = ["Browser", "browser", "client"]

# What signing in and asking leave behind is nobody's data.
NOT_DATA = ("api_keys", "sessions", "piccolo_migration", "migration")


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    """Every page and every operation of an installation; how this process writes its log stays as it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "configure", lambda *_: None)
        return create()


@pytest.fixture(scope="module")
def every_door(app: App) -> list[Door]:
    """All doors of the application."""
    return doors(app)


async def fingerprint(merchant: UUID) -> dict[str, tuple[int, str]]:
    """Rows of a merchant by table: how many, and the sum of their hashes."""
    each = (
        f"SELECT '{table}' AS name, count(*) AS n, sum(hashtextextended(t::text, 0))::text AS sum"
        f" FROM {table} t"
        for table in await _tables()
    )
    async with db.transaction(merchant):
        counted = await db.fetch(" UNION ALL ".join(each))
    return {row["name"]: (row["n"], row["sum"]) for row in counted}


async def _tables() -> list[str]:
    async with db.transaction(None):
        rows = await db.fetch(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1"
        )
    return [row["relname"] for row in rows if row["relname"] not in NOT_DATA]
