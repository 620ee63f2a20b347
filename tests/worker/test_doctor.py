"""The doctor before real servers: each thing is broken, and found."""

import asyncio
import json
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from admin.doctor import database as db_checks
from admin.doctor import service
from admin.doctor import valkey as valkey_checks
from admin.doctor import work as work_checks
from admin.doctor.report import Finding, State
from core import clock, db, outbox, vault
from core.embedded import Services
from core.ids import new_id
from core.migrate import migrate
from core.settings import Settings
from tests.conftest import new_merchant
from tests.db.test_mail import MailServer
from tests.worker.servers import Processes, Valkey, until

ROOT = Path(__file__).parents[2]
NAME = "regulars_doctor_test"


def by_check(findings: list[Finding]) -> dict[str, Finding]:
    for each in findings:
        assert bool(each.mend) == (each.state is not State.OK), each
    return {each.check: each for each in findings}


async def of_database(url: str) -> dict[str, Finding]:
    return by_check([each async for each in db_checks.look(Settings(database_url=url))])


async def of_valkey(url: str) -> dict[str, Finding]:
    return by_check([each async for each in valkey_checks.look(Settings(valkey_url=url))])


async def of_work(valkey_answers: bool = True, **given: Any) -> dict[str, Finding]:
    return by_check([each async for each in work_checks.look(Settings(**given), valkey_answers)])


@pytest.fixture(scope="module")
async def patient(database: Services) -> AsyncIterator[Services]:
    """A migrated database of its own, to be spoilt."""
    admin = await asyncpg.connect(database.database_admin_url)
    await admin.execute(f"CREATE DATABASE {NAME}")
    own = replace(
        database,
        database_url=database.database_url.rpartition("/")[0] + f"/{NAME}",
        database_admin_url=database.database_admin_url.rpartition("/")[0] + f"/{NAME}",
    )
    await migrate(own.database_admin_url, own.database_url)
    yield own
    await admin.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
    await admin.close()


async def test_a_database_in_order(patient: Services) -> None:
    found = await of_database(patient.database_url)
    assert {each.check: each.said for each in found.values() if each.state is not State.OK} == {}
    assert len(found) == 10


async def test_a_database_that_is_away() -> None:
    found = await of_database("postgresql://regulars_app:hunter2@127.0.0.1:1/regulars")
    assert [each.state for each in found.values()] == [State.PROBLEM]
    assert "hunter2" not in found["database"].said


async def test_a_role_that_may_too_much(patient: Services) -> None:
    found = await of_database(patient.database_admin_url)
    assert found["database_role"].state is State.PROBLEM
    assert "is a superuser" in found["database_role"].said


@pytest.mark.parametrize(
    ("check", "spoil", "mend", "state", "said"),
    [
        (
            "row_security",
            "ALTER TABLE customers NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE customers FORCE ROW LEVEL SECURITY",
            State.PROBLEM,
            "customers",
        ),
        (
            "row_security",
            "CREATE TABLE loose (merchant_id uuid)",
            "DROP TABLE loose",
            State.PROBLEM,
            "loose",
        ),
        (
            "extensions",
            "UPDATE pg_extension SET extname = 'vectors' WHERE extname = 'vector'",
            "UPDATE pg_extension SET extname = 'vector' WHERE extname = 'vectors'",
            State.PROBLEM,
            "vector",
        ),
        (
            "migrations",
            "UPDATE migration SET app_name = app_name || '-' WHERE app_name = 'core'",
            "UPDATE migration SET app_name = 'core' WHERE app_name = 'core-'",
            State.PROBLEM,
            "are missing",
        ),
        (
            "migrations",
            "INSERT INTO migration (app_name, name, ran_on) VALUES ('core', '2999', now())",
            "DELETE FROM migration WHERE name = '2999'",
            State.WARNING,
            "has had 1",
        ),
        (
            "durability",
            f"ALTER DATABASE {NAME} SET synchronous_commit = off",
            f"ALTER DATABASE {NAME} RESET synchronous_commit",
            State.PROBLEM,
            "synchronous_commit",
        ),
        (
            "merchants_zones",
            "INSERT INTO merchants (code, name, time_zone, currency, created_at)"
            " VALUES ('mars', '{}', 'Mars/Olympus', 'USD', now())",
            "DELETE FROM merchants WHERE code = 'mars'",
            State.PROBLEM,
            "Mars/Olympus",
        ),
    ],
)
async def test_what_is_wrong_with_a_database_is_found(
    patient: Services, check: str, spoil: str, mend: str, state: State, said: str
) -> None:
    admin = await asyncpg.connect(patient.database_admin_url)
    try:
        await admin.execute(spoil)
        found = await of_database(patient.database_url)
        await admin.execute(mend)
    finally:
        await admin.close()
    assert found[check].state is state
    assert said in found[check].said
    assert [name for name, each in found.items() if each.state is not State.OK] == [check]
    assert (await of_database(patient.database_url))[check].state is State.OK


@pytest.mark.parametrize(
    ("ahead_s", "state"), [(10, State.WARNING), (-10, State.WARNING), (60, State.PROBLEM)]
)
async def test_clocks_that_differ(
    patient: Services, monkeypatch: pytest.MonkeyPatch, ahead_s: int, state: State
) -> None:
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(seconds=ahead_s))
    assert (await of_database(patient.database_url))["clock"].state is state


async def test_connections_that_run_out(patient: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db_checks, "CONNECTIONS_WARNING", 0.001)
    assert (await of_database(patient.database_url))["database_room"].state is State.WARNING
    monkeypatch.setattr(db_checks, "WRAPAROUND_WARNING", 1)
    assert (await of_database(patient.database_url))["database_room"].state is State.PROBLEM


async def test_a_key_that_did_not_seal_what_is_there(patient: Services, tmp_path: Path) -> None:
    """A backup that was restored without its key: the first one who signs in by a code would find out."""
    theirs = vault.Vault([secrets.token_bytes(vault.KEY_BYTES)]).seal(b"hs_x", "handoff_keys/1")
    admin = await asyncpg.connect(patient.database_admin_url)
    try:
        await admin.execute(
            "WITH m AS (INSERT INTO merchants (code, name, currency, created_at)"
            " VALUES ('sealed', '{}', 'USD', now()) RETURNING id)"
            " INSERT INTO handoff_keys (merchant_id, name, secret, created_at)"
            " SELECT id, 'x', $1, now() FROM m",
            theirs,
        )
        found = await of_database(patient.database_url)
        none = Settings(database_url=patient.database_url, data_dir=tmp_path)
        without = by_check([each async for each in db_checks.look(none)])
        await admin.execute(
            "UPDATE handoff_keys SET secret = $1", vault.vault().seal(b"hs_x", "handoff_keys/1")
        )
        mended = await of_database(patient.database_url)
        await admin.execute("DELETE FROM handoff_keys")
        await admin.execute("DELETE FROM merchants WHERE code = 'sealed'")
    finally:
        await admin.close()
    assert found["sealed"].state is State.PROBLEM and "1 of handoff_keys.secret" in found["sealed"].said
    assert without["sealed"].state is State.PROBLEM, "no key was made yet"
    assert not (tmp_path / vault.FILE_NAME).exists(), "and none is made by looking"
    assert mended["sealed"].state is State.OK


async def test_an_empty_database(database: Services) -> None:
    admin = await asyncpg.connect(database.database_admin_url)
    try:
        await admin.execute("CREATE DATABASE regulars_empty_test")
        found = await of_database(database.database_url.rpartition("/")[0] + "/regulars_empty_test")
        await admin.execute("DROP DATABASE regulars_empty_test WITH (FORCE)")
    finally:
        await admin.close()
    assert found["extensions"].state is State.PROBLEM
    assert found["migrations"].state is State.PROBLEM and "regulars migrate" in found["migrations"].mend
    assert found["sealed"].state is State.OK


async def test_what_is_wrong_with_valkey_is_found(valkey: Valkey) -> None:
    with valkey.client() as client:
        client.config_set("appendonly", "yes")
        found = await of_valkey(valkey.url)
        assert {each.state for each in found.values()} == {State.OK} and len(found) == 4
        client.config_set("appendonly", "no")
        assert (await of_valkey(valkey.url))["valkey_persistence"].state is State.WARNING
        client.config_set("maxmemory-policy", "allkeys-lru")
        assert (await of_valkey(valkey.url))["valkey_eviction"].state is State.PROBLEM
        client.config_set("maxmemory", client.info()["used_memory"])
        assert (await of_valkey(valkey.url))["valkey_memory"].state is State.PROBLEM
    valkey.stop()
    assert [(each.check, each.state) for each in (await of_valkey(valkey.url)).values()] == [
        ("valkey", State.PROBLEM)
    ]


@pytest.mark.slow
async def test_processes_that_run_and_do_not(
    database: Services, valkey: Valkey, processes: Processes
) -> None:
    urls: dict[str, Any] = {"database_url": database.database_url, "valkey_url": valkey.url, "port": 1}
    found = await of_work(**urls)
    named = ("worker_events", "worker_scoring", "scheduler")
    assert [found[name].state for name in named] == [State.PROBLEM] * 3
    assert found["api"].state is State.WARNING
    processes.scheduler()
    processes.worker()

    async def all_well() -> bool:
        nonlocal found
        found = await of_work(**urls)
        return all(found[name].state is State.OK for name in named)

    await until(all_well, "all answer")
    processes.end()

    async def all_gone() -> bool:
        nonlocal found
        found = await of_work(**urls)
        return all(found[name].state is State.PROBLEM for name in named)

    await until(all_gone, "none answers")


async def test_work_that_is_late_or_parked(patient: Services, database: Services) -> None:
    merchant = new_id()
    admin = await asyncpg.connect(patient.database_admin_url)
    row = (
        "INSERT INTO outbox (merchant_id, topic, payload, created_at, available_at, parked_at)"
        " VALUES ($1, 'test.write', '{}', $2, $2, $3)"
    )
    now = clock.now()
    try:
        found = await of_work(False, database_url=patient.database_url, port=1)
        assert [found[name].state for name in ("outbox", "parked")] == [State.OK, State.OK]
        await admin.execute(row, merchant, now - timedelta(minutes=5), None)
        found = await of_work(False, database_url=patient.database_url, port=1)
        assert [found[name].state for name in ("outbox", "parked")] == [State.WARNING, State.OK]
        await admin.execute(row, merchant, now, now)
        found = await of_work(False, database_url=patient.database_url, port=1)
        assert found["parked"].state is State.PROBLEM and "1 pieces" in found["parked"].said
        await admin.execute("DELETE FROM outbox")
    finally:
        await admin.close()
    assert "worker_events" not in found


async def test_mail_servers(database: Services) -> None:
    server = MailServer()
    listener = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    there = f"smtp://127.0.0.1:{listener.sockets[0].getsockname()[1]}"

    async def state(**given: Any) -> State:
        return (await of_work(False, database_url=database.database_url, port=1, **given))["mail"].state

    try:
        assert await state(smtp_url=there, mail_from="Shop <shop@shop.example>") is State.OK
        assert await state(smtp_url=there, mail_from="Shop <shop@localhost>") is State.PROBLEM
        assert await state(smtp_url=there, mail_from="Shop") is State.PROBLEM
        assert await state(smtp_url="") is State.WARNING
        assert await state(smtp_url="ftp://x", mail_from="s@shop.example") is State.PROBLEM
    finally:
        listener.close()
    assert await state(smtp_url=there, mail_from="Shop <shop@shop.example>") is State.PROBLEM


async def test_nothing_is_changed_by_looking(database: Services, valkey: Valkey) -> None:
    merchant = await new_merchant()
    async with db.transaction(merchant):
        await outbox.add("test.write", {"kind": "x"}, clock.now(), delay_s=3600)
        before = await db.fetchrow("SELECT * FROM outbox")
    await service.examine(Settings(database_url=database.database_url, valkey_url=valkey.url, port=1))
    async with db.transaction(merchant):
        assert await db.fetchrow("SELECT * FROM outbox") == before
    with valkey.client() as client:
        assert [key for key in client.scan_iter() if not key.startswith(b"_kombu")] == []


@pytest.mark.slow
def test_the_command_says_it_and_exits_with_it(database: Services) -> None:
    def done(**changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "admin.cli", "doctor", "--json"],
            cwd=ROOT,
            env=os.environ | changes,
            capture_output=True,
            text=True,
        )

    looked = done(REGULARS_PORT="1")
    findings = {each["check"]: each for each in json.loads(looked.stdout)}
    assert findings["database"]["state"] == "ok"
    assert findings["scheduler"]["state"] == "problem" and findings["scheduler"]["mend"]
    assert looked.returncode == 1
    wrong = done(REGULARS_PORT="abc")
    assert wrong.returncode == 1
    assert json.loads(wrong.stdout)[0]["check"] == "settings" and "abc" not in wrong.stdout
