"""Whether complaints have risen, or chance alone explains it. Pure.

A count of complaints is compared with what came before by Fisher's exact test: if the time at which a review
was written had nothing to do with what it says, how likely would so many of the recent ones complain? Dozens
of products are looked at at once, so the limit follows Benjamini and Hochberg: where nothing has changed at
all, at most FALSE_ALARMS of looks show any spike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import exp, lgamma
from typing import Literal

Dimension = Literal["product", "store", "carrier", "aspect"]

RECENT = timedelta(days=7)
BEFORE = timedelta(days=56)
FALSE_ALARMS = 0.05
MIN_REVIEWS = 10
"""Recent ones; of fewer nothing is said."""
MIN_COMPLAINTS = 3


@dataclass(frozen=True)
class Count:
    """Reviews of one thing, and how many of them complain: lately, and in the time before."""

    dimension: Dimension
    key: str
    name: str
    recent: int
    recent_negative: int
    before: int
    before_negative: int

    @property
    def share(self) -> float:
        """Of recent reviews that complain."""
        return self.recent_negative / self.recent if self.recent else 0.0

    @property
    def share_before(self) -> float:
        """Of earlier reviews that complained."""
        return self.before_negative / self.before if self.before else 0.0


@dataclass(frozen=True)
class Trend:
    """A count with its test: the smaller `p`, the less chance explains it. None: too few reviews."""

    count: Count
    p: float | None
    spike: bool


def judged(counts: Sequence[Count]) -> list[Trend]:
    """Each count with its verdict: spikes first, then the least likely ones."""
    tested = [(probability(count), count) for count in counts if is_enough(count)]
    limit = largest_passing([p for p, _ in tested])
    trends = [Trend(count, p, p <= limit and count.recent_negative >= MIN_COMPLAINTS) for p, count in tested]
    trends += [Trend(count, None, False) for count in counts if not is_enough(count)]
    return sorted(trends, key=_order)


def is_enough(count: Count) -> bool:
    """Whether there are enough reviews to say anything; how many complain plays no part in that."""
    return count.recent >= MIN_REVIEWS and count.before >= MIN_REVIEWS


def probability(count: Count) -> float:
    """That at least so many of the recent ones complain, if all the complaints were dealt out by chance."""
    total, negative = count.recent + count.before, count.recent_negative + count.before_negative
    most = min(count.recent, negative)
    whole = _log_choose(total, count.recent)
    chances = (
        exp(_log_choose(negative, n) + _log_choose(total - negative, count.recent - n) - whole)
        for n in range(count.recent_negative, most + 1)
        if count.recent - n <= total - negative
    )
    return min(1.0, sum(chances))


def largest_passing(probabilities: Sequence[float]) -> float:
    """The largest p that Benjamini and Hochberg let pass; -1: none does."""
    ranked = sorted(probabilities)
    passing = [p for n, p in enumerate(ranked, start=1) if p <= FALSE_ALARMS * n / len(ranked)]
    return max(passing, default=-1.0)


def _log_choose(total: int, chosen: int) -> float:
    return lgamma(total + 1) - lgamma(chosen + 1) - lgamma(total - chosen + 1)


def _order(trend: Trend) -> tuple[bool, float, int, str]:
    return not trend.spike, 2.0 if trend.p is None else trend.p, -trend.count.recent, trend.count.key
