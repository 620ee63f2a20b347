"""People are exported and erased as a whole; the ledger stays, and a restore brings nobody back."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from core import db
from core.embedded import Services
from core.errors import NotFound
from core.ids import new_id
from core.people import customers, erasure, export, journal, keys, sessions
from core.people import tasks as people_tasks
from core.people.customers import CustomerRow
from core.people.keys import PersonErased
from core.people.personal import finding, registry
from core.purge import purge
from core.settings import settings
from loyalty.intake.events import Event
from loyalty.intake.service import ingest
from loyalty.ledger import reading as ledger
from tests.conftest import new_merchant
from tests.db.test_personal import COLUMNS
from tests.factories.person import Left, shop, somebody
from tests.fixtures.reviews.shop import NOW, rows, value

LATER = NOW + timedelta(days=1)
HANDLERS = (people_tasks,)
# The shop's own number: by it a late event is known to be an erased person's. Orders are named after it here.
NUMBERS = {"customers.external_id", "orders.external_id", "reviews.external_id"}


@pytest.fixture
async def admin(database: Services) -> AsyncIterator[asyncpg.Connection]:
    """Who sees every table."""
    connection = await asyncpg.connect(database.database_admin_url)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture(autouse=True)
def own_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test has a journal of its own."""
    file = tmp_path / "erasures.ndjson"
    ours = settings().model_copy(update={"erasure_journal": file})
    monkeypatch.setattr(journal, "settings", lambda: ours)
    return file


@pytest.fixture
async def staff(merchant: UUID) -> UUID:
    return await shop(merchant)


@pytest.fixture
async def ana(merchant: UUID, staff: UUID) -> Left:
    return await somebody(merchant, "c-ana", "anamark", staff)


@pytest.fixture
async def bob(merchant: UUID, staff: UUID) -> Left:
    return await somebody(merchant, "c-bob", "bobmark", staff)


async def stands_in(admin: asyncpg.Connection, merchant: UUID, mark: str) -> set[str]:
    """Columns of the merchant in which a word stands."""
    found = set()
    for row in await admin.fetch(COLUMNS):
        table, column = row["table"], row["column"]
        if row["type"] in ("bytea", "vector") or table == "merchants":
            continue
        if await admin.fetchval(
            f"SELECT EXISTS (SELECT FROM {table} WHERE merchant_id = $1 AND strpos({column}::text, $2) > 0)",
            merchant,
            mark,
        ):
            found.add(f"{table}.{column}")
    return found


async def ask(merchant: UUID, who: UUID, **more: Any) -> None:
    async with db.transaction(merchant):
        await erasure.ask(who, "portal", LATER, **more)


async def carry_out(merchant: UUID, who: UUID) -> None:
    """What the worker does with the outbox row."""
    async with db.transaction(merchant):
        await people_tasks.erase({"customer": str(who)}, LATER)


async def in_ledger(merchant: UUID) -> list[tuple[Any, ...]]:
    return await rows(
        merchant,
        "SELECT j.key, j.hash, j.points, a.member_id, a.points_active, a.points_pending"
        " FROM ledger_journal j JOIN ledger_accounts a ON a.id = j.account_id ORDER BY j.key",
    )


async def test_nothing_of_an_erased_person_is_left(
    merchant: UUID, ana: Left, bob: Left, admin: asyncpg.Connection
) -> None:
    before, others = await stands_in(admin, merchant, ana.mark), await stands_in(admin, merchant, bob.mark)
    assert len(before) > 25, "the person has left something in most places"
    posted = await in_ledger(merchant)
    await ask(merchant, ana.id)
    assert await value(merchant, "SELECT count(*) FROM outbox WHERE topic = 'person.erase'") == 1
    await carry_out(merchant, ana.id)
    assert await stands_in(admin, merchant, ana.mark) == set()
    assert await stands_in(admin, merchant, bob.mark) == others, "nobody else has lost anything"
    assert await in_ledger(merchant) == posted
    async with db.transaction(merchant):
        assert await ledger.check() == []
        assert await ledger.sum_of_all_sides() == 0
        assert await ledger.verify() == []
        assert await customers.find(ana.id) is None
    numbers = await stands_in(admin, merchant, ana.number)
    assert {column for column in numbers if not column.startswith(("events.", "ledger_"))} <= NUMBERS
    done = "SELECT via, done_at IS NOT NULL FROM erasures"
    assert await rows(merchant, done) == [("portal", True)]


async def test_every_place_of_the_list_was_tried(merchant: UUID, ana: Left) -> None:
    """What is erased in no test might not be erased."""
    async with db.transaction(merchant):
        person = await finding.person(ana.id)
        assert person is not None
        empty = set()
        for place in registry.places():
            if place.erased:
                of = [str(each) for each in person.of(place)]
                sql = f"SELECT count(*) FROM {place.table} WHERE {place.by}::text = ANY ($1)"
                if not await db.fetchval(sql, of):
                    empty.add(place.table)
    assert empty <= {
        "person_exports", "person_keys",  # tried below
        "case_arm_overrides", "review_text_digests", "review_moderations", "review_photos",
    }, empty  # fmt: skip


async def test_stars_stay_without_words_and_cases_end(merchant: UUID, ana: Left) -> None:
    await ask(merchant, ana.id)
    await carry_out(merchant, ana.id)
    told = (
        "SELECT r.author, v.title, v.body, r.rating_norm::int"
        " FROM reviews r JOIN review_versions v ON v.review_id = r.id"
    )
    assert await rows(merchant, told) == [("", "", "", 1)]
    assert await value(merchant, "SELECT count(*) FROM review_photos") == 0
    assert await value(merchant, f"SELECT state FROM cases WHERE id = '{ana.question}'") == "closed"
    running = (
        "SELECT count(*) FROM case_clocks WHERE stopped_at IS NULL AND satisfied_at IS NULL AND case_id = $1"
    )
    async with db.transaction(merchant):
        assert await db.fetchval(running, ana.question) == 0
    because = "SELECT detail->>'because' FROM case_events WHERE kind = 'closed'"
    assert await rows(merchant, because) == [("customer_erased",)]
    assert await value(merchant, "SELECT left_at IS NOT NULL FROM members") is True


async def test_who_wants_it_keeps_the_words_of_their_reviews(merchant: UUID, ana: Left) -> None:
    await ask(merchant, ana.id, keeps_reviews=True)
    await carry_out(merchant, ana.id)
    told = "SELECT r.author, v.body FROM reviews r JOIN review_versions v ON v.review_id = r.id"
    assert await rows(merchant, told) == [("", f"It broke. Call {ana.mark}.")]
    assert await value(merchant, "SELECT count(*) FROM review_traces") == 0
    await ask(merchant, ana.id)  # they change their mind
    await carry_out(merchant, ana.id)
    assert await rows(merchant, told) == [("", "")]


async def test_twice_is_once(merchant: UUID, ana: Left, own_journal: Path, admin: asyncpg.Connection) -> None:
    for _ in range(2):
        await ask(merchant, ana.id)
        await carry_out(merchant, ana.id)
    assert await value(merchant, "SELECT count(*) FROM erasures") == 1
    assert await stands_in(admin, merchant, ana.mark) == set()
    with pytest.raises(NotFound):
        await ask(merchant, new_id())


async def test_nobody_signs_in_as_them_from_the_moment_on(merchant: UUID, ana: Left) -> None:
    async with db.transaction(merchant):
        token = await sessions.start(NOW, customer_id=ana.id)
    await ask(merchant, ana.id)
    assert await sessions.find(token, NOW) is None


async def test_who_was_merged_goes_with_who_stands_for_them(
    merchant: UUID, ana: Left, admin: asyncpg.Connection
) -> None:
    async with db.transaction(merchant):
        await customers.upsert([CustomerRow("c-new", NOW, name="newmark", email="newmark@mail.test")])
        await customers.merge("c-ana", "c-new", NOW)
        survivor = await finding.customer("c-ana")
    assert survivor is not None
    await ask(merchant, survivor)
    await carry_out(merchant, survivor)
    assert await stands_in(admin, merchant, ana.mark) == set()
    assert await stands_in(admin, merchant, "newmark") == set()
    assert await value(merchant, "SELECT count(*) FROM erasures") == 2


async def test_an_event_keeps_no_name_and_no_address(merchant: UUID, ana: Left) -> None:
    told = await value(merchant, "SELECT data::text FROM events WHERE type = 'customer.created'")
    assert ana.mark not in told
    assert "accepts_terms" in told


async def test_what_the_shop_tells_of_them_later_does_not_stay(merchant: UUID, ana: Left, bob: Left) -> None:
    await ask(merchant, ana.id)
    await carry_out(merchant, ana.id)
    told = [
        Event(id=str(new_id()), source="shop", type="custom.called", time=LATER,
              data={"customer_id": who.number, "remark": "a late word"})
        for who in (ana, bob)
    ]  # fmt: skip
    async with db.transaction(merchant):
        await ingest(told, LATER)
    assert await value(merchant, "SELECT count(*) FROM events WHERE data ? 'remark'") == 3
    await purge(LATER + timedelta(minutes=50), 10**9)
    of = "SELECT customer FROM events WHERE data ? 'remark'"
    assert {row[0] for row in await rows(merchant, of)} == {bob.number}
    assert await value(merchant, "SELECT count(*) FROM events WHERE type = 'custom.called'") == 4


async def test_the_shop_erases_them_by_its_event(
    merchant: UUID, ana: Left, admin: asyncpg.Connection
) -> None:
    gone = Event(
        id="gone", source="shop", type="customer.deleted", time=NOW, data={"customer_id": ana.number}
    )
    async with db.transaction(merchant):
        await ingest([gone], LATER)
        assert await customers.find(ana.id) is None
        work = await db.fetchrow("SELECT payload, available_at FROM outbox WHERE topic = 'person.erase'")
        assert work is not None
        await people_tasks.erase(db.from_json(work["payload"]), LATER)
    assert work["available_at"] == LATER
    assert await rows(merchant, "SELECT deleted_at FROM customers WHERE deleted_at IS NOT NULL") == [(NOW,)]
    assert await rows(merchant, "SELECT via FROM erasures") == [("shop",)]
    assert await stands_in(admin, merchant, ana.mark) == set()


# --- after a restore ------------------------------------------------------------------------------


async def test_a_restored_database_forgets_again(
    merchant: UUID, ana: Left, bob: Left, own_journal: Path, admin: asyncpg.Connection
) -> None:
    """The journal of one database carried out on another that still has the person."""
    lines = [
        journal.Line(merchant=merchant, customer=ana.id, at=LATER),
        journal.Line(merchant=merchant, customer=ana.id, at=LATER),
        journal.Line(merchant=merchant, customer=new_id(), at=LATER),
        journal.Line(merchant=new_id(), customer=new_id(), at=LATER),
    ]
    journal.append(lines, own_journal)
    others = await stands_in(admin, merchant, bob.mark)
    done = await erasure.replay(own_journal, LATER)
    assert (done.erased, done.unknown, done.faults) == (1, 2, [])
    assert await stands_in(admin, merchant, ana.mark) == set()
    assert await stands_in(admin, merchant, bob.mark) == others
    assert (await erasure.replay(own_journal, LATER)).erased == 1, "again, it changes nothing"
    assert await rows(merchant, "SELECT via FROM erasures") == [("replay",)]
    assert len(journal.read(own_journal)[0]) == len(lines), "it is not written into itself"


async def test_the_journal_knows_before_anything_is_gone(
    merchant: UUID, ana: Left, own_journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError("no space left on device")

    await ask(merchant, ana.id)
    with monkeypatch.context() as broken:
        broken.setattr(journal, "append", full)
        with pytest.raises(OSError, match="no space"):
            await carry_out(merchant, ana.id)
    told = "SELECT body FROM case_messages WHERE kind = 'note'"
    assert await value(merchant, "SELECT count(*) FROM review_versions WHERE body <> ''") == 1, (
        "nothing was begun"
    )
    assert await value(merchant, "SELECT done_at FROM erasures") is None
    assert await rows(merchant, told)
    await carry_out(merchant, ana.id)
    (line,) = journal.read(own_journal)[0]
    assert (line.merchant, line.customer) == (merchant, ana.id)
    assert line == journal.Line(merchant=merchant, customer=ana.id, at=LATER), "ids, and nothing else"


def test_a_line_that_a_crash_cut_off_is_told_and_hinders_nobody(own_journal: Path) -> None:
    own_journal.write_bytes(b'{"format": "regulars.erasure/1", "merch')
    line = journal.Line(merchant=UUID(int=1), customer=UUID(int=2), at=NOW)
    journal.append([line], own_journal)
    assert journal.read(own_journal) == ([line], [1])


async def test_a_journal_is_written_from_the_database(merchant: UUID, ana: Left, tmp_path: Path) -> None:
    await ask(merchant, ana.id, keeps_reviews=True)
    assert await erasure.write(tmp_path / "out.ndjson") >= 1
    found = [line for line in journal.read(tmp_path / "out.ndjson")[0] if line.merchant == merchant]
    assert [(line.customer, line.keeps_reviews) for line in found] == [(ana.id, True)]


# --- export ---------------------------------------------------------------------------------------


async def exported(merchant: UUID, who: UUID) -> zipfile.ZipFile:
    async with db.transaction(merchant):
        asked = await export.ask(who, NOW)
        assert (await export.ask(who, NOW)).id == asked.id, "while one is being made, no other"
    async with db.transaction(merchant):
        await people_tasks.make({"export": str(asked.id)}, NOW)
        found = await export.get(asked.id, who)
    content = b"".join([part async for part in export.read(found, merchant)])
    assert len(content) == found.size_bytes
    return zipfile.ZipFile(io.BytesIO(content))


async def test_an_export_has_everything_of_the_list_and_nothing_of_anybody_else(
    merchant: UUID, ana: Left, bob: Left, admin: asyncpg.Connection
) -> None:
    archive = await exported(merchant, ana.id)
    assert archive.testzip() is None
    content = {name: archive.read(name) for name in archive.namelist()}
    whole = b"".join(content.values())
    assert bob.mark.encode() not in whole
    for their in (bob.id, bob.member, bob.case, bob.question):
        assert str(their).encode() not in whole
    areas = {name: json.loads(text) for name, text in content.items() if name.endswith(".json")}
    async with db.transaction(merchant):
        person = await finding.person(ana.id)
        assert person is not None
        for place in registry.places():
            if place.exported:
                of = [str(each) for each in person.of(place)]
                sql = f"SELECT count(*) FROM {place.table} t WHERE {place.by}::text = ANY ($1)"
                expected = await db.fetchval(f"{sql} AND ({place.only})", of)
                assert len(areas[f"{place.area}.json"][place.table]) == expected, place.table
    marked = {column.split(".")[0] for column in await stands_in(admin, merchant, ana.mark)}
    told = {
        table for area in areas.values() for table, lines in area.items() if ana.mark in json.dumps(lines)
    }
    assert marked - told <= {"notifications", "review_words"}, (
        "what stands in the database stands in the export"
    )


async def test_an_export_can_be_read_by_people_and_spreadsheets(merchant: UUID, ana: Left) -> None:
    archive = await exported(merchant, ana.id)
    page = archive.read("index.html").decode()
    assert ana.mark in page
    assert "<script" not in page
    names = [name for name in archive.namelist() if name.startswith("statement-")]
    lines = [len(archive.read(name).decode().splitlines()) - 1 for name in names]
    async with db.transaction(merchant):
        posted = await db.fetchval(
            "SELECT count(*) FROM ledger_journal j JOIN ledger_accounts a ON a.id = j.account_id"
            " WHERE a.member_id = $1",
            ana.member,
        )
    assert sum(lines) == posted
    assert len(lines) > 1, "one a wallet"
    photos = [name for name in archive.namelist() if name.startswith("photos/")]
    assert len(photos) == 3, "one of a review, one of each case"
    assert all(archive.read(each)[:2] == b"\xff\xd8" for each in photos)


async def test_the_page_of_an_export_speaks_their_language(merchant: UUID, ana: Left) -> None:
    async with db.transaction(merchant):
        await customers.change(ana.id, "安娜", "zh-Hant", "", NOW)
    page = (await exported(merchant, ana.id)).read("index.html").decode()
    assert 'lang="zh-Hant"' in page


async def test_an_export_is_somebodys_sealed_and_for_a_week(merchant: UUID, ana: Left, bob: Left) -> None:
    await exported(merchant, ana.id)
    async with db.transaction(merchant):
        (made,) = await export.of(ana.id)
        with pytest.raises(NotFound):
            await export.get(made.id, bob.id)
        sealed = await db.fetchval("SELECT sealed FROM person_export_parts")
    assert b"PK" not in bytes(sealed)[:64]
    await purge(NOW + export.KEPT - timedelta(hours=1), 10**9)
    assert await value(merchant, "SELECT count(*) FROM person_exports") == 1
    await purge(NOW + export.KEPT + timedelta(hours=1), 10**9)
    assert await value(merchant, "SELECT count(*) FROM person_export_parts") == 0


async def test_their_key_is_destroyed_with_them(merchant: UUID, ana: Left) -> None:
    """A copy of what was sealed says nothing any more, wherever it lies."""
    async with db.transaction(merchant):
        copy = (await keys.of(ana.id)).seal(b"where she lives", "a copy")
        assert (await keys.of(ana.id)).open(copy, "a copy") == b"where she lives"
    await exported(merchant, ana.id)
    await ask(merchant, ana.id)
    await carry_out(merchant, ana.id)
    async with db.transaction(merchant):
        with pytest.raises(PersonErased):
            await keys.of(ana.id)
        assert await db.fetchval("SELECT count(*) FROM person_export_parts") == 0


async def test_of_another_merchant_nothing_is_erased_or_exported(merchant: UUID, ana: Left) -> None:
    other = await new_merchant()
    with pytest.raises(NotFound):
        await ask(other, ana.id)
    with pytest.raises(NotFound):
        await carry_out(other, ana.id)
    async with db.transaction(other):
        with pytest.raises(NotFound):
            await export.ask(ana.id, NOW)
    async with db.transaction(merchant):
        assert await customers.find(ana.id) is not None
