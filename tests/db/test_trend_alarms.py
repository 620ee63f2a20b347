"""How often a rise is named where there is none: the demo's reviews, with their times shuffled.

One review counts for its product, store, carrier and aspects at once, and all of them are judged together:
whether the promised rate holds then is measured, as docs/sentiment.md tells it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from uuid import UUID

import asyncpg
import numpy as np
from numpy.typing import NDArray

from admin.demo.files import read_texts
from admin.demo.kinds import kind_of
from admin.demo.reviews import stars_of
from admin.demo.shapes import Text
from admin.demo.stores import HOME_OF_TOPIC, STORES
from core import db, tenancy
from reviews.scoring import queries as scoring
from reviews.scoring.service import columns
from reviews.trends import queries, rules, service
from reviews.trends.rules import Count, Dimension
from sentiment.types import ASPECTS, AspectScore
from tests.fixtures.reviews.shop import DAY, NOW, customer, reading, review, take_in

LOOKS = 400
TOLD = re.compile(r"four hundred times: (\d+) looks showed a rise")
DOCUMENT = Path(__file__).parents[2] / "docs" / "sentiment.md"
RECENT_SHARE = 0.3
"""Of the reviews; a busy week, so that most products have enough to be judged."""
CARRIERS = {
    "juniper": ("Harbour Post", "Swift"),
    "songyue": ("SF", "Swift"),
    "harbour": ("Harbour Post", "SF"),
}
# Roughly what a text speaks of; where it complains, it complains of that.
ABOUT = {
    "quality": r"quality|cheap|broke|thin|fabric|质量|質|坏|壞",
    "price": r"price|money|worth|expensive|价|價|贵|貴|抵",
    "shipping": r"ship|deliver|arriv|快递|送|等",
    "service": r"service|customer|return|客服|服务|服務|態度|态度",
    "packaging": r"packag|box|包装|包裝",
    "accuracy": r"picture|photo|describ|size|图|圖|相片|描述",
    "usability": r"easy|hard to|use|work|用|操作",
    "design": r"look|color|colour|style|cut|外观|設計|设计|颜色",
}  # fmt: skip

_EACH = f"""
    WITH {queries._JUDGED}, {queries._CARRIERS}
    SELECT j.product_sku AS product, t.external_id AS store, c.carrier, j.negative, j.recent,
           ARRAY(SELECT x ->> 'aspect' FROM jsonb_array_elements(j.aspects) x) AS aspects
    FROM judged j JOIN reviews r ON r.id = j.id LEFT JOIN stores t ON t.id = j.store_id
    LEFT JOIN carriers c ON c.order_word = j.order_word
    ORDER BY r.external_id
"""


async def test_what_is_promised_holds_on_shuffled_reviews(merchant: UUID) -> None:
    texts = read_texts()
    await _shop(merchant, texts)
    async with db.transaction(merchant):
        each = await db.fetch(_EACH, *service._period(NOW))
        found = await service.judged(NOW)
    families, recent = _Families(each), np.array([row["recent"] for row in each], np.int64)
    # What is shuffled here is what the product counts.
    counted = {(t.count.dimension, t.count.key): replace(t.count, name=t.count.key) for t in found}
    assert {(count.dimension, count.key): count for count in families.counts(recent)} == counted
    assert {dimension for dimension, _ in counted} == {"product", "store", "carrier", "aspect"}
    assert len(each) == len(texts) and sum(trend.p is not None for trend in found) > 60

    rng, alarms = np.random.default_rng(11), 0
    for _ in range(LOOKS):
        looked = families.counts(rng.permutation(recent))
        alarms += any(trend.spike for trend in rules.judged(looked))
    # Three standard deviations above what is promised.
    assert alarms / LOOKS <= rules.FALSE_ALARMS + 3 * (rules.FALSE_ALARMS / LOOKS) ** 0.5
    told = TOLD.search(" ".join(DOCUMENT.read_text(encoding="utf-8").split()))
    # Another version of numpy shuffles otherwise.
    assert told and abs(int(told[1]) - alarms) <= 3, alarms


class _Families:
    """Which reviews count for what, and which of those complain: both [keys, reviews]."""

    def __init__(self, each: Sequence[asyncpg.Record]) -> None:
        kinds: tuple[Dimension, ...] = ("product", "store", "carrier")
        self._keys: list[tuple[Dimension, str]] = [("aspect", name) for name in ASPECTS]
        places = [[True] * len(each) for _ in ASPECTS]
        complaints = [[name in row["aspects"] for row in each] for name in ASPECTS]
        for kind in kinds:
            for key in sorted({row[kind] for row in each if row[kind]}):
                self._keys.append((kind, key))
                places.append([row[kind] == key for row in each])
                complaints.append([row[kind] == key and row["negative"] for row in each])
        self._places, self._complaints = np.array(places, np.int64), np.array(complaints, np.int64)

    def counts(self, recent: NDArray[np.int64]) -> list[Count]:
        numbers = (
            self._places @ recent,
            self._complaints @ recent,
            self._places @ (1 - recent),
            self._complaints @ (1 - recent),
        )
        return [
            Count(dimension, key, key, *map(int, four))
            for (dimension, key), four in zip(self._keys, np.transpose(numbers), strict=True)
        ]


async def _shop(merchant: UUID, texts: Sequence[Text]) -> None:
    """Every text of the demo as a review of an order; complaints are those with two stars or fewer."""
    rng, buyer = Random(5), await customer(merchant)
    reviews, stars = [], {}
    for text in texts:
        store = HOME_OF_TOPIC[text.source][0]
        kind = kind_of(text.source, f"{text.title} {text.text}")
        fitting = [p for p in store.catalogue if p.topic == text.source and kind in (None, p.kind)]
        product, days = rng.choice(fitting), 7 * rng.random()
        if rng.random() > RECENT_SHARE:
            days = 7 + 56 * rng.random()
        stars[text.id] = stars_of(rng, text)
        reviews.append(
            review(
                text.id, source="import", rating=Decimal(stars[text.id]), title=text.title, body=text.text,
                store=store.store_id, product_sku=product.sku, written_at=NOW - timedelta(days=days),
            )
        )  # fmt: skip
    async with db.transaction(merchant):
        for store in STORES:
            await tenancy.create_store(store.store_id, store.names, store.currency, store.time_zone)
    for start in range(0, len(reviews), 400):
        await take_in(merchant, *reviews[start : start + 400])
    carriers = [rng.choice(CARRIERS[each.store]) for each in reviews]
    async with db.transaction(merchant):
        await _carried([each.external_id for each in reviews], carriers, buyer)
        await _read({text.id: text for text in texts}, stars)


async def _carried(orders: Sequence[str], carriers: Sequence[str], buyer: UUID) -> None:
    await db.execute(
        "INSERT INTO orders (id, merchant_id, external_id, store_id, customer_id, currency, amount_minor,"
        " paid_at, created_at) SELECT uuidv7(), $1, word, (SELECT id FROM stores LIMIT 1), $2, 'USD', 5000,"
        " $3, $3 FROM unnest($4::text[]) word",
        db.merchant_id(), buyer, NOW - 70 * DAY, orders,
    )  # fmt: skip
    await db.execute(
        "INSERT INTO events (id, merchant_id, source, event_id, type, occurred_at, received_at, data,"
        " fingerprint) SELECT uuidv7(), $1, 'shop', word, 'shipment.created', $2, $2,"
        " jsonb_build_object('order_id', word, 'carrier', carrier), 'x'"
        " FROM unnest($3::text[], $4::text[]) AS t (word, carrier)",
        db.merchant_id(), NOW - 69 * DAY, orders, carriers,
    )  # fmt: skip
    await db.execute(
        "INSERT INTO order_lines (merchant_id, order_id, line_id, sku, name, quantity, amount_minor)"
        " SELECT merchant_id, id, 'l1', 'x', 'x', 1, 5000 FROM orders"
    )
    await db.execute(
        "UPDATE reviews r SET order_id = o.id, order_line_id = 'l1' FROM orders o"
        " WHERE o.external_id = r.external_id"
    )


async def _read(texts: Mapping[str, Text], stars: Mapping[str, int]) -> None:
    """A model's word on every review, without the model: it takes a minute for so many."""
    rows = await db.fetch("SELECT id, external_id FROM reviews ORDER BY id")
    scores, flags = [], []
    for row in rows:
        text, bad = texts[row["external_id"]], stars[row["external_id"]] <= 2
        words = f"{text.title} {text.text}".lower()
        aspects = [
            AspectScore(name, "negative", 0.9) for name in ASPECTS if bad and re.search(ABOUT[name], words)
        ]
        said = reading(0.9 if bad else 0.1).score
        scores.append((
            row["id"], 1, said.model, db.to_json(said.stars), said.stars_expected, said.stars_predicted,
            said.sentiment, 0.9 if bad else 0.1, 0.0, 0.1 if bad else 0.9, db.to_json(aspects), text.lang,
        ))  # fmt: skip
        flags += [(row["id"], 1, "rating", "{}")] if bad else []
    await db.execute(scoring.INSERT_SCORES, db.merchant_id(), NOW, *columns(scores, 12))
    await db.execute(scoring.INSERT_FLAGS, db.merchant_id(), NOW, *columns(flags, 4))
