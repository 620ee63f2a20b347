"""Pure: from movements of points to what a month earned and redeemed."""

from collections.abc import Iterable
from datetime import date
from typing import Literal, get_args

import msgspec

from loyalty.liability.rolling import Happened

Flow = Literal["earned", "redeemed", "expired", "taken_back", "other"]
FLOWS: tuple[Flow, ...] = get_args(Flow)
SIDES: dict[str, Flow] = {
    "issued": "earned",
    "goodwill": "earned",
    "opening": "earned",
    "redeemed": "redeemed",
    "expired": "expired",
    "clawed_back": "taken_back",
    "voided": "taken_back",
}
"""The ledger's sides by what they mean to a reader; the others (corrections, moves, debts) are `other`."""


class Points(msgspec.Struct, frozen=True, kw_only=True):
    """Points of a stretch of time: what members got and what went away, both positive; `other` is signed."""

    earned: int = 0
    redeemed: int = 0
    expired: int = 0
    taken_back: int = 0
    other: int = 0

    @property
    def redemption_rate(self) -> float | None:
        """Redeemed of earned; None: nothing was earned."""
        return self.redeemed / self.earned if self.earned else None


def added_up(changes: Iterable[tuple[str, int]]) -> Points:
    """From (side, signed points)."""
    found = dict.fromkeys(FLOWS, 0)
    for kind, points in changes:
        flow = SIDES.get(kind, "other")
        found[flow] += points if flow in ("earned", "other") else -points
    return Points(**found)


def by_month(happened: Iterable[Happened], months: Iterable[date]) -> dict[date, Points]:
    """Points of each of the months, also of those in which nothing moved; other months are left out."""
    changes: dict[date, list[tuple[str, int]]] = {month: [] for month in months}
    for each in happened:
        if (month := each.happened.replace(day=1)) in changes:
            changes[month].append((each.kind, each.points))
    return {month: added_up(own) for month, own in changes.items()}
