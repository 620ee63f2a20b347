"""What a reward costs, is worth and asks for."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.rewards import rules
from loyalty.rewards.errors import PointsChoiceInvalid
from loyalty.rewards.kinds import (
    KINDS,
    CashBack,
    Experience,
    GiftCard,
    Kind,
    Money,
    PercentOff,
    Product,
    Terms,
    kind_of,
)
from loyalty.rewards.rules import Facts, Offer, PeriodLimit

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
TEN = Money(amount_minor=1000, currency="EUR")


def offer(terms: Terms | None = None, cost_points: int | None = 100, **more: Any) -> Offer:
    return Offer(name={"en": "Mug"}, terms=terms or Product(sku="mug"), cost_points=cost_points, **more)


def cash_back(step: int = 50, least: int = 100, most: int = 400) -> Offer:
    terms = CashBack(step_points=step, step_amount=TEN, min_points=least, max_points=most)
    return offer(terms, None)


GOOD = Facts(
    active=True,
    stock=3,
    has_code=True,
    left=False,
    tiers=frozenset({"gold", "regular"}),
    segments=frozenset({"new"}),
    taken=0,
    taken_in_period=0,
    points=100,
)

EXAMPLES = {
    "percent_off": '{"kind": "percent_off", "percent": 9, "at_most": {"amount_minor": 5, "currency": "EUR"}}',
    "amount_off": '{"kind": "amount_off", "amount": {"amount_minor": 500, "currency": "EUR"}}',
    "product": '{"kind": "product", "sku": "mug"}',
    "shipping": '{"kind": "shipping"}',
    "gift_card": '{"kind": "gift_card", "amount": {"amount_minor": 500, "currency": "JPY"}}',
    "store_credit": '{"kind": "store_credit", "amount": {"amount_minor": 500, "currency": "EUR"}}',
    "experience": '{"kind": "experience", "place": "Hall", "starts_at": "2026-07-01T18:00:00Z"}',
    "donation": '{"kind": "donation", "recipient": "Zoo", "amount": {"amount_minor": 1, "currency": "EUR"}}',
    "cash_back": '{"kind": "cash_back", "step_points": 10, "min_points": 10, "max_points": 20,'
    ' "step_amount": {"amount_minor": 5, "currency": "EUR"}}',
}


def test_every_kind_is_read_and_written_as_it_was() -> None:
    assert EXAMPLES.keys() == {str(kind.__struct_config__.tag) for kind in KINDS}
    for code, text in EXAMPLES.items():
        terms = msgspec.json.decode(text, type=Terms)
        assert kind_of(terms) == code
        assert msgspec.json.decode(msgspec.json.encode(terms), type=Terms) == terms
        assert isinstance(terms, Kind)


@pytest.mark.parametrize(
    "text",
    [
        '{"kind": "lottery"}',
        '{"kind": "percent_off", "percent": 0}',
        '{"kind": "percent_off", "percent": 101}',
        '{"kind": "percent_off", "percent": 10.5}',
        '{"kind": "amount_off", "amount": {"amount_minor": 0, "currency": "EUR"}}',
        '{"kind": "amount_off", "amount": {"amount_minor": 1.5, "currency": "EUR"}}',
        '{"kind": "amount_off", "amount": {"amount_minor": 1000000000001, "currency": "EUR"}}',
        '{"kind": "gift_card", "amount": {"amount_minor": 1, "currency": "euro"}}',
        '{"kind": "product", "sku": "mug", "percent": 10}',
        '{"kind": "product"}',
        '{"kind": "experience", "starts_at": "2026-07-01T18:00:00"}',
    ],
)
def test_what_is_no_kind_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=Terms)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (Offer(name={}, terms=Product(sku="x"), cost_points=1), "name"),
        (Offer(name={"en": "  "}, terms=Product(sku="x"), cost_points=1), "name"),
        (offer(cost_points=None), "cost_points"),
        (offer(cash_back().terms, 100), "cost_points"),
        (cash_back(least=400, most=100), "terms"),
        (cash_back(step=30), "terms"),
        (offer(offered_from=NOW, offered_until=NOW), "offered_until"),
        (offer(valid_days=3, valid_until=NOW), "valid_until"),
        (offer(valid_until=NOW.replace(year=2400)), "valid_until"),
        (offer(Experience(starts_at=NOW.replace(year=9999))), "starts_at"),
    ],
    ids=str,
)
def test_parts_that_do_not_fit(wanted: Offer, field: str) -> None:
    found = rules.problem(wanted)
    assert found is not None
    assert found[0] == field


def test_a_sound_offer_has_no_problem() -> None:
    assert rules.problem(offer(valid_days=3, offered_from=NOW, offered_until=NOW + timedelta(1))) is None
    assert rules.problem(cash_back()) is None


@given(st.integers(-100, 2000))
def test_a_choice_is_a_whole_step_between_the_least_and_the_most(points: int) -> None:
    wanted = cash_back(step=50, least=100, most=400)
    if 100 <= points <= 400 and points % 50 == 0:
        assert rules.cost(wanted, points) == points
        assert rules.worth(wanted.terms, points) == Money(amount_minor=points // 50 * 1000, currency="EUR")
    else:
        with pytest.raises(PointsChoiceInvalid):
            rules.cost(wanted, points)


def test_where_there_is_no_choice_the_price_is_the_price() -> None:
    assert rules.cost(offer(), None) == rules.cost(offer(), 100) == 100
    with pytest.raises(PointsChoiceInvalid):
        rules.cost(offer(), 99)
    with pytest.raises(PointsChoiceInvalid):
        rules.cost(cash_back(), None)
    assert rules.worth(GiftCard(amount=TEN), 100) == TEN
    assert rules.worth(PercentOff(percent=10), 100) is None


def codes(wanted: Offer, facts: Facts, cost: int = 100) -> list[str]:
    return [refusal.code for refusal in rules.refusals(wanted, facts, cost, NOW)]


@dataclass(frozen=True)
class Case:
    code: str
    offer: Offer
    facts: dict[str, Any]


TWICE = PeriodLimit(times=2, period="month")
AGAINST = (
    Case("member_left", offer(), {"left": True}),
    Case("reward_inactive", offer(), {"active": False}),
    Case("reward_not_on_now", offer(offered_from=NOW + timedelta(seconds=1)), {}),
    Case("reward_not_on_now", offer(offered_until=NOW), {}),
    Case("reward_not_on_now", offer(valid_until=NOW), {}),
    Case("reward_tier_locked", offer(tiers=("platinum",)), {}),
    Case("reward_segment_locked", offer(segments=("vip", "lapsed")), {}),
    Case("reward_limit_reached", offer(limit_per_member=1), {"taken": 1}),
    Case("reward_limit_reached", offer(limit_per_period=TWICE), {"taken": 2, "taken_in_period": 2}),
    Case("reward_sold_out", offer(), {"stock": 0}),
    Case("code_pool_empty", offer(), {"has_code": False}),
    Case("points_insufficient", offer(), {"points": 99}),
)


@pytest.mark.parametrize("case", AGAINST, ids=lambda case: case.code)
def test_each_reason_stands_alone(case: Case) -> None:
    assert codes(case.offer, GOOD) == [] or case.facts == {}
    assert codes(case.offer, msgspec.structs.replace(GOOD, **case.facts)) == [case.code]


def test_nothing_stands_against_the_last_one_at_the_last_moment() -> None:
    wanted = offer(
        tiers=("silver", "gold"),
        segments=("new", "vip"),
        limit_per_member=2,
        limit_per_period=TWICE,
        offered_from=NOW,
        offered_until=NOW + timedelta(microseconds=1),
    )
    assert codes(wanted, msgspec.structs.replace(GOOD, stock=1, taken=1, taken_in_period=1)) == []
    assert codes(wanted, msgspec.structs.replace(GOOD, stock=None)) == []


def test_reasons_come_with_their_figures_the_weightiest_first() -> None:
    facts = msgspec.structs.replace(GOOD, stock=0, points=30, tiers=frozenset({"bronze"}))
    found = rules.refusals(offer(tiers=("gold",)), facts, 100, NOW)
    assert [each.code for each in found] == ["reward_tier_locked", "reward_sold_out", "points_insufficient"]
    assert found[0].extra == {"tiers": ["gold"]}
    assert found[2].extra == {"short_points": 70}


HAVANA, HONG_KONG, AUCKLAND = (
    ZoneInfo("America/Havana"),
    ZoneInfo("Asia/Hong_Kong"),
    ZoneInfo("Pacific/Auckland"),
)


@pytest.mark.parametrize(
    ("period", "now", "zone", "began"),
    [
        ("day", "2026-03-01T15:59:59+00:00", HONG_KONG, "2026-03-01T00:00:00+08:00"),
        ("day", "2026-03-01T16:00:00+00:00", HONG_KONG, "2026-03-02T00:00:00+08:00"),
        ("week", "2026-03-01T15:59:59+00:00", HONG_KONG, "2026-02-23T00:00:00+08:00"),
        ("week", "2026-03-01T16:00:00+00:00", HONG_KONG, "2026-03-02T00:00:00+08:00"),
        ("month", "2028-02-29T23:30:00+08:00", HONG_KONG, "2028-02-01T00:00:00+08:00"),
        ("year", "2026-12-31T12:00:00+00:00", AUCKLAND, "2027-01-01T00:00:00+13:00"),
        ("month", "2026-04-30T12:00:00+00:00", AUCKLAND, "2026-05-01T00:00:00+12:00"),
        # In Havana the clock goes from 0:00 to 1:00 in spring, and back to 0:00 in autumn.
        ("day", "2026-03-08T12:00:00-04:00", HAVANA, "2026-03-08T01:00:00-04:00"),
        ("day", "2026-11-01T12:00:00-05:00", HAVANA, "2026-11-01T00:00:00-04:00"),
    ],
)
def test_periods_begin_by_the_merchants_clock(
    period: rules.Period, now: str, zone: ZoneInfo, began: str
) -> None:
    found = rules.period_start(period, datetime.fromisoformat(now), zone)
    assert found == datetime.fromisoformat(began)


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(rules.PERIODS),
    st.sampled_from([HAVANA, HONG_KONG, AUCKLAND]),
)
def test_a_period_has_begun_and_is_its_own_beginning(
    now: datetime, period: rules.Period, zone: ZoneInfo
) -> None:
    began = rules.period_start(period, now, zone)
    assert began <= now
    assert rules.period_start(period, began, zone) == began


def test_a_voucher_is_good_to_the_end_of_its_last_day() -> None:
    issued = datetime.fromisoformat("2026-10-24T23:59:00+08:00")
    until = rules.good_until(1, None, issued, HONG_KONG)
    assert until == datetime.fromisoformat("2026-10-26T00:00:00+08:00")
    assert rules.good_until(None, NOW, issued, HONG_KONG) == NOW
    assert rules.good_until(None, None, issued, HONG_KONG) is None
