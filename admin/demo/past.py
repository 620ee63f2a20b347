"""Cases of the months before: opened, answered, made good or by chance not, resolved and rated.

The customers, their reviews and what they bought afterwards are those of the story. What the shop did is made
up, and chance decided to whom: the reports have months to show, and their figures are counted, not written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from admin.demo.desk import ANSWERS, FURTHER, SORRY
from admin.demo.history import incoming
from admin.demo.shapes import Review
from admin.demo.shop import SEED, Shop
from admin.demo.story import Story
from core import db
from reviews.cases import conversation, delivery, opening, service
from reviews.cases.opening import Flagged
from reviews.cases.remedies import holdout
from reviews.cases.remedies import service as remedies
from reviews.cases.remedies.holdout import RemedyHeldOut
from reviews.cases.remedies.rules import Remedy
from reviews.intake.service import receive
from reviews.proof import goals
from reviews.proof.goals import Goal
from reviews.scoring.rules import Flag
from reviews.surveys import answering
from reviews.surveys import service as surveys
from reviews.surveys.rules import Settings

OLDEST, YOUNGEST = timedelta(days=260), timedelta(days=32)
MOST = 250
HELD_OUT = Decimal("0.3")
REFUND_MINOR = 800
CSAT = ((5, 40), (4, 30), (3, 12), (2, 10), (1, 8))
"""Answers, and how often of a hundred."""
NPS = ((10, 30), (9, 20), (8, 18), (7, 12), (6, 8), (3, 7), (0, 5))


@dataclass(frozen=True)
class _People:
    manager: UUID
    agents: Sequence[UUID]


async def relive(shop: Shop, story: Story) -> int:
    """Live through the bad reviews of months ago; answers how many cases. Once: a later start finds them."""
    async with db.transaction(shop.merchant_id):
        if await db.fetchval("SELECT EXISTS (SELECT FROM case_holdouts)"):
            return 0
        rows = await db.fetch("SELECT id, role FROM staff ORDER BY email")
        people = _People(
            next(row["id"] for row in rows if row["role"] == "community_manager"),
            [row["id"] for row in rows if row["role"] == "agent"],
        )
        await _set_up(people, shop.began_at - OLDEST)
    chosen = [review for review in story.reviews if _fits(review, shop.began_at)][:MOST]
    for number, review in enumerate(chosen):
        async with db.transaction(shop.merchant_id):
            await _live(review, people, Random(f"{SEED}/past/{review.external_id}"), number)
    async with db.transaction(shop.merchant_id):
        await _recommended(shop.began_at)
        # From now on whoever looks at the demo may give to everybody.
        await holdout.change(Decimal(0), people.manager, shop.began_at)
    return len(chosen)


def _fits(review: Review, now: datetime) -> bool:
    """A bad review of a member, written here, whose days after it are mostly over."""
    old = OLDEST - timedelta(days=3) > now - review.written_at > YOUNGEST
    return bool(old and review.rating <= 2 and review.customer_id and review.source == "first_party")


async def _set_up(people: _People, at: datetime) -> None:
    await holdout.change(HELD_OUT, people.manager, at)
    await surveys.change(Settings(after_resolution=True), people.manager, at)
    await goals.change(Goal("reply", Decimal("0.9"), 24, 2), people.manager, at)
    await goals.change(Goal("resolve", Decimal("0.8"), 120, 5), people.manager, at)
    await goals.change(Goal("csat", Decimal("0.8")), people.manager, at)


async def _live(review: Review, people: _People, rng: Random, number: int) -> None:
    """One case from its review to the answer of its survey, in the open transaction."""
    at = review.written_at + timedelta(minutes=rng.randint(1, 40))
    [received] = await receive([incoming(review)], at)
    flag = Flag("rating", {"rating_norm": float(review.rating)})
    judged = Flagged(received.review_id, 1, Decimal(review.rating), 0.0, [flag])
    opened = await opening.judge([judged], at)
    if not opened:
        return  # their earlier case was open
    [case_id] = opened
    row = await db.fetchrow(
        "SELECT c.customer_id, p.locale FROM cases c"
        " JOIN customer_profiles p ON p.customer_id = c.customer_id WHERE c.id = $1",
        case_id,
    )
    if row is None:
        return
    locale = row["locale"] if row["locale"] in ANSWERS else "en"
    agent = people.agents[number % len(people.agents)]
    at += timedelta(minutes=int(60 * rng.lognormvariate(1.6, 1.0)))
    await _say(case_id, ANSWERS[locale], agent, at, private=False)
    if rng.random() < 0.4:
        at += timedelta(hours=rng.randint(2, 30))
        await _say(case_id, FURTHER[locale], agent, at, private=True)
    at += timedelta(hours=rng.randint(1, 20))
    await _make_good(case_id, SORRY[locale], agent, rng, at)
    at += timedelta(hours=rng.randint(1, 60))
    await service.resolve(case_id, agent, await _version(case_id), at)
    if rng.random() < 0.15:
        at += timedelta(days=1)
        await service.reopen(case_id, agent, await _version(case_id), at)
        await service.resolve(case_id, agent, await _version(case_id), at + timedelta(hours=5))
        at += timedelta(hours=5)
    await _rate(case_id, row["customer_id"], rng, at + timedelta(days=1))


async def _say(case_id: UUID, text: str, by: UUID, at: datetime, private: bool) -> None:
    say = conversation.message if private else conversation.reply
    queued = await say(case_id, text, by, await _version(case_id), at)
    await delivery.deliver(queued.message_id, queued.undo_until)


async def _make_good(case_id: UUID, text: str, by: UUID, rng: Random, at: datetime) -> None:
    """A small refund, where chance allows it; now and then all the same."""
    remedy = Remedy(kind="refund", amount_minor=REFUND_MINOR, currency="USD", message=text)
    side = await holdout.place(case_id, at)
    if side and side.held_out and rng.random() < 0.08:
        await holdout.override(case_id, "The customer was without the goods for weeks.", by, at)
    try:
        await remedies.give(case_id, remedy, f"demo:past:{case_id}", by, at)
    except RemedyHeldOut:
        return


async def _rate(case_id: UUID, customer_id: UUID, rng: Random, at: datetime) -> None:
    path = await surveys.make("resolution", customer_id, case_id, at)
    if rng.random() < 0.55:
        survey, _ = await surveys.open_link(path.partition("token=")[2])
        later = at + timedelta(hours=rng.randint(1, 40))
        csat = _drawn(CSAT, rng)
        await answering.answer(survey.id, "csat", csat, "", later)
        await answering.answer(
            survey.id, "effort", min(5, max(1, csat + rng.choice((-1, 0, 0, 1)))), "", later
        )


async def _recommended(now: datetime) -> None:
    """Some were asked by the shop's own channel whether they would recommend it."""
    rows = await db.fetch(
        "SELECT c.id FROM customers c JOIN members m ON m.customer_id = c.id ORDER BY c.external_id LIMIT 120"
    )
    rng = Random(f"{SEED}/recommend")
    for row in rows:
        at = now - timedelta(days=rng.uniform(1, 60))
        path = await surveys.make("recommend", row["id"], None, at)
        if rng.random() < 0.6:
            survey, _ = await surveys.open_link(path.partition("token=")[2])
            await answering.answer(survey.id, "nps", _drawn(NPS, rng), "", at + timedelta(hours=5))


def _drawn(shares: Sequence[tuple[int, int]], rng: Random) -> int:
    return rng.choices([score for score, _ in shares], [share for _, share in shares])[0]


async def _version(case_id: UUID) -> int:
    found: int = await db.fetchval("SELECT version FROM cases WHERE id = $1", case_id)
    return found
