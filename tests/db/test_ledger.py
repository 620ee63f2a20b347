"""The ledger, verb by verb, and what nobody can do to it."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import asyncpg
import msgspec
import pytest
from asyncpg.exceptions import PostgresError

from core import db
from core.embedded import Services
from core.errors import DomainError
from loyalty.figures import service as figures
from loyalty.figures.rules import Points
from loyalty.ledger import AnyCommand, Earn, post, post_found, reading
from loyalty.ledger.errors import (
    AlreadyReversed,
    ClawbackExceedsEarn,
    MemberUnknown,
    PointsInsufficient,
    PointsOutOfRange,
    PostingKeyReused,
    PostingRunning,
    PostingUnfitting,
    PostingUnknown,
    WalletUnknown,
)
from tests.conftest import new_merchant
from tests.factories.points import balance, clawback, earn, expire, lots, one, redeem, reverse, settle
from tests.factories.shop import START, day, new_member, new_members, programme

TABLES = ("ledger_accounts", "ledger_journal", "ledger_entries", "ledger_lots")


@pytest.fixture
async def member(merchant: UUID) -> UUID:
    """A member of the test's merchant."""
    async with db.transaction(merchant):
        await programme()
        return await new_member()


async def sound(merchant: UUID) -> None:
    """Nothing disagrees, and all points come from somewhere."""
    async with db.transaction(merchant):
        assert await reading.check() == []
        assert await reading.sum_of_all_sides() == 0


async def refused(merchant: UUID, error: type[DomainError], command: object, member: UUID) -> None:
    """The command is refused, and nothing has changed."""
    async with db.transaction(merchant):
        before = (await lots(member), await balance(member), await _journals())
    with pytest.raises(error):
        async with db.transaction(merchant):
            await one(command)  # type: ignore[arg-type]
    async with db.transaction(merchant):
        assert (await lots(member), await balance(member), await _journals()) == before


async def _journals() -> int:
    return int(await db.fetchval("SELECT count(*) FROM ledger_journal"))


# ---------------------------------------------------------------- verbs


async def test_pending_points_settle_in_parts(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        first = await one(earn("e", member, 100, pending=True))
        assert (first.seq, first.points, first.points_pending, first.points_active) == (1, 100, 100, 0)
        part = await one(settle("s1", member, "e", 30))
        assert (part.points, part.points_pending, part.points_active) == (30, 70, 30)
        rest = await one(settle("s2", member, "e"))
        assert (rest.seq, rest.points, rest.points_pending, rest.points_active) == (3, 70, 0, 100)
        nothing = await one(settle("s3", member, "e"))
        assert (nothing.seq, nothing.points, nothing.journal_id) == (3, 0, None)
    await sound(merchant)


async def test_what_expires_first_is_spent_first(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        await post(
            [
                earn("never", member, 10),
                earn("late", member, 10, expires_at=day(20)),
                earn("early", member, 10, expires_at=day(10)),
                earn("pending", member, 10, expires_at=day(5), pending=True),
            ],
            START,
        )
        await one(redeem("r", member, 15, day(1)))
        held = await lots(member)
    assert {key: lot[1] for key, lot in held.items()} == {"never": 10, "late": 5, "early": 0, "pending": 0}
    await sound(merchant)


async def test_expired_points_are_not_spent_though_no_job_ran(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        await one(earn("e", member, 100, expires_at=day(10)))
        await one(redeem("last second", member, 1, day(10) - (day(1) - day(0)) / 86_400))
    await refused(merchant, PointsInsufficient, redeem("r", member, 1, day(10)), member)


async def moved() -> Points:
    """What was earned, redeemed and expired in all."""
    return await figures.points_of(day(-300).date(), day(3000).date())


async def test_reverse_gives_the_same_lots_back_once(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        await one(earn("a", member, 10, expires_at=day(10)))
        await one(earn("b", member, 10, expires_at=day(20)))
        before = await lots(member)
        await one(redeem("r", member, 15, day(1)))
        back = await one(reverse("back", member, "r", day(2)))
        assert (back.points, back.points_active) == (15, 20)
        assert await lots(member) == before
    await refused(merchant, AlreadyReversed, reverse("again", member, "r", day(3)), member)
    await sound(merchant)


async def test_what_comes_back_to_an_expired_lot_expires_at_once(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        await one(earn("a", member, 10, expires_at=day(10)))
        await one(redeem("r", member, 10, day(1)))
        back = await one(reverse("back", member, "r", day(10)))
        assert (back.points, back.points_active) == (10, 0)
        assert ((await moved()).expired, (await moved()).redeemed) == (10, 0)
    await sound(merchant)


async def test_expire_takes_what_is_active_when_the_time_has_come(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        await one(earn("e", member, 100, expires_at=day(10)))
        await one(redeem("r", member, 40, day(1)))
        early = await one(expire("x1", member, "e", day(9)))
        assert (early.points, early.journal_id) == (0, None)
        gone = await one(expire("x2", member, "e", day(10)))
        assert (gone.points, gone.points_active) == (60, 0)
    await sound(merchant)


async def test_clawback_takes_the_lots_own_points_first(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        await one(earn("a", member, 100, pending=True, expires_at=day(99)))
        await one(settle("s", member, "a", 60))
        await one(earn("b", member, 100, expires_at=day(10)))
        taken = await one(clawback("c", member, "a", 70, at=day(1)))
        assert (taken.points, taken.points_pending, taken.points_active, taken.points_debt) == (70, 0, 130, 0)
        assert (await lots(member))["b"][1] == 100
    await refused(merchant, ClawbackExceedsEarn, clawback("c2", member, "a", 31), member)
    await sound(merchant)


@pytest.mark.parametrize(
    ("policy", "debt", "left"), [("debt", 50, 0), ("clamp", 0, 0)], ids=["owed", "written off"]
)
async def test_clawback_of_spent_points_by_policy(
    merchant: UUID, member: UUID, policy: str, debt: int, left: int
) -> None:
    async with db.transaction(merchant):
        await one(earn("a", member, 100))
        await one(earn("b", member, 20, expires_at=day(9)))
        await one(redeem("r", member, 90))
        taken = await one(clawback("c", member, "a", 80, policy))  # type: ignore[arg-type]
        assert (taken.points, taken.points_active, taken.points_debt) == (80, left, debt)
        # All 80 are dealt with for good, also when they were written off.
        assert (await lots(member))["a"][2] == 80
        again = await one(clawback("c", member, "a", 80, policy))  # type: ignore[arg-type]
        assert again.replayed and again.journal_id == taken.journal_id
    await sound(merchant)


async def test_forbidding_policy_refuses_what_is_spent(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        await one(earn("a", member, 100))
        await one(redeem("r", member, 90))
    await refused(merchant, PointsInsufficient, clawback("c", member, "a", 11, "forbid"), member)
    async with db.transaction(merchant):
        assert (await one(clawback("c", member, "a", 10, "forbid"))).points_active == 0


async def test_written_off_points_do_not_return_by_cancelling(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        await one(earn("a", member, 100))
        await one(redeem("r", member, 100))
        await one(clawback("c", member, "a", 60, "clamp"))
        back = await one(reverse("back", member, "r"))
        assert back.points_active == 40  # what was kept of the order, and nothing for what was refunded
    await sound(merchant)


@pytest.mark.parametrize("policy", ["debt", "clamp", "forbid"])
async def test_nobody_pays_for_points_that_expired_unspent(merchant: UUID, member: UUID, policy: str) -> None:
    async with db.transaction(merchant):
        await one(earn("a", member, 100, expires_at=day(10)))
        await one(earn("b", member, 500))
        await one(redeem("r", member, 30, day(1)))
        await one(expire("x", member, "a", day(10)))
        first = await one(clawback("c1", member, "a", 70, policy, day(11)))  # type: ignore[arg-type]
        assert (first.points, first.points_active, first.points_debt) == (70, 500, 0)
        second = await one(clawback("c2", member, "a", 30, policy, day(11)))  # type: ignore[arg-type]
        assert (second.points, second.points_active) == (30, 470)
        assert (await moved()).expired == 0  # taken back, not lost to time
    await sound(merchant)


async def test_every_credit_pays_debt_first(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        await one(earn("a", member, 100))
        await one(redeem("r", member, 100))
        assert (await one(clawback("c", member, "a", 100))).points_debt == 100
        assert (await one(earn("b", member, 30))).points_debt == 70
        await one(earn("p", member, 50, pending=True))
        assert await balance(member) == (50, 0, 70)
        assert (await one(settle("s", member, "p"))).points_debt == 20
        assert await balance(member) == (0, 0, 20)
        back = await one(reverse("back", member, "r"))
        assert (back.points, back.points_active, back.points_debt) == (100, 80, 0)
    await sound(merchant)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("points", [0, -1, 10**12 + 1, 2**63 - 1])
async def test_points_out_of_range(merchant: UUID, member: UUID, points: int) -> None:
    await refused(merchant, PointsOutOfRange, earn("e", member, points), member)
    await refused(merchant, PointsOutOfRange, redeem("r", member, points), member)


async def test_the_greatest_earn_can_be_repeated(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        await post([earn(f"e{i}", member, 10**12) for i in range(20)], START)
        assert await balance(member) == (0, 20 * 10**12, 0)
    await sound(merchant)


async def test_parents_must_be_known_and_fitting(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        other = await new_member()
        await post([earn("e", member, 10), earn("o", other, 10), redeem("r", member, 1)], START)
    await refused(merchant, PostingUnknown, settle("1", member, "nothing"), member)
    await refused(merchant, PostingUnknown, clawback("2", member, "o", 1), member)
    await refused(merchant, PostingUnfitting, reverse("3", member, "e"), member)
    await refused(merchant, PostingUnfitting, clawback("4", member, "r", 1), member)


async def test_unknown_wallet_and_member(merchant: UUID, member: UUID) -> None:
    await refused(merchant, WalletUnknown, earn("e", member, 1, wallet="gold"), member)
    await refused(merchant, MemberUnknown, earn("e", merchant, 1), member)


async def test_another_merchants_member_is_unknown(merchant: UUID, member: UUID) -> None:
    other = await new_merchant()
    async with db.transaction(other):
        await programme()
        await one(earn("mine", await new_member(), 5))
    with pytest.raises(MemberUnknown):
        async with db.transaction(other):
            await one(earn("e", member, 1))
    async with db.transaction(merchant):
        await one(earn("mine", member, 7))  # keys are each merchant's own
        assert await _journals() == 1
    async with db.transaction(other):
        assert await _journals() == 1


async def test_a_batch_is_posted_whole_or_not_at_all(merchant: UUID, member: UUID) -> None:
    with pytest.raises(PointsInsufficient):
        async with db.transaction(merchant):
            await post([earn("e", member, 10), redeem("r", member, 11)], START)
    async with db.transaction(merchant):
        assert await _journals() == 0
        assert await db.fetchval("SELECT count(*) FROM outbox") == 0
        postings = await post([earn("e", member, 10), redeem("r", member, 10), earn("e", member, 10)], START)
        assert [(p.seq, p.points_active, p.replayed) for p in postings] == [
            (1, 10, False),
            (2, 0, False),
            (1, 10, True),
        ]
        assert await db.fetchval("SELECT count(*) FROM outbox WHERE topic = 'points.posted'") == 1


# ---------------------------------------------------------------- keys


async def test_what_a_sweep_found_may_be_anothers_by_now(merchant: UUID, member: UUID) -> None:
    """Its account was merged, or that undone, since the sweep looked: it looks once more, and all goes on."""
    async with db.transaction(merchant):
        other = await new_member()
        await one(earn("p", member, 10, pending=True))
        found: list[list[AnyCommand]] = [
            [earn("x", other, 5), settle("s", other, "p")],  # as it was a moment ago
            [earn("x", other, 5), settle("s", member, "p")],
        ]

        async def find() -> Sequence[AnyCommand]:
            return found.pop(0)

        assert [each.points for each in await post_found(find, day(1))] == [5, 10]
        assert (await balance(member), await balance(other)) == ((0, 10, 0), (0, 5, 0))
        found = [
            [settle("s", other, "p"), earn("y", other, 1)],
            [earn("y", other, 1)],
        ]  # another sweep was first
        assert [each.points for each in await post_found(find, day(1))] == [1]
        found = [[settle("t", other, "p")]] * 2
        with pytest.raises(PostingUnknown):
            await post_found(find, day(1))


async def test_same_key_answers_the_first_result(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        first = await one(earn("e", member, 10))
        await one(earn("f", member, 5))
        again = await one(earn("e", member, 10), day(3))
    assert again.replayed and not first.replayed
    assert (again.journal_id, again.seq, again.points_active) == (first.journal_id, 1, 10)


@pytest.mark.parametrize("first", ["plain", "general", "set"])
async def test_each_way_of_earning_knows_the_keys_of_the_others(
    merchant: UUID, member: UUID, first: str
) -> None:
    said = earn("e", member, 10, pending=True, settles_at=day(3), expires_at=day(9), side="goodwill")

    async def plain() -> Sequence[db.Row]:
        return await db.fetch(
            "SELECT * FROM"
            " ledger_earn_plain($1, $2, 'points', 10, 'goodwill', true, $3, $4, $5, $6::jsonb, $5)",
            "e",
            member,
            day(3),
            day(9),
            START,
            db.to_json(said.reason),
        )

    async def general() -> Sequence[db.Row]:
        return await db.fetch("SELECT * FROM ledger_post($1::jsonb, $2)", db.to_json([said]), START)

    async def as_set() -> Sequence[db.Row]:
        return await db.fetch("SELECT * FROM ledger_earn($1::jsonb, $2)", db.to_json([said]), START)

    async with db.transaction(merchant):
        await one(earn("before", member, 1))
        made = (await {"plain": plain, "general": general, "set": as_set}[first]())[0]
        assert not made["replayed"] and (made["seq"], made["points_pending"], made["points_active"]) == (
            2,
            10,
            1,
        )
        assert (await plain())[0]["key"] is None  # known: left to the general way
        for again in (await general())[0], (await as_set())[0]:
            assert again["replayed"] and again["journal_id"] == made["journal_id"]
        assert await reading.verify() == []
    await sound(merchant)


async def test_the_plain_way_is_for_members_of_the_open_merchant(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        await one(earn("e", member, 10))
    async with db.transaction(await new_merchant()):
        await programme()
        row = await db.fetchrow(
            "SELECT * FROM"
            " ledger_earn_plain('f', $1, 'points', 5, 'issued', false, NULL, NULL, $2, '{}', $2)",
            member,
            START,
        )
        assert row is not None and row["key"] is None
    async with db.transaction(merchant):
        assert await balance(member) == (0, 10, 0)


@pytest.mark.parametrize(
    "change",
    ["points", "member", "wallet", "time", "verb", "side", "pending", "settles", "expires", "reason"],
)
async def test_same_key_with_other_content_is_refused(merchant: UUID, member: UUID, change: str) -> None:
    async with db.transaction(merchant):
        other = await new_member()
        await one(earn("e", member, 10))
    changed = {
        "points": earn("e", member, 11),
        "member": earn("e", other, 10),
        "wallet": earn("e", member, 10, wallet="qualifying"),
        "time": earn("e", member, 10, day(1)),
        "verb": redeem("e", member, 10),
        "side": earn("e", member, 10, side="goodwill"),
        "pending": earn("e", member, 10, pending=True),
        "settles": earn("e", member, 10, settles_at=day(1)),
        "expires": earn("e", member, 10, expires_at=day(1)),
        "reason": msgspec.structs.replace(earn("e", member, 10), reason={"rule": "other"}),
    }
    await refused(merchant, PostingKeyReused, changed[change], member)


async def together(count: int, work: Callable[[int], Awaitable[object]]) -> list[object]:
    """So many tasks at once, each with a transaction of its own; results or errors in their order."""
    return list(await asyncio.gather(*(work(i) for i in range(count)), return_exceptions=True))


async def test_same_key_from_eight_connections_is_one_posting(merchant: UUID, member: UUID) -> None:
    async def send(_: int) -> bool:
        async with db.transaction(merchant):
            return (await one(earn("e", member, 10))).replayed

    assert sorted(await together(8, send)) == [False] + [True] * 7  # type: ignore[type-var]
    async with db.transaction(merchant):
        assert await balance(member) == (0, 10, 0)
    await sound(merchant)


async def test_same_key_for_two_members_at_once_is_posted_for_one(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        people = [member, *await new_members(7)]

    async def send(i: int) -> object:
        async with db.transaction(merchant):
            return await one(earn("e", people[i], 10))

    results = await together(8, send)
    assert sum(isinstance(r, PostingKeyReused | PostingRunning) for r in results) == 7
    async with db.transaction(merchant):
        assert await _journals() == 1


# ---------------------------------------------------------------- concurrency


async def test_concurrent_redemptions_never_overspend(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        await post([earn(f"e{i}", member, 30, expires_at=day(9 + i % 2)) for i in range(4)], START)

    async def spend(i: int) -> object:
        async with db.transaction(merchant):
            return await one(redeem(f"r{i}", member, 25))

    results = await together(16, spend)
    assert sum(isinstance(r, PointsInsufficient) for r in results) == 12
    assert sum(not isinstance(r, BaseException) for r in results) == 4
    async with db.transaction(merchant):
        assert await balance(member) == (0, 20, 0)
        seqs = await db.fetch("SELECT seq FROM ledger_journal ORDER BY seq")
        assert [row["seq"] for row in seqs] == list(range(1, 9))  # refusals leave no gap
    await sound(merchant)


async def test_batches_in_opposite_order_do_not_deadlock(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        people = [member, *await new_members(9)]

    async def send(i: int) -> None:
        order = random.Random(i).sample(people, len(people)) if i > 1 else people[:: 1 if i else -1]
        async with db.transaction(merchant):
            await post([earn(f"{i}:{n}", each, 1) for n, each in enumerate(order)], START)

    for start in (0, 8):
        assert await together(8, lambda i, start=start: send(start + i)) == [None] * 8  # type: ignore[misc]
    async with db.transaction(merchant):
        assert {await balance(each) for each in people} == {(0, 16, 0)}
    await sound(merchant)


# ---------------------------------------------------------------- nobody else writes


async def _posted(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        await post([earn("e", member, 10), redeem("r", member, 4)], START)


def _sqlstate(error: PostgresError) -> str:
    return str(error.as_dict()["sqlstate"])


WRITES = (
    "INSERT INTO {0} SELECT * FROM {0}",
    "UPDATE {0} SET merchant_id = merchant_id",
    "DELETE FROM {0}",
    "TRUNCATE {0} CASCADE",
)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", WRITES)
async def test_the_application_cannot_write_the_ledger(
    merchant: UUID, member: UUID, table: str, statement: str
) -> None:
    await _posted(merchant, member)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with db.transaction(merchant):
            await db.execute(statement.format(table))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", WRITES)
async def test_the_owner_cannot_write_the_ledger(
    database: Services, merchant: UUID, member: UUID, table: str, statement: str
) -> None:
    await _posted(merchant, member)
    connection = await asyncpg.connect(database.database_admin_url)
    try:
        await connection.execute("SET ROLE regulars_owner")
        before = await connection.fetch(
            f"SELECT * FROM {table} WHERE merchant_id = $1 ORDER BY 1, 2", merchant
        )
        assert before
        # Foreign keys need to lock rows, a right that comes with UPDATE of one column.
        may_touch = statement.startswith("UPDATE") and table in ("ledger_accounts", "ledger_lots")
        append_only = statement.startswith("UPDATE") and table in ("ledger_journal", "ledger_entries")
        expected = "RG009" if append_only else "42501"
        sql = statement.format(table)
        if may_touch:
            sql = sql.replace("merchant_id = merchant_id", "points_active = 1")
        with pytest.raises(PostgresError) as refusal:
            await connection.execute(sql)
        assert _sqlstate(refusal.value) == expected
        assert (
            await connection.fetch(f"SELECT * FROM {table} WHERE merchant_id = $1 ORDER BY 1, 2", merchant)
            == before
        )
    finally:
        await connection.close()


async def test_the_application_may_call_the_writer_only(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        rows = await db.fetch(
            "SELECT proname FROM pg_proc WHERE proname LIKE 'ledger%'"
            " AND pronamespace = 'public'::regnamespace"
            " AND has_function_privilege(oid, 'EXECUTE')"
        )
    checks = {"balances", "lots", "holds", "dues", "budgets"}
    assert {row["proname"] for row in rows} == {
        "ledger_post",
        "ledger_earn",
        "ledger_earn_plain",
        "ledger_expire",
        "ledger_verify",
        "ledger_content",
        "ledger_entry_text",
        "ledger_time_text",
        "ledger_budget",
        "ledger_schedule",
        "ledger_restore",
        "ledger_expire_idle",
        "ledger_open",
        "ledger_forget",
        "ledger_check",
        *(f"ledger_check_{each}" for each in checks),
    }


async def test_the_writer_acts_for_the_open_merchant_alone(member: UUID) -> None:
    with pytest.raises(PostgresError) as refusal:
        async with db.transaction(None):
            await db.fetch(
                "SELECT * FROM ledger_post($1::jsonb, $2)", db.to_json([earn("e", member, 1)]), START
            )
    assert _sqlstate(refusal.value) == "RG000"


async def test_append_only_holds_for_superusers(database: Services, merchant: UUID, member: UUID) -> None:
    await _posted(merchant, member)
    connection = await asyncpg.connect(database.database_admin_url)
    try:
        for table in ("ledger_journal", "ledger_entries"):
            for statement in WRITES[1:]:
                with pytest.raises(PostgresError) as refusal:
                    await connection.execute(statement.format(table))
                assert _sqlstate(refusal.value) == "RG009", (table, statement)
    finally:
        await connection.close()


# Each would make the books wrong, and is refused even to a superuser. $1 is the merchant.
_COPY = (
    "INSERT INTO ledger_journal SELECT uuidv7(), merchant_id, account_id, {seq}, {key}, fingerprint, verb,"
    " parent_id, points, reason, effective_at, recorded_at, pending_after, active_after, held_after,"
    " debt_after, hash FROM ledger_journal WHERE merchant_id = $1"
)
_ENTRY = (
    "INSERT INTO ledger_entries SELECT id, 9, $1, {entry}, {lot} FROM ledger_journal"
    " WHERE merchant_id = $1 AND seq = 1"
)
BROKEN = {
    "entry to itself": _ENTRY.format(entry="'active', 'active', 1", lot="id, 1"),
    "entry between programme sides": _ENTRY.format(entry="'issued', 'redeemed', 1", lot="id, 1"),
    "entry of nothing": _ENTRY.format(entry="'issued', 'active', 0", lot="id, 1"),
    "entry with one side": _ENTRY.format(entry="'issued', NULL, 1", lot="id, 1"),
    "overspent account": "UPDATE ledger_accounts SET points_active = -1 WHERE merchant_id = $1",
    "debt beside points": "UPDATE ledger_accounts SET points_debt = 1 WHERE merchant_id = $1",
    "overspent lot": "UPDATE ledger_lots SET points_active = -1 WHERE merchant_id = $1",
    "lot that grew": "UPDATE ledger_lots SET points_active = points + 1 WHERE merchant_id = $1",
    "clawback beyond it": "UPDATE ledger_lots SET points_clawed_back = points + 1 WHERE merchant_id = $1",
    "number given twice": _COPY.format(seq="seq", key="key || '2'"),
    "key given twice": _COPY.format(seq="seq + 10", key="key"),
    "entry of no lot": _ENTRY.format(entry="'active', 'redeemed', 1", lot="NULL, NULL"),
    "entry of half a lot": _ENTRY.format(entry="'active', 'debt', 1", lot="id, NULL"),
    "hash of another length": "INSERT INTO ledger_journal SELECT uuidv7(), merchant_id, account_id, seq + 9,"
    " key || '2', fingerprint, verb, parent_id, points, reason, effective_at, recorded_at, pending_after,"
    " active_after, held_after, debt_after, '\\x00' FROM ledger_journal WHERE merchant_id = $1",
}


@pytest.mark.parametrize("statement", BROKEN.values(), ids=BROKEN.keys())
async def test_wrong_books_break_a_constraint(
    database: Services, merchant: UUID, member: UUID, statement: str
) -> None:
    await _posted(merchant, member)
    connection = await asyncpg.connect(database.database_admin_url)
    try:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await connection.execute(statement, merchant)
    finally:
        await connection.close()


# What constraints on one row cannot see, the check finds. $1 is the merchant.
FORGED = {
    "balance differs from entries": "UPDATE ledger_accounts SET points_active = 7 WHERE merchant_id = $1",
    "balance differs from lots": "UPDATE ledger_lots SET points_active = 5 WHERE merchant_id = $1",
    "lot differs from what was taken of it": "UPDATE ledger_lots SET points_active = 5"
    " WHERE merchant_id = $1",
    "postings are missing": "UPDATE ledger_accounts SET seq = 3 WHERE merchant_id = $1",
    "balance after a posting differs": _ENTRY.format(entry="'issued', 'active', 1", lot="id, 1"),
    "entry without its posting": "INSERT INTO ledger_entries"
    " SELECT uuidv7(), 1, $1, 'active', 'redeemed', 1, journal_id, line FROM ledger_lots"
    " WHERE merchant_id = $1",
    "lot without its earn": "UPDATE ledger_lots SET root_id = uuidv7() WHERE merchant_id = $1",
    "taken back differs from its postings": "UPDATE ledger_lots SET points_clawed_back = 1"
    " WHERE merchant_id = $1",
    "posting without its account or parent": _COPY.format(seq="seq + 10", key="key || '2'").replace(
        "parent_id", "uuidv7()"
    ),
}


@pytest.mark.parametrize("fault", FORGED)
async def test_the_check_finds_what_was_forged(
    database: Services, merchant: UUID, member: UUID, fault: str
) -> None:
    await _posted(merchant, member)
    connection = await asyncpg.connect(database.database_admin_url)
    try:
        change = connection.transaction()
        await change.start()
        await connection.execute(FORGED[fault], merchant)
        await connection.execute(
            f"SELECT set_config('app.merchant', '{merchant}', true); SET LOCAL ROLE regulars_app"
        )
        assert fault in {row["fault"] for row in await connection.fetch("SELECT fault FROM ledger_check()")}
        await change.rollback()
    finally:
        await connection.close()


async def test_statement_and_explanation_add_up(merchant: UUID, member: UUID) -> None:
    async with db.transaction(merchant):
        await post(
            [
                earn("a", member, 60, expires_at=day(5)),
                Earn(key="b", member=member, points=50, effective_at=START, reason={"rule": "b"}),
            ],
            START,
        )
        spent = await one(redeem("r", member, 70, day(1)))
        lines = await reading.statement(member)
        assert [(line.seq, line.points_change, line.points_active) for line in lines] == [
            (3, -70, 40),
            (2, 50, 110),
            (1, 60, 60),
        ]
        assert spent.journal_id
        uses = (await reading.explain(member, spent.journal_id)).lots
        assert [(use.points, use.reason["rule"]) for use in uses] == [(60, "test"), (10, "b")]


@pytest.mark.parametrize(
    "change",
    [
        {"parent": None},
        {"verb": "settle", "parent": None},
        {"verb": "expire", "parent": None},
        {"verb": "reverse", "parent": None},
        {"policy": "forgive"},
        {"points": None},
        {"verb": "earn", "parent": None, "side": "expired"},
        {"verb": "redeem", "parent": None, "side": "issued"},
        {"verb": "conjure"},
    ],
)
async def test_a_command_that_only_raw_sql_can_say_is_refused(
    merchant: UUID, member: UUID, change: dict[str, object]
) -> None:
    async with db.transaction(merchant):
        await one(earn("e", member, 100))
        before = (await lots(member), await balance(member))
    said = {
        "verb": "clawback",
        "key": "x",
        "member": str(member),
        "wallet": "points",
        "points": 5,
        "reason": {},
    }
    said |= {"effective_at": START.isoformat(), "policy": "debt", "parent": "e"} | change
    with pytest.raises(PostgresError, match="command_invalid"):
        async with db.transaction(merchant):
            await db.fetch("SELECT * FROM ledger_post($1::jsonb, $2)", db.to_json([said]), START)
    async with db.transaction(merchant):
        assert (await lots(member), await balance(member)) == before
    await sound(merchant)


@pytest.mark.parametrize("expiry", ["infinity", "0001-01-01 BC", "9999-01-01"])
async def test_a_lot_has_an_expiry_that_clocks_can_read(merchant: UUID, member: UUID, expiry: str) -> None:
    said = {"verb": "earn", "key": "x", "member": str(member), "wallet": "points", "points": 5, "reason": {}}
    said |= {"effective_at": START.isoformat(), "side": "issued", "expires_at": expiry}
    with pytest.raises(PostgresError, match="expires_at"):
        async with db.transaction(merchant):
            await db.fetch("SELECT * FROM ledger_post($1::jsonb, $2)", db.to_json([said]), START)
    async with db.transaction(merchant):
        assert await lots(member) == {}
