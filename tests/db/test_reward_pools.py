"""Pools of codes: imported in parts, made without collisions, issued once each."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import UUID

import pytest

from admin.commands import rewards as commands
from core import db
from core.errors import DomainError, NotFound
from loyalty.ledger import reading as ledger
from loyalty.rewards import codes, pools, quotes, service
from loyalty.rewards.codes import PatternTooShort
from loyalty.rewards.errors import CodePoolEmpty
from loyalty.rewards.pools import ImportKeyReused, PoolExists, Reject, Report
from loyalty.rewards.vouchers import VoucherView
from tests.factories.points import balance, earn, one
from tests.factories.rewards import offer, wanted
from tests.factories.shop import START, day, new_members, programme

NOW = day(5)


@pytest.fixture
async def pool(merchant: UUID) -> str:
    """An empty pool of a shop with a programme."""
    async with db.transaction(merchant):
        await programme()
        await pools.create("spring", 3, START)
    return "spring"


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "CHUNK_LINES", 4)


async def stream(text: str, block: int = 7) -> AsyncIterator[bytes]:
    data = text.encode()
    for begin in range(0, len(data), block):
        yield data[begin : begin + block]


async def take_in(merchant: UUID, pool: str, text: str, key: str = "k") -> tuple[Report, list[Reject]]:
    rejects: list[Reject] = []
    report = await pools.take_in(merchant, pool, key, stream(text), rejects.extend)
    return report, rejects


async def codes_of(merchant: UUID) -> list[str]:
    async with db.transaction(merchant):
        return [row["code"] for row in await db.fetch("SELECT code FROM pool_codes ORDER BY code")]


FILE = 'code\nAAAA\nBBBB\nAAAA\n\nBB BB\nCCCC,x\nTAKEN\n{"code": "DDDD"}\nAAAA'


@pytest.mark.usefixtures("small_chunks")
async def test_an_import_says_what_it_did_not_take_and_repeats_nothing(merchant: UUID, pool: str) -> None:
    async with db.transaction(merchant):
        await pools.create("autumn", 0, START)
    await take_in(merchant, "autumn", "TAKEN")
    report, rejects = await take_in(merchant, pool, FILE)
    assert report == Report(lines=10, added=4, rejected=4)
    assert [(each.line, each.code, each.text) for each in rejects] == [
        (4, "code_duplicate", "AAAA"),
        (6, "code_invalid", "BB BB"),
        (8, "code_of_another_pool", "TAKEN"),
        (10, "code_duplicate", "AAAA"),
    ]
    assert await codes_of(merchant) == ["AAAA", "BBBB", "CCCC", "DDDD", "TAKEN"]
    assert await take_in(merchant, pool, FILE) == (report, [])
    again, rejects = await take_in(merchant, pool, "AAAA\nEEEE", "another key")
    assert (again.added, [each.code for each in rejects]) == (1, ["code_duplicate"])


@pytest.mark.usefixtures("small_chunks")
async def test_an_import_that_broke_off_goes_on_where_it_ended(merchant: UUID, pool: str) -> None:
    text = "".join(f"CODE{number:04}\n" for number in range(10)) + "CODE0000\n"

    async def breaks() -> AsyncIterator[bytes]:
        yield text[: 6 * 9].encode()
        raise ConnectionError("the line broke")

    with pytest.raises(ConnectionError):
        await pools.take_in(merchant, pool, "k", breaks(), lambda _: None)
    assert len(await codes_of(merchant)) == 4
    # Other lines under the same key are another import.
    for other in ("XXXX\n" * 20, "CODE0000\n"):
        with pytest.raises(ImportKeyReused):
            await take_in(merchant, pool, other)
    assert len(await codes_of(merchant)) == 4
    report, rejects = await take_in(merchant, pool, text)
    assert report == Report(lines=11, added=10, rejected=1)
    assert [(each.line, each.code) for each in rejects] == [(11, "code_duplicate")]


@pytest.mark.usefixtures("small_chunks")
async def test_the_command_writes_a_reject_file_once_however_often_it_runs(
    merchant: UUID, pool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "codes.csv"
    file.write_text("AAAA\nAAAA\n=1+1\nBBBB\nCCCC\nBBBB\n")
    async with db.transaction(merchant):
        code = await db.fetchval("SELECT code FROM merchants")
    # It dies between writing a chunk's rejects down and committing it.
    add = commands.Rejects.add

    def die(self: commands.Rejects, rejects: Sequence[Reject]) -> None:
        add(self, rejects)
        if any(each.line == 6 for each in rejects):
            raise OSError("the disk is full")

    monkeypatch.setattr(commands.Rejects, "add", die)
    with pytest.raises(OSError):
        await commands.import_codes(code, pool, file)
    monkeypatch.setattr(commands.Rejects, "add", add)
    expected = [
        "line,code,text",
        "2,code_duplicate,AAAA",
        "3,code_invalid,'=1+1",
        "6,code_duplicate,BBBB",
    ]
    for _ in range(2):
        report = await commands.import_codes(code, pool, file)
        assert report == Report(lines=6, added=3, rejected=3)
        assert (tmp_path / "codes.csv.rejects.csv").read_text().splitlines() == expected
    assert await codes_of(merchant) == ["AAAA", "BBBB", "CCCC"]


async def test_two_imports_at_once_share_the_codes(merchant: UUID, pool: str) -> None:
    texts = ["\n".join(f"CODE{n:04}" for n in order) for order in (range(300), range(299, -1, -1))]
    done = await asyncio.gather(*(take_in(merchant, pool, text, f"k{i}") for i, text in enumerate(texts)))
    assert sum(report.added for report, _ in done) == 300
    assert sum(report.rejected for report, _ in done) == 300
    assert len(await codes_of(merchant)) == 300


async def test_codes_are_made_as_many_as_wanted_even_where_they_collide(
    merchant: UUID, pool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "ALPHABET", "AB")  # 2^10 codes: of 700, many are made twice
    monkeypatch.setattr(codes, "GUESSES_A_HIT", 1)
    async with db.transaction(merchant):
        view = await pools.generate(pool, "SPRING-" + "?" * 10, 700)
    assert (view.free, view.taken, view.low) == (700, 0, False)
    assert len(set(await codes_of(merchant))) == 700


async def test_what_a_pool_refuses(merchant: UUID, pool: str) -> None:
    cases: tuple[tuple[type[DomainError], str, str], ...] = (
        (PatternTooShort, pool, "SPRING-????"),
        (NotFound, "nowhere", "????????????"),
    )
    for error, name, pattern in cases:
        with pytest.raises(error):
            async with db.transaction(merchant):
                await pools.generate(name, pattern, 10)
    with pytest.raises(PoolExists):
        async with db.transaction(merchant):
            await pools.create(pool, 0, START)
    with pytest.raises(NotFound):
        await take_in(merchant, "nowhere", "AAAA")
    assert await codes_of(merchant) == []


async def test_32_clients_empty_a_pool_and_no_code_is_issued_twice(merchant: UUID, pool: str) -> None:
    await take_in(merchant, pool, "\n".join(f"CODE{number:04}" for number in range(21)))
    async with db.transaction(merchant):
        reward = await offer(wanted(10, pool=pool))
        clients = await new_members(32)
        for client in clients:
            await one(earn(f"e:{client}", client, 10))

    async def buy(client: UUID) -> VoucherView:
        async with db.transaction(merchant):
            return await service.redeem(client, reward, "k", NOW)

    results = await asyncio.gather(*(buy(client) for client in clients), return_exceptions=True)
    bought = [result for result in results if isinstance(result, VoucherView)]
    assert sorted(str(voucher.code) for voucher in bought) == [f"CODE{number:04}" for number in range(21)]
    assert sum(isinstance(result, CodePoolEmpty) for result in results) == 11
    async with db.transaction(merchant):
        view = await pools.find(pool)
        assert (view.free, view.taken, view.low) == (0, 21, True)
        assert await db.fetchval("SELECT count(*) FROM vouchers") == 21
        assert sorted([await balance(client) for client in clients]) == [(0, 0, 0)] * 21 + [(0, 10, 0)] * 11
        assert await ledger.check() == []


async def test_a_dry_pool_is_quoted_and_leaves_nothing_half_done(merchant: UUID, pool: str) -> None:
    async with db.transaction(merchant):
        reward = await offer(wanted(10, pool=pool), stock=5)
        [member] = await new_members(1)
        await one(earn("e", member, 10))
        quote = await quotes.quote(member, "mug", NOW)
    assert [each.code for each in quote.refusals] == ["code_pool_empty"]
    with pytest.raises(CodePoolEmpty):
        async with db.transaction(merchant):
            await service.redeem(member, reward, "k", NOW)
    async with db.transaction(merchant):
        assert (await quotes.quote(member, "mug", NOW)).reward.stock == 5
        assert await balance(member) == (0, 10, 0)


async def test_a_code_that_was_seen_is_never_issued_again(merchant: UUID, pool: str) -> None:
    await take_in(merchant, pool, "AAAA\nBBBB")
    async with db.transaction(merchant):
        reward = await offer(wanted(10, pool=pool))
        [member] = await new_members(1)
        await one(earn("e", member, 10))
    seen = []
    for key in ("1", "2"):
        async with db.transaction(merchant):
            voucher = await service.redeem(member, reward, key, NOW)
            seen.append(voucher.code)
            await service.cancel(member, voucher.id, NOW)
    assert seen == ["AAAA", "BBBB"]
    with pytest.raises(CodePoolEmpty):
        async with db.transaction(merchant):
            await service.redeem(member, reward, "3", NOW)
    # Nor can it come in again.
    _, rejects = await take_in(merchant, pool, "AAAA", "again")
    assert [each.code for each in rejects] == ["code_issued"]
