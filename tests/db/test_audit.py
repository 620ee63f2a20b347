"""The audit log is written with each deed, by the database, and nobody can change it."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from asyncpg.exceptions import PostgresError

from core import clock, db, tenancy
from core.audit import reading, tables
from core.audit.acting import Actor, acting
from core.audit.attach import attach, columns
from core.audit.reading import Asked
from core.embedded import Services
from core.ids import new_id
from core.people import api_keys, customers, sessions, staff
from core.people.customers import CustomerRow
from tests.conftest import new_merchant

NOW = clock.now()


@pytest.fixture
async def admin(database: Services) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.database_admin_url)
    try:
        yield connection
    finally:
        await connection.close()


async def owner(merchant: UUID) -> UUID:
    async with db.transaction(merchant):
        return await staff.create(f"{new_id()}@shop.test", "Olga", "owner", "a good long password", NOW)


def by(who: UUID, deed: str = "d1", kind: Any = "staff") -> Actor:
    return Actor(kind=kind, id=str(who), address="192.0.2.7", door="POST /staff/x", deed=deed)


async def log(merchant: UUID, **asked: Any) -> list[reading.Entry]:
    async with db.transaction(merchant):
        return await reading.entries(Asked(**asked), 100)


async def test_what_staff_change_is_written_from_what_to_what(merchant: UUID) -> None:
    olga = await owner(merchant)
    with acting(by(olga)):
        async with db.transaction(merchant):
            store = await tenancy.create_store("s1", {"en": "Main"}, "USD", "UTC")
        async with db.transaction(merchant):
            await db.execute("UPDATE stores SET time_zone = 'Asia/Taipei'")
    made, changed = reversed(await log(merchant))
    assert (made.op, made.table_name, made.row_id, made.before) == ("insert", "stores", str(store), {})
    assert made.after["external_id"] == "s1"
    assert (changed.op, changed.before, changed.after) == (
        "update", {"time_zone": "UTC"}, {"time_zone": "Asia/Taipei"},
    )  # fmt: skip
    assert (changed.actor, changed.actor_id, changed.actor_name) == ("staff", olga, "Olga")
    assert (changed.address, changed.door, changed.deed) == ("192.0.2.7", "POST /staff/x", "d1")


async def test_what_is_undone_was_no_deed(merchant: UUID) -> None:
    olga = await owner(merchant)
    with acting(by(olga)), pytest.raises(ZeroDivisionError):
        async with db.transaction(merchant):
            await tenancy.create_store("s1", {"en": "Main"}, "USD", "UTC")
            1 / 0  # noqa: B018
    assert await log(merchant) == []


async def test_what_nobody_does_is_nobodys(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await tenancy.create_store("s1", {"en": "Main"}, "USD", "UTC")
    with acting(by(await owner(merchant))):
        async with db.transaction(merchant):
            await db.execute("UPDATE stores SET time_zone = time_zone")
    assert await log(merchant) == [], "and to what it was is no change"


async def test_programs_are_in_it_where_they_set_things_up_and_not_where_they_work(merchant: UUID) -> None:
    with acting(by(new_id(), kind="key")):
        async with db.transaction(merchant):
            await tenancy.create_store("s1", {"en": "Main"}, "USD", "UTC")
            await customers.upsert([CustomerRow("c1", NOW, name="Ada")])
    assert [(each.actor, each.table_name) for each in await log(merchant)] == [("key", "stores")]


async def test_secrets_and_peoples_words_are_not_kept(merchant: UUID) -> None:
    olga = await owner(merchant)
    with acting(by(olga)):
        async with db.transaction(merchant):
            await api_keys.create("till", ["events:write"], NOW)
            await staff.create(f"{new_id()}@shop.test", "Ben", "agent", "another long password", NOW)
            await customers.upsert([CustomerRow("c1", NOW, name="Ada", email="ada@mail.test")])
    found = await log(merchant)
    assert {each.table_name for each in found} == {"api_keys", "staff", "customers", "customer_profiles"}
    told = {name: value for each in found for name, value in each.after.items()}
    assert (told["secret_hash"], told["password_hash"], told["name"]) != (None, None, None)
    assert "ada@mail.test" not in str(found)
    assert "Ada" not in str(found)
    assert "argon2" not in str(found)


async def test_a_sign_in_is_staffs_deed_and_a_customers_is_not(merchant: UUID) -> None:
    olga = await owner(merchant)
    with acting(Actor(kind="visitor", address="192.0.2.9", door="POST /staff/sign-in", deed="d2")):
        async with db.transaction(merchant):
            await sessions.start(NOW, staff_id=olga)
            ids = await customers.upsert([CustomerRow("c1", NOW)])
            await sessions.start(NOW, customer_id=ids["c1"])
    (entry,) = await log(merchant)
    assert (entry.table_name, entry.actor, entry.actor_id) == ("sessions", "staff", olga)
    assert (entry.address, entry.after["token_hash"]) == ("192.0.2.9", "…")


async def test_nobody_changes_or_forges_it(merchant: UUID, admin: asyncpg.Connection) -> None:
    olga = await owner(merchant)
    with acting(by(olga)):
        async with db.transaction(merchant):
            await tenancy.create_store("s1", {"en": "Main"}, "USD", "UTC")
    before = await log(merchant)
    assert before
    for sql in (
        "UPDATE audit_entries SET address = ''",
        "DELETE FROM audit_entries",
        "INSERT INTO audit_entries SELECT * FROM audit_entries",
        "SELECT erase_history('audit_entries', '{}')",
        "TRUNCATE audit_entries",
    ):
        with pytest.raises(PostgresError):
            async with db.transaction(merchant):
                await db.execute(sql)
    with pytest.raises(PostgresError, match="append-only"):
        await admin.execute("UPDATE audit_entries SET address = ''")
    assert await log(merchant) == before
    assert await log(await new_merchant()) == []


async def test_filters_and_pages(merchant: UUID) -> None:
    olga, ben = await owner(merchant), await owner(merchant)
    for n, who in enumerate((olga, ben, olga)):
        with acting(by(who, f"d{n}")):
            async with db.transaction(merchant):
                await tenancy.create_store(f"s{n}", {"en": "Main"}, "USD", "UTC")
    assert [each.deed for each in await log(merchant)] == ["d2", "d1", "d0"]
    assert [each.deed for each in await log(merchant, actor_id=olga)] == ["d2", "d0"]
    newest = (await log(merchant))[0]
    assert [each.deed for each in await log(merchant, before=newest.id)] == ["d1", "d0"]
    assert [each.deed for each in await log(merchant, table="stores", row_id=newest.row_id)] == ["d2"]
    assert await log(merchant, table="staff") == []
    assert [each.deed for each in await log(merchant, until=newest.at)] == ["d1", "d0"]
    assert [each.deed for each in await log(merchant, since=newest.at)] == ["d2"]
    async with db.transaction(merchant):
        assert await reading.tables() == ["stores"]


async def test_every_table_is_in_it_or_says_why_not(admin: asyncpg.Connection) -> None:
    there = set(await columns(admin))
    triggered = {
        row["name"]
        for row in await admin.fetch(
            "SELECT tgrelid::regclass::text AS name FROM pg_trigger WHERE tgname = 'audit' AND tgenabled"
            " = 'O'"
        )
    }
    assert triggered == {table for table in there if tables.is_logged(table)}
    assert set(tables.NOT_LOGGED) <= there, "tables that are gone"
    assert there >= tables.WORK


async def test_to_attach_again_changes_nothing(admin: asyncpg.Connection) -> None:
    assert await attach(admin) == 0
