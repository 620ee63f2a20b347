"""The hash chain finds the one row that somebody changed."""

from uuid import UUID

import asyncpg
import msgspec
import pytest

from core import db
from core.embedded import Services
from loyalty.ledger import Earn, Hold, Transfer, post, reading
from loyalty.ledger.chain import first_broken
from tests.factories.points import WHY, clawback, earn, expire, redeem, reverse
from tests.factories.shop import START, day, new_members, programme


@pytest.fixture
async def member(merchant: UUID) -> UUID:
    """A member with postings of many kinds, by all the ways in which they are written."""
    async with db.transaction(merchant):
        await programme()
        member, other = await new_members(2)
        await post([earn("a", member, 60, expires_at=day(5))], START)
        await post([earn("b", member, 50), earn("c", member, 7), earn("x\nx", other, 7)], START)
        await post([redeem("r", member, 70, day(1))], day(1))
        await post([clawback("k", member, "b", 50, at=day(2))], day(2))
        await post([reverse("back", member, "r", day(3))], day(3))
        await post([expire("over", member, "a", day(6))], day(6))
        common = {"member": member, "effective_at": day(7), "reason": WHY}
        await post([Transfer(key="t", to_member=other, points=2, **common)], day(7))  # type: ignore[arg-type]
        await post([Hold(key="h", points=3, until=day(9), **common)], day(7))  # type: ignore[arg-type]
        return member


async def test_a_chain_can_be_followed_with_what_the_member_has(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        assert await reading.verify() == []
        links = await reading.chain(member)
    assert len(links) == 9 and first_broken(links) is None
    changed = msgspec.structs.replace(links[4], content=links[4].content.replace("50", "51"))
    assert first_broken([*links[:4], changed, *links[5:]]) == 5
    assert first_broken([*links[:4], *links[5:]]) == 5


TAMPERED = {
    "reason": 'UPDATE ledger_journal SET reason = \'{"rule": "other"}\' WHERE id = $1',
    "time": "UPDATE ledger_journal SET effective_at = effective_at + interval '1 us' WHERE id = $1",
    "entry": "UPDATE ledger_entries SET points = points + 1 WHERE journal_id = $1 AND line = 1",
    "one more entry": "INSERT INTO ledger_entries SELECT journal_id, 99, merchant_id, debit, credit, points,"
    " lot_journal_id, lot_line, expires_at FROM ledger_entries WHERE journal_id = $1 AND line = 1",
    "expiry of a lot": "UPDATE ledger_entries SET expires_at = '2099-01-01Z' WHERE journal_id = $1",
    "another key": "UPDATE ledger_journal SET key = key || '!' WHERE id = $1",
}


@pytest.mark.parametrize("statement", TAMPERED.values(), ids=TAMPERED.keys())
async def test_one_changed_row_is_found_and_named(
    database: Services, merchant: UUID, member: UUID, statement: str
) -> None:
    async with db.transaction(merchant):
        row = await db.fetchrow(
            "SELECT j.id FROM ledger_journal j"
            " JOIN ledger_accounts a ON a.id = j.account_id WHERE a.member_id = $1 AND j.key = 'c'",
            member,
        )
    assert row
    assert await _named_after(database, merchant, statement, row["id"]) == [row["id"]]


async def _named_after(
    database: Services, merchant: UUID, statement: str, journal_id: UUID, then: str = "SELECT"
) -> list[UUID]:
    """Postings that ledger_verify() names when somebody has changed one, past triggers and rights."""
    connection = await asyncpg.connect(database.database_admin_url)
    try:
        change = connection.transaction()
        await change.start()
        await connection.execute("SET LOCAL session_replication_role = replica")  # no trigger fires
        await connection.execute(statement, journal_id)
        await connection.execute(
            f"SELECT set_config('app.merchant', '{merchant}', true); SET LOCAL ROLE regulars_app"
        )
        await connection.execute(then)
        found = await connection.fetch("SELECT * FROM ledger_verify()")
        await change.rollback()
        return [each["journal_id"] for each in found]
    finally:
        await connection.close()


async def test_a_note_can_go_and_the_chain_still_finds_what_somebody_changed(
    database: Services, merchant: UUID, member: UUID
) -> None:
    noted = Earn(
        key="n", member=member, points=4, effective_at=day(8), reason={"rule": "api", "note": "Ada called"}
    )
    async with db.transaction(merchant):
        await post([noted], day(8))
        await post([earn("after", member, 2)], day(8))
        before = await reading.chain(member)
        account = await db.fetchval("SELECT account_id FROM ledger_journal WHERE key = 'n'")
        assert await reading.forget_notes([account]) == 1
        assert await reading.forget_notes([account]) == 0
        links = await reading.chain(member)
        row = await db.fetchrow("SELECT id, reason, fingerprint FROM ledger_journal WHERE key = 'n'")
        assert await reading.verify() == []
    assert row and db.from_json(row["reason"]) == {"rule": "api", "note": "—"} and row["fingerprint"] == b""
    assert [link.hash for link in links] == [link.hash for link in before], "nobody's later hash has changed"
    assert [link.seq for link in links if link.forgotten] == [10] and first_broken(links) is None
    changed = msgspec.structs.replace(links[9], content=links[9].content.replace("api", "other"))
    assert first_broken([*links[:9], changed, *links[10:]]) == 10
    assert await _named_after(database, merchant, TAMPERED["time"], row["id"]) == [row["id"]]
    assert await _named_after(database, merchant, TAMPERED["entry"], row["id"]) == [row["id"]]


async def test_a_posting_that_somebody_changed_does_not_become_right_by_losing_its_note(
    database: Services, merchant: UUID, member: UUID
) -> None:
    noted = Earn(
        key="n", member=member, points=4, effective_at=day(8), reason={"rule": "api", "note": "Ada called"}
    )
    async with db.transaction(merchant):
        await post([noted], day(8))
        journal_id = await db.fetchval("SELECT id FROM ledger_journal WHERE key = 'n'")
    forget = "WITH done AS (SELECT ledger_forget(array_agg(id)) FROM ledger_accounts) SELECT * FROM done"
    assert await _named_after(database, merchant, TAMPERED["time"], journal_id, forget) == [journal_id]
