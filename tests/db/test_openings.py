"""Opening balances from a file: each lot once, with its expiry, and every bad row told."""

import asyncio
import gzip
import tracemalloc
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import db
from core.files import reader
from core.files.errors import FieldInvalid, FileUnreadable
from core.files.reader import Lines
from loyalty.ledger import Deduct, Merge, post
from loyalty.ledger import reading as ledger
from loyalty.members import merge
from loyalty.openings import files, service
from loyalty.openings.files import Report, import_file
from loyalty.openings.rules import COLUMNS, Opening, opening_of
from loyalty.programme.service import ProgrammeMissing
from loyalty.settling.service import settle_due
from loyalty.wallets import service as wallets
from loyalty.wallets.rules import Anniversary
from loyalty.wallets.service import Rules
from tests.factories.points import balance, lots
from tests.factories.shop import START, day, new_member, programme

NOW = day(100)
HEADER = "id,customer_id,wallet,points,earned_at,expires_at,settles_at,note,colour\n"


@pytest.fixture
async def shop(merchant: UUID) -> UUID:
    async with db.transaction(merchant):
        await programme()
    return merchant


async def take(
    shop: UUID, file: Path, create_members: bool = True, dry_run: bool = False, now: datetime = NOW
) -> Report:
    return await import_file(
        file, shop, lambda done, total: None, now=now, create_members=create_members, dry_run=dry_run
    )


def written(folder: Path, *rows: str, header: str = HEADER, name: str = "old.csv") -> Path:
    file = folder / name
    file.write_text(header + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return file


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.rows, report.new, report.known, report.rejected


def rejects(report: Report) -> list[list[str]]:
    assert report.rejects_path
    lines = report.rejects_path.read_text(encoding="utf-8").splitlines()[1:]
    return [line.split(",")[:3] for line in lines]


async def member_of(customer: str) -> UUID:
    found = await db.fetchval(
        "SELECT m.id FROM members m JOIN customers c ON c.id = m.customer_id WHERE c.external_id = $1",
        customer,
    )
    return UUID(str(found))


async def test_several_lots_a_member_with_their_own_dates(shop: UUID, tmp_path: Path) -> None:
    async with db.transaction(shop):
        await db.execute("UPDATE merchants SET time_zone = 'Asia/Shanghai'")
    file = written(
        tmp_path,
        "1,anna,points,100,2026-01-05T10:00:00Z,2026-12-31,,Old programme,red",
        "2,anna,,50,2026-02-01T00:00:00+08:00,,,,",
        "3,anna,points,25,,never,,,",
        "4,anna,points,10,2026-01-06,,2026-05-01T00:00:00Z,,",
        "5,anna,qualifying,7,2026-01-06,,,,",
    )
    report = await take(shop, file)
    assert counts(report) == (5, 5, 0, 0) and report.points == 192 and report.unmapped == ("colour",)
    async with db.transaction(shop):
        anna = await member_of("anna")
        found = await lots(anna)
        assert found["opening:1"] == (0, 100, 0, datetime.fromisoformat("2026-12-31T00:00:00+08:00"))
        assert found["opening:2"][-1] == datetime.fromisoformat("2026-02-01T00:00:00+08:00") + timedelta(
            days=730
        )
        assert found["opening:3"] == (0, 25, 0, None)
        assert found["opening:4"][:2] == (10, 0)
        assert await balance(anna, "qualifying") == (0, 7, 0)
        # Joined when the first points were earned.
        assert await db.fetchval("SELECT joined_at FROM members") == datetime.fromisoformat(
            "2026-01-05T10:00:00Z"
        )
        assert await settle_due(datetime.fromisoformat("2026-05-01T00:00:00Z")) == 1
        [reason] = await db.fetch("SELECT reason FROM ledger_journal WHERE key = 'opening:1'")
        assert db.from_json(reason["reason"]) == {"rule": "opening", "note": "Old programme"}
        assert await ledger.check() == [] and await ledger.sum_of_all_sides() == 0


@pytest.mark.parametrize("text", ["0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31"])
def test_a_year_that_no_calendar_holds_is_told(text: str) -> None:
    cells = {"id": "1", "customer_id": "anna", "points": "1", "expires_at": text}
    with pytest.raises(FieldInvalid):
        opening_of(cells, ZoneInfo("Asia/Shanghai"), START)


async def test_what_comes_late_in_a_file_is_learnt_late(
    shop: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "CHUNK_ROWS", 1)
    await take(shop, written(tmp_path, "1,anna,points,100,,,,,", "2,anna,points,100,,,,,"))
    async with db.transaction(shop):
        assert await db.fetchval("SELECT count(DISTINCT recorded_at) FROM ledger_journal") == 2


async def test_what_is_wrong_is_told_with_line_and_column_and_hinders_nobody(
    shop: UUID, tmp_path: Path
) -> None:
    async with db.transaction(shop):
        await new_member()
    file = written(
        tmp_path,
        "1,anna,points,100,,,,,",
        "2,anna,points,0,,,,,",
        "3,anna,points,ten,,,,,",
        ",anna,points,10,,,,,",
        "4,,points,10,,,,,",
        "5,anna,gold,10,,,,,",
        "6,anna,points,10,2026-13-01,,,,",
        "7,anna,points,10,2026-01-01T10:00:00,,,,",
        "8,anna,points,10,2027-01-01,,,,",
        "9,anna,points,10,,2026-03-01,,,",
        "1,anna,points,99,,,,,",
        "10,anna,points,10,,,,,,,",
        "11,bert,points,9999999999999,,,,,",
        "12,bert,points,10,,,,,",
    )
    report = await take(shop, file)
    assert counts(report) == (14, 2, 0, 12)
    assert rejects(report) == [
        *(["3", "points", "invalid"], ["4", "points", "invalid"], ["5", "id", "invalid"]),
        *(["6", "customer_id", "invalid"], ["8", "earned_at", "invalid"], ["9", "earned_at", "invalid"]),
        *(["10", "earned_at", "invalid"], ["13", "", "too_many_cells"], ["14", "points", "invalid"]),
        *(["7", "wallet", "wallet_unknown"], ["11", "expires_at", "expired_already"]),
        ["12", "id", "posting_key_reused"],
    ]
    async with db.transaction(shop):
        assert await balance(await member_of("anna")) == (0, 100, 0)


async def test_a_debt_is_paid_first_and_a_merged_wallet_is_followed(shop: UUID, tmp_path: Path) -> None:
    assert counts(await take(shop, written(tmp_path, "1,anna,points,10,,,,,", "2,bert,points,5,,,,,"))) == (
        2,
        2,
        0,
        0,
    )
    async with db.transaction(shop):
        anna, bert = await member_of("anna"), await member_of("bert")
        why: dict[str, Any] = {"wallet": "points", "effective_at": NOW, "reason": {"rule": "test"}}
        await post([Deduct(key="d", member=anna, points=40, policy="debt", **why)], NOW)
        await post([Merge(key="m", member=bert, into=anna, **why)], NOW)
        assert await balance(anna) == (0, 0, 25)
    rows = (
        "3,anna,points,20,,,,,",
        "4,bert,points,10,,,,,",
        "5,anna,points,7,,,2026-12-01,,",
        "6,anna,points,1,,,,,",
    )
    assert counts(await take(shop, written(tmp_path, *rows))) == (4, 4, 0, 0)
    async with db.transaction(shop):
        assert await balance(anna) == (7, 6, 0) and await balance(bert) == (0, 0, 0)
        assert await ledger.check() == []


async def test_who_owes_or_was_merged_since_is_known_when_sent_again(shop: UUID, tmp_path: Path) -> None:
    await take(
        shop, written(tmp_path, "1,anna,points,10,,,,,", "2,bert,points,5,,,,,", "3,cleo,points,1,,,,,")
    )
    async with db.transaction(shop):
        anna, cleo = await member_of("anna"), await member_of("cleo")
        reason = {"rule": "test"}
        owe = Deduct(key="d", member=anna, points=40, policy="debt", effective_at=NOW, reason=reason)
        await post([owe], NOW)
        await merge.merge("bert", "cleo", NOW, NOW)
    again = written(
        tmp_path,
        *("1,anna,points,10,,,,,", "2,bert,points,5,,,,,", "4,anna,points,7,,,,,"),
        *("3,anna,points,9,,,,,", "5,bert,points,2,,,,,"),
    )
    for new in (2, 0):
        report = await take(shop, again)
        assert counts(report) == (5, new, 4 - new, 1) and report.points == (9 if new else 0)
        assert rejects(report) == [["5", "id", "posting_key_reused"]]
    async with db.transaction(shop):
        assert await balance(anna) == (0, 0, 23) and await balance(cleo) == (0, 8, 0)
        assert await ledger.check() == [] and await ledger.verify() == []


async def test_an_id_that_another_connection_posts_meanwhile_is_refused(shop: UUID, tmp_path: Path) -> None:
    """One id is known when the set begins, the other belongs to an open transaction of somebody else."""
    rows = "1,anna,,10,,,,,", "0,bert,,1,,,,,", "0-0,cleo,,1,,,,,"
    await take(shop, written(tmp_path, *rows))
    posted, go_on = asyncio.Event(), asyncio.Event()

    async def other() -> None:
        async with db.transaction(shop):
            await service.take_in([opening("2", "cleo")], False, NOW)
            posted.set()
            await go_on.wait()

    async def all_of_them() -> list[str]:
        await posted.wait()
        async with db.transaction(shop):
            rows = [opening("1", "anna"), opening("2", "bert")]
            return [each.status for each in await service.take_in(rows, False, NOW)]

    async with asyncio.TaskGroup() as group:
        group.create_task(other())
        late = group.create_task(all_of_them())
        while not late.done() and not await _somebody_waits(shop):
            pass
        go_on.set()
    assert late.result() == ["known", "rejected"]


async def _somebody_waits(shop: UUID) -> bool:
    async with db.transaction(shop):
        return bool(await db.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"))


def opening(id: str, customer: str) -> Opening:
    cells = {"id": id, "customer_id": customer, "points": "10"}
    return opening_of(cells, ZoneInfo("UTC"), NOW)


async def test_the_same_file_twice_at_once_is_taken_in_once(shop: UUID, tmp_path: Path) -> None:
    rows = [f"{n},c{n % 5},points,{n + 1},,,,," for n in range(40)]
    files = [written(tmp_path, *rows, name=f"{n}.csv") for n in range(4)]
    reports = await asyncio.gather(*(take(shop, file) for file in files))
    assert sum(report.new for report in reports) == 40 and sum(report.known for report in reports) == 120
    async with db.transaction(shop):
        assert await db.fetchval("SELECT sum(points_active) FROM ledger_accounts") == sum(range(1, 41))
        assert await ledger.check() == []


async def test_chunks_side_by_side_agree_on_who_has_an_id(
    shop: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each id comes in several chunks, half of the time for the other member: one of the two has it."""
    monkeypatch.setattr(files, "CHUNK_ROWS", 4)
    await take(shop, written(tmp_path, "first-a,a,,1,,,,,", "first-b,b,,1,,,,,", name="members.csv"))
    file = written(
        tmp_path, *(f"o-{n % 6},{'ab'[n * 7 % 13 % 2]},points,{n % 6 + 1},,,,," for n in range(60))
    )
    report = await take(shop, file, create_members=False)
    assert report.new == 6 and report.rows == 60 and report.known + report.rejected == 54
    assert {code for _, _, code in rejects(report)} <= {"posting_key_reused"}
    assert report.points == 21
    async with db.transaction(shop):
        balances = [await balance(await member_of(name)) for name in "ab"]
        assert sum(active for _, active, _ in balances) == 2 + 21
        assert await ledger.check() == [] and await ledger.verify() == []


async def test_who_is_no_member_is_refused_or_made_one(shop: UUID, tmp_path: Path) -> None:
    file = written(tmp_path, "1,anna,points,100,,,,,")
    report = await take(shop, file, create_members=False)
    assert rejects(report) == [["2", "customer_id", "member_unknown"]]
    async with db.transaction(shop):
        assert await db.fetchval("SELECT count(*) FROM members") == 0
        assert await db.fetchval("SELECT count(*) FROM ledger_journal") == 0
    assert counts(await take(shop, file)) == (1, 1, 0, 0)


async def test_a_dry_run_says_the_same_and_keeps_nothing(shop: UUID, tmp_path: Path) -> None:
    file = written(tmp_path, "1,anna,points,100,,,,,", "2,anna,gold,1,,,,,", "3,bert,points,5,,,,,")
    dry = await take(shop, file, dry_run=True)
    assert dry.dry_run and counts(dry) == (3, 2, 0, 1) and dry.points == 105
    async with db.transaction(shop):
        for table in ("customers", "members", "ledger_journal", "outbox"):
            assert await db.fetchval(f"SELECT count(*) FROM {table}") == 0
    assert counts(await take(shop, file)) == counts(dry)


async def test_a_crashed_import_is_run_again_and_doubles_nothing(
    shop: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "CHUNK_ROWS", 10)
    file = written(tmp_path, *(f"{n},c{n % 7},points,{n + 1},,2026-06-01,,," for n in range(95)))
    taken = service.take_in
    calls = 0

    async def dies(*arguments: object, **more: object) -> object:
        nonlocal calls
        calls += 1
        outcomes = await taken(*arguments, **more)  # type: ignore[arg-type]
        if calls == 5:
            raise ConnectionResetError("killed after the work, before the commit")
        return outcomes

    monkeypatch.setattr(service, "take_in", dies)
    with pytest.raises(ConnectionResetError):
        await take(shop, file)
    monkeypatch.setattr(service, "take_in", taken)
    # A year of days later, when what has no date would get another one, and some lots are over.
    again = await take(shop, file, now=day(300))
    assert counts(again) == (95, 0, 40, 55), "expired rows that were not taken in are refused"
    async with db.transaction(shop):
        assert await db.fetchval("SELECT sum(points) FROM ledger_lots") == sum(range(1, 41))


async def test_a_row_without_a_date_is_known_again_although_time_went_on(shop: UUID, tmp_path: Path) -> None:
    file = written(tmp_path, "1,anna,points,100,,,,,", "2,anna,points,50,,,,,")
    assert counts(await take(shop, file)) == (2, 2, 0, 0)
    async with db.transaction(shop):
        await wallets.change("points", Rules(expiry=Anniversary()), NOW)
    assert counts(await take(shop, file, now=NOW + timedelta(days=1))) == (2, 0, 2, 0)


async def test_ndjson_and_what_is_no_file_of_balances(shop: UUID, tmp_path: Path) -> None:
    rows = (
        '{"id": "1", "customer_id": "anna", "points": 12}',
        '{"id": 2, "customer_id": "anna", "points": "x"}',
        "[]",
    )
    report = await take(shop, written(tmp_path, *rows, header="", name="old.ndjson"))
    assert counts(report) == (3, 1, 0, 2)
    with pytest.raises(FileUnreadable, match="no column points"):
        await take(shop, written(tmp_path, "1,anna", header="id,customer_id\n"))


async def test_a_packed_file_in_another_encoding(shop: UUID, tmp_path: Path) -> None:
    file = tmp_path / "old.csv.gz"
    file.write_bytes(gzip.compress((HEADER + "1,anna,points,12,,,,,très bien\n").encode("utf-16")))
    assert counts(await take(shop, file)) == (1, 1, 0, 0)


async def test_without_a_programme_nothing_is_taken_in(merchant: UUID, tmp_path: Path) -> None:
    with pytest.raises(ProgrammeMissing):
        await take(merchant, written(tmp_path, "1,anna,points,100,,,,,"))
    async with db.transaction(merchant):
        assert await db.fetchval("SELECT count(*) FROM customers") == 0


class _Endless:
    """A file of so many rows that is never whole in memory."""

    def __init__(self, rows: int) -> None:
        self.rows: Iterator[bytes] = iter(
            b"%d,c%d,points,10,,,,,\n" % (n, n) if n else HEADER.encode() for n in range(rows)
        )

    def readline(self, limit: int) -> bytes:
        return next(self.rows, b"")


def test_reading_takes_no_more_memory_for_more_rows() -> None:
    def peak(rows: int) -> int:
        lines = Lines(_Endless(rows))  # type: ignore[arg-type]
        header, delimiter = reader.csv_header(lines)
        tracemalloc.start()
        for row in reader.csv_rows(lines, header, delimiter):
            opening_of(row.cells, ZoneInfo("UTC"), NOW)  # type: ignore[union-attr]
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert peak(8_000) < 1.5 * peak(1_000)


@given(cells=st.dictionaries(st.sampled_from(COLUMNS), st.text(max_size=30)))
def test_no_row_breaks_the_import(cells: dict[str, str]) -> None:
    try:
        opening = opening_of(cells, ZoneInfo("America/New_York"), START)
    except FieldInvalid as error:
        assert error.field in COLUMNS
    else:
        assert 0 < opening.points <= 10**12
