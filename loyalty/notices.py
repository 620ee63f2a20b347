"""What customers can be told of points, tiers and orders; sent where the merchant switches it on."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from core import db
from core.design.formats import formats
from core.i18n import in_language, translator
from core.notifications import kinds, letters
from core.notifications import service as notifications
from core.notifications import settings as notifying
from core.notifications.model import Kind, Letter, Reader
from loyalty.programme import service as programme

LATELY = timedelta(days=1)
"""What happened longer ago is history that is loaded: nobody is told of it."""
Stage = Literal["order_paid", "order_delivered", "order_cancelled", "order_refunded"]

# What only counts for tiers buys nothing, and is no news.
_POSTED = """
    SELECT j.id, j.verb::text AS verb, m.customer_id FROM ledger_journal j
    JOIN ledger_accounts a ON a.id = j.account_id JOIN members m ON m.id = a.member_id
    JOIN wallet_types w ON w.id = a.wallet_type_id AND w.code <> 'qualifying'
    WHERE j.id = ANY ($1::uuid[]) AND j.verb::text IN ('earn', 'settle') AND j.effective_at > $2
      AND m.left_at IS NULL
    ORDER BY j.id
"""
_POSTING = """
    SELECT j.points, j.pending_after, j.active_after, w.name FROM ledger_journal j
    JOIN ledger_accounts a ON a.id = j.account_id JOIN wallet_types w ON w.id = a.wallet_type_id
    WHERE j.id = $1
"""
_MEMBERS = "SELECT id, customer_id FROM members WHERE id = ANY ($1::uuid[]) AND left_at IS NULL ORDER BY id"
_ORDERS = """
    SELECT o.id, o.external_id, o.customer_id FROM orders o
    WHERE o.merchant_id = current_merchant() AND o.external_id = ANY ($1::text[])
      AND o.customer_id IS NOT NULL
"""
_ORDER = "SELECT external_id, amount_minor, refunded_minor, currency FROM orders WHERE id = $1"


class Posted(msgspec.Struct, frozen=True):
    """What is told: which posting of the ledger."""

    journal: UUID


class Moved(msgspec.Struct, frozen=True):
    """What is told: which tier of which set somebody has now."""

    set: str
    tier: str


class Ordered(msgspec.Struct, frozen=True):
    """What is told: which order."""

    order: UUID


async def tell_posted(payload: Mapping[str, Any], now: datetime) -> None:
    """Of an outbox row `points.posted`: tell whoever got points, or may spend them from now on.

    Sets of postings (imports, expiry) are nobody's news.
    """
    if "first" in payload or not await _sent(EARNED, SETTLED):
        return
    ids = [UUID(each["journal"]) for each in payload["postings"]]
    for row in await db.fetch(_POSTED, ids, now - LATELY):
        kind = EARNED if row["verb"] == "earn" else SETTLED
        told, key = {"journal": row["id"]}, f"{kind.code}:{row['id']}"
        await notifications.notify(kind.code, row["customer_id"], told, key, now)


async def tell_moved(payload: Mapping[str, Any], now: datetime) -> None:
    """Of an outbox row `tier.changed`: tell whoever has another tier."""
    at = {UUID(each["member"]): each["at"] for each in payload["members"]}
    recent = [member for member, moment in at.items() if datetime.fromisoformat(moment) > now - LATELY]
    if not recent or not await _sent(MOVED):
        return
    told = {"set": payload["set"], "tier": payload["to"]}
    for row in await db.fetch(_MEMBERS, recent):
        key = f"{MOVED.code}:{row['id']}:{payload['set']}:{at[row['id']]}"
        await notifications.notify(MOVED.code, row["customer_id"], told, key, now)


async def tell_ordered(stages: Sequence[tuple[Stage, str, str, datetime]], now: datetime) -> None:
    """Tell customers where their orders are: stage, the shop's id of the order, what makes it once, when."""
    recent = [each for each in stages if each[3] > now - LATELY]
    if not recent or not await _sent(*ORDERS.values()):
        return
    rows = await db.fetch(_ORDERS, sorted({each[1] for each in recent}))
    orders = {row["external_id"]: row for row in rows}
    for stage, word, once, _ in recent:
        if row := orders.get(word):
            key = f"{stage}:{row['id']}:{once}"
            await notifications.notify(stage, row["customer_id"], {"order": row["id"]}, key, now)


async def _sent(*of: Kind) -> bool:
    wanted = await notifying.current()
    return any(wanted.sends(kind) for kind in of)


async def _earned(told: Posted, reader: Reader) -> Letter | None:
    return await _points(told, reader, settled=False)


async def _settled(told: Posted, reader: Reader) -> Letter | None:
    return await _points(told, reader, settled=True)


async def _points(told: Posted, reader: Reader, settled: bool) -> Letter | None:
    row = await db.fetchrow(_POSTING, told.journal)
    if row is None or not row["points"]:
        return None
    words, shown = translator(reader.locale), formats(reader.locale)
    points = shown.points(row["points"])
    wallet = in_language(db.from_json(row["name"]), reader.locale)
    if settled:
        subject = words.gettext("%(points)s can be spent now", points=points)
    else:
        subject = words.gettext("%(points)s for you", points=points)
    said = words.gettext(
        "In your wallet “%(wallet)s” at %(shop)s there are %(active)s to spend, and %(pending)s that wait.",
        wallet=wallet,
        shop=reader.shop,
        active=shown.points(row["active_after"]),
        pending=shown.points(row["pending_after"]),
    )
    return letters.plain(subject, [said], reader, "/portal/activity", words.gettext("See what they are for:"))


async def _moved(told: Moved, reader: Reader) -> Letter | None:
    live = await programme.live()
    tiers = [each.tiers for each in live.sets if each.code == told.set]
    named = [tier for each in tiers for tier in each if tier.code == told.tier]
    if not named:
        return None
    words = translator(reader.locale)
    name = in_language(named[0].name, reader.locale)
    subject = words.gettext("Your tier is now %(tier)s", tier=name)
    said = words.gettext("At %(shop)s you are now in the tier %(tier)s.", shop=reader.shop, tier=name)
    return letters.plain(subject, [said], reader, "/portal", words.gettext("See what it brings:"))


async def _order(told: Ordered, reader: Reader, stage: Stage) -> Letter | None:
    row = await db.fetchrow(_ORDER, told.order)
    if row is None or row["currency"] is None:
        return None
    words, shown = translator(reader.locale), formats(reader.locale)
    back = shown.money(row["refunded_minor"], row["currency"])
    subject = {
        "order_paid": words.gettext("Your order %(order)s is paid", order=row["external_id"]),
        "order_delivered": words.gettext("Your order %(order)s was delivered", order=row["external_id"]),
        "order_cancelled": words.gettext("Your order %(order)s was cancelled", order=row["external_id"]),
        "order_refunded": words.gettext("Money back for your order %(order)s", order=row["external_id"]),
    }[stage]
    paid = shown.money(row["amount_minor"], row["currency"])
    said = {
        "order_paid": words.gettext("%(shop)s has received %(amount)s.", shop=reader.shop, amount=paid),
        "order_delivered": words.gettext("If something is not right, tell us: we put it right."),
        "order_cancelled": words.gettext("Nothing of it will be sent."),
        "order_refunded": words.gettext("By now %(amount)s went back to you.", amount=back),
    }[stage]
    return letters.plain(subject, [said], reader)


def _stage(stage: Stage) -> Kind:
    async def write(told: Ordered, reader: Reader) -> Letter | None:
        return await _order(told, reader, stage)

    return kinds.register(Kind(code=stage, about="orders", values=Ordered, write=write, shipped=False))


EARNED = kinds.register(
    Kind(code="points_earned", about="points", values=Posted, write=_earned, shipped=False)
)
SETTLED = kinds.register(
    Kind(code="points_settled", about="points", values=Posted, write=_settled, shipped=False)
)
MOVED = kinds.register(Kind(code="tier_changed", about="tier", values=Moved, write=_moved, shipped=False))
ORDERS: Mapping[Stage, Kind] = {
    "order_paid": _stage("order_paid"),
    "order_delivered": _stage("order_delivered"),
    "order_cancelled": _stage("order_cancelled"),
    "order_refunded": _stage("order_refunded"),
}
