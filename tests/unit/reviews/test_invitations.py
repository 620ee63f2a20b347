"""Who is asked for a review: everybody, and nothing that they may think can be known here."""

import re
import typing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from reviews import invitations
from reviews.invitations import rules
from reviews.invitations.model import Audience, Later, Line, Send, Settings, Skip

FOLDER = Path(invitations.__file__).parent
OPINION = (
    *(
        "rating_",
        "rating ",
        "sentiment",
        "score",
        "review_flags",
        "negative",
        "positive",
        "polarity",
        "urgen",
    ),
    *("case_", "cases", "csat", "nps", "survey", "segment", "tier"),
)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTINGS = Settings(active=True)


def audience(**facts: typing.Any) -> Audience:
    usual: dict[str, typing.Any] = {
        "has_address": True,
        "opted_out": False,
        "consent_missing": False,
        "asked_at": None,
        "lines_to_review": 1,
    }
    return Audience(**(usual | facts))


def decide(who: Audience, now: datetime = NOW, **more: typing.Any) -> rules.Decision:
    usual: dict[str, typing.Any] = {"due_at": now, "quiet_until": None, "reminder": False}
    return rules.decide(who, SETTINGS, now=now, **(usual | more))


def line(line_id: str, amount: int = 1000, back: int = 0) -> Line:
    return Line(
        line_id=line_id,
        sku=line_id,
        name=line_id,
        amount_minor=amount,
        refunded_before_minor=back,
        reviewed=False,
    )


def test_an_audience_is_exactly_this() -> None:
    """Whoever adds a field says here that nobody can be picked by what they think."""
    assert set(typing.get_type_hints(Audience)) == {
        *("has_address", "opted_out", "consent_missing", "asked_at", "lines_to_review"),
    }
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(msgspec.to_builtins(audience()) | {"expected_rating": 5}, Audience)


def test_settings_pick_nobody() -> None:
    assert set(typing.get_type_hints(Settings)) == {
        *("active", "days_after_delivery", "reminder_after_days", "cooldown_days"),
        "valid_days",
    }


@pytest.mark.parametrize("name", ["rules", "service", "queries", "model", "notices", "tasks"])
def test_no_code_of_invitations_reads_an_opinion(name: str) -> None:
    source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    code = re.sub(r'"""[^"]*"""', "", source) if name != "queries" else source.split('"""', 2)[2]
    code = "\n".join(each for each in code.splitlines() if not each.lstrip().startswith("#"))
    assert [word for word in OPINION if word in code.casefold()] == []


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (audience(has_address=False), "no_address"),
        (audience(opted_out=True), "opted_out"),
        (audience(consent_missing=True), "no_consent"),
        (audience(lines_to_review=0), "reviewed"),
        (audience(asked_at=NOW - timedelta(days=13)), "cooldown"),
    ],
)
def test_who_is_left_out(who: Audience, reason: str) -> None:
    assert decide(who) == Skip(reason)  # type: ignore[arg-type]


def test_who_is_asked() -> None:
    assert decide(audience()) == Send()
    assert decide(audience(asked_at=NOW - timedelta(days=14))) == Send()
    assert decide(audience(asked_at=NOW - timedelta(days=7)), reminder=True) == Send()
    assert decide(audience(), due_at=NOW - timedelta(days=15)) == Skip("too_late")


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        ([line("a"), line("b")], ["a", "b"]),
        ([line("a", back=1000), line("b")], ["b"]),
        ([line("a", back=999), line("b")], ["a", "b"]),
        ([line("a", amount=0), line("b")], ["a", "b"]),
        # Called off as a whole, and delivered all the same: it was fulfilled anew.
        ([line("a", back=1000), line("b", back=1000)], ["a", "b"]),
    ],
)
def test_what_was_delivered(lines: list[Line], kept: list[str]) -> None:
    assert [each.line_id for each in rules.delivered_lines(lines)] == kept


def test_quiet_hours_put_it_off() -> None:
    assert decide(audience(), quiet_until=NOW + timedelta(hours=3)) == Later(NOW + timedelta(hours=3))
    assert decide(audience(opted_out=True), quiet_until=NOW) == Skip("opted_out")
