"""Who by chance gets no remedy, so that it can be told what remedies bring. Off unless the merchant wants it.

Chance puts customers, not cases, on a side, by a seed; the side is written before anything is given. Somebody
may give all the same, with a reason: the case is counted where chance had put it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from core import db
from core.errors import DomainError, Kind
from core.ids import new_id
from reviews.cases import events, service
from reviews.cases.people import person
from reviews.proof.rules import Arm, arm_of

MOST = Decimal("0.5")
BATCH = 500
LOOK_BACK = timedelta(days=30)
"""Cases that were opened earlier have their side by now; else each gets it when something is to be given."""


class RemedyHeldOut(DomainError):
    """By chance this customer is among those who get none."""

    code = "remedy_held_out"
    kind = Kind.CONFLICT
    title = "This customer is among those who by chance get no remedy"


class HoldoutUnfit(DomainError):
    """Not a share from 0 to one half."""

    code = "holdout_unfit"
    kind = Kind.INVALID
    title = "The share is not between 0 and one half"


class NotHeldOut(DomainError):
    """The case is on no side, or on that which gets remedies."""

    code = "not_held_out"
    kind = Kind.CONFLICT
    title = "This case is not held out"


@dataclass(frozen=True)
class Holdout:
    """Since when which share is held out; 0: nobody."""

    id: UUID
    share: Decimal
    seed: UUID
    began_at: datetime


@dataclass(frozen=True)
class Side:
    """Where chance has put a case; `reason` why somebody may give all the same, empty: nobody said so."""

    arm: Arm
    reason: str

    @property
    def held_out(self) -> bool:
        """Whether nothing may be given."""
        return self.arm == "holdout" and not self.reason


_CURRENT = "SELECT id, share, seed, began_at FROM case_holdouts ORDER BY id DESC LIMIT 1"
_SET = """
    INSERT INTO case_holdouts (id, merchant_id, share, seed, changed_by, began_at)
    VALUES ($1, current_merchant(), $2, $3, $4, $5)
"""
_PERSON = "SELECT CASE WHEN merged_into IS NULL THEN id ELSE merged_into END FROM customers WHERE id = $1"
_UNASSIGNED = """
    SELECT c.id, CASE WHEN k.merged_into IS NULL THEN k.id ELSE k.merged_into END AS customer_id
    FROM cases c JOIN customers k ON k.id = c.customer_id
    WHERE c.merchant_id = current_merchant() AND c.opened_at >= $1
      AND NOT EXISTS (SELECT FROM case_arms a WHERE a.case_id = c.id)
      AND NOT EXISTS (SELECT FROM case_remedies r WHERE r.case_id = c.id)
    ORDER BY c.opened_at, c.id LIMIT $2
"""
_ASSIGN = """
    INSERT INTO case_arms (merchant_id, case_id, holdout_id, customer_id, arm, assigned_at)
    SELECT current_merchant(), x.case_id, $1, x.customer_id, x.arm, $2
    FROM unnest($3::uuid[], $4::uuid[], $5::text[]) AS x (case_id, customer_id, arm)
    ON CONFLICT (case_id) DO NOTHING
"""
_SIDE = """
    SELECT a.arm, CASE WHEN o.reason IS NULL THEN '' ELSE o.reason END AS reason
    FROM case_arms a LEFT JOIN case_arm_overrides o ON o.case_id = a.case_id WHERE a.case_id = $1
"""
_OVERRIDE = """
    INSERT INTO case_arm_overrides (merchant_id, case_id, staff_id, reason, at)
    VALUES (current_merchant(), $1, $2, $3, $4) ON CONFLICT (case_id) DO NOTHING
"""


async def current() -> Holdout | None:
    """What holds now; None: nobody ever asked for one."""
    row = await db.fetchrow(_CURRENT)
    return Holdout(**row) if row else None


async def change(share: Decimal, by: UUID, now: datetime) -> None:
    """Hold out another share from now on, of cases opened from now on. Raises HoldoutUnfit or Forbidden."""
    await person(by, "settings")
    if not 0 <= share <= MOST:
        raise HoldoutUnfit()
    share, before = share.quantize(Decimal("0.001")), await current()
    if before is None and share == 0:
        return
    if before is None or before.share != share:
        await db.execute(_SET, new_id(), share, new_id(), by, now)


async def assign(now: datetime, limit: int = BATCH) -> int:
    """Put new cases on a side, in the open transaction; answers how many."""
    holdout = await current()
    if holdout is None or holdout.share == 0:
        return 0
    rows = await db.fetch(_UNASSIGNED, max(holdout.began_at, now - LOOK_BACK), limit)
    await _write(holdout, [(row["id"], row["customer_id"]) for row in rows], now)
    return len(rows)


async def side(case_id: UUID) -> Side | None:
    """Where a case is; None: on no side."""
    row = await db.fetchrow(_SIDE, case_id)
    return Side(**row) if row else None


async def held_out(case_id: UUID) -> bool:
    """Whether nothing may be given now, as it is on record."""
    holdout, found = await current(), await side(case_id)
    return bool(holdout and holdout.share and found and found.held_out)


async def place(case_id: UUID, now: datetime) -> Side | None:
    """Put a case on its side if it is on none, unless something was given before; where it is."""
    holdout = await current()
    if holdout is None or holdout.share == 0:
        return None
    row = await db.fetchrow("SELECT customer_id, opened_at FROM cases WHERE id = $1", case_id)
    if row is None or row["customer_id"] is None or row["opened_at"] < holdout.began_at:
        return None
    if not await db.fetchval("SELECT EXISTS (SELECT FROM case_remedies WHERE case_id = $1)", case_id):
        await _write(holdout, [(case_id, await db.fetchval(_PERSON, row["customer_id"]))], now)
    return await side(case_id)


async def check(case_id: UUID, now: datetime) -> None:
    """Before something is given. Raises RemedyHeldOut."""
    found = await place(case_id, now)
    if found and found.held_out:
        raise RemedyHeldOut()


async def override(case_id: UUID, reason: str, by: UUID, now: datetime) -> None:
    """Let something be given all the same; said once.

    Raises NotHeldOut, service.TextUnfit, core.errors.Forbidden or NotFound.
    """
    await person(by, "goodwill")
    reason = service.text_of(reason)
    case = await service.lock(case_id)
    found = await place(case_id, now)
    if found is None or not found.held_out:
        raise NotHeldOut()
    await db.execute(_OVERRIDE, case_id, by, reason, now)
    await service.touch(case, now)
    await events.add(case.id, case.cycle, "holdout_overridden", now, staff_id=by, text=reason)


async def _write(holdout: Holdout, cases: list[tuple[UUID, UUID]], now: datetime) -> None:
    arms = [arm_of(holdout.seed, customer_id, holdout.share) for _, customer_id in cases]
    ids, people = [each[0] for each in cases], [each[1] for each in cases]
    await db.execute(_ASSIGN, holdout.id, now, ids, people, arms)
