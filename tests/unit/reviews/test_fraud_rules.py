"""When counts become signals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.fraud import rules


@pytest.mark.parametrize(
    ("in_window", "before", "odd"),
    [
        (7, 0, False),
        (8, 0, True),
        (8, 90, False),
        (9, 90, True),
        (8, 270, False),
        (14, 270, True),
        (30, 1800, False),
        (60, 1800, True),
    ],
)
def test_a_burst_is_more_than_its_own_rate_makes_likely(in_window: int, before: int, odd: bool) -> None:
    signal = rules.burst(in_window, before)
    assert (signal is not None) == odd
    if signal:
        assert not signal.holds and signal.detail["in_a_day"] == in_window


@given(st.integers(1, 200), st.floats(0.1, 100))
def test_more_is_less_likely(count: int, rate: float) -> None:
    more, fewer = rules.chance_of_so_many(count + 1, rate), rules.chance_of_so_many(count, rate)
    assert 0 <= more <= fewer <= 1


def test_what_holds_and_what_is_only_shown() -> None:
    assert rules.shared("device", 0) is None
    assert [rules.shared("device", n).holds for n in (1, 2)] == [False, True]  # type: ignore[union-attr]
    assert rules.shared("address", 3) is None
    assert [rules.shared("address", n).holds for n in (4, 50)] == [False, False]  # type: ignore[union-attr]
    assert rules.shared("mailbox", 1).holds  # type: ignore[union-attr]
    assert rules.farming(14, 3) is None
    assert rules.farming(4, 4).holds and rules.farming(15, 0).holds  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("Ada.L+shop@Gmail.com", "adal@gmail.com"),
        ("ada.l@googlemail.com", "adal@gmail.com"),
        ("ada.l+x@example.com", "ada.l@example.com"),
        (" ADA@EXAMPLE.COM ", "ada@example.com"),
    ],
)
def test_addresses_of_one_mailbox(address: str, mailbox: str) -> None:
    assert rules.mailbox(address) == mailbox
