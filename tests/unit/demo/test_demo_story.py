"""The demo's story as a whole: sizes, window, determinism, members, orders, refunds."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from admin.demo.customers import WINDOW_DAYS
from admin.demo.files import read_purchases
from admin.demo.orders import local_day
from admin.demo.shapes import Order, Purchase, Store
from admin.demo.story import Story, build_story


def _stores(story: Story) -> dict[str, Store]:
    return {store.store_id: store for store in story.stores}


def _orders_by_customer(story: Story) -> dict[str, list[Order]]:
    by_customer: dict[str, list[Order]] = defaultdict(list)
    for order in story.orders:
        by_customer[order.customer_id].append(order)
    return by_customer


def _histories() -> dict[int, list[Purchase]]:
    by_number: dict[int, list[Purchase]] = defaultdict(list)
    for purchase in read_purchases():
        by_number[purchase.customer].append(purchase)
    return by_number


def test_same_seed_and_time_tell_the_same_story(now: datetime) -> None:
    first, second = (build_story(3, now, members=60, reviews=40) for _ in range(2))
    assert first == second
    assert list(first.events()) == list(second.events())


def test_another_seed_tells_another_story(now: datetime) -> None:
    first, second = (build_story(seed, now, members=60, reviews=40) for seed in (3, 4))
    assert first.customers != second.customers
    assert {review.text_id for review in first.reviews} != {review.text_id for review in second.reviews}


def test_a_member_is_the_same_in_a_small_and_in_a_large_shop(now: datetime, full_story: Story) -> None:
    small = build_story(7, now, members=60, reviews=0)
    assert set(small.customers) < set(full_story.customers)
    assert {order.order_id for order in small.orders} < {order.order_id for order in full_story.orders}


def test_full_size(full_story: Story) -> None:
    summary = full_story.summary()
    assert summary["stores"] == 3
    assert summary["members"] == 5000
    assert summary["orders"] == len(read_purchases()) == 14_696
    assert summary["reviews"] >= 3000
    assert 0.20 <= summary["reviews_of_1_or_2_stars"] / summary["reviews"] <= 0.27


def test_summary_counts_what_the_story_holds(full_story: Story) -> None:
    summary = full_story.summary()
    types = Counter(event.type for event in full_story.events())
    assert summary["events"] == types.total()
    assert summary["orders_delivered"] == types["order.delivered"]
    assert summary["refunds"] == types["order.refunded"]
    stars = ("reviews_of_1_or_2_stars", "reviews_of_3_stars", "reviews_of_4_or_5_stars")
    assert sum(summary[key] for key in stars) == len(full_story.reviews)


def test_everything_lies_in_the_last_18_months(now: datetime, full_story: Story) -> None:
    times = [customer.joined_at for customer in full_story.customers]
    times += [review.written_at for review in full_story.reviews]
    for order in full_story.orders:
        times += [order.paid_at, *([order.delivered_at] if order.delivered_at else [])]
        times += [order.refund.refunded_at] if order.refund else []
    assert now - timedelta(days=WINDOW_DAYS) <= min(times)
    assert max(times) <= now
    assert all(time.tzinfo is UTC for time in times)


def test_joining_and_buying_go_on_in_every_month(full_story: Story) -> None:
    joined = Counter(customer.joined_at.strftime("%Y-%m") for customer in full_story.customers)
    paid = Counter(order.paid_at.strftime("%Y-%m") for order in full_story.orders)
    assert len(joined) == len(paid) == 19
    assert min(joined.values()) > 30
    assert min(paid.values()) > 200


def test_gaps_and_amounts_are_those_of_the_real_purchases(full_story: Story) -> None:
    stores, histories = _stores(full_story), _histories()
    by_customer = _orders_by_customer(full_story)
    for customer in full_story.customers:
        store, real = stores[customer.store_id], histories[customer.number]
        orders = by_customer[customer.customer_id]
        days = [local_day(store, order.paid_at) for order in orders]
        assert _gaps(days) == _gaps([purchase.day for purchase in real])
        assert [order.amount_minor for order in orders] == [
            p.amount_cents * store.minor_per_cent for p in real
        ]
        assert [sum(line.quantity for line in order.lines) for order in orders] == [p.items for p in real]


def _gaps(days: list[date]) -> list[int]:
    return [(later - earlier).days for earlier, later in pairwise(days)]


def test_orders_are_paid_in_opening_hours_by_members_of_the_store(full_story: Story) -> None:
    stores = _stores(full_story)
    members = {customer.customer_id: customer for customer in full_story.customers}
    for order in full_story.orders:
        store, customer = stores[order.store_id], members[order.customer_id]
        local = order.paid_at + timedelta(hours=store.utc_offset_hours)
        assert store.opens_hour <= local.hour < store.closes_hour
        assert customer.store_id == order.store_id
        assert order.currency == store.currency
        assert customer.joined_at < order.paid_at


def test_lines_add_up_and_come_from_the_store(full_story: Story) -> None:
    stores = _stores(full_story)
    for order in full_story.orders:
        products = {product.sku: product.name for product in stores[order.store_id].catalogue}
        assert sum(line.amount_minor for line in order.lines) == order.amount_minor
        assert all(line.amount_minor >= 0 and line.quantity >= 1 for line in order.lines)
        assert all(products[line.sku] == line.name for line in order.lines)
        assert len({line.sku for line in order.lines}) == len(order.lines)


def test_purchases_worth_nothing_stay_as_orders_of_zero(full_story: Story) -> None:
    nothing = [order for order in full_story.orders if order.amount_minor == 0]
    assert len(nothing) == sum(1 for purchase in read_purchases() if purchase.amount_cents == 0) > 0
    assert all(order.refund is None for order in nothing)


def test_delivery_takes_2_to_9_days_a_few_longer(now: datetime, full_story: Story) -> None:
    stores = _stores(full_story)
    days: Counter[int] = Counter()
    for order in full_story.orders:
        if order.delivered_at:
            store = stores[order.store_id]
            days[(local_day(store, order.delivered_at) - local_day(store, order.paid_at)).days] += 1
        else:
            assert now - order.paid_at < timedelta(days=21)
    assert set(days) == {*range(2, 10), *range(12, 21)}
    assert 0.02 < sum(days[late] for late in range(12, 21)) / days.total() < 0.06


def test_refunds_follow_delivery_and_never_exceed_the_order(full_story: Story) -> None:
    refunded = [(order, order.refund) for order in full_story.orders if order.refund]
    assert 0.02 < len(refunded) / len(full_story.orders) < 0.04
    for order, refund in refunded:
        lines = {line.line_id: line.amount_minor for line in order.lines}
        assert order.delivered_at
        assert timedelta(days=3) <= refund.refunded_at - order.delivered_at <= timedelta(days=20)
        assert (
            0 < refund.amount_minor == sum(line.amount_minor for line in refund.lines) <= order.amount_minor
        )
        assert all(0 < line.amount_minor <= lines[line.line_id] for line in refund.lines)
    whole = sum(1 for order, refund in refunded if refund.amount_minor == order.amount_minor)
    assert 0 < whole < len(refunded)


def test_members_are_unique_and_nobody_real_can_get_their_mail(full_story: Story) -> None:
    emails = {customer.email for customer in full_story.customers}
    assert len(emails) == len({customer.customer_id for customer in full_story.customers}) == 5000
    assert {email.partition("@")[2] for email in emails} == {"example.com", "example.org"}
    assert all(email.isascii() and email == email.lower() for email in emails)


def test_locales_and_names_suit_the_stores(full_story: Story) -> None:
    stores = _stores(full_story)
    for customer in full_story.customers:
        assert customer.locale in stores[customer.store_id].locales
        assert customer.name.isascii() == (customer.locale == "en")
    mixed = Counter(c.locale for c in full_story.customers if c.store_id == "harbour")
    assert set(mixed) == {"en", "zh-Hans", "zh-Hant"}


def test_a_small_shop_has_all_stores(now: datetime) -> None:
    story = build_story(11, now, members=60, reviews=40)
    assert len(story.customers) == 60
    assert len(story.reviews) == 40
    assert {customer.store_id for customer in story.customers} == {store.store_id for store in story.stores}


def test_reviews_come_in_proportion_when_no_number_is_given(now: datetime) -> None:
    assert len(build_story(11, now, members=500).reviews) == 369


@pytest.mark.parametrize(("members", "reviews"), [(0, None), (5001, None), (60, -1), (60, 3691), (1, 1000)])
def test_sizes_that_cannot_be_are_refused(now: datetime, members: int, reviews: int | None) -> None:
    with pytest.raises(ValueError, match=r"members must|reviews must|only \d+ of"):
        build_story(1, now, members=members, reviews=reviews)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="timezone-aware"):
        build_story(1, datetime(2026, 3, 14), members=1)
