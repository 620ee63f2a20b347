"""Priorities, owners, and words that may not go with a gift."""

from decimal import Decimal

import pytest

from reviews.cases import rules
from reviews.scoring.rules import Flag


def urgency(*kinds: str) -> Flag:
    return Flag("urgency", {"kinds": [{"kind": kind, "words": []} for kind in kinds]})


def test_danger_goes_before_stars_and_a_regular_before_a_stranger() -> None:
    def total(flags: list[Flag], rating: int | None, negative: float, orders: int) -> int:
        stars = None if rating is None else Decimal(rating)
        return sum(rules.priority(flags, stars, negative, orders).values())

    assert total([urgency("safety")], 5, 0.1, 0) > total([], 1, 0.99, 5)
    assert total([], 1, 0.9, 3) > total([], 1, 0.9, 0)
    assert total([], 1, 0.9, 0) > total([], 2, 0.9, 0) > total([], None, 0.9, 0)
    assert rules.priority([urgency("leaving", "fraud")], None, 0, 99) == {
        **{"stars": 0, "text": 0, "urgency": 40, "customer": 20}
    }


def test_leaving_alone_is_not_urgent() -> None:
    parts = [
        rules.priority([urgency(kind)], None, 0, 0)["urgency"] for kind in ("leaving", "safety", "legal")
    ]
    assert [rules.is_urgent(part) for part in parts] == [False, True, True]


@pytest.mark.parametrize(
    "text",
    [
        "Please change your review.",
        "If you could REMOVE that bad rating",
        "Would you mind updating the stars you gave?",
        "once your review has been deleted",
        "and give us five stars",
        "请您修改一下评价",
        "請刪除評論",
        "希望您能改成好评",
        "把差评删除",
    ],
)
def test_a_gift_asks_for_nothing(text: str) -> None:
    assert rules.asks_for_change(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sorry about the lamp: here is something for your trouble.",
        "非常抱歉，这点积分请收下。",
        "We changed the lamp.",
    ],
)
def test_a_gift_that_just_says_sorry(text: str) -> None:
    assert not rules.asks_for_change(text)


def test_urgent_words_in_a_contented_review_wait_behind_real_trouble() -> None:
    flags = [urgency("safety")]
    contented = rules.priority(flags, Decimal(5), 0.02, 3)
    unhappy = rules.priority(flags, Decimal(4), 0.4, 3)
    assert 0 < contented["urgency"] < unhappy["urgency"]
