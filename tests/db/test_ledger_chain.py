"""The hash chain finds the one row that somebody changed."""

from uuid import UUID

import asyncpg
import msgspec
import pytest

from core import db
from core.embedded import Services
from loyalty.ledger import Hold, Transfer, post, reading
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
            "SELECT j.id, j.account_id, j.seq FROM ledger_journal j"
            " JOIN ledger_accounts a ON a.id = j.account_id WHERE a.member_id = $1 AND j.key = 'c'",
            member,
        )
    assert row
    connection = await asyncpg.connect(database.database_admin_url)
    try:
        change = connection.transaction()
        await change.start()
        await connection.execute("SET LOCAL session_replication_role = replica")  # no trigger fires
        await connection.execute(statement, row["id"])
        await connection.execute(
            f"SELECT set_config('app.merchant', '{merchant}', true); SET LOCAL ROLE regulars_app"
        )
        found = await connection.fetch("SELECT * FROM ledger_verify()")
        assert [tuple(each) for each in found] == [(row["account_id"], row["seq"], row["id"])]
        await change.rollback()
    finally:
        await connection.close()
