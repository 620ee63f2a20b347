"""Tell the product the story: events through the intake, reviews through theirs, some redemptions."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from admin.commands.progress import Advance
from admin.demo.shapes import Review
from admin.demo.shop import SEED, Shop
from admin.demo.stores import STORES
from admin.demo.story import Story
from core import db
from loyalty.intake.events import Event
from loyalty.intake.service import ingest
from loyalty.liability import rolling
from loyalty.liability.rules import SETTLES_AFTER
from loyalty.rewards import catalogue, quotes
from loyalty.rewards import service as rewards
from loyalty.tiers import service as tiers
from reviews.intake.model import IncomingReview
from reviews.intake.service import receive

CHUNK = 400
LANES = 2
"""Transactions at a time: as many as a small machine has processors."""
REDEEMING_SHARE = 0.35
"""Of the members who can afford something."""
PRODUCT_NAMES = {product.sku: product.name for store in STORES for product in store.catalogue}


async def load_events(shop: Shop, story: Story, now: datetime, advance: Advance) -> Counter[str]:
    """Every event once, also if some were loaded before; answers how many per status.

    A customer's events stay in their order; customers are spread over lanes.
    """
    events = [
        Event(id=e.id, source=e.source, type=e.type, time=e.time, subject=e.subject, data=e.data)
        for e in story.events()
    ]
    owner = {order.order_id: order.customer_id for order in story.orders}
    lanes: list[list[Event]] = [[] for _ in range(LANES)]
    for event in events:
        customer = event.data.get("customer_id") or owner[event.data["order_id"]]
        lanes[sum(customer.encode()) % LANES].append(event)
    done: Counter[str] = Counter()

    async def run(lane: Sequence[Event]) -> None:
        for chunk in _chunks(lane):
            async with db.transaction(shop.merchant_id):
                results = await ingest(chunk, now)
                await _follow(chunk)
            done.update(result.status for result in results)
            advance(done.total(), len(events))

    await asyncio.gather(*(run(lane) for lane in lanes))
    return done


async def _follow(chunk: Sequence[Event]) -> None:
    """Tiers as they would have followed at the time: they multiply what later orders earn."""
    customers = {e.data["customer_id"] for e in chunk if e.type == "order.paid"}
    rows = await db.fetch(
        "SELECT m.id FROM members m JOIN customers c ON c.id = m.customer_id WHERE c.external_id = ANY ($1)",
        sorted(customers),
    )
    await tiers.recalculate([row["id"] for row in rows], "earned", chunk[-1].time)


def _chunks(lane: Sequence[Event]) -> Iterator[Sequence[Event]]:
    for start in range(0, len(lane), CHUNK):
        yield lane[start : start + CHUNK]


async def load_reviews(shop: Shop, story: Story, advance: Advance) -> int:
    """Every review once; the workers score them."""
    done = 0
    for start in range(0, len(story.reviews), CHUNK):
        chunk = story.reviews[start : start + CHUNK]
        async with db.transaction(shop.merchant_id):
            await receive([incoming(review) for review in chunk], shop.began_at)
        done += len(chunk)
        advance(done, len(story.reviews))
    return done


def incoming(review: Review) -> IncomingReview:
    """A review of the story as the intake takes it."""
    return IncomingReview(
        source=review.source,
        account=review.store_id,
        external_id=review.external_id,
        written_at=review.written_at,
        rating=Decimal(review.rating),
        title=review.title,
        body=review.text,
        author=review.author_name,
        email=review.author_email or "",
        customer=review.customer_id or "",
        store=review.store_id,
        product_sku=review.sku or "",
        product_name=PRODUCT_NAMES.get(review.sku or "", ""),
        order=review.order_id or "",
    )


async def add_up(shop: Shop) -> None:
    """Its days, as the hourly sweep adds them up; last, for a story is told of times long past."""
    async with db.transaction(shop.merchant_id):
        await rolling.forget()
        await rolling.roll(shop.began_at + SETTLES_AFTER + timedelta(microseconds=1))


async def redeem(shop: Shop, now: datetime) -> int:
    """Let some members spend: a voucher each, a few given back, some used; answers how many were issued.

    Only while there are no vouchers: who can afford what is another matter at every later start.
    """
    rng = Random(f"{SEED}/redeem")
    async with db.transaction(shop.merchant_id):
        if await db.fetchval("SELECT EXISTS (SELECT FROM vouchers)"):
            return 0
        offered = await catalogue.catalogue()
        rows = await db.fetch(
            """
            SELECT a.member_id FROM ledger_accounts a
            JOIN wallet_types w ON w.id = a.wallet_type_id AND w.code = 'points'
            JOIN members m ON m.id = a.member_id JOIN customers c ON c.id = m.customer_id
            WHERE a.points_active >= $1 ORDER BY c.external_id
            """,
            min(reward.cost_points for reward in offered),
        )
    issued = 0
    for row in rows:
        if rng.random() > REDEEMING_SHARE:
            continue
        async with db.transaction(shop.merchant_id):
            issued += await _one(row["member_id"], rng, now)
    return issued


async def _one(member_id: UUID, rng: Random, now: datetime) -> int:
    """One of the rewards that this member can have, if any."""
    at = now - timedelta(hours=1)
    allowed = [quote for quote in await quotes.quotes(member_id, at) if quote.allowed]
    fate = rng.random()
    if not allowed:
        return 0  # what they had has expired meanwhile
    chosen = rng.choice(allowed)
    voucher = await rewards.redeem(member_id, chosen.reward.id, "demo", at, points=chosen.cost_points)
    if voucher.state == "issued" and voucher.code:
        if fate < 0.1:
            await rewards.cancel(member_id, voucher.id, now)
        elif fate > 0.6:
            await rewards.use(voucher.code, now)
    return 1
