"""Everything out and back into another installation: nothing is lost, nothing half done."""

import hashlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from core import db
from core.embedded import Services
from core.embedded.postgres import query
from core.migrate import migrate
from core.people import customers, staff
from core.people.customers import CustomerRow
from core.people.staff import SignInRefused
from loyalty.expiry.service import expire_due
from loyalty.export import restore, service
from loyalty.export.catalogue import left_out, nouns
from loyalty.export.errors import ExportIsHere, ExportUnreadable, FolderNotEmpty, MerchantNotEmpty
from loyalty.export.service import MANIFEST
from loyalty.holds import service as holds
from loyalty.households import service as households
from loyalty.intake.service import ingest, join
from loyalty.ledger import Hold, Merge, Transfer, post
from loyalty.ledger import reading as ledger
from loyalty.liability import rolling
from loyalty.liability.service import check, close, report
from loyalty.members import service as members
from loyalty.openings.rules import Opening
from loyalty.openings.service import take_in
from loyalty.rewards import service as rewards
from loyalty.tiers import service as tiers
from loyalty.wallets import service as wallets
from loyalty.wallets.rules import Inactivity, PeriodEnd
from loyalty.wallets.service import Rules
from tests.conftest import new_merchant
from tests.factories.events import delivered, event, joined, paid, refunded
from tests.factories.points import balance, earn, one, redeem, reverse
from tests.factories.rewards import offer, wanted
from tests.factories.shop import START, day, new_member, programme, store

NAME = "regulars_export_test"


@pytest.fixture(scope="module")
async def elsewhere(database: Services) -> AsyncIterator[str]:
    """Another installation: an empty database of this version; the address as the application connects."""
    admin_url = database.database_admin_url
    query(admin_url, f"CREATE DATABASE {NAME}")
    url = database.database_url.rpartition("/")[0] + f"/{NAME}"
    await migrate(admin_url.rpartition("/")[0] + f"/{NAME}", url)
    yield url
    query(admin_url, f"DROP DATABASE {NAME} WITH (FORCE)")


@asynccontextmanager
async def at(url: str) -> AsyncIterator[None]:
    """Work on that database for the duration of the block."""
    pool, db.DB.pool = db.DB.pool, await asyncpg.create_pool(url, min_size=1, max_size=2, reset=db._keep)
    try:
        yield
    finally:
        assert db.DB.pool
        await db.DB.pool.close()
        db.DB.pool = pool


def silent(done: int, total: int) -> None:
    """Shows no progress."""


async def fill(merchant: UUID) -> UUID:
    """A programme with everything that is hard to bring back; the member with debt."""
    async with db.transaction(merchant):
        await programme()
        await store()
        await staff.create(f"{merchant.hex}@example.test", "Olga", "owner", "a good long password", START)
        await wallets.create(
            "credit", {"en": "Credit", "zh-Hans": "余额"}, Rules(expiry=Inactivity(30)), START
        )
        await wallets.change("points", Rules(expiry=PeriodEnd("month", 1), warn_days=7), day(3))
        await customers.upsert(
            [CustomerRow("anna", START, "anna@example.test", 'Anna \\ "\n安娜', "zh-Hans")]
        )
        sent = [joined("anna", day(0)), joined("bert", day(0))]
        for n in range(4):
            sent += [paid(f"o{n}", "anna", 10_000 + n, day(1)), delivered(f"o{n}", day(2))]
        sent += [paid("open", "bert", 5_000, day(1)), event("order.cancelled", day(2), order_id="o3")]
        sent += [event("custom.noted", day(2), text="\x01 tab\t \\n 'quoted' \"twice\" 安娜")]
        await ingest(sent, day(3))
        anna = await db.fetchval(
            "SELECT m.id FROM members m JOIN customers c ON c.id = m.customer_id WHERE external_id = 'anna'"
        )
        await one(redeem("spent", anna, 250, day(4)))
        await one(redeem("taken", anna, 20, day(4)))
        await one(reverse("given back", anna, "taken", day(5)))
        await ingest([refunded("o1", "r1", 10_001, day(6)), refunded("o2", "r2", 5_000, day(6))], day(6))
        member = await new_member()
        await one(earn("soon over", member, 70, expires_at=day(10)))
        await one(earn("later", member, 30, pending=True, settles_at=day(90), expires_at=day(300)))
        others = [await new_member() for _ in range(3)]
        why: dict[str, Any] = {"effective_at": day(8), "reason": {"rule": "test"}}
        for n, other in enumerate(others):
            await one(earn(f"other {n}", other, 50, expires_at=day(200)))
        until = day(60)
        await post([Hold(key="hold", member=others[0], points=20, until=until, **why)], day(8))
        await post([Transfer(key="move", member=others[0], to_member=others[1], points=5, **why)], day(8))
        await post([Merge(key="merge", member=others[0], into=others[2], **why)], day(8))
        row = Opening("x", "anna", "points", 5, day(1), "never", None, True, day(99), "=cmd()")
        await take_in([row], False, day(7))
        reward = await offer(wanted(cost_points=30), stock=3)
        await rewards.redeem(member, reward, "a mug", day(8))
        await expire_due(day(11))
        await tiers.recalculate(None, "earned", day(11))
        assert (await balance(anna))[2] > 0, "she owes"
        assert await ledger.check() == []
        return UUID(str(anna))


async def test_out_back_and_out_again_gives_the_same_files(
    merchant: UUID, elsewhere: str, tmp_path: Path
) -> None:
    anna = await fill(merchant)
    manifest = await service.write(tmp_path / "one", merchant, silent)
    owed = await balance_of(merchant, anna)
    async with at(elsewhere):
        other = await new_merchant("Asia/Tokyo", "JPY")
        await restore.read(tmp_path / "one", other, silent)
        await service.write(tmp_path / "two", other, silent)
        assert await balance_of(other, anna) == owed
        async with db.transaction(other):
            assert await ledger.check() == [] and await ledger.sum_of_all_sides() == 0
            await staff.set_password(f"{merchant.hex}@example.test", "another long password", day(12))
            # It goes on from there: what was told before is known, what is new counts.
            told = [refunded("o2", "r2", 5_000, day(6)), paid("new", "anna", 90_000, day(12))]
            assert [result.status for result in await ingest(told, day(12))] == ["applied", "applied"]
            await ingest([delivered("new", day(12))], day(13))
        assert (await balance_of(other, anna))[1:] == (900 - owed[2], 0)
        for password in ("a good long password", "another long password"):
            with nullcontext() if password.startswith("another") else pytest.raises(SignInRefused):
                await staff.sign_in(f"{merchant.hex}@example.test", password, merchant.hex, day(12))
    assert contents(tmp_path / "two") == contents(tmp_path / "one")
    rows = {file.name: file.rows for file in manifest.files}
    assert rows["ledger_holds.ndjson"] == 1 and rows["ledger_dues.ndjson"] > 0
    assert rows["ledger_journal.ndjson"] > 20 and rows["customers.ndjson"] == 6
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "one").iterdir())


async def test_what_is_shared_who_came_again_and_closed_months_come_back(
    merchant: UUID, elsewhere: str, tmp_path: Path
) -> None:
    async with db.transaction(merchant):
        await programme()
        await ingest([joined(name, day(0)) for name in ("ann", "bea", "cyd")], day(0))
        ann, bea, cyd = [(await members.find(name)).id for name in ("ann", "bea", "cyd")]
        await one(earn("a", ann, 30))
        await one(earn("b", bea, 40))
        pool = await households.create(day(1))
        for each in (ann, bea):
            await households.join(pool, each, day(1))
        held = await holds.hold(ann, "points", 60, day(90), "", day(2))
        await holds.capture(ann, held.id, 40, "", day(3))
        await holds.reverse(ann, held.id, 15, "", day(3))
        await members.go(cyd, day(4))
        await join("cyd", "2", day(5))
        await close(date(2026, 1, 1), None, day(40))
        await db.execute("UPDATE merchants SET time_zone = 'America/New_York'")
        hold, months = await holds.find(ann, held.id, day(41)), (await report(day(41))).months
        assert (hold.points_held, hold.points_captured, hold.points_returned) == (20, 40, 15)
    await service.write(tmp_path / "one", merchant, silent)
    async with at(elsewhere):
        other = await new_merchant("Asia/Tokyo", "JPY")
        await restore.read(tmp_path / "one", other, silent)
        await service.write(tmp_path / "two", other, silent)
        async with db.transaction(other):
            assert await holds.find(ann, held.id, day(41)) == hold
            assert (await report(day(41))).months == months and await check() == []
            await holds.reverse(ann, held.id, None, "", day(41))
            await holds.release(ann, held.id, None, day(41))
            assert [await balance(each) for each in (ann, bea)] == [(0, 30, 0), (0, 40, 0)]
            assert (await members.find("cyd")).joined_at == day(5)
            await ingest([joined("cyd", day(-1))], day(42))
            assert (await members.find("cyd")).joined_at == day(5)
    assert contents(tmp_path / "two") == contents(tmp_path / "one")


async def test_what_comes_back_is_added_up_although_its_days_were(
    merchant: UUID, elsewhere: str, tmp_path: Path
) -> None:
    await fill(merchant)
    await service.write(tmp_path / "one", merchant, silent)
    async with db.transaction(merchant):
        months = (await report(day(90))).months
    async with at(elsewhere):
        other = await new_merchant()
        async with db.transaction(other):
            assert await rolling.roll(day(90))
        await restore.read(tmp_path / "one", other, silent)
        async with db.transaction(other):
            assert (await report(day(90))).months == months


async def test_what_is_here_or_not_empty_or_no_folder_is_refused(
    merchant: UUID, database: Services, tmp_path: Path
) -> None:
    await fill(merchant)
    await service.write(tmp_path / "one", merchant, silent)
    before = await sums(merchant)
    with pytest.raises(FolderNotEmpty):
        await service.write(tmp_path / "one", merchant, silent)
    with pytest.raises(MerchantNotEmpty):
        await restore.read(tmp_path / "one", merchant, silent)
    other = await new_merchant()
    with pytest.raises(ExportIsHere):
        await restore.read(tmp_path / "one", other, silent)
    assert await sums(merchant) == before
    assert set((await sums(other)).values()) == {0}


async def test_an_export_that_was_harmed_brings_nothing_back(
    merchant: UUID, elsewhere: str, tmp_path: Path
) -> None:
    await fill(merchant)
    await service.write(tmp_path / "one", merchant, silent)
    async with at(elsewhere):
        other = await new_merchant()
        for harm in ("bytes", "missing", "points", "order", "column", "format", "no manifest"):
            harmed = shutil.copytree(tmp_path / "one", tmp_path / harm)
            break_it(harmed, harm)
            with pytest.raises(ExportUnreadable):
                await restore.read(harmed, other, silent)
            assert set((await sums(other)).values()) == {0}


def break_it(folder: Path, harm: str) -> None:
    """Change the export; where that would be found by its hash, with a hash that fits."""
    manifest = msgspec.json.decode((folder / MANIFEST).read_bytes())
    file = folder / "ledger_lots.ndjson"
    lines = [msgspec.json.decode(line) for line in file.read_bytes().splitlines()]
    if harm == "bytes":
        file.write_bytes(file.read_bytes().replace(b"1", b"2", 1))
        return
    if harm == "missing":
        file.unlink()
        return
    if harm == "no manifest":
        (folder / MANIFEST).unlink()
        return
    if harm == "points":
        next(line for line in lines if line["points_active"])["points_active"] -= 1
    elif harm == "order":
        lines[0]["account_id"] = str(UUID(int=1))
    elif harm == "column":
        next(each for each in manifest["files"] if each["name"] == file.name)["columns"].append("colour")
    else:
        manifest["format"] = "regulars.loyalty/9"
    file.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    entry = next(each for each in manifest["files"] if each["name"] == file.name)
    entry["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))


async def test_every_table_of_a_merchant_is_exported_or_left_out_on_purpose(merchant: UUID) -> None:
    async with db.transaction(merchant):
        exported = [noun.name for noun in await nouns()]
        every = {row["relname"] for row in await db.fetch(TABLES)}
    assert set(exported) == {table for table in every if not left_out(table)}
    assert not [name for name in exported if name.startswith(("review", "case"))]
    async with db.transaction(merchant):
        rows = await db.fetch(
            "SELECT t FROM unnest($1::text[]) t WHERE NOT has_table_privilege(t::regclass, 'INSERT')",
            exported,
        )
    # What the application may not write comes back through the one writer, or through nothing.
    assert all(row["t"].startswith("ledger_") for row in rows), rows
    assert {"members", "wallet_types", "ledger_lots", "orders", "vouchers", "tiers", "events"} <= set(
        exported
    )


TABLES = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'merchant_id')
"""


async def balance_of(merchant: UUID, member: UUID) -> tuple[int, int, int]:
    async with db.transaction(merchant):
        return await balance(member)


async def sums(merchant: UUID) -> dict[str, int]:
    """Rows of each exported table."""
    async with db.transaction(merchant):
        return {noun.name: await db.fetchval(f'SELECT count(*) FROM "{noun.name}"') for noun in await nouns()}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
