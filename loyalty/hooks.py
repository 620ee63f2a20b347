"""What other systems are told of points, tiers, vouchers and members (webhooks)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from core import db
from core.webhooks import catalogue, service
from core.webhooks.catalogue import EXAMPLE_AT
from core.webhooks.model import EventType, Read, Told
from loyalty.rewards.kinds import Money

VERBS: Mapping[str, str] = {
    "earn": "points.earned",
    "settle": "points.settled",
    "redeem": "points.redeemed",
    "capture": "points.redeemed",
    "reverse": "points.returned",
    "expire": "points.expired",
    "clawback": "points.clawed_back",
    "deduct": "points.clawed_back",
    "void": "points.clawed_back",
    "transfer": "points.transferred",
}
"""What a posting is called outside. Others (holds, merges) are told by nobody: nothing was won or lost."""

# The receiving side of a transfer has the key of the giving one and '/to'.
_POSTED = """
WITH named AS (
    SELECT id FROM ledger_journal WHERE id = ANY ($1::uuid[]) OR id BETWEEN $2 AND $3
    UNION
    SELECT t.id FROM ledger_journal f
    JOIN ledger_journal t ON t.merchant_id = f.merchant_id AND t.key = f.key || '/to'
    WHERE f.id = ANY ($1::uuid[]) AND f.verb::text = 'transfer'
)
SELECT j.id AS entry_id, j.verb::text AS verb, j.points, j.reason, j.effective_at, w.code AS wallet,
       c.id AS person, c.external_id AS customer_id,
       j.active_after - j.debt_after AS points_active, j.pending_after AS points_pending,
       (j.active_after - j.debt_after)
       - coalesce((SELECT p.active_after - p.debt_after FROM ledger_journal p
                   WHERE p.account_id = j.account_id AND p.seq = j.seq - 1), 0) AS points_change
FROM named n JOIN ledger_journal j ON j.id = n.id
JOIN ledger_accounts a ON a.id = j.account_id JOIN wallet_types w ON w.id = a.wallet_type_id
JOIN members m ON m.id = a.member_id JOIN customers c ON c.id = m.customer_id
WHERE j.verb::text = ANY ($4::text[])
  AND NOT EXISTS (SELECT FROM ledger_entries e WHERE e.journal_id = j.id AND e.debit = 'opening')
ORDER BY j.id
"""
_MOVED = """
SELECT m.id, c.id AS person, c.external_id AS customer_id FROM members m
JOIN customers c ON c.id = m.customer_id WHERE m.id = ANY ($1::uuid[])
"""
_JOINED = """
SELECT c.id AS person, c.external_id AS customer_id, m.joined_at, m.tier_code AS tier
FROM members m JOIN customers c ON c.id = m.customer_id WHERE m.id = ANY ($1::uuid[]) ORDER BY m.id
"""
# Who has come back meanwhile is told of as one who joined.
_GONE = """
SELECT c.id AS person, c.external_id AS customer_id, m.left_at
FROM members m JOIN customers c ON c.id = m.customer_id
WHERE m.id = ANY ($1::uuid[]) AND m.left_at IS NOT NULL ORDER BY m.id
"""
_VOUCHERS = """
SELECT v.id AS voucher_id, c.id AS person, c.external_id AS customer_id, r.code AS reward, v.code,
       v.state, v.points AS cost_points, v.worth_minor, v.worth_left_minor, v.currency, v.expires_at
FROM vouchers v JOIN rewards r ON r.id = v.reward_id JOIN members m ON m.id = v.member_id
JOIN customers c ON c.id = m.customer_id
WHERE v.id = ANY ($1::uuid[]) AND v.code IS NOT NULL ORDER BY v.id
"""


class PointsPosted(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a member's ledger, as GET /v1/members/{customer_id}/entries has it."""

    entry_id: UUID
    customer_id: str
    wallet: str
    verb: str
    points: int
    points_change: int
    """By how much what can be spent changed."""
    points_active: int
    points_pending: int
    reason: dict[str, Any]
    effective_at: datetime


class TierChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A member has another tier of a set."""

    customer_id: str
    set: str
    from_tier: str
    to_tier: str
    reason: str
    changed_at: datetime


class MemberJoined(msgspec.Struct, frozen=True, kw_only=True):
    """A customer has become a member."""

    customer_id: str
    joined_at: datetime
    tier: str


class MemberGone(msgspec.Struct, frozen=True, kw_only=True):
    """A member has left the programme of their own will."""

    customer_id: str
    left_at: datetime


class VoucherTold(msgspec.Struct, frozen=True, kw_only=True):
    """A voucher, as it stands when this is written."""

    voucher_id: UUID
    customer_id: str
    reward: str
    code: str
    state: str
    cost_points: int
    worth: Money | None
    worth_left_minor: int | None
    expires_at: datetime | None


async def tell_posted(payload: Mapping[str, Any], now: datetime) -> None:
    """Of an outbox row `points.posted`: what was posted, one event an entry. Opening balances are no news."""
    if not await service.wanted(*POSTED):
        return
    ids = [UUID(each["journal"]) for each in payload.get("postings", ())]
    span = (UUID(payload["first"]), UUID(payload["last"])) if "first" in payload else (None, None)
    told: dict[str, list[Told]] = {}
    for row in await db.fetch(_POSTED, ids, *span, list(VERBS)):
        fields = dict(row) | {"reason": db.from_json(row["reason"])}
        person = fields.pop("person")
        data = PointsPosted(**fields)
        told.setdefault(VERBS[row["verb"]], []).append(Told(data, row["effective_at"], person))
    for code, each in told.items():
        await service.publish(POSTED[code], each, now)


async def tell_moved(payload: Mapping[str, Any], now: datetime) -> None:
    """Of an outbox row `tier.changed`: who has another tier, one event a member."""
    if not await service.wanted(MOVED.code):
        return
    at = {UUID(each["member"]): datetime.fromisoformat(each["at"]) for each in payload["members"]}
    told = [
        Told(
            TierChanged(
                customer_id=row["customer_id"],
                set=payload["set"],
                from_tier=payload["from"],
                to_tier=payload["to"],
                reason=payload["reason"],
                changed_at=at[row["id"]],
            ),
            at[row["id"]],
            row["person"],
        )
        for row in await db.fetch(_MOVED, list(at))
    ]
    await service.publish(MOVED, told, now)


async def _joined(ids: Sequence[UUID], _: datetime) -> Sequence[Told]:
    rows = await db.fetch(_JOINED, list(ids))
    names = MemberJoined.__struct_fields__
    return [
        Told(MemberJoined(**{name: row[name] for name in names}), row["joined_at"], row["person"])
        for row in rows
    ]


async def _gone(ids: Sequence[UUID], _: datetime) -> Sequence[Told]:
    rows = await db.fetch(_GONE, list(ids))
    return [
        Told(
            MemberGone(customer_id=row["customer_id"], left_at=row["left_at"]), row["left_at"], row["person"]
        )
        for row in rows
    ]


async def _vouchers(ids: Sequence[UUID], at: datetime) -> Sequence[Told]:
    told = []
    for row in await db.fetch(_VOUCHERS, list(ids)):
        fields = dict(row)
        person, amount, currency = (fields.pop(name) for name in ("person", "worth_minor", "currency"))
        worth = Money(amount_minor=amount, currency=currency) if currency else None
        told.append(Told(VoucherTold(**fields, worth=worth), at, person))
    return told


_ENTRY = PointsPosted(
    entry_id=UUID("01990a3c-0000-7000-8000-000000000001"),
    customer_id="ada",
    wallet="points",
    verb="earn",
    points=120,
    points_change=0,
    points_active=30,
    points_pending=120,
    reason={"rule": "orders", "order": "1001"},
    effective_at=EXAMPLE_AT,
)
_VOUCHER = VoucherTold(
    voucher_id=UUID("01990a3c-0000-7000-8000-000000000002"),
    customer_id="ada",
    reward="five-euros",
    code="RG-7K2M-94QX",
    state="issued",
    cost_points=100,
    worth=Money(amount_minor=500, currency="EUR"),
    worth_left_minor=500,
    expires_at=EXAMPLE_AT.replace(year=2028),
)


def _posting(code: str, says: str, **shown: Any) -> EventType:
    example = msgspec.structs.replace(_ENTRY, **shown)
    return catalogue.register(EventType(code=code, says=says, data=PointsPosted, example=example))


def _of_voucher(code: str, says: str, **shown: Any) -> EventType:
    example = msgspec.structs.replace(_VOUCHER, **shown)
    read: Read = _vouchers
    return catalogue.register(EventType(code=code, says=says, data=VoucherTold, example=example, read=read))


_SPENT = {"points_pending": 0, "points": 100}
POSTED: Mapping[str, EventType] = {
    each.code: each
    for each in (
        _posting("points.earned", "A member got points; pending ones cannot be spent yet."),
        _posting(
            "points.settled", "Pending points can be spent.", verb="settle", points_change=120,
            points_active=150, points_pending=0,
        ),
        _posting("points.redeemed", "A member spent points.", verb="redeem", points_change=-100, **_SPENT),
        _posting("points.returned", "A redemption was undone: its points came back.", verb="reverse",
                 points_change=100, **_SPENT),
        _posting("points.expired", "Points ran out unused.", verb="expire", points_change=-100, **_SPENT),
        _posting("points.clawed_back", "Points were taken back, as after a refund.", verb="clawback",
                 points_change=-100, **_SPENT),
        _posting("points.transferred", "Points went to another member, or came from one; an event for each.",
                 verb="transfer", points_change=-100, **_SPENT),
    )
}  # fmt: skip
MOVED = catalogue.register(
    EventType(
        code="tier.changed",
        says="A member has another tier.",
        data=TierChanged,
        example=TierChanged(
            customer_id="ada",
            set="main",
            from_tier="member",
            to_tier="gold",
            reason="earned",
            changed_at=EXAMPLE_AT,
        ),
    )
)
JOINED = catalogue.register(
    EventType(
        code="member.joined",
        says="A customer has become a member.",
        data=MemberJoined,
        example=MemberJoined(customer_id="ada", joined_at=EXAMPLE_AT, tier="member"),
        read=_joined,
    )
)
LEFT = catalogue.register(
    EventType(
        code="member.left",
        says="A member has left the programme; what their tier brings has ended.",
        data=MemberGone,
        example=MemberGone(customer_id="ada", left_at=EXAMPLE_AT),
        read=_gone,
    )
)
ISSUED = _of_voucher("voucher.issued", "A member bought a reward: here is its voucher.")
USED = _of_voucher("voucher.used", "A voucher was used, or a part of one.", state="used", worth_left_minor=0)
CANCELLED = _of_voucher("voucher.cancelled", "An unused voucher was given back.", state="cancelled")
EXPIRED = _of_voucher("voucher.expired", "A voucher ran out unused.", state="expired")
