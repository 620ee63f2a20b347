"""Real texts put under delivered order lines: which line, which stars, which day."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from random import Random

from msgspec import Struct

from admin.demo.customers import WINDOW_DAYS
from admin.demo.kinds import kind_of, kinds_of_topic
from admin.demo.names import draw_name
from admin.demo.shapes import Customer, Order, OrderLine, Review, Store, Text
from admin.demo.stores import CHINESE, HOME_OF_TOPIC, STORES

# Where a source says only negative, neutral or positive: the lower, the upper and the share of the upper.
STARS_OF_LABEL = {"neg": (1, 2, 0.4), "neu": (3, 3, 1.0), "pos": (4, 5, 0.65)}
GOOGLE_SHARE = 0.05
JUDGEME_SHARE = 0.10
EARLIEST_DAYS = 2
LATEST_DAYS = 30
# A delivery younger than this leaves no room for a review that is two days later and before now.
READY_AFTER = timedelta(days=EARLIEST_DAYS, hours=1)


class _Slot(Struct, frozen=True):
    """A delivered order line that a review can be written about."""

    customer: Customer
    order_id: str
    line: OrderLine
    delivered_at: datetime


class _Shelf:
    """Free slots by topic and kind, in seeded order; each is handed out once."""

    def __init__(
        self, rng: Random, customers: Iterable[Customer], orders: Iterable[Order], now: datetime
    ) -> None:
        self._slots: dict[tuple[str, str], list[_Slot]] = defaultdict(list)
        members = {customer.customer_id: customer for customer in customers}
        products = {product.sku: product for store in STORES for product in store.catalogue}
        for order in orders:
            customer = members[order.customer_id]
            if order.delivered_at is None or now - order.delivered_at < READY_AFTER:
                continue
            for line in order.lines:
                product = products[line.sku]
                if customer.locale == HOME_OF_TOPIC[product.topic][1]:
                    slot = _Slot(customer, order.order_id, line, order.delivered_at)
                    self._slots[product.topic, product.kind].append(slot)
        for key in sorted(self._slots):
            rng.shuffle(self._slots[key])

    def take(self, topic: str, kind: str | None) -> _Slot | None:
        """A slot of the kind, else of the topic's kind that has most left; None when all are gone."""
        if kind and self._slots[topic, kind]:
            return self._slots[topic, kind].pop()
        fullest = max(kinds_of_topic(topic), key=lambda other: len(self._slots[topic, other]))
        return self._slots[topic, fullest].pop() if self._slots[topic, fullest] else None


def make_reviews(
    seed: int,
    now: datetime,
    texts: Sequence[Text],
    customers: Sequence[Customer],
    orders: Sequence[Order],
    count: int,
) -> list[Review]:
    """`count` reviews, oldest first. Raises ValueError when the shop has too few delivered lines for them."""
    rng = Random(f"{seed}/reviews")
    shelf = _Shelf(rng, customers, orders, now)
    reviews: list[Review] = []
    for text in rng.sample(texts, len(texts)):
        if len(reviews) == count:
            break
        review = _make_review(Random(f"{seed}/review/{text.id}"), now, text, shelf)
        if review:
            reviews.append(review)
    if len(reviews) < count:
        raise ValueError(f"only {len(reviews)} of {count} reviews have a delivered order line to stand on")
    return sorted(reviews, key=lambda review: (review.written_at, review.external_id))


def stars_of(rng: Random, text: Text) -> int:
    """The author's own stars, else drawn from what the label allows."""
    if text.stars is not None:
        return text.stars
    lower, upper, upper_share = STARS_OF_LABEL[text.label]
    return upper if rng.random() < upper_share else lower


def _make_review(rng: Random, now: datetime, text: Text, shelf: _Shelf) -> Review | None:
    """Mostly a member's review of something delivered; None when nothing fitting is left to review."""
    store, _ = HOME_OF_TOPIC[text.source]
    kind = kind_of(text.source, f"{text.title} {text.text}")
    rating, channel = stars_of(rng, text), _draw_channel(rng, store)
    if channel != "first_party":
        return _unlinked_review(rng, now, text, channel, rating, kind)
    slot = shelf.take(text.source, kind)
    return _member_review(rng, now, text, rating, slot) if slot else None


def _draw_channel(rng: Random, store: Store) -> str:
    """Nobody reviews the Chinese store on Google."""
    drawn = rng.random()
    if drawn < GOOGLE_SHARE:
        return "first_party" if store.store_id == CHINESE.store_id else "google"
    return "judgeme" if drawn < GOOGLE_SHARE + JUDGEME_SHARE else "first_party"


def _member_review(rng: Random, now: datetime, text: Text, rating: int, slot: _Slot) -> Review:
    """Written 2 to 30 days after delivery, early more often than late, and before now."""
    earliest_s = EARLIEST_DAYS * 86_400
    latest_s = min(LATEST_DAYS * 86_400, int((now - slot.delivered_at).total_seconds()) - 1)
    delay = timedelta(seconds=int(rng.triangular(earliest_s, latest_s, earliest_s)))
    return Review(
        external_id=f"first_party:{text.id}",
        source="first_party",
        store_id=slot.customer.store_id,
        text_id=text.id,
        title=text.title,
        text=text.text,
        rating=rating,
        written_at=slot.delivered_at + delay,
        author_name=slot.customer.name,
        author_email=slot.customer.email,
        customer_id=slot.customer.customer_id,
        order_id=slot.order_id,
        line_id=slot.line.line_id,
        sku=slot.line.sku,
    )


def _unlinked_review(
    rng: Random, now: datetime, text: Text, channel: str, rating: int, kind: str | None
) -> Review:
    """By a stranger, about a product on Judge.me or about the store on Google."""
    store, locale = HOME_OF_TOPIC[text.source]
    name = draw_name(rng, locale, store)
    about_product = channel == "judgeme"
    fitting = [p for p in store.catalogue if p.topic == text.source and kind in (None, p.kind)]
    return Review(
        external_id=f"{channel}:{text.id}",
        source=channel,
        store_id=store.store_id,
        text_id=text.id,
        title=text.title,
        text=text.text,
        rating=rating,
        written_at=now - timedelta(seconds=rng.randint(3600, (WINDOW_DAYS - 14) * 86_400)),
        author_name=name.full,
        author_email=f"{name.handle}.guest-{text.id[-12:]}@example.org" if about_product else None,
        customer_id=None,
        order_id=None,
        line_id=None,
        sku=rng.choice(fitting).sku if about_product else None,
    )
