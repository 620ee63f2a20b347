"""Goodwill: points given as remedy, out of the same ledger, with the case as their reason.

A remedy has no condition: nothing here can ask for a review to be changed or removed.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core import db
from core.errors import DomainError, Kind
from core.ids import new_id
from loyalty.ledger import Earn, post
from reviews.cases import events, rules, service, statements
from reviews.cases.tables import CaseRemedy


class GoodwillAboveAuthority(DomainError):
    """More than this person may give on this case."""

    code = "goodwill_above_authority"
    kind = Kind.FORBIDDEN
    title = "This is more than you may give on this case"


class GoodwillKeyReused(DomainError):
    """The key belongs to another gift."""

    code = "goodwill_key_reused"
    kind = Kind.INVALID
    title = "The key belongs to another gift"


class NotAMember(DomainError):
    """Points go to members only."""

    code = "customer_not_a_member"
    kind = Kind.CONFLICT
    title = "The customer is not a member of the programme"


class GoodwillAsksForChange(DomainError):
    """The words that go with the gift speak of changing, removing or praising."""

    code = "goodwill_asks_for_change"
    kind = Kind.INVALID
    title = "A gift must not be tied to what the customer writes"


class PointsUnfit(DomainError):
    """Not a positive number of points."""

    code = "goodwill_points_unfit"
    kind = Kind.INVALID
    title = "A gift has at least one point"


@dataclass(frozen=True)
class Gift:
    """Points that were given; `replayed`: under this key they had been given before."""

    remedy_id: UUID
    journal_id: UUID
    points: int
    replayed: bool


async def give(case_id: UUID, points: int, message: str, key: str, by: UUID, now: datetime) -> Gift:
    """Give points within the person's authority, in the open transaction; `message` is for the customer.

    The same key gives once. Raises GoodwillAboveAuthority, GoodwillAsksForChange, GoodwillKeyReused,
    NotAMember, PointsUnfit, service.CaseStateRefuses, core.errors.Forbidden or NotFound; then nothing
    has changed.
    """
    if points < 1:
        raise PointsUnfit()
    if rules.asks_for_change(message):
        raise GoodwillAsksForChange()
    giver = await service.person(by, "goodwill")
    case = await service.lock(case_id)
    message = service.text_of(message) if message.strip() else ""
    if before := await _before(key, case.id, by, points, message):
        return before
    given: int = await db.fetchval(statements.GIVEN, case.id, by)
    left = max(0, giver.goodwill_limit_points - given)
    if points > left:
        raise GoodwillAboveAuthority(limit_points=left, points=points)
    member: UUID | None = None
    if case.customer_id:
        member = await db.fetchval(statements.MEMBER, case.customer_id)
    if member is None:
        raise NotAMember()
    await service.move(case, "goodwill", now, owner_id=case.owner_id or by)
    reason = {"rule": "goodwill", "case": case.id, "number": case.number, "staff": by}
    earn = Earn(
        key=f"goodwill:{key}", member=member, points=points, side="goodwill", effective_at=now, reason=reason
    )
    (posting,) = await post([earn], now)
    assert posting.journal_id is not None
    return await _record(case, Gift(new_id(), posting.journal_id, points, False), message, key, by, now)


async def _before(key: str, case_id: UUID, by: UUID, points: int, message: str) -> Gift | None:
    row = await db.fetchrow(statements.REMEDY_BY_KEY, key)
    if row is None:
        return None
    if (row["case_id"], row["staff_id"], row["points"], row["message"]) != (case_id, by, points, message):
        raise GoodwillKeyReused()
    return Gift(row["id"], row["journal_id"], row["points"], True)


async def _record(case: service.Case, gift: Gift, message: str, key: str, by: UUID, now: datetime) -> Gift:
    await CaseRemedy.insert(
        CaseRemedy(
            id=gift.remedy_id,
            merchant_id=db.merchant_id(),
            case_id=case.id,
            cycle=case.cycle,
            staff_id=by,
            key=key,
            points=gift.points,
            journal_id=gift.journal_id,
            message=message,
            given_at=now,
        )
    )
    await events.add(
        case.id, case.cycle, "goodwill", now, staff_id=by, points=gift.points, remedy=gift.remedy_id
    )
    return gift
