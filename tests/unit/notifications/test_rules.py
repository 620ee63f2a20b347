"""Whether and when a message to a customer may go out."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.design.words import codes
from core.ids import new_id
from core.notifications import kinds, rules
from core.notifications.model import (
    ABOUT,
    CHANNELS,
    STATES,
    About,
    Channel,
    Hold,
    Kind,
    Letter,
    Reader,
    Recipient,
    Send,
    Settings,
    Suppress,
)

NOON, NIGHT = datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 1, 23, tzinfo=UTC)
MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
CONSENT = Settings(marketing_needs_consent=True)


class Nothing(msgspec.Struct):
    """A kind that says nothing."""


async def nothing(_: Any, __: Reader) -> Letter | None:
    return None


def kind(about: About) -> Kind:
    return Kind(code="x", about=about, values=Nothing, write=nothing)


def somebody(wanted: Mapping[str, bool] | None = None, **facts: Any) -> Recipient:
    who = Recipient(new_id(), "ada", False, "ada@example.test", "Ada", "en", "", wanted or {})
    return replace(who, **facts)


@pytest.mark.parametrize(
    ("about", "channel", "to", "settings", "now", "becomes"),
    [
        ("cases", "mail", somebody(), Settings(), NIGHT, Send()),
        ("cases", "mail", somebody(), CONSENT, NIGHT, Send()),
        ("cases", "mail", somebody({"mail": False}), Settings(), NOON, Suppress("opted_out")),
        ("cases", "mail", somebody(email=""), Settings(), NOON, Suppress("no_address")),
        ("cases", "sms", somebody({"sms": True}, email=""), Settings(), NOON, Send()),
        ("cases", "sms", somebody({"sms": True}), Settings(), NIGHT, Hold(MORNING)),
        ("cases", "push", somebody(), Settings(), NOON, Suppress("no_consent")),
        ("expiry", "mail", somebody(), Settings(), NOON, Send()),
        ("expiry", "mail", somebody(), Settings(), NIGHT, Hold(MORNING)),
        ("expiry", "mail", somebody(), CONSENT, NOON, Suppress("no_consent")),
        ("expiry", "mail", somebody({"mail": True}), CONSENT, NOON, Send()),
        ("expiry", "mail", somebody({"mail": True}, erased=True), CONSENT, NOON, Suppress("erased")),
        ("reviews", "mail", somebody({"mail": False}), Settings(), NIGHT, Suppress("opted_out")),
    ],
)
def test_what_becomes_of_a_message(
    about: About, channel: Channel, to: Recipient, settings: Settings, now: datetime, becomes: object
) -> None:
    assert rules.decide(kind(about), channel, to, settings, ZoneInfo("UTC"), now) == becomes


def test_pages_have_words_for_all_there_is() -> None:
    assert codes("message_kind") == {code for code in kinds.all_kinds() if not code.startswith("test_")}
    assert codes("about") == set(ABOUT) and codes("channel") == set(CHANNELS)
    assert set(STATES) <= codes("delivery")


def test_a_merchant_switches_what_is_theirs_to_switch() -> None:
    ours = kind("expiry")
    assert Settings().sends(ours) and not Settings(kinds={"x": False}).sends(ours)
    written = replace(ours, switch=False)
    assert Settings(kinds={"x": False}).sends(written)


@pytest.mark.parametrize(
    ("zone", "now", "ends"),
    [
        ("UTC", "2026-03-01T12:00+00:00", None),
        ("UTC", "2026-03-01T20:00+00:00", "2026-03-02T09:00+00:00"),
        ("UTC", "2026-03-01T08:59+00:00", "2026-03-01T09:00+00:00"),
        ("UTC", "2026-03-01T09:00+00:00", None),
        ("Asia/Hong_Kong", "2026-03-01T12:00+00:00", "2026-03-02T01:00+00:00"),
        ("Asia/Hong_Kong", "2026-03-01T01:00+00:00", None),
        # The night in which the clock is put forward, and back.
        ("Europe/Berlin", "2026-03-29T00:30+00:00", "2026-03-29T07:00+00:00"),
        ("Europe/Berlin", "2026-10-25T00:30+00:00", "2026-10-25T08:00+00:00"),
    ],
)
def test_quiet_hours_are_those_of_a_clock(zone: str, now: str, ends: str | None) -> None:
    found = rules.quiet_ends(time(20), time(9), ZoneInfo(zone), datetime.fromisoformat(now))
    assert found == (datetime.fromisoformat(ends) if ends else None)


@given(
    st.sampled_from(["UTC", "Asia/Hong_Kong", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.times(),
    st.times(),
)
def test_quiet_hours_end_within_a_day_and_are_over_then(
    zone: str, now: datetime, quiet_from: time, quiet_until: time
) -> None:
    ends = rules.quiet_ends(quiet_from, quiet_until, ZoneInfo(zone), now)
    if ends is not None:
        assert now < ends <= now + timedelta(hours=26)


@given(st.times(), st.datetimes(timezones=st.just(UTC), min_value=datetime(1990, 1, 1)))
def test_without_quiet_hours_it_is_never_quiet(moment: time, now: datetime) -> None:
    assert rules.quiet_ends(moment, moment, ZoneInfo("Asia/Tokyo"), now) is None
