"""What has served its time is found by an index, however much is young, and however much of others is old."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from core import purge
from core.embedded import Services
from reviews.fraud import queries as fraud
from reviews.invitations import queries as invitations
from reviews.knowledge import queries as knowledge
from tests.access.everything import COLUMNS
from tests.conftest import new_merchant

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
YOUNG, OLD, THEIRS = 50_000, 20, 50_000
"""Rows of ours that stay and that go, and of others that have served their time, too."""
MOST_PAGES = 1500
"""Of 8 kB that finding and deleting OLD rows, with what goes with them, may touch. Each table has as many."""
VALUES = {
    "idempotency_keys.status": "200",
    "sessions.customer_id": "gen_random_uuid()",
    "review_traces.kind": "'device'",
}
"""What a check asks for."""
SERVED = [(each, purge.statement(each)) for each in purge._served(NOW, 3600)]
LONG_AGO = NOW - timedelta(days=90)
SWEPT = [
    (purge.Served("review_traces", "at", LONG_AGO), fraud.PURGE),
    (purge.Served("review_invitation_links", "expires_at", NOW), invitations.PURGE_LINKS),
    (purge.Served("knowledge_questions", "at", LONG_AGO), knowledge.FORGET_QUESTIONS),
]
"""What packages forget by themselves."""
PLANS = {f"{what.table} {what.also[:17]}": (what, sql) for what, sql in (*SERVED, *SWEPT)}


def _value(table: str, column: str, kind: str) -> str:
    """A value of the column's type that no other row has, in SQL; see `fill`."""
    match kind:
        case "uuid":
            made = "gen_random_uuid()"
        case "text":
            made = "gen_random_uuid()::text"
        case "bytea":
            made = "uuid_send(gen_random_uuid())"
        case "timestamptz":
            made = "$3::timestamptz"
        case "bool":
            made = "false"
        case _:
            made = "1"
    return VALUES.get(f"{table}.{column}", made)


async def fill(
    admin: asyncpg.Connection, what: purge.Served, merchant: UUID, rows: int, at: datetime
) -> None:
    """Rows of a merchant whose `column` is at that time."""
    found = [row for row in await admin.fetch(COLUMNS) if row["table"] == what.table]
    values = {row["column"]: _value(what.table, row["column"], row["type"]) for row in found}
    values |= {
        name.partition(".")[2]: sql for name, sql in VALUES.items() if name.startswith(f"{what.table}.")
    }
    if what.also == purge._NOT_THE_NEWEST_OF_STAFF:
        values["staff_id"] = "md5((n % 50)::text)::uuid"
        values |= {"customer_id": "NULL", "seen_at": "$3::timestamptz + n * interval '1 us'"}
    values |= {"merchant_id": "$1::uuid", what.column: "$3::timestamptz + n * interval '1 us'"}
    async with admin.transaction():
        await admin.execute("SET LOCAL session_replication_role = replica")
        await admin.execute(
            f"INSERT INTO {what.table} ({', '.join(values)})"
            f" SELECT {', '.join(values.values())} FROM generate_series(1, $2::int) n",
            merchant, rows, at,
        )  # fmt: skip


@pytest.fixture
async def admin(database: Services) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.database_admin_url)
    yield connection
    await connection.close()


@pytest.mark.parametrize(("what", "sql"), PLANS.values(), ids=PLANS)
async def test_a_purge_reads_what_goes_and_not_the_table(
    admin: asyncpg.Connection, merchant: UUID, what: purge.Served, sql: str
) -> None:
    long = timedelta(days=1)
    other = await new_merchant()
    try:
        await fill(admin, what, merchant, YOUNG, what.before + long)
        await fill(admin, what, other, THEIRS, what.before - long)
        await fill(admin, what, merchant, OLD, what.before - long)
        await admin.execute(f"ANALYZE {what.table}")
        plan = await explained(admin, merchant, sql, what.before)
        scans = [node for node in nodes(plan["Plan"]) if node.get("Relation Name") == what.table]
        assert {node["Node Type"] for node in scans} & {"Seq Scan"} == set(), json.dumps(plan, indent=1)
        touched = plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
        assert touched < MOST_PAGES, json.dumps(plan, indent=1)
        assert max(node["Actual Rows"] for node in scans) <= OLD + 50
    finally:
        async with admin.transaction():
            await admin.execute("SET LOCAL session_replication_role = replica")
            await admin.execute(f"DELETE FROM {what.table} WHERE merchant_id = ANY ($1)", [merchant, other])


async def explained(admin: asyncpg.Connection, merchant: UUID, sql: str, before: datetime) -> Any:
    """What the statement did, as the application's role; it is undone."""
    undone = admin.transaction()
    await undone.start()
    try:
        await admin.execute("SET LOCAL ROLE regulars_app")
        await admin.execute("SELECT set_config('app.merchant', $1, true)", str(merchant))
        told = await admin.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", before)
        [plan] = json.loads(told)
        return plan
    finally:
        await undone.rollback()


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """A plan's node and all below it."""
    return [plan, *(node for each in plan.get("Plans", []) for node in nodes(each))]
