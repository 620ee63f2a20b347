"""Numbers, money, dates and plurals as each language writes them."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from babel.dates import format_timedelta

from core.design.formats import formats
from core.design.words import codes, kinds, word
from core.i18n import LOCALES, Locale, translator

NOON = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)


def test_numbers_and_signs() -> None:
    assert formats("en").number(1240) == "1,240"
    assert formats("en").signed(1240) == "+1,240"
    assert formats("en").signed(-50) == "−50"
    assert formats("en").signed(0) == "0"
    assert formats("zh-Hans").percent(0.934) == "93%"


@pytest.mark.parametrize(
    ("locale", "count", "shown"),
    [
        ("en", 1, "1 point"),
        ("en", 0, "0 points"),
        ("en", 1240, "1,240 points"),
        ("zh-Hans", 1, "1 积分"),
        ("zh-Hans", 1240, "1,240 积分"),
        ("zh-Hant", 2, "2 積分"),
    ],
)
def test_points_take_the_plural_of_the_language(locale: Locale, count: int, shown: str) -> None:
    assert formats(locale).points(count) == shown


@pytest.mark.parametrize(
    ("amount_minor", "currency", "locale", "shown"),
    [
        (1230, "EUR", "en", "€12.30"),
        (1230, "JPY", "en", "¥1,230"),
        (1230, "KWD", "en", "KWD1.230"),
        (-5, "USD", "en", "-$0.05"),
        (1230, "CNY", "zh-Hans", "¥12.30"),
        (1230, "TWD", "zh-Hant", "$12.30"),
    ],
)
def test_money_from_minor_units(amount_minor: int, currency: str, locale: Locale, shown: str) -> None:
    assert formats(locale).money(amount_minor, currency) == shown


@pytest.mark.parametrize(
    ("metric", "shown"), [("points", "200 points"), ("orders", "200 orders"), ("spend", "€2.00")]
)
def test_a_tier_metric_has_its_unit(metric: str, shown: str) -> None:
    assert formats("en").metric(200, metric, "EUR") == shown


def test_dates_are_those_of_the_time_zone() -> None:
    assert formats("en").date(NOON, "UTC") == "Nov 21, 2026"
    assert formats("en").date(NOON, "Asia/Shanghai") == "Nov 22, 2026"
    assert formats("zh-Hans").date(NOON, "Asia/Shanghai") == "2026年11月22日"
    assert formats("en").date_time(NOON, "Europe/Berlin") == "Nov 21, 2026, 6:30\u202fPM"
    assert formats("zh-Hans").date_time(NOON, "Asia/Shanghai") == "2026年11月22日 01:30"
    assert formats("zh-Hant").zone(NOON, "Asia/Taipei") == "台北時間"


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without time zone"):
        formats("en").date(NOON.replace(tzinfo=None), "UTC")


def test_relative_times_are_not_rounded_up_to_a_larger_unit() -> None:
    english = formats("en")
    assert english.relative(NOON + timedelta(hours=23), NOON) == "in 23 hours"
    assert english.relative(NOON - timedelta(days=2), NOON) == "2 days ago"
    assert formats("zh-Hans").relative(NOON - timedelta(hours=3), NOON) == "3小时前"
    assert formats("zh-Hant").relative(NOON + timedelta(hours=3), NOON) == "3 小時後"


def test_relative_times_are_told_as_babel_tells_each_by_itself() -> None:
    """They are remembered by what is told: 179 and 181 seconds are the same three minutes."""
    random = Random(7)
    border = [n * unit + by for unit in (60, 3600, 86_400, 604_800) for n in (1, 2, 7) for by in (-1, 0, 1)]
    some = [random.randrange(10 ** random.randrange(1, 10)) for _ in range(500)]
    english = formats("en")
    for seconds in (0, *border, *some):
        for delta in (timedelta(seconds=seconds, microseconds=5), timedelta(seconds=-seconds)):
            alone = format_timedelta(delta, add_direction=True, threshold=1, locale="en")
            assert english.relative(NOON + delta, NOON) == alone, seconds


def test_languages_by_name_and_unknown_ones_by_tag() -> None:
    assert formats("en").language("es") == "Spanish"
    assert formats("zh-Hant").language("zh-Hans") == "中文 (簡體)"
    assert formats("en").language("x-klingon!") == "x-klingon!"


@pytest.mark.parametrize("locale", LOCALES)
def test_every_code_has_its_word(locale: Locale) -> None:
    for kind in kinds():
        for code in codes(kind):
            assert word(translator(locale), kind, code)


def test_an_unknown_code_raises() -> None:
    with pytest.raises(KeyError):
        word(translator("en"), "sentiment", "furious")


def test_customers_get_a_next_step_for_every_state_of_a_case() -> None:
    assert codes("customer_case") == codes("customer_case_next")
