"""Pure: events folded into orders, orders turned into postings."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from babel.numbers import get_currency_precision

from core.days import zone_of
from core.errors import DomainError, Kind
from loyalty.ledger.commands import AnyCommand, Clawback, Earn, Settle
from loyalty.wallets.rules import AtOnce, OnDelivery, OnEvent, Settling, Wallet, settles_at


class RefundExceedsOrder(DomainError):
    """All refunds of an order together are at most what was paid."""

    code = "refund_exceeds_order"
    kind = Kind.INVALID
    title = "More would be refunded than was paid"


class OrderPaidDiffers(DomainError):
    """An order is paid once; a second payment with other content is a mistake of the sender."""

    code = "order_paid_differs"
    kind = Kind.CONFLICT
    title = "The order was paid before, with other content"


class RefundDiffers(DomainError):
    """A refund came again with another amount."""

    code = "refund_differs"
    kind = Kind.CONFLICT
    title = "The refund is known with another amount"


class Refund(msgspec.Struct, frozen=True):
    """One refund. `lines` are (line_id, amount_minor)."""

    refund_id: str
    amount_minor: int
    refunded_at: datetime
    lines: tuple[tuple[str, int], ...] = ()


class Payment(msgspec.Struct, frozen=True):
    """What order.paid says. `lines` are (line_id, sku, name, quantity, amount_minor)."""

    store_id: UUID
    customer_id: UUID
    currency: str
    amount_minor: int
    paid_at: datetime
    lines: tuple[tuple[str, str, str, int, int], ...] = ()


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known of an order; any part may come first."""

    id: UUID
    external_id: str
    payment: Payment | None = None
    delivered_at: datetime | None = None
    cancelled_at: datetime | None = None
    refunds: tuple[Refund, ...] = ()
    happened: Mapping[str, datetime] = {}
    """When what a wallet may wait for (review.approved …) first happened to the order."""

    @property
    def refunded_minor(self) -> int:
        """What was paid back so far, in minor units."""
        return sum(refund.amount_minor for refund in self.refunds)


def pay(order: Order, payment: Payment) -> Order:
    """The order with its payment. Raises OrderPaidDiffers if it was paid otherwise."""
    known = order.payment
    if known is None:
        return msgspec.structs.replace(order, payment=payment)
    same = (known.store_id, known.customer_id, known.currency, known.amount_minor) == (
        payment.store_id,
        payment.customer_id,
        payment.currency,
        payment.amount_minor,
    )
    if not same:
        raise OrderPaidDiffers(order.external_id)
    return order


def deliver(order: Order, at: datetime) -> Order:
    """The order delivered: the first delivery counts."""
    first = at if order.delivered_at is None else min(order.delivered_at, at)
    return msgspec.structs.replace(order, delivered_at=first)


def cancel(order: Order, at: datetime) -> Order:
    """The order called off: the first time counts."""
    first = at if order.cancelled_at is None else min(order.cancelled_at, at)
    return msgspec.structs.replace(order, cancelled_at=first)


def refund(order: Order, new: Refund) -> Order:
    """The order with one more refund. Raises RefundExceedsOrder or RefundDiffers.

    A refund that comes before its payment cannot be compared with it; what is kept is then never
    counted below zero.
    """
    for known in order.refunds:
        if known.refund_id == new.refund_id:
            if known.amount_minor != new.amount_minor:
                raise RefundDiffers(new.refund_id)
            return order
    if order.payment and order.refunded_minor + new.amount_minor > order.payment.amount_minor:
        left = order.payment.amount_minor - order.refunded_minor
        raise RefundExceedsOrder(
            f"order {order.external_id}: {new.amount_minor} asked, {left} left", left_minor=left
        )
    return msgspec.structs.replace(order, refunds=(*order.refunds, new))


# ---------------------------------------------------------------- what the ledger owes


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The programme as it stands for one member. `rates` are points per 100 currency units."""

    version_id: UUID
    version: int
    rates: Mapping[str, int]
    guest_claim_days: int
    multipliers: Mapping[str, int]
    """Tier code to percent."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """What earning needs to know of a member."""

    id: UUID
    joined_at: datetime
    left_at: datetime | None
    tier_code: str


class Earned(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger says of the earn of one order in one wallet."""

    points: int
    points_clawed_back: int
    points_pending: int
    points_per_100_units: int
    multiplier_percent: int
    amount_minor: int
    clawed_refunds: frozenset[str]
    settling: Settling = OnDelivery()
    """The rule under which the points were made."""
    settles_at: datetime | None = None


def points_for(amount_minor: int, currency: str, points_per_100_units: int, multiplier_percent: int) -> int:
    """Points for an amount, rounded down once, at the end."""
    units: int = 10 ** get_currency_precision(currency)
    return amount_minor * points_per_100_units * multiplier_percent // (100 * 100 * units)


def earn_key(order_id: UUID, wallet: str) -> str:
    """The natural key: one earn per order and wallet."""
    return f"earn:{order_id}:{wallet}"


class Due(msgspec.Struct, frozen=True):
    """What the ledger lacks of an order: postings, and dates of pending points that are only known now."""

    commands: tuple[AnyCommand, ...] = ()
    dates: tuple[tuple[str, datetime], ...] = ()
    """Key of the earn, and when its points settle."""


def postings(
    order: Order,
    member: Member,
    terms: Terms,
    wallets: Iterable[Wallet],
    earned: Mapping[str, Earned],
    now: datetime,
) -> Due:
    """What must still be posted so that the ledger agrees with the order. Nothing if it does already.

    `earned` is by wallet code. Only depends on its arguments, not on the order in which events came.
    """
    payment = order.payment
    if payment is None or not _counts(payment, member, terms):
        return Due()
    each = [_for_wallet(order, payment, member, terms, wallet, earned, now) for wallet in wallets]
    return Due(
        tuple(command for due in each for command in due.commands),
        tuple(date for due in each for date in due.dates),
    )


def _counts(payment: Payment, member: Member, terms: Terms) -> bool:
    since = member.joined_at - timedelta(days=terms.guest_claim_days)
    return payment.paid_at >= since and (member.left_at is None or payment.paid_at < member.left_at)


def _for_wallet(
    order: Order,
    payment: Payment,
    member: Member,
    terms: Terms,
    wallet: Wallet,
    earned: Mapping[str, Earned],
    now: datetime,
) -> Due:
    commands: list[AnyCommand] = []
    known = earned.get(wallet.code)
    if known is None:
        if order.cancelled_at or not wallet.earns_on_orders:
            return Due()
        earn, known = _earn(order, payment, member, terms, wallet)
        if earn is None:
            return Due()
        commands.append(earn)
    clawbacks = _clawbacks(order, payment, member, wallet, known)
    commands += clawbacks
    if order.cancelled_at:
        gone = known.points_clawed_back + sum(each.points for each in clawbacks)
        return Due((*commands, *_cancellation(order, payment, member, wallet, known, gone)))
    settling = _settling(order, payment, member, wallet, known, now)
    return Due((*commands, *settling.commands), settling.dates)


def _settling(
    order: Order, payment: Payment, member: Member, wallet: Wallet, known: Earned, now: datetime
) -> Due:
    """Pending points settle when their time has come, or get the date on which it will."""
    at = _settles_at(order, payment, known.settling, wallet.zone)
    if at is None or not known.points_pending:
        return Due()
    parent = earn_key(order.id, wallet.code)
    if at > now:
        return Due(dates=() if at == known.settles_at else ((parent, at),))
    return Due(
        (
            Settle(
                key=f"settle:{order.id}:{wallet.code}",
                member=member.id,
                wallet=wallet.code,
                parent=parent,
                effective_at=at,
                reason={"order": order.external_id, "rule": "settling"},
            ),
        )
    )


def _settles_at(order: Order, payment: Payment, settling: Settling, zone: str) -> datetime | None:
    if isinstance(settling, OnEvent):
        happened_at = order.happened.get(settling.event)
        return max(happened_at, payment.paid_at) if happened_at else None
    return settles_at(settling, payment.paid_at, order.delivered_at, zone_of(zone))


def _cancellation(
    order: Order, payment: Payment, member: Member, wallet: Wallet, known: Earned, gone: int
) -> list[AnyCommand]:
    """All that refunds have left of an order that was called off: pending points first."""
    if order.cancelled_at is None or gone >= known.points:
        return []
    return [
        Clawback(
            key=f"cancel:{order.id}:{wallet.code}",
            member=member.id,
            wallet=wallet.code,
            parent=earn_key(order.id, wallet.code),
            points=known.points - gone,
            policy=wallet.debt_policy,
            effective_at=max(order.cancelled_at, payment.paid_at),
            reason={"rule": "cancelled", "order": order.external_id},
        )
    ]


def _earn(
    order: Order, payment: Payment, member: Member, terms: Terms, wallet: Wallet
) -> tuple[Earn | None, Earned]:
    rate = terms.rates.get(payment.currency, 0)
    # Reaching a tier is not made easier by the tier.
    percent = 100 if wallet.code == "qualifying" else terms.multipliers.get(member.tier_code, 100)
    points = points_for(payment.amount_minor, payment.currency, rate, percent)
    at = _settles_at(order, payment, wallet.settling, wallet.zone)
    pending = not isinstance(wallet.settling, AtOnce)
    known = Earned(
        points=points,
        points_clawed_back=0,
        points_pending=points if pending else 0,
        settling=wallet.settling,
        settles_at=at if pending else None,
        points_per_100_units=rate,
        multiplier_percent=percent,
        amount_minor=payment.amount_minor,
        clawed_refunds=frozenset(),
    )
    if points == 0:
        return None, known
    earn = Earn(
        key=earn_key(order.id, wallet.code),
        member=member.id,
        wallet=wallet.code,
        points=points,
        pending=pending,
        settles_at=known.settles_at,
        effective_at=payment.paid_at,
        expires_at=wallet.expires_at(payment.paid_at, member.joined_at),
        reason={
            "rule": "order",
            "version": terms.version,
            "version_id": str(terms.version_id),
            "order": order.external_id,
            "order_id": str(order.id),
            "amount_minor": payment.amount_minor,
            "currency": payment.currency,
            "points_per_100_units": rate,
            "multiplier_percent": percent,
            "tier": member.tier_code,
        },
    )
    return earn, known


def _clawbacks(
    order: Order, payment: Payment, member: Member, wallet: Wallet, known: Earned
) -> list[Clawback]:
    """For each refund that the ledger has not seen: down to the points of what is then kept."""
    commands: list[Clawback] = []
    clawed = known.points_clawed_back
    gone = sum(r.amount_minor for r in order.refunds if r.refund_id in known.clawed_refunds)
    for one in sorted(order.refunds, key=lambda r: (r.refunded_at, r.refund_id)):
        if one.refund_id in known.clawed_refunds:
            continue
        gone += one.amount_minor
        kept = max(0, payment.amount_minor - gone)
        keeps = points_for(kept, payment.currency, known.points_per_100_units, known.multiplier_percent)
        points = known.points - clawed - keeps
        if points <= 0:
            continue
        clawed += points
        commands.append(
            Clawback(
                key=f"clawback:{order.id}:{one.refund_id}:{wallet.code}",
                member=member.id,
                wallet=wallet.code,
                parent=earn_key(order.id, wallet.code),
                points=points,
                policy=wallet.debt_policy,
                effective_at=max(one.refunded_at, payment.paid_at),
                reason={
                    "rule": "refund",
                    "order": order.external_id,
                    "refund": one.refund_id,
                    "amount_minor": one.amount_minor,
                    "currency": payment.currency,
                },
            )
        )
    return commands
