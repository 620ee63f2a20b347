"""Pure: from movements of points by cohort and month to expected redemption, liability and breakage.

How much of what is outstanding will be redeemed is estimated from the ledger's own history, by age of the
points in months, as competing risks (the Aalen-Johansen estimator): at each age a share of the points that
are left is redeemed, another share expires or is taken back. Beyond the oldest age seen, all that is left
counts as redeemed: a liability is rather too high than too low.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

import msgspec

from core.days import zone_of

WALLET = "points"
SETTLES_AFTER = timedelta(minutes=10)
"""A day or month can be closed so long after its end: whatever was posted in it is committed by then."""
SCALE = 10**9
"""Shares are integers in billionths."""


class Movement(msgspec.Struct, frozen=True):
    """A change of the outstanding points of one cohort in one month.

    `month` and `cohort` are first days of months; cohort None: what members owe. `kind` is the ledger side
    the points came from or went to. `points` is signed: below zero, fewer are outstanding.
    """

    month: date
    cohort: date | None
    kind: str
    points: int


class CohortFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One cohort at a month's end: points ever issued, redeemed and lapsed (net), what is left, its worth."""

    cohort: date | None
    points_issued: int
    points_redeemed: int
    points_lapsed: int
    points_outstanding: int
    expected_share: int
    """Of the outstanding points, in billionths of SCALE, will be redeemed."""
    liability_micros: int
    breakage_micros: int


class MonthFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One month: opening + changes by kind = closing."""

    month: date
    points_opening: int
    changes: Mapping[str, int]
    points_closing: int
    cohorts: tuple[CohortFigures, ...]

    @property
    def liability_micros(self) -> int:
        """What the outstanding points will cost, in millionths of the currency unit."""
        return sum(each.liability_micros for each in self.cohorts)

    @property
    def breakage_micros(self) -> int:
        """What they would cost beyond that if every point were redeemed."""
        return sum(each.breakage_micros for each in self.cohorts)


def month_of(moment: datetime, zone: str) -> date:
    """The first day of the month that a moment lies in, in a time zone."""
    return moment.astimezone(zone_of(zone)).date().replace(day=1)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month + timedelta(days=31)).replace(day=1)


def starts_at(month: date, zone: str) -> datetime:
    """The moment a month begins: its first local midnight, or the moment that a skipped midnight jumps to."""
    return datetime.combine(month, time(), zone_of(zone))


def age_months(cohort: date, month: date) -> int:
    """Full months from one first day to another."""
    return 12 * (month.year - cohort.year) + month.month - cohort.month


def expected_shares(movements: Iterable[Movement], until: date) -> Sequence[int]:
    """By age in months, the share of the points alive at its beginning that will be redeemed, in SCALE.

    Learnt from months up to `until`. Ages beyond the answer's end count as SCALE.
    """
    added: dict[int, int] = defaultdict(int)
    redeemed: dict[int, int] = defaultdict(int)
    lapsed: dict[int, int] = defaultdict(int)
    change: dict[tuple[date, int], int] = defaultdict(int)
    for each in movements:
        if each.cohort is None or each.month > until:
            continue
        age = age_months(each.cohort, each.month)
        change[each.cohort, age] += each.points
        if each.kind == "redeemed":
            redeemed[age] -= each.points
        elif each.points > 0:
            added[age] += each.points
        else:
            lapsed[age] -= each.points
    at_risk = _left_at_start(change, until)
    shares: list[int] = []
    share = SCALE
    for age in range(max(at_risk, default=-1), -1, -1):
        alive = at_risk[age] + added[age]
        if alive > 0:
            spent = _share(redeemed[age], alive)
            gone = min(_share(lapsed[age], alive), SCALE - spent)
            share = spent + (SCALE - spent - gone) * share // SCALE
        shares.append(share)
    return shares[::-1]


def _left_at_start(change: Mapping[tuple[date, int], int], until: date) -> dict[int, int]:
    """By age, the points of all cohorts old enough that were left when that age began."""
    left: dict[int, int] = defaultdict(int)
    for cohort in {cohort for cohort, _ in change}:
        running = 0
        for age in range(age_months(cohort, until) + 1):
            left[age] += running
            running += change.get((cohort, age), 0)
    return left


def _share(part: int, whole: int) -> int:
    return min(SCALE, max(0, part) * SCALE // whole)


def figures(movements: Sequence[Movement], month: date, point_cost_micros: int) -> MonthFigures:
    """What a month looks like at its end, from all movements up to then."""
    shares = expected_shares(movements, month)
    changes: dict[str, int] = defaultdict(int)
    known: dict[date | None, list[Movement]] = defaultdict(list)
    for each in movements:
        if each.month <= month:
            known[each.cohort].append(each)
        if each.month == month:
            changes[each.kind] += each.points
    closing = sum(each.points for own in known.values() for each in own)
    return MonthFigures(
        month=month,
        points_opening=closing - sum(changes.values()),
        changes={kind: points for kind, points in sorted(changes.items()) if points},
        points_closing=closing,
        cohorts=tuple(
            _cohort(cohort, known[cohort], month, shares, point_cost_micros)
            for cohort in sorted(known, key=lambda cohort: cohort or date.min)
        ),
    )


def _cohort(
    cohort: date | None, own: Sequence[Movement], month: date, shares: Sequence[int], cost_micros: int
) -> CohortFigures:
    outstanding = sum(each.points for each in own)
    share = SCALE
    if cohort is not None and (age := age_months(cohort, month) + 1) < len(shares):
        share = shares[age]
    # A debt of members is no asset that the shop can count on: it lowers no liability.
    worth = max(0, outstanding) * cost_micros
    liability = worth * share // SCALE
    return CohortFigures(
        cohort=cohort,
        points_issued=sum(e.points for e in own if e.points > 0 and e.kind != "redeemed"),
        points_redeemed=-sum(e.points for e in own if e.kind == "redeemed"),
        points_lapsed=-sum(e.points for e in own if e.points < 0 and e.kind != "redeemed"),
        points_outstanding=outstanding,
        expected_share=share,
        liability_micros=liability,
        breakage_micros=worth - liability,
    )
