"""Care before trouble: who still waits for an order hears from us first, once, and has a case."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, get_args
from uuid import UUID

from core import db
from core.ids import new_id
from core.people import customers
from reviews.cases.care import service, tasks
from reviews.cases.care.service import Reason
from reviews.cases.contact import settings as contacts
from reviews.cases.contact.settings import Contact
from tests.fixtures.reviews import shop
from tests.fixtures.reviews.shop import DAY, NOW, customer, employee, order, rows, value

ANA = "ana@mail.test"
ALL = Contact(late_after_days=1, silent_after_days=5, stock_gone=True)
CASES = "SELECT cause FROM cases ORDER BY number"


async def switch_on(merchant: UUID, wanted: Contact = ALL, at: datetime = NOW - 30 * DAY) -> UUID:
    boss = await employee(merchant, "owner")
    async with db.transaction(merchant):
        await contacts.change(wanted, boss, at)
    return boss


async def happen(merchant: UUID, *told: tuple[str, datetime, dict[str, Any]], at: datetime = NOW) -> None:
    """Events of the shop, received at some moment."""
    async with db.transaction(merchant):
        for kind, occurred_at, data in told:
            await db.execute(
                "INSERT INTO events (merchant_id, source, event_id, type, occurred_at, received_at, data,"
                " fingerprint) VALUES ($1, 'shop', $2, $3, $4, $5, $6, 'x')",
                merchant, str(new_id()), kind, occurred_at, at, db.to_json(data),
            )  # fmt: skip


def parcel(order_id: str, **more: Any) -> dict[str, Any]:
    return {"order_id": order_id, "tracking": f"T-{order_id}", "carrier": "SlowPost"} | more


async def look(merchant: UUID, at: datetime = NOW) -> dict[Reason, int]:
    """One pass for this merchant alone, and what is told after it."""
    found: dict[Reason, int] = {}
    async with db.transaction(merchant):
        await service.read(at)
    for reason in get_args(Reason):
        async with db.transaction(merchant):
            if count := await service.sweep(reason, at):
                found[reason] = count
    async with db.transaction(merchant):
        told = await db.fetch("SELECT payload FROM outbox WHERE topic = $1 ORDER BY id", service.TELL)
        for row in told:
            await tasks.tell(db.from_json(row["payload"]), at)
    return found


async def mails(merchant: UUID) -> Sequence[tuple[Any, ...]]:
    return [(sent.kind, sent.subject, sent.body) for sent in await shop.mails(merchant)]


async def test_a_promise_that_passed(merchant: UUID) -> None:
    ana = await customer(merchant, email=ANA)
    await order(merchant, ana, "o1", "lamp", NOW - 9 * DAY)
    await switch_on(merchant)
    promised = {"promised_at": (NOW - 2 * DAY).isoformat()}
    await happen(merchant, ("shipment.created", NOW - 3 * DAY, parcel("o1", **promised)))
    assert await look(merchant, NOW - 1.5 * DAY) == {}, "not a day late yet"
    assert await look(merchant) == {"late_promise": 1}
    assert await look(merchant) == {} and await look(merchant, NOW + DAY) == {}
    assert await rows(merchant, CASES) == [("late_promise",)]
    [(kind, subject, body)] = await mails(merchant)
    assert (kind, subject) == ("care_late_promise", "Your order o1 is late")
    assert "Feb 27, 2026" in body and "/portal/cases/" in body
    assert await rows(merchant, "SELECT kind FROM case_clocks") == [("resolution",)]


async def test_what_arrived_was_called_off_or_promised_anew_is_no_trouble(merchant: UUID) -> None:
    await switch_on(merchant)
    for word in ("o1", "o2", "o3", "o4", "o5"):
        buyer = await customer(merchant, f"c-{word}", f"{word}@mail.test")
        await order(merchant, buyer, word, "lamp", NOW - 9 * DAY)
        promised = {"promised_at": (NOW - 2 * DAY).isoformat()}
        await happen(merchant, ("shipment.created", NOW - 3 * DAY, parcel(word, **promised)))
    async with db.transaction(merchant):
        await db.execute("UPDATE orders SET delivered_at = $1 WHERE external_id = 'o1'", NOW)
        await db.execute("UPDATE orders SET cancelled_at = $1 WHERE external_id = 'o2'", NOW)
        await db.execute("UPDATE orders SET refunded_minor = amount_minor WHERE external_id = 'o3'")
        await customers.erase(["c-o4"], NOW)
    anew = {"promised_at": (NOW + DAY).isoformat()}
    await happen(merchant, ("shipment.delayed", NOW - 2 * DAY, parcel("o5", **anew)))
    assert await look(merchant) == {}
    assert await mails(merchant) == []
    assert await look(merchant, NOW + 2 * DAY) == {"late_promise": 1}


async def test_whoever_got_it_meanwhile_is_not_written_to(merchant: UUID) -> None:
    await order(merchant, await customer(merchant, email=ANA), "o1", "lamp", NOW - 9 * DAY)
    await switch_on(merchant)
    promised = {"promised_at": (NOW - 2 * DAY).isoformat()}
    await happen(merchant, ("shipment.created", NOW - 3 * DAY, parcel("o1", **promised)))
    async with db.transaction(merchant):
        await service.read(NOW)
        assert await service.sweep("late_promise", NOW) == 1
        payload = db.from_json(await db.fetchval("SELECT payload FROM outbox WHERE topic = $1", service.TELL))
        await db.execute("UPDATE orders SET delivered_at = $1", NOW)
        await tasks.tell(payload, NOW)
    assert await mails(merchant) == []


async def test_a_silent_carrier_whatever_the_order_of_events(merchant: UUID) -> None:
    await order(merchant, await customer(merchant, email=ANA), "o1", "lamp", NOW - 9 * DAY)
    await switch_on(merchant)
    await happen(
        merchant,
        ("shipment.scanned", NOW - 6 * DAY, parcel("o1")),
        ("shipment.created", NOW - 8 * DAY, parcel("o1")),
        ("shipment.scanned", NOW - 7 * DAY, {"order_id": "o1", "tracking": "T-o1"}),
        ("order.fulfilled", NOW - 8 * DAY, {"order_id": "o1"}),
        ("shipment.scanned", NOW - DAY, {"promised_at": "soon", "order_id": 7}),
        ("shipment.created", NOW - DAY, {"promised_at": "soon", "order_id": "o1", "tracking": "T-o1"}),
    )
    assert await look(merchant) == {}
    assert await value(merchant, "SELECT promised_at FROM case_parcels WHERE tracking = 'T-o1'") is None
    assert await look(merchant, NOW + 4 * DAY) == {"silent_carrier": 1}
    [(_, subject, body)] = await mails(merchant)
    assert subject == "We are looking for your order o1" and "SlowPost" in body and "Feb 28, 2026" in body


async def test_stock_that_is_gone_after_payment(merchant: UUID) -> None:
    """Two units are missing: the two orders that were paid last go without; one that has left does not."""
    await switch_on(merchant)
    for number in range(5):
        buyer = await customer(merchant, f"c{number}", f"c{number}@mail.test")
        await order(merchant, buyer, f"o{number}", "lamp", NOW - (9 - number) * DAY)
    await happen(
        merchant,
        ("order.fulfilled", NOW - DAY, {"order_id": "o4"}),
        ("stock.changed", NOW - DAY, {"sku": "lamp", "available": -2}),
        ("stock.changed", NOW - 2 * DAY, {"sku": "lamp", "available": 7}),
        ("stock.changed", NOW - DAY, {"sku": "lamp", "available": "many"}),
    )
    assert await look(merchant) == {"stock_gone": 2}
    orders = "SELECT external_id FROM orders o JOIN case_care k ON k.order_id = o.id ORDER BY 1"
    assert await rows(merchant, orders) == [("o2",), ("o3",)]
    assert {subject for _, subject, _ in await mails(merchant)} == {
        "About your order o2", "About your order o3",
    }  # fmt: skip
    await happen(merchant, ("stock.changed", NOW, {"sku": "lamp", "available": 0}))
    assert await look(merchant, NOW + DAY) == {}


async def test_only_what_happens_after_it_was_switched_on(merchant: UUID) -> None:
    await order(merchant, await customer(merchant, email=ANA), "o1", "lamp", NOW - 9 * DAY)
    promised = {"promised_at": (NOW - 2 * DAY).isoformat()}
    await happen(merchant, ("shipment.created", NOW - 3 * DAY, parcel("o1", **promised)))
    assert await look(merchant) == {}, "off until somebody switches it on"
    boss = await switch_on(merchant, at=NOW - timedelta(hours=1))
    assert await look(merchant) == {}, "it was late before"
    async with db.transaction(merchant):
        assert await contacts.active_since("late_promise") == NOW - timedelta(hours=1)
        await contacts.change(Contact(), boss, NOW)
        assert await contacts.active_since("late_promise") is None
        await contacts.change(ALL, boss, NOW + DAY)
        assert await contacts.active_since("late_promise") == NOW + DAY


async def test_several_reasons_are_one_case(merchant: UUID) -> None:
    await order(merchant, await customer(merchant, email=ANA), "o1", "lamp", NOW - 9 * DAY)
    await switch_on(merchant)
    promised = {"promised_at": (NOW - 2 * DAY).isoformat()}
    await happen(merchant, ("shipment.created", NOW - 8 * DAY, parcel("o1", **promised)))
    assert await look(merchant) == {"late_promise": 1, "silent_carrier": 1}
    assert await rows(merchant, CASES) == [("late_promise",)]
    joined = "SELECT detail ->> 'cause' FROM case_events WHERE kind = 'matter_joined'"
    assert await rows(merchant, joined) == [("silent_carrier",)]


async def test_many_orders_in_a_few_statements(merchant: UUID) -> None:
    """Two thousand orders, of which every second is late: 1000 cases, also when it is done again."""
    await switch_on(merchant)
    async with db.transaction(merchant):
        await db.execute(
            "INSERT INTO customers (merchant_id, external_id, created_at)"
            " SELECT $1, 'm' || n, $2 FROM generate_series(1, 2000) n", merchant, NOW - 20 * DAY,
        )  # fmt: skip
        await db.execute(
            "INSERT INTO stores (merchant_id, external_id, name, currency, time_zone)"
            " VALUES ($1, 's', '{}', 'USD', 'UTC')", merchant,
        )  # fmt: skip
        await db.execute(
            "INSERT INTO orders (merchant_id, external_id, store_id, customer_id, currency, amount_minor,"
            " paid_at, created_at) SELECT $1, c.external_id, s.id, c.id, 'USD', 100, $2, $2"
            " FROM customers c CROSS JOIN stores s", merchant, NOW - 9 * DAY,
        )  # fmt: skip
        await db.execute(
            "INSERT INTO events (merchant_id, source, event_id, type, occurred_at, received_at, data,"
            " fingerprint) SELECT $1, 'shop', 'e' || n, 'shipment.created', $2, $2,"
            " jsonb_build_object('order_id', 'm' || n, 'tracking', 't' || n, 'promised_at',"
            " $2::timestamptz + CASE WHEN n % 2 = 0 THEN interval '1 day' ELSE interval '9 days' END), 'x'"
            " FROM generate_series(1, 2000) n", merchant, NOW - 4 * DAY,
        )  # fmt: skip
    for _ in range(2):
        await tasks.look(NOW)
    assert await value(merchant, "SELECT count(*) FROM cases") == 1000
    assert await value(merchant, "SELECT count(*) FROM case_care") == 1000
    assert await value(merchant, "SELECT count(*) FROM outbox WHERE topic = $1", service.TELL) == 1000
