"""Where a member stands in a tier set, as slowly and plainly as it can be said: period after period.

It reads what a set asks for from the product's types, and shares no code with it otherwise.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from loyalty.tiers.rules import Anniversary, Calendar, Lifetime, RollingDays, RollingMonths, TierSet, Window

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
EVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2300, 1, 1, tzinfo=UTC))
Fact = tuple[datetime, int]
"""When, and by how much the metric changed."""


@cache
def first_moment(day: date, zone: str) -> datetime:
    """The first second at which the wall clock shows this date or a later one."""
    clock = ZoneInfo(zone)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    ahead = max((noon + n * DAY).astimezone(clock).utcoffset() or timedelta() for n in (-1, 0, 1))
    moment = noon - timedelta(hours=13) - ahead
    # No step is longer than a minute: in St. John's the clock once went back a minute after midnight.
    for step in (timedelta(minutes=1), SECOND):
        while moment.astimezone(clock).date() < day:
            moment += step
        if step > SECOND:
            moment -= step
    return moment


def today(at: datetime, zone: str) -> date:
    """The last day that has begun."""
    day = at.date() - 3 * DAY
    while first_moment(day + DAY, zone) <= at:
        day += DAY
    return day


def is_anniversary(day: date, joined: date) -> bool:
    leap = (day.year % 4 == 0 and day.year % 100 != 0) or day.year % 400 == 0
    wanted = (2, 28) if (joined.month, joined.day) == (2, 29) and not leap else (joined.month, joined.day)
    return (day.month, day.day) == wanted


def months_before(day: date, months: int) -> date:
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    number = day.day
    while True:
        try:
            return date(year, month, number)
        except ValueError:
            number -= 1


def slow_period(window: Window, at: datetime, zone: str, joined_at: datetime) -> tuple[datetime, datetime]:
    """Day by day, back to the first and on to the first that is no longer of the period."""
    day = today(at, zone)
    first, following = day, day + DAY
    match window:
        case RollingDays(days):
            for _ in range(days - 1):
                first -= DAY
        case RollingMonths(months):
            first = months_before(day, months) + DAY
        case Anniversary():
            joined = today(joined_at, zone)
            while not is_anniversary(first, joined):
                first -= DAY
            while not is_anniversary(following, joined):
                following += DAY
        case Calendar(period):

            def of(d: date) -> tuple[int, int]:
                return d.year, {"month": d.month, "quarter": (d.month - 1) // 3, "year": 0}[period]

            while of(first - DAY) == of(day):
                first -= DAY
            while of(following) == of(day):
                following += DAY
        case Lifetime():
            return EVER
    return first_moment(first, zone), first_moment(following, zone)


def rank_for(tier_set: TierSet, value: int) -> int:
    """The highest tier whose threshold a value reaches."""
    return max(tier.rank for tier in tier_set.tiers if tier.rank == 0 or value >= tier.threshold)


def expected_rank(
    tier_set: TierSet, facts: Sequence[Fact], joined_at: datetime, at: datetime, zone: str
) -> int:
    """The tier that a member has at a moment, given all that is known by then."""
    known = sorted(fact for fact in facts if fact[0] <= at)
    if tier_set.requalification == "always":
        return max(_rank_now(tier_set, known, joined_at, each, zone) for each in _ends(tier_set, at, zone))
    if not known:
        return 0
    rank = ended = 0
    for begin, finish in _periods(tier_set.window, known[0][0], at, zone, joined_at):
        last = begin <= at < finish
        graced = last and at < first_moment(today(begin, zone) + tier_set.grace_days * DAY, zone)
        if not graced:
            rank = max(ended, rank - 1) if tier_set.downgrade == "one_step" else ended
        ended, reached = _within(tier_set, [fact for fact in known if begin <= fact[0] < finish])
        rank = max(rank, reached)
    return rank


def _ends(tier_set: TierSet, at: datetime, zone: str) -> Iterator[datetime]:
    """This moment, and the ends of the days of grace before it."""
    yield at
    for back in range(tier_set.grace_days):
        yield first_moment(today(at, zone) - back * DAY, zone) - timedelta(microseconds=1)


def _rank_now(tier_set: TierSet, facts: Sequence[Fact], joined_at: datetime, at: datetime, zone: str) -> int:
    start, end = slow_period(tier_set.window, at, zone, joined_at)
    return rank_for(tier_set, sum(delta for moment, delta in facts if start <= moment < end))


def _periods(
    window: Window, first: datetime, last: datetime, zone: str, joined_at: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """All periods from that of one moment to that of another."""
    moment = first
    while moment <= last:
        period = slow_period(window, moment, zone, joined_at)
        yield period
        moment = period[1]


def _within(tier_set: TierSet, facts: Sequence[Fact]) -> tuple[int, int]:
    """What a period is enough for at its end, and the highest that was reached in it.

    What happens at one moment counts together.
    """
    total = reached = 0
    for moment in sorted({moment for moment, _ in facts}):
        total += sum(delta for at, delta in facts if at == moment)
        reached = max(reached, rank_for(tier_set, total))
    return rank_for(tier_set, total), reached
