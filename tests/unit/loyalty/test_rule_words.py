"""Every rule is a sentence in every language."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.i18n import LOCALES, Locale
from loyalty.rules import model as m
from loyalty.rules.sentence import Words
from tests.factories import rules as make

# What is not ours to translate: codes, currencies, names of fields.
GIVEN = [*make.SKUS, *make.CATEGORIES, *make.STORES, *make.CHANNELS, *make.TIERS, *make.FIELDS, "Bath"]
GIVEN += [*make.CURRENCIES, "US", "JP", "KWD", "walked", "voted", "AM", "PM", *map(str, make.SEGMENTS)]


def leftovers(sentence: str, locale: Locale) -> list[str]:
    """What no finished sentence contains."""
    found = re.findall(r"%\(\w*\)?s?|\{\w*\}|None|\(\)|“”(?!\w)|  |,,|，，|。。|\.\.", sentence)
    found = [each for each in found if each != "“”"]  # an empty text that a field is compared with
    if locale != "en":
        plain = sentence
        for each in sorted(GIVEN, key=len, reverse=True):
            plain = plain.replace(each, "")
        found += re.findall(r"[A-Za-z]+", plain)
    return found


@given(rule=make.order_rules | make.event_rules, locale=st.sampled_from(LOCALES))
@settings(max_examples=400, deadline=None, database=None)
def test_every_rule_is_a_sentence(rule: m.Rule, locale: Locale) -> None:
    sentence = Words(locale, "Asia/Shanghai").rule(rule)
    assert leftovers(sentence, locale) == []
    assert sentence[-1] in ".。" and sentence[0].isupper() == (locale == "en")
    assert all(part in sentence for part in ([":"] if locale == "en" else ["："]))


SATURDAYS = m.Rule(
    trigger=m.Order(),
    conditions=(
        m.AmountBetween(currency="USD", at_least_minor=5_000),
        m.AnyOf(of=(m.TierIn(tiers=("gold",)), m.FirstOrder())),
    ),
    effect=m.Fixed(points=50),
    limit=m.Limit(per="month", times=2),
    schedule=m.Schedule(weekdays=(6, 7), start=datetime(2026, 3, 1, tzinfo=UTC)),
)


@pytest.mark.parametrize(
    ("locale", "sentence"),
    [
        (
            "en",
            "For each order, if it is Mar 1, 2026 or later and the day is Saturday or Sunday and it amounts"
            " to at least $50.00 and (the member's tier is Gold or it is the customer's first order):"
            " 50 points. At most 2 times a month.",
        ),
        (
            "zh-Hans",
            "每笔订单，如果时间在 2026年3月1日 及以后，并且当天是星期六或星期日，"
            "并且订单金额不低于 US$50.00，并且（会员等级为 Gold，或者这是顾客的首笔订单）："
            "50 积分。每月最多 2 次。",
        ),
        (
            "zh-Hant",
            "每筆訂單，如果時間在 2026年3月1日 及之後，並且當天是星期六或星期日，"
            "並且訂單金額不低於 US$50.00，並且（會員等級為 Gold，或者這是顧客的首筆訂單）："
            "50 積分。每月最多 2 次。",
        ),
    ],
)
def test_a_sentence_reads_naturally(locale: Locale, sentence: str) -> None:
    assert Words(locale, "UTC", {"gold": "Gold"}).rule(SATURDAYS) == sentence
