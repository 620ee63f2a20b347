"""What an incoming review means."""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.intake.model import IncomingReview
from reviews.intake.rules import ReviewInvalid, content_of, masked, normalised, state_of, storable

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rating", "low", "high", "stars"),
    [
        ("1", 1, 5, "1"),
        ("5", 1, 5, "5"),
        ("4.5", 1, 5, "4.5"),
        ("0", 1, 5, None),
        ("0", 0, 5, "1"),
        ("5", 0, 5, "5"),
        ("0", 1, 10, None),
        ("10", 1, 10, "5"),
        ("5.5", 1, 10, "3"),
        ("3", 1, 10, "1.8889"),
        ("88", 0, 100, "4.52"),
        ("-100", -100, 100, "1"),
        ("0", -100, 100, "3"),
        ("100", -100, 100, "5"),
    ],
)
def test_any_scale_becomes_stars(rating: str, low: int, high: int, stars: str | None) -> None:
    found = normalised(Decimal(rating), Decimal(low), Decimal(high))
    assert found == (None if stars is None else Decimal(stars))


@pytest.mark.parametrize(
    ("rating", "low", "high"),
    [
        ("6", 1, 5),
        ("-1", 0, 5),
        ("3", 5, 5),
        ("3", 5, 1),
        ("NaN", 1, 5),
        ("Infinity", 1, 5),
        ("1", 1, "1e9"),
        ("1e-99999", 0, 5),
    ],
)
def test_ratings_that_mean_nothing(rating: str, low: int, high: int | str) -> None:
    with pytest.raises(ReviewInvalid):
        normalised(Decimal(rating), Decimal(low), Decimal(high))


@given(st.integers(-50, 50), st.integers(1, 100), st.integers(0, 1000))
def test_stars_grow_with_the_rating_and_stay_between_one_and_five(low: int, width: int, share: int) -> None:
    high = low + width
    rating = low + Decimal(width) * share / 1000
    if rating == 0 and low == 1:
        return
    found = normalised(rating, Decimal(low), Decimal(high))
    assert found is not None
    assert 1 <= found <= 5
    assert abs(found - (1 + Decimal(4) * share / 1000)) < Decimal("0.0002")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana", "Ana"),
        ("ana.b@mail.test", "a***"),
        ("Ana <ana@mail.test>", "Ana <a***>"),
        ("@ana", "@ana"),
        ("", ""),
    ],
)
def test_addresses_in_names_are_masked(name: str, shown: str) -> None:
    assert masked(name) == shown


def test_a_name_made_to_be_slow_is_not() -> None:
    begun = time.process_time()
    assert masked("a" * 300_000 + "@") == "a" * 500
    assert time.process_time() - begun < 1


def test_only_what_no_database_stores_leaves_the_raw_text() -> None:
    text = "a\x00b\ud800c\u202e\u200b<b>&amp;\U0001f44d"
    assert storable(text) == "abc\u202e\u200b<b>&amp;\U0001f44d"


def review(**fields: Any) -> IncomingReview:
    usual: dict[str, Any] = {"source": "first_party", "external_id": "1", "written_at": NOW, "body": "b"}
    return IncomingReview(**(usual | fields))


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"source": "First Party"}, "source"),
        ({"source": ""}, "source"),
        ({"external_id": ""}, "external_id"),
        ({"external_id": "x" * 256}, "external_id"),
        ({"account": "a\x00"}, "account"),
        ({"written_at": NOW.replace(tzinfo=None)}, "written_at"),
        ({"written_at": NOW + timedelta(days=2)}, "written_at"),
        ({"written_at": datetime(1970, 1, 1, tzinfo=UTC)}, "written_at"),
        ({"body": " ", "title": ""}, "body"),
        ({"body": "", "rating": Decimal(0)}, "body"),
        ({"body": "x" * 100_001}, "body"),
        ({"title": "x" * 2_001}, "title"),
        ({"rating": Decimal(9)}, "rating"),
        ({"kind": "mention", "rating": Decimal(3)}, "rating"),
        ({"photo_urls": ("javascript:alert(1)",)}, "photo_urls"),
        ({"photo_urls": ("https://a.example/1.jpg",) * 31}, "photo_urls"),
    ],
)
def test_reviews_that_cannot_be_taken_in(fields: dict[str, Any], name: str) -> None:
    with pytest.raises(ReviewInvalid) as refused:
        content_of(review(**fields), NOW)
    assert refused.value.field in {name, "edited_at" if name == "written_at" else name}
    assert refused.value.code == "review_invalid"


def test_the_same_wording_has_the_same_fingerprint() -> None:
    same = [review(rating=Decimal("4.50")), review(rating=Decimal("4.5"), author="Other", extra={"likes": 3})]
    assert len({content_of(each, NOW).fingerprint for each in same}) == 1
    other = [
        review(),
        review(body="c"),
        review(rating=Decimal(4)),
        review(edited_at=NOW + timedelta(seconds=1)),
    ]
    assert len({content_of(each, NOW).fingerprint for each in other}) == 4


@pytest.mark.parametrize(
    ("lang", "kept"), [("zh_TW", "zh-TW"), ("en", "en"), ("English please", ""), ("", "")]
)
def test_language_hint(lang: str, kept: str) -> None:
    assert content_of(review(lang=lang), NOW).lang == kept


def test_a_removal_holds_until_its_author_writes_again() -> None:
    assert state_of(NOW, None) == "live"
    assert state_of(NOW, NOW) == "tombstone"
    assert state_of(None, NOW) == "tombstone"
    assert state_of(NOW + timedelta(seconds=1), NOW) == "live"
