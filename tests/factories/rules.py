"""Generated rules, and a generated history for them to look at."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import strategies as st

from loyalty.rules import model as m

FROM = datetime(2026, 3, 1, tzinfo=UTC)
TO = datetime(2026, 4, 15, tzinfo=UTC)
SEGMENTS = (UUID(int=71), UUID(int=72))
CAMPAIGNS = (None, UUID(int=81), UUID(int=82))
TIERS = ["t0", "t1", "t2"]
STORES = ["s1", "s2"]
CHANNELS = ["online", "shop"]
CURRENCIES = ["USD", "JPY", "KWD"]
SKUS = ["A", "B", "C"]
CATEGORIES = ["tea", "cups"]
FIELDS = ["steps", "city", "done"]

amounts = st.sampled_from([0, 1, 99, 100, 101, 1_999, 5_000, 10_000, 12_345])
moments = st.integers(0, 45 * 24).map(lambda hours: FROM + timedelta(hours=hours))
few = st.integers(0, 4)


def some(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(tuple)


def amount_range(kind: type[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        kind,
        currency=st.sampled_from(CURRENCIES),
        at_least_minor=amounts,
        below_minor=st.none() | amounts.map(lambda each: each + 1),
    )


line_conditions = st.one_of(
    st.builds(m.SkuIn, skus=some(SKUS)),
    st.builds(m.CategoryIn, categories=some(CATEGORIES)),
    amount_range(m.LineAmount),
    st.builds(m.LineQuantity, at_least=few, at_most=st.none() | few),
)
lines = st.lists(line_conditions, min_size=1, max_size=2).map(tuple)
hours = st.builds(m.HourBetween, from_hour=st.integers(0, 23), until_hour=st.integers(1, 24))
member_conditions: st.SearchStrategy[Any] = st.one_of(
    st.builds(m.TierIn, tiers=some(TIERS)),
    st.builds(m.MemberFor, at_least_days=st.integers(0, 60), below_days=st.none() | st.integers(1, 90)),
    st.builds(m.WeekdayIn, days=st.lists(st.integers(1, 7), min_size=1, unique=True).map(tuple)),
    hours,
    st.builds(m.Between, start=st.none() | moments, end=st.none() | moments),
    st.builds(m.InSegment, segment=st.sampled_from(SEGMENTS)),
)
order_conditions: st.SearchStrategy[Any] = st.one_of(
    st.builds(m.CurrencyIn, currencies=some(CURRENCIES)),
    st.builds(m.StoreIn, stores=some(STORES)),
    st.builds(m.ChannelIn, channels=some(CHANNELS)),
    amount_range(m.AmountBetween),
    st.just(m.FirstOrder()),
    st.builds(m.OrderNumber, at_least=st.integers(1, 3), at_most=st.none() | few),
    st.builds(m.AnyLine, where=lines),
)
event_conditions: st.SearchStrategy[Any] = st.one_of(
    st.builds(
        m.FieldIs, field=st.sampled_from(FIELDS), value=st.sampled_from(["Bath", "", True, False, 0, 1, 7])
    ),
    st.builds(
        m.FieldBetween,
        field=st.sampled_from(FIELDS),
        at_least=st.none() | st.integers(-2, 9),
        below=st.none() | st.integers(-2, 9),
    ),
)
review_conditions: st.SearchStrategy[Any] = st.one_of(
    st.just(m.VerifiedPurchase()), st.just(m.WithPhoto()), st.builds(m.ProductIn, skus=some(SKUS))
)


def nested(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(m.All, of=st.lists(inner, min_size=1, max_size=2).map(tuple)),
            st.builds(m.AnyOf, of=st.lists(inner, min_size=1, max_size=2).map(tuple)),
            st.builds(m.Not, of=inner),
        ),
        max_leaves=4,
    )


schedules = st.builds(
    m.Schedule,
    start=st.none() | moments,
    end=st.none() | moments,
    weekdays=st.none() | st.lists(st.integers(1, 7), min_size=1, unique=True).map(tuple),
    hours=st.none() | hours,
)
limits = st.none() | st.builds(
    m.Limit,
    per=st.sampled_from(["day", "week", "month", "ever"]),
    times=st.integers(1, 3),
    points=st.none() | st.sampled_from([1, 10, 150]),
)
limits |= st.builds(
    m.Limit, per=st.sampled_from(["day", "ever"]), times=st.none(), points=st.sampled_from([1, 150])
)
plain_effects: st.SearchStrategy[Any] = st.one_of(
    st.builds(m.Fixed, points=st.sampled_from([1, 50, 200])),
    st.builds(m.PerTier, points=st.dictionaries(st.sampled_from(TIERS), st.integers(1, 90), min_size=1)),
)
rates = st.dictionaries(
    st.sampled_from(CURRENCIES), st.sampled_from([0, 1, 33, 100, 150]), min_size=1, max_size=3
)
effects = st.one_of(
    plain_effects,
    st.builds(m.PerAmount, points_per_100_units=rates, by_tier=st.booleans()),
    st.builds(m.Multiply, percent=st.sampled_from([101, 133, 150, 200])),
)


def rules(
    trigger: st.SearchStrategy[Any], leaves: st.SearchStrategy[Any], effect: Any
) -> st.SearchStrategy[m.Rule]:
    return st.builds(
        m.Rule,
        trigger=trigger,
        conditions=st.lists(nested(leaves), max_size=2).map(tuple),
        effect=effect,
        limit=limits,
        schedule=st.just(m.Schedule()) | schedules,
        priority=st.integers(0, 2),
        exclusive_group=st.sampled_from([None, None, "x"]),
    )


order_rules = st.one_of(
    rules(st.just(m.Order()), st.one_of(member_conditions, order_conditions), effects),
    rules(
        st.builds(m.OrderLine, where=lines),
        st.one_of(member_conditions, order_conditions),
        effects.filter(lambda each: not isinstance(each, m.Multiply)),
    ),
)
events: st.SearchStrategy[m.Trigger] = st.one_of(
    st.builds(m.CustomEvent, name=st.sampled_from(["custom.walked", "custom.voted"])),
    st.just(m.SocialShare()),
)
moment_triggers: st.SearchStrategy[m.Trigger] = st.one_of(
    st.just(m.Birthday()),
    st.just(m.ProfileCompleted()),
    st.just(m.Enrolment()),
    st.builds(m.Referral, side=st.sampled_from(["advocate", "friend"])),
)
event_effects = st.one_of(plain_effects, st.builds(m.Multiply, percent=st.sampled_from([133, 200])))
event_rules = st.one_of(
    rules(events, st.one_of(member_conditions, event_conditions), event_effects),
    rules(st.just(m.Review()), st.one_of(member_conditions, review_conditions), event_effects),
    rules(moment_triggers, member_conditions, event_effects),
)


def in_force(which: st.SearchStrategy[m.Rule]) -> st.SearchStrategy[list[m.Active]]:
    """Up to four rules in force, some of campaigns."""
    each = st.tuples(which, st.sampled_from(CAMPAIGNS), st.sampled_from([None, FROM + timedelta(days=12)]))
    return st.lists(each, min_size=1, max_size=4).map(
        lambda found: [
            m.Active(
                rule_id=UUID(int=number),
                version_id=UUID(int=100 + number),
                version=1,
                code=f"r{number}",
                rule=rule,
                campaign_id=campaign,
                valid_from=start,
            )
            for number, (rule, campaign, start) in enumerate(found, 1)
        ]
    )


def as_data(rule: m.Rule) -> m.Rule:
    """The rule after a journey through JSON, as it is stored."""
    return msgspec.json.decode(msgspec.json.encode(rule), type=m.Rule)
