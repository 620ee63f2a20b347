"""Intervals against the tables that were published with them, who is held out, and what a goal lacks."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ids import new_id
from reviews.proof import rules
from reviews.proof.rules import Difference, Share


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_as_newcombe_printed_it(count: int, of: int, low: float, high: float) -> None:
    assert rules.wilson(count, of) == pytest.approx((low, high), abs=0.00005)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_newcombes_interval_as_he_printed_it(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    assert rules.newcombe(*one, *other) == pytest.approx((low, high), abs=0.00005)


shares = st.integers(1, 500).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@given(shares, shares)
def test_intervals_hold_their_value_and_turn_with_the_sides(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    low, high = rules.wilson(*one)
    assert 0 <= low <= one[0] / one[1] <= high <= 1
    there, back = Difference(Share(*one), Share(*other)), Difference(Share(*other), Share(*one))
    assert there.interval and back.interval and there.value is not None
    assert -1 - 1e-9 <= there.interval[0] <= there.value <= there.interval[1] <= 1 + 1e-9
    assert there.interval == pytest.approx((-back.interval[1], -back.interval[0]))


def test_of_nothing_nothing_is_said() -> None:
    nothing = Share(0, 0)
    assert (nothing.value, nothing.interval, nothing.enough) == (None, None, False)
    assert Difference(nothing, Share(1, 2)).value is None
    assert not Difference(Share(10, 400), Share(3, rules.ENOUGH - 1)).enough
    assert Difference(Share(10, 400), Share(3, rules.ENOUGH)).enough
    for count, of in ((1, 0), (3, 2), (-1, 2)):
        with pytest.raises(ValueError, match="no share"):
            rules.wilson(count, of)


def test_chance_is_the_same_each_time_and_as_large_as_wanted() -> None:
    seed = UUID("0195a000-0000-7000-8000-000000000001")
    people = [UUID(int=n) for n in range(20_000)]
    arms = [rules.arm_of(seed, each, Decimal("0.1")) for each in people]
    assert arms == [rules.arm_of(seed, each, Decimal("0.1")) for each in people]
    low, high = rules.wilson(arms.count("holdout"), len(arms), z=4)
    assert low <= 0.1 <= high
    # Whoever is held out of a small share is held out of a larger one, too; other seeds draw anew.
    wider = [rules.arm_of(seed, each, Decimal("0.3")) for each in people]
    assert all(wide == "holdout" for arm, wide in zip(arms, wider, strict=True) if arm == "holdout")
    other = [rules.arm_of(new_id(), each, Decimal("0.1")) for each in people[:2000]]
    assert other != arms[:2000]
    assert {rules.arm_of(seed, each, Decimal(0)) for each in people} == {"remedy"}


@pytest.mark.parametrize(
    ("share", "count", "of", "short"),
    [
        ("0.9", 90, 100, 0),
        ("0.9", 80, 100, 10),
        ("0.9", 8, 9, 1),
        ("0.9", 0, 0, 0),
        ("0", 0, 5, 0),
        ("1", 4, 5, 1),
    ],
)
def test_what_a_goal_lacks(share: str, count: int, of: int, short: int) -> None:
    assert rules.shortfall(Decimal(share), count, of) == short


@pytest.mark.parametrize(
    ("share", "stars", "of", "lacks"),
    [("0.9", 6, 10, 6), ("0.9", 9, 10, 0), ("0.9", 45, 50, 0), ("0.98", 4, 5, 9), ("0.2", 0, 0, 0)],
)
def test_what_a_rating_lacks(share: str, stars: int, of: int, lacks: int) -> None:
    needed = rules.five_star_shortfall(Decimal(share), stars, of)
    assert needed == lacks
    if of:
        assert Decimal(stars + 5 * needed) >= Decimal(share) * (of + 5 * needed)
        assert not needed or Decimal(stars + 5 * (needed - 1)) < Decimal(share) * (of + 5 * (needed - 1))
