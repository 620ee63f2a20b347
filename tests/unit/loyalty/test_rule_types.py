"""What a rule for reviews can look at is a closed list: adding to it is a decision, not an accident."""

from typing import Any, get_args
from uuid import UUID

import msgspec
import pytest

from loyalty.rules import model as m
from loyalty.rules.check import (
    ALLOWED,
    RuleFieldForbidden,
    RuleLoops,
    RuleTriggerReserved,
    check,
)
from loyalty.rules.facts import Facts, MemberFacts, ReviewFacts
from loyalty.segments import model as s

# Neither stars nor sentiment nor text nor anything made of them: see the law behind ReviewFacts.
REVIEW: dict[type, dict[str, str]] = {
    ReviewFacts: {"product": "str | None", "verified_purchase": "bool", "has_photo": "bool"},
    MemberFacts: {
        "joined_at": "datetime",
        "tier_code": "str",
        "multiplier_percent": "int",
        "segments": "frozenset[UUID]",
    },
    m.Review: {},
    m.TierIn: {"tiers": "Codes"},
    m.MemberFor: {"at_least_days": "Count", "below_days": "Count | None"},
    m.WeekdayIn: {"days": "Weekdays"},
    m.HourBetween: {"from_hour": "Hour", "until_hour": "Hour"},
    m.Between: {"start": "Moment | None", "end": "Moment | None"},
    m.InSegment: {"segment": "UUID"},
    m.VerifiedPurchase: {},
    m.WithPhoto: {},
    m.ProductIn: {"skus": "Codes"},
    m.All: {"of": "conditions"},
    m.AnyOf: {"of": "conditions"},
    m.Not: {"of": "condition"},
}
# What segments can ask for, and the kind of data it is.
SEGMENT: dict[type, set[str]] = {
    s.TierNow: {"tiers"},
    s.Joined: {"at_least_days", "below_days"},
    s.OrderCount: {"at_least", "at_most", "within_days"},
    s.Spend: {"currency", "at_least_minor", "below_minor", "within_days"},
    s.LastOrder: {"at_least_days", "below_days"},
    s.FirstOrder: {"at_least_days", "below_days"},
    s.Scored: {"recency", "frequency", "money"},
    s.Discounted: {"at_least_percent", "below_percent", "orders_at_least", "within_days"},
    s.BoughtIn: {"stores", "within_days"},
    s.Happened: {"event", "at_least", "at_most", "within_days"},
    s.Opinion: {"feeling", "at_least", "at_most", "within_days"},
    s.Listed: {"list"},
    s.Language: {"languages"},
    s.Country: {"countries"},
    s.Tagged: {"tags", "origin"},
    s.AllOf: {"of"},
    s.OneOf: {"of"},
    s.NotSo: {"of"},
}


def test_a_rule_for_reviews_sees_what_is_listed_and_no_more() -> None:
    assert set(ALLOWED[m.Review]) | {m.Review, ReviewFacts, MemberFacts} == set(REVIEW)
    for kind, fields in REVIEW.items():
        assert set(kind.__struct_fields__) == set(fields), kind  # type: ignore[attr-defined]
    assert set(Facts.__struct_fields__) == {"occurred_at", "local_at", "member", "what"}


def test_the_fields_have_the_listed_types() -> None:
    for kind, fields in REVIEW.items():
        hints = {each.name: each.type for each in msgspec.structs.fields(kind)}
        for name, listed in fields.items():
            if listed not in ("conditions", "condition"):  # which conditions is what the test above says
                assert hints[name] == eval(listed, vars(m) | {"UUID": UUID}), (kind, name)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ('{"product": "A", "verified_purchase": true, "has_photo": true, "rating": 5}', "rating"),
        ('{"verified_purchase": true, "has_photo": true, "text": "Lovely"}', "text"),
        ('{"verified_purchase": true, "has_photo": true, "sentiment": 0.9}', "sentiment"),
    ],
)
def test_a_review_with_more_is_refused(said: str, problem: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=problem):
        msgspec.json.decode(said, type=ReviewFacts)


def test_segments_ask_for_what_is_listed_and_no_more() -> None:
    assert set(get_args(s.Who)) == set(SEGMENT)
    for kind, fields in SEGMENT.items():
        assert set(kind.__struct_fields__) == fields, kind  # type: ignore[attr-defined]
    # Data of reviews, cases and surveys says where it comes from; see below for opinions, events and lists.
    assert get_args(s.Origin) == ("shop", "review", "case", "survey")
    assert set(get_args(s.Origin)) - {"shop"} == s.TAINTS


@pytest.mark.parametrize("origin", sorted(s.TAINTS))
def test_a_taint_is_found_however_deep_it_lies(origin: Any) -> None:
    tagged = s.Tagged(tags=("x",), origin=origin)
    deep = s.AllOf(of=(s.NotSo(of=s.OneOf(of=(s.TierNow(tiers=("t",)), tagged))),))
    assert s.taints(s.Segment(where=(deep,))) == [origin]
    assert s.taints(s.Segment(where=(s.Tagged(tags=("x",)),))) == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (s.Opinion(feeling="negative"), ["review"]),
        (s.Happened(event="review.submitted"), ["review"]),
        (s.Happened(event="case.opened"), ["case"]),
        (s.Happened(event="custom.survey_done"), ["survey"]),
        (s.Happened(event="custom.nps"), ["review"]),
        (s.Happened(event="custom.five.star.rating"), ["review"]),
        (s.Happened(event="custom.app_opened"), []),
        (s.Tagged(tags=("vip", "low-rating")), ["review"]),
        (s.Tagged(tags=("vip", "phone-cases")), []),
    ],
)
def test_what_somebody_said_taints(asked: s.Who, found: list[str]) -> None:
    assert s.taints(s.Segment(where=(s.NotSo(of=asked),))) == found


def rule(name: str, *conditions: m.Condition) -> m.Rule:
    return m.Rule(trigger=m.CustomEvent(name=name), conditions=conditions, effect=m.Fixed(points=1))


@pytest.mark.parametrize(
    "name", ["custom.review_written", "custom.five.star.rating", "custom.nps", "custom.survey.done"]
)
def test_events_cannot_smuggle_opinions_in(name: str) -> None:
    with pytest.raises(RuleTriggerReserved):
        check(rule(name))


@pytest.mark.parametrize("field", ["rating", "stars", "sentiment_score", "review_text", "csat"])
def test_fields_cannot_smuggle_opinions_in(field: str) -> None:
    with pytest.raises(RuleFieldForbidden):
        check(rule("custom.voted", m.Not(of=m.FieldIs(field=field, value=5))))


@pytest.mark.parametrize("name", ["custom.points_earned", "custom.tier.reached", "custom.reward_bought"])
def test_points_cannot_earn_points(name: str) -> None:
    with pytest.raises(RuleLoops):
        check(rule(name))
