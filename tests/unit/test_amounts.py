"""What is shown to be typed again is read as what it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import amounts


@given(st.integers(0, 90 * 24 * 3600))
def test_times_come_back(duration_s: int) -> None:
    assert amounts.seconds(amounts.hours(duration_s)) == duration_s


@given(st.integers(0, amounts.MOST - 1), st.sampled_from(["USD", "JPY", "KWD"]))
def test_money_comes_back(amount_minor: int, currency: str) -> None:
    assert amounts.minor(amounts.money(amount_minor, currency), currency) == amount_minor


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("2.5", 9000),
        ("0:20", 1200),
        ("100:00:01", 360_001),
        ("1:60", None),
        ("-1", None),
        ("NaN", None),
        ("", None),
    ],
)
def test_times(typed: str, read: int | None) -> None:
    assert amounts.seconds(typed) == read


@pytest.mark.parametrize(
    ("typed", "currency", "read"),
    [
        ("12.5", "USD", 1250),
        ("12.505", "USD", None),
        ("12.5", "JPY", None),
        ("1e99", "USD", None),
        ("x", "USD", None),
    ],
)
def test_money(typed: str, currency: str, read: int | None) -> None:
    assert amounts.minor(typed, currency) == read
