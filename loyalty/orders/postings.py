"""Pure: what the ledger lacks of an order."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from core.days import zone_of
from loyalty.earning.rules import Due, Granted, InForce, Occasion, Part, earn_key, kept_points, parts
from loyalty.ledger.commands import AnyCommand, Clawback, Settle, Void
from loyalty.orders.facts import facts_of
from loyalty.orders.rules import Counted, Member, Order, Payment, Refund
from loyalty.rules.model import Active
from loyalty.wallets.rules import AtOnce, OnDelivery, OnEvent, Settling, Wallet, settles_at


class Earned(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger says of one earn of an order: the programme's or a campaign's, in one wallet."""

    wallet: str
    campaign_id: UUID | None = None
    points: int
    points_clawed_back: int
    points_pending: int
    granted: tuple[Granted, ...]
    basis: tuple[Active, ...] = ()
    clawed_refunds: frozenset[str] = frozenset()
    settling: Settling = OnDelivery()
    """The rule under which the points were made."""
    settles_at: datetime | None = None


class _Case(msgspec.Struct, frozen=True, kw_only=True):
    """One order of one member in one wallet."""

    order: Order
    payment: Payment
    counted: Counted
    member: Member
    wallet: Wallet


def postings(
    order: Order,
    member: Member,
    wallets: Iterable[Wallet],
    rules: InForce,
    earned: Sequence[Earned],
    now: datetime,
) -> Due:
    """What must still be posted so that the ledger agrees with the order. Nothing if it does already.

    Only depends on its arguments, not on the order in which events came.
    """
    payment, counted = order.payment, order.counted
    if payment is None or counted is None:
        return Due()
    each: list[Due] = []
    for wallet in wallets:
        case = _Case(order=order, payment=payment, counted=counted, member=member, wallet=wallet)
        if counted.fresh and not order.cancelled_at:
            each += [_earn(case, part, now) for part in _parts(case, rules)]
        each += [_follow(case, known, now) for known in earned if known.wallet == wallet.code]
    return Due(
        commands=tuple(command for due in each for command in due.commands),
        dates=tuple(date for due in each for date in due.dates),
        uses=tuple(use for due in each for use in due.uses),
        campaigns=tuple(dict.fromkeys(campaign for due in each for campaign in due.campaigns)),
    )


def _parts(case: _Case, rules: InForce) -> list[Part]:
    order, payment, wallet = case.order, case.payment, case.wallet
    zone = zone_of(wallet.zone)
    occasion = Occasion(
        key=str(order.id),
        member_id=case.member.id,
        joined_at=case.member.joined_at,
        facts=facts_of(payment, case.counted, case.member, zone),
        reason={
            "rule": "order",
            "order": order.external_id,
            "order_id": str(order.id),
            "amount_minor": payment.amount_minor - payment.points_paid_minor,
            "currency": payment.currency,
            "tier": case.counted.tier_code,
        },
    )
    pending = not isinstance(wallet.settling, AtOnce)
    at = _settles_at(order, payment, wallet.settling, wallet.zone)
    return parts(occasion, wallet, rules, pending, at)


def _earn(case: _Case, part: Part, now: datetime) -> Due:
    """The earn, and what has become of it since."""
    earn = part.earn
    known = Earned(
        wallet=earn.wallet,
        campaign_id=part.campaign_id,
        points=earn.points,
        points_clawed_back=0,
        points_pending=earn.points if earn.pending else 0,
        granted=part.granted,
        basis=part.basis,
        settling=case.wallet.settling,
        settles_at=earn.settles_at,
    )
    follows = _follow(case, known, now)
    return Due(
        commands=(earn, *follows.commands),
        dates=follows.dates,
        uses=part.uses,
        campaigns=(part.campaign_id,) if part.campaign_id else (),
    )


def _follow(case: _Case, known: Earned, now: datetime) -> Due:
    """What refunds, cancellation and time make of an earn."""
    clawbacks = list(_clawbacks(case, known))
    if case.order.cancelled_at:
        gone = known.points_clawed_back + sum(each.points for each in clawbacks)
        return Due(commands=(*clawbacks, *_cancellation(case, known, gone)))
    settling = _settling(case, known, now)
    return Due(commands=(*clawbacks, *settling.commands), dates=settling.dates)


def _key(verb: str, case: _Case, known: Earned) -> str:
    campaign = f":{known.campaign_id}" if known.campaign_id else ""
    return f"{verb}:{case.wallet.code}{campaign}"


def _parent(case: _Case, known: Earned) -> str:
    return earn_key(str(case.order.id), case.wallet.code, known.campaign_id)


def _settling(case: _Case, known: Earned, now: datetime) -> Due:
    """Pending points settle when their time has come, or get the date on which it will."""
    order = case.order
    at = _settles_at(order, case.payment, known.settling, case.wallet.zone)
    if at is None or not known.points_pending:
        return Due()
    parent = _parent(case, known)
    if at > now:
        return Due(dates=() if at == known.settles_at else ((parent, at),))
    settle = Settle(
        key=_key(f"settle:{order.id}", case, known),
        member=case.member.id,
        wallet=case.wallet.code,
        parent=parent,
        effective_at=at,
        reason={"order": order.external_id, "rule": "settling"},
    )
    return Due(commands=(settle,))


def _settles_at(order: Order, payment: Payment, settling: Settling, zone: str) -> datetime | None:
    if isinstance(settling, OnEvent):
        happened_at = order.happened.get(settling.event)
        return max(happened_at, payment.paid_at) if happened_at else None
    return settles_at(settling, payment.paid_at, order.delivered_at, zone_of(zone))


def _cancellation(case: _Case, known: Earned, gone: int) -> Iterator[AnyCommand]:
    """All that refunds have left of an order that was called off: what is pending, then the rest."""
    order, left = case.order, known.points - gone
    if order.cancelled_at is None or left <= 0:
        return
    # Refunds that are taken back in the same breath have the pending points first.
    pending = min(left, max(0, known.points_pending - (gone - known.points_clawed_back)))
    common: dict[str, Any] = {
        "member": case.member.id,
        "wallet": case.wallet.code,
        "parent": _parent(case, known),
        "effective_at": max(order.cancelled_at, case.payment.paid_at),
        "reason": {"rule": "cancelled", "order": order.external_id},
    }
    if pending:
        yield Void(key=_key(f"void:{order.id}", case, known), points=pending, **common)
    if left > pending:
        key, policy = _key(f"cancel:{order.id}", case, known), case.wallet.debt_policy
        yield Clawback(key=key, points=left - pending, policy=policy, **common)


def _clawbacks(case: _Case, known: Earned) -> Iterator[Clawback]:
    """For each refund that the ledger has not seen: down to the points of what is then kept."""
    payment = case.payment
    clawed = known.points_clawed_back
    refunds = sorted(case.order.refunds, key=lambda each: (each.refunded_at, each.refund_id))
    gone = [each for each in refunds if each.refund_id in known.clawed_refunds]
    for one in refunds:
        if one.refund_id in known.clawed_refunds:
            continue
        gone.append(one)
        points = known.points - clawed - _keeps(case, known, gone)
        if points <= 0:
            continue
        clawed += points
        yield Clawback(
            key=_key(f"clawback:{case.order.id}:{one.refund_id}", case, known),
            member=case.member.id,
            wallet=case.wallet.code,
            parent=_parent(case, known),
            points=points,
            policy=case.wallet.debt_policy,
            effective_at=max(one.refunded_at, payment.paid_at),
            reason={
                "rule": "refund",
                "order": case.order.external_id,
                "refund": one.refund_id,
                "amount_minor": one.amount_minor,
                "currency": payment.currency,
            },
        )


def _keeps(case: _Case, known: Earned, refunds: Sequence[Refund]) -> int:
    zone = zone_of(case.wallet.zone)
    whole = facts_of(case.payment, case.counted, case.member, zone)
    kept = facts_of(case.payment, case.counted, case.member, zone, refunds)
    return kept_points(known.granted, known.basis, kept, whole, case.wallet.code)
