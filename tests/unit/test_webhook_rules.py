"""When webhooks are tried again, when that ends, and what is told of."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.webhooks import catalogue, rules
from core.webhooks.model import EventType

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)


@given(st.integers(1, 9), st.integers(0, 10**9))
def test_a_pause_is_that_of_the_schedule_and_a_little_more(step: int, asked_s: int) -> None:
    pause = rules.pause_s(step, asked_s)
    assert pause is not None
    shortest = max(rules.SCHEDULE_S[step - 1], min(asked_s, rules.LONGEST_ASKED_S))
    assert shortest <= pause <= shortest * 1.2


def test_the_tenth_attempt_is_the_last_and_comes_after_three_days() -> None:
    assert rules.pause_s(10) is None
    assert timedelta(seconds=sum(rules.SCHEDULE_S)) > rules.DISABLE_AFTER


@pytest.mark.parametrize(
    ("status", "failure"),
    [(200, None), (204, None), (301, "refused"), (400, "refused"), (410, "gone"), (500, "refused")],
)
def test_what_an_answer_means(status: int, failure: str | None) -> None:
    assert rules.failure_of(status) == failure


def test_who_does_not_answer_is_left_in_peace_for_half_as_long_as_they_were_silent() -> None:
    assert rules.quiet_until("refused", NOON - timedelta(hours=1), NOON) is None
    assert rules.quiet_until("timeout", NOON - timedelta(minutes=2), NOON) == NOON + timedelta(minutes=1)
    assert rules.quiet_until("unreachable", NOON - timedelta(days=2), NOON) == NOON + timedelta(hours=1)


def test_an_endpoint_ends_when_it_says_so_or_has_taken_nothing_for_days() -> None:
    assert rules.disables("gone", NOON, NOON) == "gone"
    assert rules.disables("refused", NOON - timedelta(days=2, hours=23), NOON) == ""
    assert rules.disables("timeout", NOON - timedelta(days=3), NOON) == "failing"


TYPES = catalogue.all_types()


@pytest.mark.parametrize("code", sorted(TYPES))
def test_each_type_has_an_example_of_its_own_shape(code: str) -> None:
    type_: EventType = TYPES[code]
    body = msgspec.json.decode(catalogue.envelope(type_, type_.example, NOON))
    assert (body["type"], body["version"], body["timestamp"]) == (code, 1, "2027-03-01T12:00:00Z")
    assert msgspec.convert(body["data"], type_.data) == type_.example
    assert type_.says.endswith(".") and len(catalogue.envelope(type_, type_.example, NOON)) < 20_000
