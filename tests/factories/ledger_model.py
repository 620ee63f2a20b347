"""The ledger as slowly and plainly as it can be said. It knows nothing of the real one.

A lot's points are always in one of these places: pending, active, spent, expired, or taken back.
"""

from dataclasses import dataclass, field
from datetime import datetime


class Refused(Exception):
    """The argument is the code of the refusal."""


@dataclass
class Lot:
    points: int
    expires_at: datetime | None
    pending: int = 0
    active: int = 0
    taken_back: int = 0
    """Of this earn, whoever paid for it."""
    expired: int = 0
    """Gone by time, and not taken back on paper since."""
    written_off: int = 0
    """Spent, taken back on paper, paid by nobody."""


@dataclass
class Account:
    lots: dict[str, Lot] = field(default_factory=dict)
    debt: int = 0
    redemptions: dict[str, list[tuple[Lot, int]]] = field(default_factory=dict)
    reversed: set[str] = field(default_factory=set)

    @property
    def pending(self) -> int:
        return sum(lot.pending for lot in self.lots.values())

    @property
    def active(self) -> int:
        return sum(lot.active for lot in self.lots.values())

    def _pay_debt(self, lot: Lot, points: int) -> int:
        """Pay what is owed out of these active points of a lot; answers what is left of them."""
        paid = min(points, self.debt)
        self.debt -= paid
        lot.active -= paid
        return points - paid

    def _take(self, points: int, now: datetime, skip: Lot | None) -> list[tuple[Lot, int]]:
        """Take up to so many points, the first to expire first."""
        usable = [
            lot
            for lot in self.lots.values()
            if lot.active and lot is not skip and (lot.expires_at is None or lot.expires_at > now)
        ]
        usable.sort(
            key=lambda lot: (lot.expires_at is None, lot.expires_at)
        )  # sorting keeps the older one first
        taken = []
        for lot in usable:
            part = min(points, lot.active)
            if part:
                taken.append((lot, part))
                points -= part
        return taken

    def earn(self, key: str, points: int, pending: bool, expires_at: datetime | None) -> None:
        lot = self.lots[key] = Lot(points, expires_at)
        if pending:
            lot.pending = points
        else:
            lot.active = points
            self._pay_debt(lot, points)

    def settle(self, key: str, points: int | None) -> None:
        lot = self.lots[key]
        part = lot.pending if points is None else min(points, lot.pending)
        lot.pending -= part
        lot.active += part
        self._pay_debt(lot, part)

    def expire(self, key: str, now: datetime) -> None:
        lot = self.lots[key]
        if lot.expires_at is not None and lot.expires_at <= now:
            lot.expired += lot.active
            lot.active = 0

    def redeem(self, key: str, points: int, now: datetime) -> None:
        taken = self._take(points, now, skip=None)
        if sum(part for _, part in taken) < points:
            raise Refused("points_insufficient")
        for lot, part in taken:
            lot.active -= part
        self.redemptions[key] = taken

    def reverse(self, key: str, now: datetime) -> None:
        if key in self.reversed:
            raise Refused("already_reversed")
        self.reversed.add(key)
        for lot, part in self.redemptions[key]:
            lot.active += part
            again = min(part, lot.written_off)
            lot.written_off -= again
            lot.active -= again
            left = self._pay_debt(lot, part - again)
            if lot.expires_at is not None and lot.expires_at <= now:
                lot.active -= left
                lot.expired += left

    def clawback(self, key: str, points: int, policy: str, now: datetime) -> None:
        lot = self.lots[key]
        if points > lot.points - lot.taken_back:
            raise Refused("clawback_exceeds_earn")
        from_pending = min(points, lot.pending)
        from_active = min(points - from_pending, lot.active)
        from_expired = min(points - from_pending - from_active, lot.expired)
        spent = points - from_pending - from_active - from_expired
        others = self._take(spent, now, skip=lot)
        missing = spent - sum(part for _, part in others)
        if missing and policy == "forbid":
            raise Refused("points_insufficient")
        lot.pending -= from_pending
        lot.active -= from_active
        lot.expired -= from_expired
        lot.taken_back += points
        for other, part in others:
            other.active -= part
        if policy == "debt" and missing:
            self.debt += missing
            for name in self.lots:  # who owes has nothing active, not even what waits to expire
                self.expire(name, now)
        else:
            lot.written_off += missing
