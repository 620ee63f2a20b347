"""The main job as its users do it: a shop's system over HTTP, an agent on a case, a marketer on tiers."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import msgspec
from standardwebhooks import Webhook

from admin.demo.report import Report
from admin.demo.shop import Shop
from admin.demo.story import Story
from core import clock, db
from core.ids import new_id
from core.outbox.store import LAG
from core.settings import Settings
from loyalty.ledger import reading as ledger
from loyalty.programme import service as programme
from loyalty.tiers import service as tiers
from loyalty.tiers.rules import Tier
from reviews.cases import conversation, goodwill
from reviews.cases import service as cases

CUSTOMER = "walk-in-1"
ORDER = "walk-in-order-1"
AMOUNT_MINOR = 30_000
POINTS = 300
REFUND_MINOR = 5_000
GOODWILL_POINTS = 50
SCORED_WITHIN_S = 120


async def run(installed: Settings, shop: Shop, report: Report) -> None:
    """All of it, with what must hold after each part."""
    headers = {"Authorization": f"Bearer {shop.api_key}"}
    async with httpx.AsyncClient(
        base_url=installed.public_url, headers=headers, timeout=30, trust_env=False
    ) as client:
        with report.step("an order earns, a voucher is bought"):
            await _earn_and_spend(client, shop, report)
        with report.step("a negative review is won back"):
            await _win_back(client, shop, report)
    with report.step("a tier draft is published"):
        await _publish(shop, report)


def event(kind: str, data: dict[str, Any], at: datetime) -> dict[str, Any]:
    """An event as a shop sends it."""
    return {
        "id": f"walk-in:{kind}:{data.get('order_id', CUSTOMER)}",
        "source": "/walk-in",
        "type": kind,
        "time": at.isoformat(),
        "data": data,
    }


async def _earn_and_spend(client: httpx.AsyncClient, shop: Shop, report: Report) -> None:
    now = clock.now()
    joined = {"customer_id": CUSTOMER, "email": "walk-in@example.com", "name": "Ada Walker"}
    paid = {
        "order_id": ORDER,
        "store_id": "juniper",
        "customer_id": CUSTOMER,
        "currency": "USD",
        "amount_minor": AMOUNT_MINOR,
        "lines": [{"line_id": "1", "sku": "coat", "name": "Wool coat", "amount_minor": AMOUNT_MINOR}],
    }
    await _post(client, "/v1/events", event("customer.created", joined | {"accepts_terms": True}, now))
    # The delivery comes before the payment, and the payment twice: that is normal.
    await _deliver(client, shop, event("order.delivered", {"order_id": ORDER}, now))
    await _post(client, "/v1/events", event("order.paid", paid, now))
    again = await _post(client, "/v1/events", event("order.paid", paid, now))
    report.check("a repeated event is a duplicate", again["results"][0]["status"] == "duplicate")
    report.check("the delivered order's points are active", await _active(client) == POINTS)

    key = str(new_id())
    body = {"reward": "ten-percent-off"}
    path = f"/v1/members/{CUSTOMER}/redemptions"
    first = await _post(client, path, body, key)
    second = await _post(client, path, body, key)
    report.check("the same key gives the same voucher", first["code"] == second["code"])
    report.check("points were spent once", await _active(client) == POINTS - first["cost_points"])
    refund = {"refund_id": "r1", "order_id": ORDER, "amount_minor": REFUND_MINOR}
    await _post(client, "/v1/events", event("order.refunded", refund, now))
    kept = POINTS * (AMOUNT_MINOR - REFUND_MINOR) // AMOUNT_MINOR
    report.check(
        "a refund leaves the points of what was kept", await _active(client) == kept - first["cost_points"]
    )


async def _post(client: httpx.AsyncClient, path: str, body: Any, key: str = "") -> Any:
    answer = await client.post(path, json=body, headers={"Idempotency-Key": key or str(new_id())})
    answer.raise_for_status()
    return answer.json()


async def _deliver(client: httpx.AsyncClient, shop: Shop, body: dict[str, Any]) -> None:
    """Send one event as a signed webhook."""
    data, message, at = msgspec.json.encode(body), str(new_id()), clock.now()
    signature = Webhook(shop.webhook_secret).sign(message, at, data.decode())
    headers = {
        "webhook-id": message,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
        "Content-Type": "application/json",
    }
    answer = await client.post(f"/webhooks/in/{shop.webhook_id}", content=data, headers=headers)
    answer.raise_for_status()


async def _active(client: httpx.AsyncClient) -> int:
    answer = await client.get(f"/v1/members/{CUSTOMER}")
    answer.raise_for_status()
    balances = answer.json()["balances"]
    return int(next(b["points_active"] for b in balances if b["wallet"] == "points"))


async def _win_back(client: httpx.AsyncClient, shop: Shop, report: Report) -> None:
    review = {
        "source": "first_party",
        "external_id": "walk-in-review-1",
        "written_at": clock.now().isoformat(),
        "rating": 1,
        "title": "Very disappointed",
        "body": "The coat arrived torn and nobody answers my mails. I want my money back.",
        "customer": CUSTOMER,
        "order": ORDER,
        "product_sku": "coat",
    }
    began = time.monotonic()
    await _post(client, "/v1/reviews", review)
    case = await _case(shop, began)
    report.check("the review opened a case with an owner and a reason", case is not None)
    if case is None:
        return
    # The points for writing it become active when it is judged: not between the two looks at the balance.
    report.check("the review was judged", await _judged(shop))
    before = await _active(client)
    owner: UUID = case["owner_id"]
    async with db.transaction(shop.merchant_id):
        now = clock.now()
        await conversation.reply(
            case["id"], "We are sorry: a new coat is on its way.", owner, case["version"], now
        )
        await goodwill.give(case["id"], GOODWILL_POINTS, "With our apologies.", "walk-in", owner, now)
    async with db.transaction(shop.merchant_id):
        version = await db.fetchval("SELECT version FROM cases WHERE id = $1", case["id"])
        await cases.resolve(case["id"], owner, version, clock.now())
    report.check("goodwill came out of the ledger", await _active(client) == before + GOODWILL_POINTS)
    report.figure("seconds from a review to its case", f"{case['seconds']:.1f}")


async def _case(shop: Shop, began: float) -> dict[str, Any] | None:
    """The case of the walk-in's review, once the workers have opened it."""
    while time.monotonic() - began < SCORED_WITHIN_S:
        async with db.transaction(shop.merchant_id):
            row = await db.fetchrow(
                """
                SELECT c.id, c.version, c.owner_id FROM cases c JOIN reviews r ON r.id = c.review_id
                WHERE r.external_id = 'walk-in-review-1' AND c.owner_id IS NOT NULL
                  AND EXISTS (SELECT FROM review_flags f WHERE f.review_id = r.id)
                """
            )
        if row:
            return dict(row) | {"seconds": time.monotonic() - began}
        await asyncio.sleep(0.1)
    return None


async def _judged(shop: Shop) -> bool:
    """Whether the policy has decided on the walk-in's review, once the workers have come to it."""
    began = time.monotonic()
    while time.monotonic() - began < SCORED_WITHIN_S:
        async with db.transaction(shop.merchant_id):
            state = await db.fetchval("SELECT moderation FROM reviews WHERE external_id = 'walk-in-review-1'")
        if state != "pending":
            return True
        await asyncio.sleep(0.1)
    return False


async def _publish(shop: Shop, report: Report) -> None:
    async with db.transaction(shop.merchant_id):
        now = clock.now()
        await tiers.recalculate(None, "window", now)
        live = await programme.live()
        draft = msgspec.structs.replace(live.primary, tiers=tuple(map(_eased, live.tiers)))
        preview = await tiers.preview(draft, now)
        before = await _tiers()
    async with db.transaction(shop.merchant_id):
        await tiers.publish(draft, preview.fingerprint, now, None, clock.now())
    async with db.transaction(shop.merchant_id):
        after = await _tiers()
    moved = sum(1 for member, tier in after.items() if before[member] != tier)
    report.figure("members moved by the new tiers", moved)
    report.check("exactly the previewed members moved", moved == preview.moving > 0)


def _eased(tier: Tier) -> Tier:
    """A marketer lowers each threshold by a fifth."""
    return msgspec.structs.replace(tier, threshold=tier.threshold * 4 // 5)


async def _tiers() -> dict[UUID, str]:
    return {row["id"]: row["tier_code"] for row in await db.fetch("SELECT id, tier_code FROM members")}


async def audit(shop: Shop, story: Story, report: Report) -> None:
    """Figures of the whole shop, and that its books agree."""
    async with db.transaction(shop.merchant_id):
        await _figures(report)
        faults, total = await ledger.check(), await ledger.sum_of_all_sides()
        unscored: int = await db.fetchval(
            "SELECT count(*) FROM reviews r WHERE version > 0"
            " AND NOT EXISTS (SELECT FROM review_scores s WHERE s.review_id = r.id)"
        )
        told: int = await db.fetchval("SELECT count(*) FROM reviews")
        undecided: int = await db.fetchval("SELECT count(*) FROM reviews WHERE moderation = 'pending'")
        unowned: int = await db.fetchval(
            """
            SELECT count(*) FROM review_flags f JOIN reviews r ON r.id = f.review_id AND r.version = f.version
            WHERE NOT EXISTS (SELECT FROM case_reviews x JOIN cases c ON c.id = x.case_id
                              WHERE x.review_id = r.id AND c.owner_id IS NOT NULL)
            """
        )
    async with db.transaction(None):
        lag = await db.fetchrow(LAG, clock.now())
    report.figure("ledger sum", total)
    report.check("the ledger sums to 0", total == 0)
    report.check("balances, lots and entries agree", not faults)
    report.check("every review is scored", told > len(story.reviews) and unscored == 0)
    report.check("every review is shown, held or hidden", undecided == 0)
    report.check("every negative review has a case with an owner", unowned == 0)
    report.check("nothing is parked", lag is not None and lag["parked"] == 0)


_COUNTS: Sequence[tuple[str, str]] = (
    ("points posted", "SELECT sum(points)::bigint FROM ledger_entries"),
    ("postings", "SELECT count(*) FROM ledger_journal"),
    ("reviews scored", "SELECT count(DISTINCT review_id) FROM review_scores"),
    ("negatives flagged", "SELECT count(DISTINCT review_id) FROM review_flags"),
    ("cases opened", "SELECT count(*) FROM cases"),
    ("vouchers issued", "SELECT count(*) FROM vouchers"),
    ("reviews that earned points", "SELECT count(*) FROM reviews WHERE incentivised"),
    ("reviews held for a person", "SELECT count(*) FROM reviews WHERE moderation = 'held'"),
)


async def _figures(report: Report) -> None:
    for name, sql in _COUNTS:
        report.figure(name, int(await db.fetchval(sql) or 0))
    for row in await db.fetch(
        "SELECT tier_code, count(*) AS members FROM members GROUP BY 1 ORDER BY 2 DESC"
    ):
        report.figure(f"members: {row['tier_code']}", row["members"])
    states = await db.fetch("SELECT state, count(*) AS cases FROM cases GROUP BY 1 ORDER BY 1")
    report.figure("cases by state", ", ".join(f"{row['state']} {row['cases']}" for row in states))
