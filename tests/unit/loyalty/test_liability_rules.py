"""Expected redemption learnt from history, and months that add up."""

from datetime import UTC, date, datetime
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from loyalty.liability.rules import (
    SCALE,
    Movement,
    age_months,
    expected_shares,
    figures,
    month_of,
    next_month,
    starts_at,
)

MICROS = 10_000


def month(number: int) -> date:
    """The month so many after January 2024."""
    return date(2024 + number // 12, number % 12 + 1, 1)


def moved(at: int, cohort: int, kind: str, points: int) -> Movement:
    return Movement(month(at), month(cohort), kind, points)


# A cohort of 1,000 points: half redeemed in its second month, 300 expired in its third, 200 redeemed then.
WHOLE_LIFE = [
    moved(0, 0, "issued", 1000),
    moved(1, 0, "redeemed", -500),
    moved(2, 0, "expired", -300),
    moved(2, 0, "redeemed", -200),
]


def test_a_finished_cohort_tells_what_the_next_ones_will_do() -> None:
    shares = expected_shares(WHOLE_LIFE, month(2))
    assert shares[0] == 7 * SCALE // 10, "700 of 1,000 were redeemed in the end"
    assert shares[1] == 7 * SCALE // 10, "nothing happened in the first month"
    assert shares[2] == 4 * SCALE // 10, "200 of the 500 that were left"
    assert len(shares) == 3, "older than this has not been seen"


def test_the_share_values_a_younger_cohort() -> None:
    history = [*WHOLE_LIFE, moved(1, 1, "issued", 500)]
    figured = figures(history, month(1), MICROS)
    # At the end of the second month nothing of later months is known: all that is left may be redeemed.
    assert figured.liability_micros == 1000 * MICROS
    later = figures([*WHOLE_LIFE, moved(2, 2, "issued", 500)], month(2), MICROS)
    [young] = [each for each in later.cohorts if each.cohort == month(2)]
    assert young.expected_share == 7 * SCALE // 10
    assert (young.liability_micros, young.breakage_micros) == (350 * MICROS, 150 * MICROS)


def test_beyond_what_was_seen_all_is_expected_to_be_redeemed() -> None:
    figured = figures([moved(0, 0, "issued", 10)], month(0), MICROS)
    assert figured.liability_micros == 10 * MICROS
    assert figured.breakage_micros == 0


def test_a_cancelled_redemption_is_no_negative_share() -> None:
    history = [moved(0, 0, "issued", 10), moved(0, 0, "redeemed", -10), moved(1, 0, "redeemed", 10)]
    assert all(0 <= share <= SCALE for share in expected_shares(history, month(1)))


def test_debt_lowers_points_but_no_liability() -> None:
    history = [moved(0, 0, "issued", 10), Movement(month(0), None, "clawed_back", -4)]
    figured = figures(history, month(0), MICROS)
    assert figured.points_closing == 6
    assert figured.liability_micros == 10 * MICROS


def test_months_in_a_zone() -> None:
    midnight = datetime(2026, 4, 30, 16, tzinfo=UTC)
    assert month_of(midnight, "Asia/Shanghai") == date(2026, 5, 1)
    assert month_of(midnight, "UTC") == date(2026, 4, 1)
    assert starts_at(date(2026, 5, 1), "Asia/Shanghai") == midnight
    assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)
    assert age_months(date(2025, 11, 1), date(2026, 2, 1)) == 3


KINDS = st.sampled_from(["issued", "goodwill", "redeemed", "expired", "clawed_back", "transfer"])


@st.composite
def histories(draw: st.DrawFn) -> list[Movement]:
    """Cohorts that are issued, then dwindle; never below zero."""
    found: list[Movement] = []
    for cohort in range(draw(st.integers(1, 5))):
        left = draw(st.integers(1, 10_000))
        found.append(moved(cohort, cohort, "issued", left))
        for at in range(cohort, 6):
            kind = draw(st.sampled_from(["redeemed", "expired", "clawed_back"]))
            points = draw(st.integers(0, left))
            if points:
                found.append(moved(at, cohort, kind, -points))
            left -= points
    return found


@given(histories(), st.integers(0, 6))
def test_every_month_adds_up(history: list[Movement], at: int) -> None:
    figured = figures(history, month(at), MICROS)
    before = sum(each.points for each in history if each.month < month(at))
    assert figured.points_opening == before
    assert figured.points_opening + sum(figured.changes.values()) == figured.points_closing
    assert figured.points_closing == sum(each.points_outstanding for each in figured.cohorts)
    for each in figured.cohorts:
        assert each.points_issued - each.points_redeemed - each.points_lapsed == each.points_outstanding
        assert each.liability_micros + each.breakage_micros == each.points_outstanding * MICROS


@given(histories())
def test_shares_are_those_of_the_estimator(history: list[Movement]) -> None:
    """Against exact fractions, worked out forwards: sum over ages of (alive so far times redeemed share)."""
    until = month(5)
    shares = expected_shares(history, until)
    cohorts = {each.cohort for each in history if each.month <= until}
    risk, spent, gone = {}, {}, {}
    for age in range(len(shares)):
        seen = [c for c in cohorts if c and age_months(c, until) >= age]

        def total(rule: object, age: int = age, seen: list[date] = seen) -> int:
            assert callable(rule)
            return sum(
                e.points for e in history if e.cohort in seen and rule(e, age_months(e.cohort, e.month))
            )

        risk[age] = total(lambda e, a, age=age: a < age) + total(
            lambda e, a, age=age: a == age and e.points > 0
        )
        spent[age] = -total(lambda e, a, age=age: a == age and e.kind == "redeemed")
        gone[age] = -total(lambda e, a, age=age: a == age and e.points < 0 and e.kind != "redeemed")
    for start, share in enumerate(shares):
        alive, expected = Fraction(1), Fraction(0)
        for age in range(start, len(shares)):
            if risk[age]:
                expected += alive * Fraction(spent[age], risk[age])
                alive *= 1 - Fraction(spent[age] + gone[age], risk[age])
        assert abs(Fraction(share, SCALE) - (expected + alive)) < Fraction(1, 10**6)
