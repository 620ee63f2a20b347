"""Events in any order, any number of times, from anywhere: the same shop in the end."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import db
from loyalty.intake.events import Event, Result
from loyalty.intake.service import ingest
from loyalty.ledger import reading
from tests.conftest import new_merchant
from tests.factories.events import delivered, event, joined, paid, refunded
from tests.factories.points import balance, lots, one, redeem
from tests.factories.shop import START, day, programme, store

NOW = day(40)


@pytest.fixture
async def shop(merchant: UUID) -> UUID:
    """A merchant with a programme and a store."""
    await _open(merchant)
    return merchant


async def _open(merchant: UUID, **terms: Any) -> None:
    async with db.transaction(merchant):
        await programme(**terms)
        await store()


async def send(merchant: UUID, *events: Event, now: datetime = NOW) -> list[str]:
    """One call; answers what became of each event: its status, or the code of its rejection."""
    async with db.transaction(merchant):
        return [_word(result) for result in await ingest(events, now)]


def _word(result: Result) -> str:
    return result.code or result.status


async def member_of(customer: str) -> UUID | None:
    """The member who is this customer, in the open transaction."""
    found = await db.fetchval(
        "SELECT m.id FROM members m JOIN customers c ON c.id = m.customer_id WHERE c.external_id = $1",
        customer,
    )
    return UUID(str(found)) if found else None


async def state(merchant: UUID, customer: str = "anna") -> dict[str, Any]:
    """All that events lead to, without ids and times of arrival."""
    async with db.transaction(merchant):
        member = await member_of(customer)
        orders = await db.fetch(
            "SELECT o.external_id, c.external_id AS customer, s.external_id AS store, o.currency,"
            " o.amount_minor, o.refunded_minor, o.paid_at, o.delivered_at, o.cancelled_at,"
            " (SELECT count(*) FROM order_lines l WHERE l.order_id = o.id) AS lines,"
            " (SELECT count(*) FROM order_refunds r WHERE r.order_id = o.id) AS refunds"
            " FROM orders o LEFT JOIN customers c ON c.id = o.customer_id"
            " LEFT JOIN stores s ON s.id = o.store_id ORDER BY 1"
        )
        wallets = ("points", "qualifying") if member else ()
        assert await reading.check() == []
        assert await reading.sum_of_all_sides() == 0
        return {
            "orders": [dict(row) for row in orders],
            "balances": {wallet: await balance(member, wallet) for wallet in wallets if member},
            "lots": {wallet: sorted((await lots(member, wallet)).values()) for wallet in wallets if member},
            "joined_at": await db.fetchval("SELECT joined_at FROM members WHERE id = $1", member),
            "events": await db.fetchval("SELECT count(*) FROM events"),
        }


# ---------------------------------------------------------------- order does not matter

FACTS = (
    joined("anna", day(1), "joined"),
    event(
        "customer.updated",
        day(6),
        "again",
        customer_id="anna",
        accepts_terms=True,
        terms_version="1",
        name="Anna",
    ),
    paid("o1", "anna", 9_999, day(2), "paid"),
    delivered("o1", day(5), "delivered"),
    refunded("o1", "r1", 1_234, day(6), "refund 1"),
    refunded("o1", "r2", 4_321, day(3), "refund 2"),
)


@st.composite
def arrivals(draw: st.DrawFn) -> list[list[Event]]:
    """The facts in any order, each once to three times, split over calls anywhere."""
    repeated = [fact for fact in FACTS for _ in range(draw(st.integers(1, 3)))]
    order = draw(st.permutations(repeated))
    calls: list[list[Event]] = [[]]
    for fact in order:
        if draw(st.booleans()):
            calls.append([])
        calls[-1].append(fact)
    return calls


@settings(
    deadline=None, max_examples=80, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(calls=arrivals())
async def test_any_order_and_repetition_ends_the_same(database: object, calls: list[list[Event]]) -> None:
    merchant = await new_merchant()
    await _open(merchant)
    for call in calls:
        words = await send(merchant, *call)
        assert set(words) <= {"applied", "duplicate"}
    final = await state(merchant)
    # 99.99 paid, 55.55 returned, 44.44 kept: 44 points, all settled.
    assert final["balances"] == {"points": (0, 44, 0), "qualifying": (0, 44, 0)}
    assert final["lots"]["points"] == [(0, 44, 55, day(2 + 730))]
    assert final["joined_at"] == day(1)
    assert final["events"] == len(FACTS)
    assert final["orders"] == [
        {
            "external_id": "o1",
            "customer": "anna",
            "store": "s1",
            "currency": "USD",
            "amount_minor": 9_999,
            "refunded_minor": 5_555,
            "paid_at": day(2),
            "delivered_at": day(5),
            "cancelled_at": None,
            "lines": 1,
            "refunds": 2,
        }
    ]


@pytest.mark.parametrize("policy", ["clamp", "debt"])
async def test_a_refund_of_spent_points_is_counted_once(merchant: UUID, policy: str) -> None:
    await _open(merchant, debt_policy=policy)
    await send(merchant, joined("anna", day(1)), paid("o1", "anna", 10_000, day(2)), delivered("o1", day(3)))
    async with db.transaction(merchant):
        member = await member_of("anna")
        assert member
        await one(redeem("r", member, 80, day(4)))
    await send(merchant, refunded("o1", "r1", 5_000, day(5)))
    await send(merchant, paid("o2", "anna", 10_000, day(6)), delivered("o2", day(7)))
    # 50 of the first order's points were kept and 80 spent.
    assert (await state(merchant))["balances"]["points"] == (0, 70 if policy == "debt" else 100, 0)
    await send(merchant, refunded("o1", "r2", 5_000, day(8)))
    assert (await state(merchant))["balances"]["points"] == (0, 20 if policy == "debt" else 50, 0)


async def test_refund_and_delivery_before_the_payment(shop: UUID) -> None:
    assert await send(shop, refunded("o1", "r1", 4_000, day(5)), delivered("o1", day(4))) == ["applied"] * 2
    await send(shop, joined("anna", day(1)))
    assert (await state(shop))["balances"]["points"] == (0, 0, 0)
    await send(shop, paid("o1", "anna", 10_000, day(2)))
    assert (await state(shop))["balances"]["points"] == (0, 60, 0)


# ---------------------------------------------------------------- refusals


async def unchanged(merchant: UUID, code: str, *events: Event) -> None:
    """The last event is rejected with this code and leaves nothing; another one beside it counts."""
    before, traces = await state(merchant), await _traces(merchant)
    words = await send(merchant, *events)
    assert words[-1] == code
    assert (await state(merchant), await _traces(merchant)) == (before, traces)
    assert await send(merchant, event("custom.noted", day(9)), events[-1]) == ["recorded", code]
    assert (await state(merchant))["events"] == before["events"] + 1


async def _traces(merchant: UUID) -> list[int]:
    async with db.transaction(merchant):
        return [
            int(await db.fetchval(f"SELECT count(*) FROM {table}"))
            for table in ("customers", "members", "orders", "order_refunds", "ledger_journal", "outbox")
        ]


async def test_refund_larger_than_the_order(shop: UUID) -> None:
    await send(
        shop, joined("anna", day(1)), paid("o1", "anna", 10_000, day(2)), refunded("o1", "r1", 9_000, day(3))
    )
    await unchanged(shop, "refund_exceeds_order", refunded("o1", "r2", 1_001, day(4), "too much"))
    assert await send(shop, refunded("o1", "r2", 1_000, day(4))) == ["applied"]


async def test_same_id_with_other_content(shop: UUID) -> None:
    await send(shop, joined("anna", day(1)), paid("o1", "anna", 10_000, day(2), "p"))
    await unchanged(shop, "event_id_reused", paid("o1", "anna", 10_001, day(2), "p"))
    assert await send(shop, paid("o1", "anna", 10_000, day(2), "p")) == ["duplicate"]


async def test_same_id_twice_in_one_call(shop: UUID) -> None:
    words = await send(
        shop,
        paid("o1", "anna", 10_000, day(2), "p"),
        paid("o1", "anna", 10_000, day(2), "p"),
        paid("o1", "anna", 99, day(2), "p"),
    )
    assert words == ["applied", "duplicate", "event_id_reused"]


async def test_what_was_rejected_is_no_duplicate_the_second_time(shop: UUID) -> None:
    """Else the shop would take it for applied."""
    nowhere = paid("o1", "anna", 10_000, day(2), "p", store="nowhere")
    assert await send(shop, nowhere, nowhere) == ["store_unknown", "store_unknown"]


@pytest.mark.parametrize(
    ("code", "bad"),
    [
        ("store_unknown", paid("o9", "nobody", 100, day(2), store="elsewhere")),
        ("event_data_invalid", paid("o9", "nobody", -1, day(2))),
        ("event_data_invalid", paid("o9", "nobody", 100, day(2), currency="usd")),
        ("event_data_invalid", event("order.delivered", day(2), order_id="o9", colour="red")),
        ("event_data_invalid", event("order.delivered", day(2))),
        ("event_data_invalid", event("custom.noted", day(2), text="a\x00b")),
        ("event_data_invalid", paid("o9", "no\x00body", 100, day(2))),
        ("event_data_invalid", paid("o9", "nobody", 100, datetime.max.replace(tzinfo=START.tzinfo))),
        ("event_data_invalid", paid("o9", "nobody", 100, datetime.min.replace(tzinfo=START.tzinfo))),
        ("event_type_unknown", event("order.invented", day(2), order_id="o9")),
    ],
)
async def test_what_cannot_be_is_rejected_without_a_trace(shop: UUID, code: str, bad: Event) -> None:
    await send(shop, joined("anna", day(1)))
    await unchanged(shop, code, bad)


async def test_a_text_that_spells_the_null_character_is_fine(shop: UUID) -> None:
    assert await send(shop, event("custom.noted", day(2), text=r"\u0000")) == ["recorded"]


async def test_other_types_are_recorded_once(shop: UUID) -> None:
    noted = event("custom.loyalty_card_shown", day(1), "n", anything={"goes": [1, 2]})
    placed = event("order.placed", day(1), "x", order_id="o1")
    assert await send(shop, noted, placed) == ["recorded", "recorded"]
    assert await send(shop, noted, placed) == ["duplicate", "duplicate"]
    assert (await state(shop))["orders"] == []


async def test_an_order_paid_otherwise_is_rejected(shop: UUID) -> None:
    await send(shop, joined("anna", day(1)), paid("o1", "anna", 10_000, day(2)))
    await unchanged(shop, "order_paid_differs", paid("o1", "anna", 10_001, day(2)))


# ---------------------------------------------------------------- who is a member


async def test_somebody_unknown_becomes_a_customer_and_claims_later_once(shop: UUID) -> None:
    old, new = paid("old", "ben", 5_000, day(1)), paid("new", "ben", 7_000, day(10))
    assert await send(shop, old, new, delivered("new", day(12))) == ["applied"] * 3
    assert (await state(shop, "ben"))["balances"] == {}  # a customer, and no member
    async with db.transaction(shop):
        assert await db.fetchval("SELECT count(*) FROM customers WHERE external_id = 'ben'") == 1
    # Guest orders of the last 30 days count: the one of day 10, to the second.
    await send(shop, joined("ben", day(40)))
    assert (await state(shop, "ben"))["balances"]["points"] == (0, 70, 0)
    await send(shop, event("customer.updated", day(41), customer_id="ben", accepts_terms=True), new, old)
    assert (await state(shop, "ben"))["balances"]["points"] == (0, 70, 0)


@pytest.mark.parametrize(("days", "points"), [(0, 0), (9, 0), (10, 100)])
async def test_how_far_back_is_claimed(merchant: UUID, days: int, points: int) -> None:
    await _open(merchant, guest_claim_days=days)
    await send(merchant, paid("o", "ben", 10_000, day(10)))
    await send(merchant, joined("ben", day(20)))
    assert (await state(merchant, "ben"))["balances"]["points"] == (points, 0, 0)


async def test_a_deleted_customer_earns_nothing_more(shop: UUID) -> None:
    await send(shop, joined("anna", day(1)), paid("o1", "anna", 10_000, day(2)), delivered("o1", day(3)))
    before = await state(shop)
    await send(shop, event("customer.deleted", day(10), customer_id="anna"))
    await send(shop, paid("o2", "anna", 10_000, day(10)), paid("o3", "anna", 100, day(9)))
    after = await state(shop)
    assert before["balances"]["points"] == (0, 100, 0)
    assert after["balances"]["points"] == (1, 100, 0)  # what was bought before counts
    async with db.transaction(shop):
        assert await db.fetchval("SELECT count(*) FROM customer_profiles") == 0


@pytest.mark.parametrize("at_once", [True, False], ids=["one call", "two calls"])
async def test_joining_heard_of_after_the_deletion_makes_no_member(shop: UUID, at_once: bool) -> None:
    gone, came = event("customer.deleted", day(10), customer_id="anna"), joined("anna", day(1))
    if at_once:
        await send(shop, gone, came)
    else:
        await send(shop, gone)
        await send(shop, came)
    await send(shop, paid("o", "anna", 10_000, day(11)))
    assert (await state(shop))["balances"]["points"] == (0, 0, 0)


# ---------------------------------------------------------------- at once


async def test_the_same_batch_from_several_connections_counts_once(shop: UUID) -> None:
    batch: Sequence[Event] = (
        *FACTS,
        *(paid(f"x{i}", f"c{i % 3}", 1_000, day(3), f"x{i}") for i in range(9)),
        *(joined(f"c{i}", day(1), f"j{i}") for i in range(3)),
    )
    words = await asyncio.gather(*(send(shop, *batch[i:], *batch[:i]) for i in range(6)))
    counted = sorted(word for call in words for word in call)
    assert counted == ["applied"] * len(batch) + ["duplicate"] * (5 * len(batch))
    assert (await state(shop))["balances"]["points"] == (0, 44, 0)
    for i in range(3):
        assert (await state(shop, f"c{i}"))["balances"]["points"] == (30, 0, 0)


@pytest.mark.parametrize("first", ["joining", "buying"])
async def test_joining_and_buying_at_the_same_moment_see_each_other(shop: UUID, first: str) -> None:
    await send(shop, event("customer.created", day(1), customer_id="anna"))
    calls = {"joining": joined("anna", day(2)), "buying": paid("o1", "anna", 1_000, day(3))}
    taken_in = asyncio.Event()

    async def slow(call: Event) -> None:
        async with db.transaction(shop):
            await ingest([call], NOW)
            taken_in.set()
            await asyncio.sleep(0.3)  # the other call runs now, and cannot see this one yet

    async def quick(call: Event) -> None:
        await taken_in.wait()
        await send(shop, call)

    second = "buying" if first == "joining" else "joining"
    await asyncio.gather(slow(calls[first]), quick(calls[second]))
    assert (await state(shop))["balances"]["points"] == (10, 0, 0)


# ---------------------------------------------------------------- what the ledger or the programme refuses


async def test_a_refund_that_the_ledger_forbids_is_rejected_alone(merchant: UUID) -> None:
    await _open(merchant, debt_policy="forbid")
    await send(merchant, joined("anna", day(1)), paid("o1", "anna", 10_000, day(2)), delivered("o1", day(3)))
    async with db.transaction(merchant):
        member = await member_of("anna")
        assert member
        await one(redeem("r", member, 80, day(4)))
    await unchanged(merchant, "points_insufficient", refunded("o1", "r1", 5_000, day(5), "spent"))
    others = [paid(f"x{i}", f"c{i}", 1_000, day(6)) for i in range(7)]
    mixed = [*others[:4], refunded("o1", "r1", 5_000, day(5), "spent"), *others[4:]]
    assert await send(merchant, *mixed) == ["applied"] * 4 + ["points_insufficient"] + ["applied"] * 3
    assert (await state(merchant))["orders"][0]["refunded_minor"] == 0
    # Less than what is left can go, and the refused event counts once there are points enough.
    assert (
        await send(merchant, paid("o2", "anna", 10_000, day(6)), delivered("o2", day(7))) == ["applied"] * 2
    )
    assert await send(merchant, refunded("o1", "r1", 5_000, day(5), "spent")) == ["applied"]
    assert (await state(merchant))["balances"]["points"] == (0, 70, 0)


async def test_more_points_than_the_ledger_takes_reject_that_order_alone(shop: UUID) -> None:
    await send(shop, joined("anna", day(1)))
    await unchanged(shop, "points_out_of_range", paid("big", "anna", 10**13, day(2), "big", currency="JPY"))
    words = await send(
        shop,
        paid("o1", "anna", 1_000, day(2)),
        paid("big", "anna", 10**13, day(2), currency="JPY"),
        paid("o2", "anna", 1_000, day(2)),
    )
    assert words == ["applied", "points_out_of_range", "applied"]
    assert (await state(shop))["balances"]["points"] == (20, 0, 0)


async def test_joining_where_there_is_no_programme_is_rejected_alone(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await store()
    words = await send(merchant, paid("o1", "anna", 1_000, day(2)), joined("anna", day(1)))
    assert words == ["applied", "programme_missing"]


async def test_a_currency_without_a_rate_is_kept_and_told(shop: UUID) -> None:
    order = paid("o1", "anna", 1_000, day(2), "p", currency="CHF")
    assert await send(shop, joined("anna", day(1)), order) == ["applied", "currency_without_rate"]
    assert await send(shop, order) == ["duplicate"]
    final = await state(shop)
    assert final["balances"]["points"] == (0, 0, 0)
    assert [each["currency"] for each in final["orders"]] == ["CHF"]
    async with db.transaction(shop):
        [result] = await ingest([paid("o2", "anna", 1_000, day(2), currency="CHF")], NOW)
    assert (result.status, result.code) == ("applied", "currency_without_rate")


async def test_what_lies_ahead_has_not_happened(merchant: UUID) -> None:
    """A clock that is a little fast does no harm; points dated ahead would live that much longer."""
    await _open(merchant)
    async with db.transaction(merchant):
        before = await db.fetchval("SELECT count(*) FROM events")
        for ahead, status in ((timedelta(days=1), "applied"), (timedelta(days=1, seconds=1), "rejected")):
            event = Event(
                id=str(ahead), source="shop", type="customer.created", time=day(5) + ahead,
                data={"customer_id": "far"},
            )  # fmt: skip
            [result] = await ingest([event], day(5))
            assert result.status == status
        assert result.code == "event_data_invalid"
        assert await db.fetchval("SELECT count(*) FROM events") == before + 1
