"""The ledger and its model side by side: what is asked of one is asked of the other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from core import db
from core.errors import DomainError
from loyalty.expiry.service import expire_due
from loyalty.ledger import (
    AnyCommand,
    Capture,
    Clawback,
    Deduct,
    Earn,
    Expire,
    Hold,
    Merge,
    Redeem,
    Release,
    Reverse,
    Settle,
    Transfer,
    Unmerge,
    Void,
    post,
    release_due,
)
from loyalty.ledger.commands import Policy
from tests.factories import ledger_model as model
from tests.factories.points import WHY
from tests.factories.shop import START

# ---------------------------------------------------------------- asking


async def ask(command: AnyCommand, now: datetime) -> int | str:
    """Post one command; the points moved, or the code of the refusal, which leaves the transaction usable."""
    try:
        async with db.savepoint():
            [posting] = await post([command], now)
    except DomainError as error:
        return error.code
    return posting.points


def ask_model(ledger: model.Ledger, command: AnyCommand, now: datetime) -> int | str:
    """The same of the model."""
    try:
        return _tell(ledger, command, now)
    except model.Refused as refusal:
        return str(refusal)


def _tell(ledger: model.Ledger, c: AnyCommand, now: datetime) -> int:
    who = str(c.member)
    match c:
        case Earn():
            return ledger.earn(
                c.key,
                who,
                c.points,
                now,
                effective_at=c.effective_at,
                pending=c.pending,
                expires_at=c.expires_at,
                budgets=[str(each) for each in c.budgets],
            )
        case Settle():
            return ledger.settle(c.parent, c.points, now)
        case Void():
            return ledger.void(c.parent, c.points)
        case Clawback():
            return ledger.clawback(c.parent, c.points, c.policy, now)
        case Expire():
            return ledger.expire(c.parent, now)
        case Hold():
            return ledger.hold(c.key, who, c.points, c.until, now)
        case Capture():
            return ledger.capture(c.key, c.parent, c.points, now)
        case Release():
            return ledger.release(c.parent, c.points, now)
        case Redeem():
            return ledger.redeem(c.key, who, c.points, now)
        case Reverse():
            return ledger.reverse(c.parent, c.points, now)
        case Deduct():
            return ledger.deduct(c.key, who, c.points, c.policy, now)
        case Transfer():
            return ledger.transfer(c.key, who, str(c.to_member), c.points, now)
        case Merge():
            return ledger.merge(c.key, who, str(c.into), now)
        case Unmerge():
            return ledger.unmerge(c.parent, now)


# ---------------------------------------------------------------- looking

State = dict[str, Any]
"""Balances and lots by member; what open holds still hold; what of each budget is used, by member."""

_ACCOUNTS = """
SELECT a.member_id::text AS member, a.points_pending, a.points_active, a.points_held, a.points_debt,
       (SELECT coalesce(jsonb_agg(jsonb_build_array(root.key, l.expires_at, l.points_pending,
                                                    l.points_active, l.points_held)), '[]')
        FROM ledger_lots l JOIN ledger_journal root ON root.id = l.root_id
        WHERE l.account_id = a.id AND l.points_pending + l.points_active + l.points_held > 0) AS lots
FROM ledger_accounts a WHERE a.member_id = ANY ($1::uuid[])
"""
_RETURNED = """
SELECT j.key, l.points_clawed_back FROM ledger_lots l JOIN ledger_journal j ON j.id = l.journal_id
JOIN ledger_accounts a ON a.id = j.account_id
WHERE a.member_id = ANY ($1::uuid[]) AND l.points_clawed_back > 0
"""
_HOLDS = """
SELECT j.key, h.points_left FROM ledger_holds h JOIN ledger_journal j ON j.id = h.journal_id
JOIN ledger_accounts a ON a.id = j.account_id
WHERE a.member_id = ANY ($1::uuid[]) AND h.points_left > 0
"""
_BUDGETS = """
SELECT budget_id::text, member_id::text, sum(points)::bigint AS points FROM ledger_budget_uses
WHERE member_id = ANY ($1::uuid[]) GROUP BY 1, 2
"""


async def state(members: Sequence[UUID]) -> State:
    """What there is of these members, as the database says."""
    found: State = {
        "returned": {row["key"]: row["points_clawed_back"] for row in await db.fetch(_RETURNED, members)},
        "holds": {row["key"]: row["points_left"] for row in await db.fetch(_HOLDS, members)},
        "budgets": {
            (row["budget_id"], row["member_id"]): row["points"]
            for row in await db.fetch(_BUDGETS, members)
            if row["points"]
        },
    }
    for row in await db.fetch(_ACCOUNTS, members):
        balance = (row["points_pending"], row["points_active"], row["points_held"], row["points_debt"])
        if any(balance):
            lots = [(earn, _time(at), *points) for earn, at, *points in db.from_json(row["lots"])]
            found[row["member"]] = (balance, sorted(lots, key=str))
    return found


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def model_state(ledger: model.Ledger) -> State:
    """The same, as the model says."""
    used = {
        (name, member): budget.used(member=member)
        for name, budget in ledger.budgets.items()
        for member in {each for each, _, _ in budget.uses}
    }
    found: State = {
        "returned": {key: lot.returned for key, lot in ledger.lots.items() if lot.returned},
        "holds": {key: held for key, hold in ledger.holds.items() if (held := model.total(hold.parts))},
        "budgets": {key: points for key, points in used.items() if points},
    }
    for member, account in ledger.accounts.items():
        balance = (account.pending, account.active, account.held, account.debt)
        if any(balance):
            lots = [
                (lot.earn, lot.expires_at, lot.pending, lot.active, lot.held)
                for lot in account.lots
                if lot.pending + lot.active + lot.held
            ]
            found[member] = (balance, sorted(lots, key=str))
    return found


# ---------------------------------------------------------------- playing


@dataclass(frozen=True, kw_only=True)
class Step:
    """Something to do next; a verb looks only at the fields that it has a use for."""

    verb: str
    points: int = 10
    who: int = 0
    """Which of the members."""
    to: int = 1
    """How many members further the other member is."""
    which: int = 0
    """Which of the postings that the verb could refer to, counted from the newest."""
    days: int | None = None
    """Until a lot expires or a hold ends, or to wait."""
    policy: Policy = "debt"
    flag: bool = False
    """An earn: pending. A verb that can do all or a part: a part."""


@dataclass
class Asker:
    """Turns steps into commands that refer to what was posted before."""

    members: Sequence[UUID]
    name: str = "k"
    """What all keys begin with."""
    budgets: tuple[UUID, ...] = ()
    now: datetime = START
    number: int = 0
    earns: list[AnyCommand] = field(default_factory=list)
    spends: list[AnyCommand] = field(default_factory=list)
    holds: list[AnyCommand] = field(default_factory=list)
    merges: list[AnyCommand] = field(default_factory=list)

    def command(self, step: Step) -> AnyCommand | None:
        """None: there is nothing yet that the step could refer to, or it only waits."""
        if step.verb == "wait":
            self.now += timedelta(days=step.days or 1)
            return None
        self.number += 1
        common: dict[str, Any] = {
            "key": f"{self.name}:{self.number}",
            "member": self.members[step.who % len(self.members)],
            "effective_at": self.now,
            "reason": WHY,
        }
        return self._first(step, common) or self._referring(step, common)

    def _first(self, step: Step, common: dict[str, Any]) -> AnyCommand | None:
        other = self.members[(step.who + step.to) % len(self.members)]
        later = self.now + timedelta(days=step.days) if step.days else None
        match step.verb:
            case "earn":
                budgets = self.budgets if step.to == 1 else ()
                return Earn(
                    points=step.points, pending=step.flag, expires_at=later, budgets=budgets, **common
                )
            case "redeem":
                return Redeem(points=step.points, **common)
            case "hold":
                return Hold(points=step.points, until=later or self.now + timedelta(days=1), **common)
            case "deduct":
                return Deduct(points=step.points, policy=step.policy, **common)
            case "transfer":
                return Transfer(points=step.points, to_member=other, **common)
            case "merge":
                return Merge(into=other, **common)
        return None

    def _referring(self, step: Step, common: dict[str, Any]) -> AnyCommand | None:
        known = {
            "capture": self.holds,
            "release": self.holds,
            "reverse": self.spends,
            "unmerge": self.merges,
        }.get(step.verb, self.earns)
        if not known:
            return None
        parent = known[-1 - step.which % len(known)]
        common |= {"parent": parent.key, "member": parent.member}
        part = step.points if step.flag else None
        match step.verb:
            case "settle":
                return Settle(points=part, **common)
            case "void":
                return Void(points=part, **common)
            case "clawback":
                return Clawback(points=step.points, policy=step.policy, **common)
            case "expire":
                return Expire(**common)
            case "capture":
                return Capture(points=part, **common)
            case "release":
                return Release(points=part, **common)
            case "reverse":
                return Reverse(points=part, **common)
            case "unmerge":
                return Unmerge(**common)
        raise AssertionError(step.verb)

    def posted(self, command: AnyCommand) -> None:
        """From now on other steps can refer to it."""
        match command:
            case Earn():
                self.earns.append(command)
            case Redeem() | Capture():
                self.spends.append(command)
            case Hold():
                self.holds.append(command)
            case Merge():
                self.merges.append(command)


async def play(steps: Iterable[Step], asker: Asker, ledger: model.Ledger) -> None:
    """Do all steps to both, and compare everything after each of them; in the open transaction."""
    members = list(asker.members)
    for step in steps:
        if step.verb in ("expire_due", "release_due"):
            await _sweep(step.verb, asker.now, ledger)
            assert await state(members) == model_state(ledger), step
            continue
        command = asker.command(step)
        if command is None:
            continue
        expected = ask_model(ledger, command, asker.now)
        assert await ask(command, asker.now) == expected, command
        assert await state(members) == model_state(ledger), command
        if not isinstance(expected, str):
            asker.posted(command)


async def _sweep(verb: str, now: datetime, ledger: model.Ledger) -> None:
    """What time does by itself, for all members of the merchant."""
    if verb == "expire_due":
        assert await expire_due(now) == ledger.expire_due(now)
    else:
        assert await release_due(now) == ledger.release_due(now)
