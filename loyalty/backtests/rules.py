"""Pure: results of parts put together, and what a month can be expected to give."""

from collections.abc import Mapping, Sequence
from math import sqrt
from statistics import fmean, stdev

import msgspec

from loyalty.rules.backtest import Backtest

MONTHS_LEAST = 3
T_95 = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11)
"""Student's t, two-sided 95 %, by degrees of freedom from 1 (any table of it); beyond them 2.1 is safe."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Sums by month ("2026-04") and in all ("").

    `granted`: what the ledger gave; None: the rule was not in force.
    """

    months: Mapping[str, Backtest] = {}
    granted: int | None = None

    @property
    def whole(self) -> Backtest:
        """In all."""
        return self.months.get("", Backtest(events=0, members=0, points=0, points_due=0))


class Expected(msgspec.Struct, frozen=True):
    """Points in a month like those before: the mean, and between what the mean lies with 95 % confidence."""

    mean: int
    low: int
    high: int


def together(one: Mapping[str, Backtest], other: Mapping[str, Backtest]) -> dict[str, Backtest]:
    """The sums of two parts that share no member."""
    return {
        month: Backtest(
            **{
                name: sum(getattr(part[month], name) for part in (one, other) if month in part)
                for name in Backtest.__struct_fields__
            }
        )
        for month in sorted({*one, *other})
    }


def whole_months(months: Mapping[str, Backtest]) -> list[int]:
    """Points of the months between the first and the last, which may be cut off; 0 where nothing happened."""
    named = sorted(name for name in months if name)
    if not named:
        return []
    at, end = _number(named[0]), _number(named[-1])
    inside = [f"{n // 12:04}-{n % 12 + 1:02}" for n in range(at + 1, end)]
    return [months[name].points if name in months else 0 for name in inside]


def _number(month: str) -> int:
    """Of a month ("2026-04") among all months."""
    year, number = month.split("-")
    return 12 * int(year) + int(number) - 1


def expected(points: Sequence[int]) -> Expected | None:
    """What whole months say of another one; None: there are too few."""
    if len(points) < MONTHS_LEAST:
        return None
    mean, freedom = fmean(points), len(points) - 1
    t = T_95[freedom - 1] if freedom <= len(T_95) else 2.1
    half = t * stdev(points) / sqrt(len(points))
    return Expected(round(mean), max(0, round(mean - half)), round(mean + half))
