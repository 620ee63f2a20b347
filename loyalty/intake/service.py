"""Take events in: each once, all effects in the caller's transaction."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import msgspec

from core import db
from core.errors import DomainError, Kind
from core.ids import new_id
from core.people import customers, erasure
from core.people.customers import CustomerRow
from loyalty import notices
from loyalty.earning import service as earning
from loyalty.intake import queries
from loyalty.intake.events import (
    DATA,
    ID_LIMIT,
    RECORDED,
    AnyData,
    CustomerFacts,
    CustomerGone,
    CustomerMerged,
    Event,
    OrderCancelled,
    OrderDelivered,
    OrderEvent,
    OrderPaid,
    OrderRefunded,
    Result,
)
from loyalty.members import merge as merges
from loyalty.members import service as members
from loyalty.orders import rules
from loyalty.orders import service as orders
from loyalty.orders.rules import Order, Payment, Refund
from loyalty.programme import service as programme
from loyalty.referrals import service as referrals
from loyalty.tiers import service as tiers
from loyalty.wallets import service as wallets
from loyalty.wallets.rules import HAPPENS

Key = tuple[str, str]
YEARS = (1970, 2199)
PORTAL, API = "regulars:portal", "regulars:api"
ASKED = {PORTAL, API}
"""Sources of events by which a customer, or a program for one, asks for what they say."""
AHEAD = timedelta(days=1)
"""So far a shop's clock may be ahead: points of a time to come would live that much longer."""


class JoinRefused(DomainError):
    """What is known of the customer does not make a valid event."""

    code = "join_refused"
    kind = Kind.INVALID
    title = "This customer cannot join"


class _Batch:
    """One call's events on their way: what was parsed, and what became of each."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = events
        self.results: dict[int, Result] = {}
        self.parsed: dict[int, AnyData] = {}
        self.happened: list[tuple[int, str]] = []
        """The places of events that wallets wait for, and the order that each names."""
        self.twins: dict[int, int] = {}
        """The place of an event that stands here twice, to the place where it stands first."""

    def reject(self, index: int, code: str, detail: str) -> None:
        """This event leaves nothing behind."""
        self.results[index] = Result(id=self.events[index].id, status="rejected", code=code, detail=detail)

    def done(self, index: int, status: str) -> None:
        """This event needs nothing more."""
        self.results[index] = Result(id=self.events[index].id, status=status)

    def note(self, index: int, code: str, detail: str) -> None:
        """Say something of an event that was applied all the same."""
        self.results[index] = msgspec.structs.replace(self.results[index], code=code, detail=detail)

    def data(self, *kinds: type) -> list[tuple[int, Event, AnyData]]:
        """What is still to be applied of these kinds, in order of time."""
        found = [(i, self.events[i], d) for i, d in self.parsed.items() if isinstance(d, kinds)]
        return sorted((f for f in found if f[0] not in self.results), key=lambda f: (f[1].time, f[0]))


def fingerprint(event: Event) -> bytes:
    """What must be the same when an event comes again: type, time and data."""
    return hashlib.sha256(msgspec.json.encode((event.type, event.time, event.data), order="sorted")).digest()


async def ingest(events: Sequence[Event], received_at: datetime) -> list[Result]:
    """Apply events in the open transaction; one result each, in their order.

    A rejected event leaves nothing behind and does not hinder the others. An event that came before
    is a duplicate and changes nothing; the same id with another content is rejected. What the ledger
    or the programme refuses is found by halves: events end as if they had been sent in several calls.
    """
    if any(event.type == "customer.merged" for event in events):
        await customers.take_turn()  # before anything is locked: others would wait for us, and we for them
    try:
        async with db.savepoint():
            return await _apply(events, received_at)
    except DomainError as error:
        if len(events) == 1:
            return [Result(id=events[0].id, status="rejected", code=error.code, detail=error.detail)]
    half = len(events) // 2
    return [*await ingest(events[:half], received_at), *await ingest(events[half:], received_at)]


async def _apply(events: Sequence[Event], received_at: datetime) -> list[Result]:
    batch = _Batch(events)
    _parse(batch, received_at)
    await _drop_known(batch)
    await _await(batch)
    stores = await _stores(batch)
    ids = await _people(batch)
    await _lock(batch, ids, received_at)
    await _erase(batch, received_at)
    merged = await _merge(batch, received_at)
    joined = await _enrol(batch, ids, received_at)
    touched = await _orders(batch, ids, stores, [*joined, *merged], received_at)
    await _record(batch, received_at)
    await tiers.note_counted(*_counted(batch, touched), received_at)
    terms = await programme.live_terms() if touched else None
    if terms:
        rated = await orders.reconcile(touched.values(), terms, received_at)
        _note_unrated(batch, rated)
    await _referred(batch)
    await _other_earning(batch, ids, joined, received_at)
    await notices.tell_ordered(_stages(batch), received_at)
    for twin, original in batch.twins.items():  # what was rejected came before, but is not there
        if batch.results[original].status == "rejected":
            batch.results[twin] = batch.results[original]
    return [batch.results[i] for i in range(len(events))]


def _stages(batch: _Batch) -> list[tuple[notices.Stage, str, str, datetime]]:
    """Where orders are by the events that were applied."""
    found: list[tuple[notices.Stage, str, str, datetime]] = []
    for i, data in batch.parsed.items():
        if batch.results[i].status != "applied":
            continue
        at = batch.events[i].time
        if isinstance(data, OrderPaid):
            found.append(("order_paid", data.order_id, "", at))
        elif isinstance(data, OrderDelivered):
            found.append(("order_delivered", data.order_id, "", at))
        elif isinstance(data, OrderCancelled):
            found.append(("order_cancelled", data.order_id, "", at))
        elif isinstance(data, OrderRefunded):
            found.append(("order_refunded", data.order_id, data.refund_id, at))
    return found


async def join(customer_external_id: str, terms_version: str, now: datetime) -> None:
    """Enrol a customer who asked for it themselves, in the open transaction.

    Earlier orders count by the programme's policy; joining twice changes nothing. Raises JoinRefused.
    """
    event = Event(
        id=str(new_id()),
        source=PORTAL,
        type="customer.updated",
        time=now,
        data={"customer_id": customer_external_id, "accepts_terms": True, "terms_version": terms_version},
    )
    [result] = await ingest([event], now)
    if result.status == "rejected":
        raise JoinRefused(result.detail or "")


def _parse(batch: _Batch, received_at: datetime) -> None:
    for i, event in enumerate(batch.events):
        kind = DATA.get(event.type)
        if unfit := _unfit(event, received_at):
            batch.reject(i, "event_data_invalid", unfit)
        elif kind is not None:
            try:
                batch.parsed[i] = msgspec.convert(event.data, kind)
            except msgspec.ValidationError as error:
                batch.reject(i, "event_data_invalid", str(error))
        elif event.type not in RECORDED and not event.type.startswith("custom."):
            batch.reject(i, "event_type_unknown", event.type)


def _unfit(event: Event, received_at: datetime) -> str | None:
    """What no event can have, whatever its type: a time to come, or what the database cannot hold."""
    if not YEARS[0] <= event.time.year <= YEARS[1]:
        return f"the time must lie in the years {YEARS[0]} to {YEARS[1]}"
    if event.time > received_at + AHEAD:
        return "the time lies more than a day ahead"
    # An escaped backslash before u0000 is text; without one it is the null character.
    if b"\\u0000" in msgspec.json.encode(event).replace(b"\\\\", b""):
        return "a text contains the null character"
    return None


async def _drop_known(batch: _Batch) -> None:
    """Mark what came before, in this call or an earlier one."""
    waiting = [event for i, event in enumerate(batch.events) if i not in batch.results]
    rows = await db.fetch(queries.KNOWN, [e.source for e in waiting], [e.id for e in waiting])
    seen: dict[Key, bytes] = {(row["source"], row["event_id"]): row["fingerprint"] for row in rows}
    first: dict[Key, int] = {}
    for i, event in enumerate(batch.events):
        if i in batch.results:
            continue
        mark = fingerprint(event)
        key = event.source, event.id
        if key not in seen:
            first[key] = i
        known = seen.setdefault(key, mark)
        if known != mark:
            batch.reject(i, "event_id_reused", "the same source and id came with another content")
        elif known is not mark:
            batch.done(i, "duplicate")
            if key in first:
                batch.twins[i] = first[key]


async def _stores(batch: _Batch) -> dict[str, UUID]:
    """Stores by external id; payments in any other are rejected before they leave a trace."""
    payments = [(i, d) for i, _, d in batch.data(OrderPaid) if isinstance(d, OrderPaid)]
    if not payments:
        return {}
    stores = {row["external_id"]: row["id"] for row in await db.fetch(queries.STORES)}
    for i, data in payments:
        if data.store_id not in stores:
            batch.reject(i, "store_unknown", data.store_id)
        elif data.points_paid_minor > data.amount_minor:
            batch.reject(i, "event_data_invalid", "points_paid_minor is at most amount_minor")
    return stores


async def _people(batch: _Batch) -> dict[str, UUID]:
    """Customers by external id: profiles from customer.*, and somebody unknown from an order."""
    rows = [
        CustomerRow(d.customer_id, event.time, **_said(d))
        for _, event, d in batch.data(CustomerFacts)
        if isinstance(d, CustomerFacts)
    ]
    rows += [
        CustomerRow(d.customer_id, event.time)
        for _, event, d in batch.data(OrderPaid)
        if isinstance(d, OrderPaid)
    ]
    return await customers.upsert(rows)


async def _erase(batch: _Batch, now: datetime) -> None:
    """Customers who were deleted; members among them have left."""
    for _, event, data in batch.data(CustomerGone):
        if isinstance(data, CustomerGone):
            known = await customers.upsert([CustomerRow(data.customer_id, event.time)])
            await erasure.ask(known[data.customer_id], "shop", now, since=event.time)
            await members.leave(list(known.values()), event.time)


async def _lock(batch: _Batch, ids: dict[str, UUID], now: datetime) -> None:
    """Customers in one order; of merges also their orders, since merging locks points, which come last."""
    pairs = [d for _, _, d in batch.data(CustomerMerged) if isinstance(d, CustomerMerged)]
    named = [each for data in pairs for each in (data.customer_id, data.into_customer_id)]
    merging = [row["id"] for row in await db.fetch(queries.OF_MERGES, named)] if named else []
    await db.execute(queries.LOCK_CUSTOMERS, [*ids.values(), *merging])
    if named:
        await orders.lock(_wanted(batch), merging, now)


async def _merge(batch: _Batch, now: datetime) -> list[UUID]:
    """Merge members; answers the survivors, whose orders are now also those of the others."""
    survivors = []
    for i, event, data in batch.data(CustomerMerged):
        assert isinstance(data, CustomerMerged)
        try:
            async with db.savepoint():
                merged = await merges.merge(data.customer_id, data.into_customer_id, event.time, now)
        except DomainError as error:
            batch.reject(i, error.code, error.detail)
        else:
            survivors += [merged.survivor_id] if merged else []
    return survivors


def _said(data: CustomerFacts) -> dict[str, str | None]:
    return {"email": data.email, "name": data.name, "locale": data.locale, "birthday": data.birthday}


async def _enrol(batch: _Batch, ids: dict[str, UUID], now: datetime) -> list[UUID]:
    """Members of who accepts the terms. Who has left comes back by asking for just that, not because their
    shop says with all that it says of them that they once accepted the terms."""
    joins: list[tuple[UUID, datetime, str]] = []
    again = set()
    for _, event, data in batch.data(CustomerFacts):
        if isinstance(data, CustomerFacts) and data.accepts_terms:
            customer = ids[data.customer_id]
            joins.append((customer, event.time, data.terms_version))
            if event.source in ASKED:
                again.add(customer)
    return await members.enrol(joins, now, again)


async def _orders(
    batch: _Batch, ids: dict[str, UUID], stores: dict[str, UUID], joined: Sequence[UUID], now: datetime
) -> dict[str, Order]:
    """Fold order events into their orders, in order of time; answers these and all of who joined."""
    todo = batch.data(*get_args(OrderEvent))
    before = await orders.lock(_wanted(batch), joined, now)
    after = dict(before)
    for i, event, data in todo:
        if not isinstance(data, OrderEvent):
            continue
        try:
            after[data.order_id] = _fold(after[data.order_id], event, data, ids, stores)
        except DomainError as error:
            batch.reject(i, error.code, error.detail)
    await orders.save(before, after)
    # One that is rejected, or was another request's, has nothing to say here.
    told = [(order, batch.events[i]) for i, order in batch.happened if i not in batch.results]
    return await orders.happened(after, [(order, event.type, event.time) for order, event in told])


async def _await(batch: _Batch) -> None:
    """Find the events that pending points wait for, of those that may be."""
    named = [
        (i, event.data["order_id"])
        for i, event in enumerate(batch.events)
        if i not in batch.results
        and (event.type in HAPPENS or event.type.startswith("custom."))
        and isinstance(event.data.get("order_id"), str)
        and 1 <= len(event.data["order_id"]) <= ID_LIMIT
    ]
    awaited = await wallets.awaited() if named else frozenset()
    batch.happened = [(i, order) for i, order in named if batch.events[i].type in awaited]


def _wanted(batch: _Batch) -> set[str]:
    """The orders that events of the batch are about."""
    found = {d.order_id for _, _, d in batch.data(*get_args(OrderEvent)) if isinstance(d, OrderEvent)}
    return found | {order for i, order in batch.happened if i not in batch.results}


def _fold(
    order: Order,
    event: Event,
    data: OrderEvent,
    ids: dict[str, UUID],
    stores: dict[str, UUID],
) -> Order:
    if isinstance(data, OrderPaid):
        return rules.pay(order, _payment(event, data, ids, stores))
    if isinstance(data, OrderDelivered):
        return rules.deliver(order, event.time)
    if isinstance(data, OrderCancelled):
        return rules.cancel(order, event.time)
    lines_back = tuple((x.line_id, x.amount_minor) for x in data.lines)
    return rules.refund(order, Refund(data.refund_id, data.amount_minor, event.time, lines_back))


def _payment(event: Event, data: OrderPaid, ids: dict[str, UUID], stores: dict[str, UUID]) -> Payment:
    return Payment(
        store_id=stores[data.store_id],
        customer_id=ids[data.customer_id],
        currency=data.currency,
        amount_minor=data.amount_minor,
        paid_at=event.time,
        lines=tuple((x.line_id, x.sku, x.name, x.quantity, x.amount_minor, x.category) for x in data.lines),
        store=data.store_id,
        channel=data.channel,
        points_paid_minor=data.points_paid_minor,
        discount_minor=data.discount_minor,
    )


async def _record(batch: _Batch, received_at: datetime) -> None:
    new = [i for i in range(len(batch.events)) if i not in batch.results]
    events = [batch.events[i] for i in new]
    rows = await db.fetch(
        queries.ADD,
        [e.source for e in events],
        [e.id for e in events],
        [e.type for e in events],
        [e.subject for e in events],
        [e.time for e in events],
        [db.to_json(_kept(e)) for e in events],
        [fingerprint(e) for e in events],
        received_at,
    )
    kept = {(row["source"], row["event_id"]) for row in rows}
    for i in new:
        event = batch.events[i]
        if (event.source, event.id) not in kept:  # another request was faster by a moment
            batch.done(i, "duplicate")
        else:
            batch.done(i, "applied" if i in batch.parsed else "recorded")


def _kept(event: Event) -> dict[str, Any]:
    """The event's data without what the profile has from it: who is erased there is erased here, too."""
    if not event.type.startswith("customer."):
        return event.data
    return {name: value for name, value in event.data.items() if name not in ("email", "name", "birthday")}


def _counted(batch: _Batch, touched: dict[str, Order]) -> tuple[set[UUID], set[str]]:
    """Whose orders changed, and whom other new events name."""
    new = [
        event for i, event in enumerate(batch.events) if batch.results[i].status in ("applied", "recorded")
    ]
    named = {event.data.get("customer_id") for event in new}
    ordered = {order.payment.customer_id for order in touched.values() if order.payment}
    return ordered, {each for each in named if isinstance(each, str)}


async def _other_earning(batch: _Batch, ids: dict[str, UUID], joined: Sequence[UUID], now: datetime) -> None:
    """What else rules wait for: the shop's own events, new members, completed profiles."""
    fresh = [e for i, e in enumerate(batch.events) if batch.results[i].status in ("applied", "recorded")]
    own = [(e.source, e.id, e.type, e.time, e.data) for e in fresh if e.type.startswith("custom.")]
    if own:
        await earning.custom_events(own, now)
    if joined:
        known = await members.of_customers(joined)
        await earning.enrolled([(each.id, each.joined_at) for each in known.values()], now)
    said = {
        ids[data.customer_id]
        for i, data in batch.parsed.items()
        if isinstance(data, CustomerFacts) and batch.results[i].status == "applied"
    }
    if said:
        await earning.profiles_changed(sorted(said), now, now)


async def _referred(batch: _Batch) -> None:
    """Note who brought whom; a code that does not count is said of its event, which is applied."""
    for i, data in batch.parsed.items():
        if not isinstance(data, CustomerFacts | OrderPaid) or not data.referral_code:
            continue
        if batch.results[i].status == "applied":
            try:
                await referrals.claim(data.referral_code, data.customer_id, batch.events[i].time)
            except DomainError as error:
                batch.note(i, error.code, error.detail)


def _note_unrated(batch: _Batch, rated: frozenset[str]) -> None:
    """An order in a currency without an earn rate is kept and earns by no amount: its shop should know."""
    for i, data in batch.parsed.items():
        if not isinstance(data, OrderPaid) or data.currency in rated:
            continue
        if batch.results[i].status == "applied":
            batch.note(i, "currency_without_rate", f"{data.currency} earns no points in this programme")
