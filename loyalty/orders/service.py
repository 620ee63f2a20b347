"""Orders as rows: read under lock, written back, and their points brought into agreement."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from core import db
from loyalty.earning.posting import Claim, make, segments_in
from loyalty.earning.rules import Due, InForce, earn_key, granted_in, versions_in
from loyalty.members import service as members
from loyalty.orders import queries
from loyalty.orders.postings import Earned, postings
from loyalty.orders.rules import Counted, Member, Order, PaidLine, Payment, Refund, Terms, counts
from loyalty.rules import service as rules_of
from loyalty.rules.check import asks_for_lines
from loyalty.rules.model import Active, PerAmount
from loyalty.segments import service as segments
from loyalty.wallets.rules import Settling
from loyalty.wallets.service import wallets as all_wallets


async def lock(external_ids: Iterable[str], customers: Sequence[UUID], now: datetime) -> dict[str, Order]:
    """The orders with these external ids and all of these customers, locked; unknown ids are made."""
    ids = sorted(set(external_ids))
    if not ids and not customers:
        return {}
    if ids:
        await db.execute(queries.ADD_ORDERS, ids, now)
    return await _read(await db.fetch(queries.LOCK_ORDERS, ids, list(customers)))


async def _read(rows: Sequence[db.Row]) -> dict[str, Order]:
    refunds: dict[UUID, list[Refund]] = {}
    for row in await db.fetch(queries.REFUNDS, [row["id"] for row in rows]):
        lines = msgspec.json.decode(row["lines"], type=tuple[tuple[str, int], ...])
        one = Refund(row["refund_id"], row["amount_minor"], row["refunded_at"], lines)
        refunds.setdefault(row["order_id"], []).append(one)
    happened: dict[UUID, dict[str, datetime]] = {}
    for row in await db.fetch(queries.MILESTONES, [row["id"] for row in rows]):
        happened.setdefault(row["order_id"], {})[row["event"]] = row["happened_at"]
    return {
        row["external_id"]: _order(row, refunds.get(row["id"], []), happened.get(row["id"], {}))
        for row in rows
    }


def _order(row: db.Row, refunds: list[Refund], happened: dict[str, datetime]) -> Order:
    payment = counted = None
    if row["paid_at"]:
        payment = Payment(**{name: row[name] for name in Payment.__struct_fields__ if name != "lines"})
    if row["number"]:
        counted = Counted(
            tier_code=row["tier_code"],
            multiplier_percent=row["multiplier_percent"],
            number=row["number"],
            segments=frozenset(row["segments"]),
            campaigns=tuple(row["campaigns"]),
        )
    return Order(
        id=row["id"],
        external_id=row["external_id"],
        payment=payment,
        delivered_at=row["delivered_at"],
        cancelled_at=row["cancelled_at"],
        refunds=tuple(refunds),
        counted=counted,
        happened=happened,
    )


async def save(before: Mapping[str, Order], after: Mapping[str, Order]) -> None:
    """Write what changed between the two, with new lines and refunds."""
    changed = [order for key, order in after.items() if order != before[key]]
    if not changed:
        return
    paid = [order.payment for order in changed]
    await db.execute(
        queries.PUT_ORDERS,
        [order.id for order in changed],
        [p.store_id if p else None for p in paid],
        [p.customer_id if p else None for p in paid],
        [p.currency if p else None for p in paid],
        [p.amount_minor if p else None for p in paid],
        [p.paid_at if p else None for p in paid],
        [order.delivered_at for order in changed],
        [order.cancelled_at for order in changed],
        [order.refunded_minor for order in changed],
        [p.channel if p else None for p in paid],
        [p.points_paid_minor if p else None for p in paid],
        [p.discount_minor if p else None for p in paid],
    )
    lines = [(order.id, *line) for order in changed if order.payment for line in order.payment.lines]
    if lines:
        await db.execute(queries.ADD_LINES, *map(list, zip(*lines, strict=True)))
    refunds = [
        (order.id, r.refund_id, r.amount_minor, r.refunded_at, db.to_json(r.lines))
        for order in changed
        for r in order.refunds
        if r not in before[order.external_id].refunds
    ]
    if refunds:
        await db.execute(queries.ADD_REFUNDS, *map(list, zip(*refunds, strict=True)))


async def reconcile(orders: Iterable[Order], terms: Terms, now: datetime) -> frozenset[str]:
    """Post what the ledger lacks for these locked orders; answers the currencies that earn by amount.

    An order counts for its customer's member; what it has earned, for whoever has the points now.
    """
    paid = [order for order in orders if order.payment]
    if not paid:
        return frozenset()
    known = await members.of_customers({o.payment.customer_id for o in paid if o.payment})
    earned = await _earned(paid)
    rules = await _rules(paid, earned)
    having = await members.by_ids({rows[0]["member_id"] for rows in earned.values()})
    owners = {order_id: having[rows[0]["member_id"]] for order_id, rows in earned.items()}
    mine = [
        (order, member)
        for order in paid
        if order.payment and (member := owners.get(order.id) or known.get(order.payment.customer_id))
    ]
    counted = await _with_lines(await _count(mine, terms, rules, now), rules)
    versions = {each.version_id: each for each in rules}
    before = {order.id: [_known(row, versions) for row in earned.get(order.id, ())] for order, _ in counted}
    await post_earning(counted, before, rules, now)
    return frozenset(
        currency
        for each in rules
        if isinstance(each.rule.effect, PerAmount)
        for currency in each.rule.effect.points_per_100_units
    )


async def _rules(paid: Sequence[Order], earned: Mapping[UUID, Sequence[db.Row]]) -> list[Active]:
    """Those in force when the orders were paid, and those that gave what was earned."""
    times = [order.payment.paid_at for order in paid if order.payment]
    gave = {
        version
        for rows in earned.values()
        for row in rows
        for version in versions_in(db.from_json(row["reason"]))
    }
    return await rules_of.in_force(min(times), max(times), sorted(gave))


async def _count(
    orders: Sequence[tuple[Order, Member]], terms: Terms, rules: Sequence[Active], now: datetime
) -> list[tuple[Order, Member]]:
    """The orders that count; what is true of those that are new is noted now and holds from here on."""
    new = [
        (order, member)
        for order, member in orders
        if order.counted is None and order.payment and counts(order.payment, member, terms)
    ]
    if not new:
        return [each for each in orders if each[0].counted]
    percents = [terms.multipliers.get(member.tier_code, 100) for _, member in new]
    ids, tiers = [order.id for order, _ in new], [member.tier_code for _, member in new]
    rows = await db.fetch(queries.COUNT, ids, tiers, percents, now)
    numbers = {row["id"]: row["number"] for row in rows}
    within = await _segments(new, rules, now)
    seen = {
        order.id: Counted(
            tier_code=member.tier_code,
            multiplier_percent=percent,
            number=numbers[order.id],
            segments=within.get(member.id, frozenset()),
            fresh=True,
        )
        for (order, member), percent in zip(new, percents, strict=True)
    }
    return [
        (msgspec.structs.replace(order, counted=seen.get(order.id, order.counted)), member)
        for order, member in orders
        if order.counted or order.id in seen
    ]


async def _segments(
    new: Sequence[tuple[Order, Member]], rules: Sequence[Active], now: datetime
) -> dict[UUID, frozenset[UUID]]:
    """Which segments that rules ask for the members are in, by member; noted with their new orders."""
    asked = segments_in(rules)
    if not asked:
        return {}
    found = await segments.memberships(asked, [member.id for _, member in new], now)
    rows = [(order.id, db.to_json(sorted(found[m.id]))) for order, m in new if m.id in found]
    if rows:
        await db.execute(queries.PUT_SEGMENTS, *map(list, zip(*rows, strict=True)))
    return {member: frozenset(each) for member, each in found.items()}


async def _with_lines(
    orders: Sequence[tuple[Order, Member]], rules: Sequence[Active]
) -> list[tuple[Order, Member]]:
    """The orders with their lines, where a rule asks for lines."""
    bare = [order.id for order, _ in orders if order.payment and not order.payment.lines]
    if not bare or not any(asks_for_lines(each.rule) for each in rules):
        return list(orders)
    lines: dict[UUID, list[PaidLine]] = {}
    for row in await db.fetch(queries.LINES, bare):
        order_id, *line = row
        lines.setdefault(order_id, []).append(tuple(line))
    return [
        (
            msgspec.structs.replace(
                order, payment=msgspec.structs.replace(order.payment, lines=tuple(lines[order.id]))
            )
            if order.payment and order.id in lines
            else order,
            member,
        )
        for order, member in orders
    ]


async def post_earning(
    orders: Sequence[tuple[Order, Member]],
    earned: Mapping[UUID, Sequence[Earned]],
    rules: Sequence[Active],
    now: datetime,
) -> None:
    """Post what these counted orders lack, and note what they took of limits and which campaigns gave."""
    wallets = await all_wallets()
    claims = [
        Claim(id=order.id, member_id=member.id, at=order.payment.paid_at, fresh=order.counted.fresh)
        for order, member in orders
        if order.payment and order.counted
    ]

    def plan(place: int, known: InForce) -> Due:
        order, member = orders[place]
        return postings(order, member, wallets, known, earned.get(order.id, ()), now)

    dues = await make(claims, rules, wallets, plan, now)
    pairs = zip(orders, dues, strict=True)
    gave = [(order.id, db.to_json(due.campaigns)) for (order, _), due in pairs if due.campaigns]
    if gave:
        await db.execute(queries.PUT_CAMPAIGNS, *map(list, zip(*gave, strict=True)))
    dates = [date for each in dues for date in each.dates]
    if dates:
        await db.execute(queries.SCHEDULE, *map(list, zip(*dates, strict=True)))


async def happened(
    orders: Mapping[str, Order], told: Sequence[tuple[str, str, datetime]]
) -> dict[str, Order]:
    """Note what wallets may wait for (their settling `on_event`) as (order, event, when); repeating is safe.

    Answers these locked orders with it.
    """
    after = dict(orders)
    for external_id, event, at in told:
        order = after[external_id]
        first = min(at, order.happened.get(event, at))
        after[external_id] = msgspec.structs.replace(order, happened={**order.happened, event: first})
    rows = [(after[external_id].id, event, at) for external_id, event, at in told]
    if rows:
        await db.execute(queries.ADD_MILESTONES, *map(list, zip(*rows, strict=True)))
    return after


async def next_number(customer_id: UUID) -> int:
    """Which order of the customer's the next one will be."""
    number: int = await db.fetchval(queries.NEXT_NUMBER, customer_id)
    return number


async def _earned(orders: Sequence[Order]) -> dict[UUID, list[db.Row]]:
    """What the ledger says of the earns of these orders, by order."""
    wallets = await all_wallets()
    keys = [
        earn_key(str(order.id), wallet.code, campaign)
        for order in orders
        if order.counted
        for wallet in wallets
        for campaign in (None, *order.counted.campaigns)
    ]
    found: dict[UUID, list[db.Row]] = {}
    for row in await db.fetch(queries.EARNED, keys) if keys else ():
        found.setdefault(row["order_id"], []).append(row)
    return found


def _known(row: db.Row, versions: Mapping[UUID, Active]) -> Earned:
    reason = db.from_json(row["reason"])
    campaign = reason.get("campaign")
    return Earned(
        wallet=row["wallet"],
        campaign_id=UUID(campaign) if campaign else None,
        points=row["points"],
        points_clawed_back=row["points_clawed_back"],
        points_pending=row["points_pending"],
        granted=granted_in(reason, versions),
        basis=tuple(versions[UUID(each)] for each in reason.get("basis", ())),
        clawed_refunds=frozenset(row["clawed_refunds"]),
        settling=msgspec.json.decode(row["settling"], type=Settling),
        settles_at=row["settles_at"],
    )
