"""The points ledger as slowly and plainly as it can be said. It knows nothing of the real one.

A member has lots. Each point of a lot is pending, active, held, expired, returned (taken back, or voided),
or gone: spent on something. A return of points that are gone already is a *claim* of their lot. Somebody
covers it: other lots of the member, a debt that later points will pay, or the shop, which lets it go.
When points of a lot come back, they answer the claims of their own lot before anything else, and whoever
had covered these is given back what they paid. So a spend that is undone leaves no trace.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo


class Refused(Exception):
    """The argument is the code of the refusal."""


COUNT = itertools.count()


@dataclass(eq=False)
class Lot:
    """One credit. `earn` is the key of the earn that made it, also after it was moved to somebody else."""

    earn: str
    points: int
    expires_at: datetime | None
    pending: int = 0
    active: int = 0
    held: int = 0
    expired: int = 0
    returned: int = 0
    """Of this lot, whoever paid for it; never more than `points`."""
    let_go: int = 0
    """Claims of this lot that nobody pays."""
    payers: list["Part"] = field(default_factory=list)
    """Claims of this lot that other lots paid, in the order in which they did."""
    number: int = field(default_factory=COUNT.__next__)
    """The younger, the higher."""
    debt_numbers: Iterator[int] = COUNT
    """The same for debts that it comes to have."""

    def is_over(self, now: datetime) -> bool:
        """Whether its time has come."""
        return self.expires_at is not None and self.expires_at <= now


@dataclass(eq=False)
class Part:
    """Some points of a lot."""

    lot: Lot
    points: int


@dataclass(eq=False)
class Debt:
    """Points that are owed: a claim of a lot that nobody has covered yet."""

    lot: Lot
    points: int
    number: int = 0
    """The younger, the higher."""

    def __post_init__(self) -> None:
        self.number = next(self.lot.debt_numbers)


@dataclass(eq=False)
class Hold:
    until: datetime
    parts: list[Part]


def first(points: int, parts: list[Part]) -> list[Part]:
    """Take so many points out of the parts, from the front; the parts keep the rest."""
    taken = []
    for part in parts:
        n = min(points, part.points)
        if n:
            taken.append(Part(part.lot, n))
            part.points -= n
            points -= n
    return taken


def last(points: int, parts: list[Part]) -> list[Part]:
    """The same from the back."""
    return first(points, parts[::-1])


def total(parts: Iterable[Part | Debt]) -> int:
    return sum(part.points for part in parts)


@dataclass(eq=False)
class Account:
    """What one member has in one wallet."""

    lots: list[Lot] = field(default_factory=list)
    """The oldest first."""
    debts: list[Debt] = field(default_factory=list)
    """The oldest first: they are paid in this order."""

    @property
    def pending(self) -> int:
        return sum(lot.pending for lot in self.lots)

    @property
    def active(self) -> int:
        return sum(lot.active for lot in self.lots)

    @property
    def held(self) -> int:
        return sum(lot.held for lot in self.lots)

    @property
    def debt(self) -> int:
        return total(self.debts)

    def take(self, points: int, now: datetime, but: Lot | None = None) -> list[Part]:
        """Up to so many active points out of the lots, the first to expire first, of these the oldest."""
        usable = [lot for lot in self.lots if lot is not but and not lot.is_over(now)]
        usable.sort(key=lambda lot: (lot.expires_at is None, lot.expires_at))  # keeps the older one first
        taken = first(points, [Part(lot, lot.active) for lot in usable])
        for part in taken:
            part.lot.active -= part.points
        return taken

    def arrive(self, lot: Lot, points: int, now: datetime) -> None:
        """So many points of a lot are there (again)."""
        points = self._answer_claims(lot, points, now)
        if lot.is_over(now):
            lot.expired += points
        else:
            lot.active += points
            self._pay_debt(lot)

    def _answer_claims(self, lot: Lot, points: int, now: datetime) -> int:
        """What comes back was returned long ago: nobody else need pay for it any more. Answers the rest."""
        n = min(points, lot.let_go)
        lot.let_go -= n
        points -= n
        for debt in [debt for debt in self.debts if debt.lot is lot]:
            n = min(points, debt.points)
            debt.points -= n
            points -= n
        paid_back = last(points, lot.payers)
        for part in paid_back:
            self.arrive(part.lot, part.points, now)
        return points - total(paid_back)

    def _pay_debt(self, lot: Lot) -> None:
        """Active points pay what is owed, the oldest debt first."""
        for debt in self.debts:
            n = min(lot.active, debt.points)
            lot.active -= n
            debt.points -= n
            if n:
                debt.lot.payers.append(Part(lot, n))

    def owe(self, lot: Lot, points: int, now: datetime) -> None:
        """A new debt. Who owes has nothing active, not even what only waits to expire."""
        if points:
            self.debts.append(Debt(lot, points))
            for each in self.lots:
                self.expire(each, now)

    def settle_up(self, now: datetime) -> None:
        """Lots and debts came together: what is active pays, the first to expire first."""
        for lot in sorted(self.lots, key=lambda lot: (lot.expires_at is None, lot.expires_at)):
            if not lot.is_over(now):
                self._pay_debt(lot)
        if self.debt:
            for lot in self.lots:
                self.expire(lot, now)

    def expire(self, lot: Lot, now: datetime) -> int:
        points = lot.active if lot.is_over(now) else 0
        lot.active -= points
        lot.expired += points
        return points


@dataclass(eq=False)
class Budget:
    """Points that may be given: in all, to one member, in one period, and both. None: without limit."""

    total: int | None = None
    per_member: int | None = None
    period: str | None = None
    time_zone: str = "UTC"
    per_period: int | None = None
    per_member_period: int | None = None
    uses: list[tuple[str, str, int]] = field(default_factory=list)
    """Member, period and points; what was given back is negative."""

    def period_of(self, at: datetime) -> str:
        """The name of the period that a moment belongs to."""
        day = at.astimezone(ZoneInfo(self.time_zone)).date()
        match self.period:
            case "day":
                return str(day)
            case "week":
                return str(day.isocalendar()[:2])
            case "month":
                return f"{day.year}-{day.month}"
            case "quarter":
                return f"{day.year}-Q{(day.month + 2) // 3}"
            case "year":
                return str(day.year)
        return ""

    def used(self, member: str | None = None, period: str | None = None) -> int:
        return sum(n for m, p, n in self.uses if member in (None, m) and period in (None, p))

    def has(self, member: str, period: str, points: int) -> bool:
        limits = (
            (self.total, self.used()),
            (self.per_member, self.used(member=member)),
            (self.per_period, self.used(period=period)),
            (self.per_member_period, self.used(member, period)),
        )
        return all(limit is None or used + points <= limit for limit, used in limits)


@dataclass(eq=False)
class Merge:
    """What is needed to undo it: whose lots came to the survivor."""

    source: str
    lots: list[Lot]
    holds: set[str]
    """Those made before."""
    undone: bool = False


class Ledger:
    """All accounts. Each verb does everything or raises Refused; it answers how many points it moved."""

    def __init__(
        self, budgets: dict[str, Budget] | None = None, debt_numbers: dict[str, Iterator[int]] | None = None
    ) -> None:
        """`debt_numbers`: by the key of an earn or deduction, if calls do not come in the order of debts."""
        self.accounts: dict[str, Account] = {}
        self.survivors: dict[str, str] = {}
        """Who stands for a member that was merged."""
        self.lots: dict[str, Lot] = {}
        """By the key of the earn."""
        self.holds: dict[str, Hold] = {}
        self.spent: dict[str, list[Part]] = {}
        """By the key of the redemption or capture: what can still be reversed, in the order of taking."""
        self.given: dict[str, list[Lot]] = {}
        """By the key of the transfer: the lots that it made."""
        self.merges: dict[str, Merge] = {}
        self.budgets = budgets or {}
        self.debt_numbers = debt_numbers or {}
        self.grants: dict[str, list[tuple[Budget, str, str]]] = {}
        """By the key of the earn: the budgets that paid, for which member and period."""

    def account(self, member: str) -> Account:
        """The account that a member's commands act on."""
        return self.accounts.setdefault(self._standing(member), Account())

    def _standing(self, member: str) -> str:
        while member in self.survivors:
            member = self.survivors[member]
        return member

    def owner(self, lot: Lot) -> Account:
        """Whose lot it is now."""
        return next(account for account in self.accounts.values() if lot in account.lots)

    def _lot(self, key: str, points: int, expires_at: datetime | None) -> Lot:
        return Lot(key, points, expires_at, debt_numbers=self.debt_numbers.get(key, COUNT))

    # ------------------------------------------------------------ points come

    def earn(
        self,
        key: str,
        member: str,
        points: int,
        now: datetime,
        *,
        effective_at: datetime | None = None,
        pending: bool = False,
        expires_at: datetime | None = None,
        budgets: Sequence[str] = (),
    ) -> int:
        account = self.account(member)
        chosen = [self.budgets[each] for each in budgets]
        grants = [(budget, member, budget.period_of(effective_at or now)) for budget in chosen]
        if not all(budget.has(member, period, points) for budget, member, period in grants):
            raise Refused("budget_exhausted")
        self._charge(grants, points)
        self.grants[key] = grants
        lot = self.lots[key] = self._lot(key, points, expires_at)
        account.lots.append(lot)
        if pending:
            lot.pending = points
        else:
            account.arrive(lot, points, now)
        return points

    def settle(self, parent: str, points: int | None, now: datetime) -> int:
        lot = self.lots[parent]
        n = lot.pending if points is None else min(points, lot.pending)
        lot.pending -= n
        self.owner(lot).arrive(lot, n, now)
        return n

    @staticmethod
    def _charge(grants: list[tuple[Budget, str, str]], points: int) -> None:
        for budget, member, period in grants:
            budget.uses.append((member, period, points))

    # ------------------------------------------------------------ points go

    def void(self, parent: str, points: int | None) -> int:
        lot = self.lots[parent]
        n = lot.pending if points is None else min(points, lot.pending)
        lot.pending -= n
        lot.returned += n
        self._charge(self.grants[parent], -n)
        return n

    def clawback(self, parent: str, points: int, policy: str, now: datetime) -> int:
        lot = self.lots[parent]
        account = self.owner(lot)
        if points > lot.points - lot.returned:
            raise Refused("clawback_exceeds_earn")
        pending = min(points, lot.pending)
        active = min(points - pending, lot.active)
        expired = min(points - pending - active, lot.expired)
        gone = points - pending - active - expired
        available = sum(each.active for each in account.lots if each is not lot and not each.is_over(now))
        if policy == "forbid" and gone > available:
            raise Refused("points_insufficient")
        lot.pending -= pending
        lot.active -= active
        lot.expired -= expired
        lot.returned += points
        self._charge(self.grants[parent], -points)
        others = account.take(gone, now, but=lot)
        lot.payers += others
        missing = gone - total(others)
        if policy == "debt":
            account.owe(lot, missing, now)
        else:
            lot.let_go += missing
        return points

    def expire(self, parent: str, now: datetime) -> int:
        lot = self.lots[parent]
        return self.owner(lot).expire(lot, now)

    def expire_one(self, key: str, place: int, now: datetime) -> int:
        """One lot alone: the only one of an earn, or the one at this place of those that a transfer made."""
        lot = self.lots[key] if key in self.lots else self.given[key][place]
        return self.owner(lot).expire(lot, now)

    def expire_due(self, now: datetime) -> int:
        """Everything whose time has come; answers how many lots."""
        return sum(account.expire(lot, now) > 0 for account in self.accounts.values() for lot in account.lots)

    def deduct(self, key: str, member: str, points: int, policy: str, now: datetime) -> int:
        account = self.account(member)
        parts = self._take(account, points, now, partly=policy != "forbid")
        if policy != "debt":
            return total(parts)
        nothing = self._lot(key, 0, None)  # has no points, only the claim
        account.lots.append(nothing)
        account.owe(nothing, points - total(parts), now)
        return points

    # ------------------------------------------------------------ points are spent

    def hold(self, key: str, member: str, points: int, until: datetime, now: datetime) -> int:
        parts = self._take(self.account(member), points, now)
        for part in parts:
            part.lot.held += part.points
        self.holds[key] = Hold(until, parts)
        return points

    def capture(self, key: str, parent: str, points: int | None, now: datetime) -> int:
        hold = self.holds[parent]
        if hold.until <= now:
            raise Refused("hold_ended")
        parts = first(self._left(points, hold.parts, "hold_exceeded", "hold_exceeded"), hold.parts)
        for part in parts:
            part.lot.held -= part.points
        self.spent[key] = parts
        return total(parts)

    def release(self, parent: str, points: int | None, now: datetime) -> int:
        hold = self.holds[parent]
        if not total(hold.parts):
            return 0
        parts = last(self._left(points, hold.parts, "", "hold_exceeded"), hold.parts)
        for part in parts:
            part.lot.held -= part.points
            self.owner(part.lot).arrive(part.lot, part.points, now)
        return total(parts)

    def release_due(self, now: datetime) -> int:
        """All holds whose time is over; answers how many."""
        over = [key for key, hold in self.holds.items() if hold.until <= now and total(hold.parts)]
        for key in over:
            self.release(key, None, now)
        return len(over)

    def redeem(self, key: str, member: str, points: int, now: datetime) -> int:
        self.spent[key] = self._take(self.account(member), points, now)
        return points

    def reverse(self, parent: str, points: int | None, now: datetime) -> int:
        spent = self.spent[parent]
        parts = last(self._left(points, spent, "already_reversed", "reverse_exceeds_redemption"), spent)
        for part in parts:
            self.owner(part.lot).arrive(part.lot, part.points, now)
        return total(parts)

    @staticmethod
    def _take(account: Account, points: int, now: datetime, partly: bool = False) -> list[Part]:
        there = sum(lot.active for lot in account.lots if not lot.is_over(now))
        if there < points and not partly:
            raise Refused("points_insufficient")
        return account.take(points, now)

    @staticmethod
    def _left(points: int | None, parts: list[Part], nothing: str, too_many: str) -> int:
        left = total(parts)
        if left == 0:
            raise Refused(nothing)
        if points is not None and points > left:
            raise Refused(too_many)
        return left if points is None else points

    # ------------------------------------------------------------ points go to other members

    def transfer(self, key: str, member: str, to_member: str, points: int, now: datetime) -> int:
        giver, receiver = self.account(member), self.account(to_member)
        if giver is receiver:
            raise Refused("same_account")
        given = self.given[key] = []
        for part in self._take(giver, points, now):
            lot = Lot(part.lot.earn, part.points, part.lot.expires_at)
            given.append(lot)
            receiver.lots.append(lot)
            receiver.arrive(lot, part.points, now)
        return points

    def merge(self, key: str, member: str, into: str, now: datetime) -> int:
        if member == self._standing(into):
            raise Refused("same_account")
        if member in self.survivors:
            raise Refused("already_merged")
        source, survivor = self.account(member), self.account(into)
        self.merges[key] = Merge(member, source.lots, set(self.holds))
        self.survivors[member] = self._standing(into)
        moved = source.pending + source.active + source.held
        survivor.lots = sorted(survivor.lots + source.lots, key=lambda lot: lot.number)
        survivor.debts = sorted(survivor.debts + source.debts, key=lambda debt: debt.number)
        source.lots, source.debts = [], []
        survivor.settle_up(now)
        return moved

    def unmerge(self, parent: str, now: datetime) -> int:
        merge = self.merges[parent]
        source, survivor = self.accounts[merge.source], self.account(merge.source)
        if merge.undone or self.survivors[merge.source] in self.survivors:
            raise Refused("posting_unfitting")
        mine = set(merge.lots)
        since = [hold for key, hold in self.holds.items() if key not in merge.holds]
        if any(part.points and part.lot in mine for hold in since for part in hold.parts):
            raise Refused("hold_open")
        merge.undone = True
        del self.survivors[merge.source]
        source.lots = [lot for lot in survivor.lots if lot in mine]
        survivor.lots = [lot for lot in survivor.lots if lot not in mine]
        source.debts = [debt for debt in survivor.debts if debt.lot in mine]
        survivor.debts = [debt for debt in survivor.debts if debt not in source.debts]
        moved = source.pending + source.active + source.held
        back = self._untie(source, survivor) + self._untie(survivor, source)
        for part in back:
            self.owner(part.lot).arrive(part.lot, part.points, now)
        for account in (source, survivor):
            account.settle_up(now)
        return moved

    @staticmethod
    def _untie(account: Account, other: Account) -> list[Part]:
        """What lots of the other account paid for lots of this one is owed again; answers what goes back."""
        back = []
        for lot in account.lots:
            for part in [part for part in lot.payers if part.points and part.lot in other.lots]:
                lot.payers.remove(part)
                account.debts.append(Debt(lot, part.points))
                back.append(part)
        account.debts.sort(key=lambda debt: debt.number)
        return back
