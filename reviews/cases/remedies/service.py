"""Give a remedy, ask for one above one's authority, decide on it. Posted with the case as its reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from core import db, tenancy
from core.errors import DomainError, Kind, NotFound
from core.ids import new_id
from core.people.roles import PERMISSIONS
from core.people.staff import StaffMember
from loyalty.ledger import Earn, post
from loyalty.ledger.errors import BudgetExhausted
from loyalty.rewards import catalogue
from loyalty.rewards import service as rewards
from reviews.cases import events, machine, service
from reviews.cases import queries as case_queries
from reviews.cases import rules as case_rules
from reviews.cases.contact import telling
from reviews.cases.people import person, setter
from reviews.cases.remedies import budget, holdout, queries, rules
from reviews.cases.remedies.rules import Remedy, RemedyUnfit
from reviews.cases.service import Case
from reviews.cases.tables import CaseRemedy


class GoodwillAboveAuthority(DomainError):
    """More than this person may give on this case alone."""

    code = "goodwill_above_authority"
    kind = Kind.FORBIDDEN
    title = "This is more than you may give on this case"


class GoodwillKeyReused(DomainError):
    """The key belongs to another gift."""

    code = "goodwill_key_reused"
    kind = Kind.INVALID
    title = "The key belongs to another gift"


class NotAMember(DomainError):
    """Points and vouchers go to members only."""

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


class RemedyDecided(DomainError):
    """Somebody decided on it before."""

    code = "remedy_decided"
    kind = Kind.CONFLICT
    title = "Somebody else was faster: it is decided already"


class ApproverUnfit(DomainError):
    """Whoever asks cannot approve."""

    code = "remedy_second_person"
    kind = Kind.FORBIDDEN
    title = "Somebody else must decide on this remedy"


@dataclass(frozen=True)
class Given:
    """A remedy that was given; `replayed`: under this key it had been given before."""

    remedy_id: UUID
    journal_id: UUID | None
    points: int | None
    amount_minor: int | None
    replayed: bool


@dataclass(frozen=True)
class Authority:
    """What somebody may give on one case alone."""

    points: int
    amount_minor: int


@dataclass(frozen=True)
class Request:
    """Asked for, and not decided on yet."""

    id: UUID
    case_id: UUID
    number: int
    remedy: Remedy
    asked_by: UUID
    asked_by_name: str
    asked_at: datetime


async def authorities() -> dict[str, Authority]:
    """By role, what its people may give on one case alone; points besides by each person's own limit."""
    own = {
        row["role"]: Authority(row["points"], row["amount_minor"])
        for row in await db.fetch(queries.AUTHORITIES)
    }
    giving = PERMISSIONS[machine.PERMISSIONS["goodwill"]]
    return {role: own.get(role, Authority(0, rules.AUTHORITY_MINOR.get(role, 0))) for role in giving}


async def set_authority(role: str, authority: Authority, by: UUID | None) -> None:
    """Raises RemedyUnfit or core.errors.Forbidden."""
    await setter(by)
    figures = (authority.points, authority.amount_minor)
    if role not in await authorities() or any(not 0 <= each <= rules.MOST_MINOR for each in figures):
        raise RemedyUnfit("a role that gives, and limits of 0 or more")
    await db.execute(queries.SET_AUTHORITY, role, authority.points, authority.amount_minor)


async def left(case_id: UUID, member: StaffMember) -> Authority:
    """What somebody may still give on a case alone."""
    role = (await authorities()).get(member.role, Authority(0, 0))
    points = max(role.points, member.goodwill_limit_points)
    given_points: int = await db.fetchval(queries.GIVEN_POINTS, case_id, member.id)
    given_minor: int = await db.fetchval(queries.GIVEN_MINOR, case_id, member.id)
    return Authority(max(0, points - given_points), max(0, role.amount_minor - given_minor))


async def give(
    case_id: UUID, remedy: Remedy, key: str, by: UUID, now: datetime, approved_by: UUID | None = None
) -> Given:
    """Give within the person's authority, or above it what a second person approves; in the open transaction.

    The same key gives once. Raises GoodwillAboveAuthority, GoodwillAsksForChange, GoodwillKeyReused,
    NotAMember, PointsUnfit, RemedyUnfit, RemedyBudgetExhausted, holdout.RemedyHeldOut,
    service.CaseStateRefuses, what a reward says against being bought, core.errors.Forbidden or NotFound; then
    nothing has changed.
    """
    # Whoever asked may have left since: then a second person has decided all the same.
    giver = await person(by, "goodwill") if approved_by is None else None
    remedy = await _checked(remedy)
    case = await service.lock(case_id)
    if before := await _before(key, case.id, by, remedy):
        return before
    await holdout.check(case.id, now)
    if giver:
        await _within_authority(case, remedy, giver)
    member = None if remedy.in_money else await _member(case)
    await service.move(case, "goodwill", now, owner_id=case.owner_id or approved_by or by)
    given = await _post(case, remedy, member, key, by, approved_by, now)
    return await _record(case, remedy, given, key, by, approved_by, now)


async def ask(case_id: UUID, remedy: Remedy, key: str, by: UUID, now: datetime) -> UUID:
    """Ask for what is above one's authority; answers the id of the request. The same key asks once.

    Raises what give() raises, but GoodwillAboveAuthority and what only giving can tell.
    """
    await person(by, "goodwill")
    remedy = await _checked(remedy)
    case = await service.lock(case_id)
    if case.state in machine.DONE:
        raise service.CaseStateRefuses(f"goodwill while the case is {case.state}", state=case.state)
    await holdout.check(case.id, now)
    if not remedy.in_money:
        await _member(case)
    request_id: UUID | None = await db.fetchval(
        queries.ASK, new_id(), case.id, key, db.to_json(remedy), by, now
    )
    if request_id is None:
        row = await db.fetchrow(queries.ASKED, key)
        assert row is not None
        same = msgspec.json.decode(row["remedy"], type=Remedy) == remedy
        if not same or (row["case_id"], row["asked_by"]) != (case.id, by):
            raise GoodwillKeyReused()
        return UUID(str(row["id"]))
    await events.add(case.id, case.cycle, "remedy_asked", now, staff_id=by, request=request_id, remedy=remedy)
    return request_id


async def decide(request_id: UUID, decision: Literal["give", "reject"], by: UUID, now: datetime) -> None:
    """Raises RemedyDecided, ApproverUnfit, NotFound, core.errors.Forbidden, or what give() raises."""
    await person(by, "approve")
    row = await db.fetchrow(queries.REQUEST, request_id)
    if row is None:
        raise NotFound(f"no request {request_id}")
    if row["state"] != "waiting":
        raise RemedyDecided()
    if row["asked_by"] == by:
        raise ApproverUnfit()
    remedy = msgspec.json.decode(row["remedy"], type=Remedy)
    if decision == "give":
        await give(row["case_id"], remedy, row["key"], row["asked_by"], now, approved_by=by)
    await db.execute(queries.DECIDE, request_id, "given" if decision == "give" else "rejected", by, now)
    if decision == "reject":
        case = await service.lock(row["case_id"])
        await events.add(case.id, case.cycle, "remedy_rejected", now, staff_id=by, request=request_id)


async def waiting() -> list[Request]:
    """What waits for a second person, the oldest first."""
    return [
        Request(**{**row, "remedy": msgspec.json.decode(row["remedy"], type=Remedy)})
        for row in await db.fetch(queries.WAITING, db.merchant_id())
    ]


async def _checked(remedy: Remedy) -> Remedy:
    """The remedy with the points of its reward."""
    if case_rules.asks_for_change(remedy.message):
        raise GoodwillAsksForChange()
    if remedy.kind == "points" and remedy.points < 1:
        raise PointsUnfit()
    rules.check(remedy, (await tenancy.shop()).currency)
    message = service.text_of(remedy.message) if remedy.message.strip() else ""
    points = remedy.points
    if remedy.kind == "voucher":
        try:
            points = (await catalogue.find(remedy.reward)).cost_points
        except NotFound as error:
            raise RemedyUnfit(f"no reward {remedy.reward}") from error
    return msgspec.structs.replace(remedy, message=message, points=points)


async def _within_authority(case: Case, remedy: Remedy, giver: StaffMember) -> None:
    may = await left(case.id, giver)
    if remedy.in_money and remedy.amount_minor > may.amount_minor:
        raise GoodwillAboveAuthority(limit_points=may.points, limit_minor=may.amount_minor)
    if not remedy.in_money and remedy.points > may.points:
        raise GoodwillAboveAuthority(limit_points=may.points, points=remedy.points)


async def _member(case: Case) -> UUID:
    member: UUID | None = None
    if case.customer_id:
        member = await db.fetchval(case_queries.MEMBER, case.customer_id)
    if member is None:
        raise NotAMember()
    return member


@dataclass(frozen=True)
class _Posted:
    journal_id: UUID | None = None
    voucher_id: UUID | None = None


async def _post(
    case: Case,
    remedy: Remedy,
    member: UUID | None,
    key: str,
    by: UUID,
    approved_by: UUID | None,
    now: datetime,
) -> _Posted:
    if member is None:
        await budget.spend(remedy.amount_minor, now)
        return _Posted()
    reason: Mapping[str, object] = {"rule": "goodwill", "case": case.id, "number": case.number, "staff": by}
    if approved_by:
        reason = {**reason, "approved_by": approved_by}
    earn = Earn(
        key=f"goodwill:{key}", member=member, points=remedy.points, side="goodwill", effective_at=now,
        reason=dict(reason), budgets=await budget.points_budget(),
    )  # fmt: skip
    try:
        (posting,) = await post([earn], now)
    except BudgetExhausted as error:
        raise budget.RemedyBudgetExhausted() from error
    voucher_id = None
    if remedy.kind == "voucher":
        reward = await catalogue.find(remedy.reward)
        voucher_id = (await rewards.redeem(member, reward.id, f"goodwill:{key}", now)).id
    return _Posted(posting.journal_id, voucher_id)


async def _before(key: str, case_id: UUID, by: UUID, remedy: Remedy) -> Given | None:
    row = await db.fetchrow(case_queries.REMEDY_BY_KEY, key)
    if row is None:
        return None
    money = (remedy.amount_minor, remedy.currency) if remedy.in_money else (None, None)
    wanted = (case_id, by, remedy.kind, remedy.message, remedy.order_line, remedy.reward, *money)
    same = (
        *(row["case_id"], row["staff_id"], row["kind"], row["message"], row["order_line"]),
        *(row["reward"], row["amount_minor"], row["currency"]),
    )
    if wanted != same or (remedy.kind == "points" and row["points"] != remedy.points):
        raise GoodwillKeyReused()
    return Given(row["id"], row["journal_id"], row["points"], row["amount_minor"], True)


async def _record(
    case: Case, remedy: Remedy, posted: _Posted, key: str, by: UUID, approved_by: UUID | None, now: datetime
) -> Given:
    money = remedy.in_money
    given = Given(
        new_id(),
        posted.journal_id,
        None if money else remedy.points,
        remedy.amount_minor if money else None,
        False,
    )
    await CaseRemedy.insert(
        CaseRemedy(
            id=given.remedy_id,
            merchant_id=db.merchant_id(),
            case_id=case.id,
            cycle=case.cycle,
            staff_id=by,
            key=key,
            kind=remedy.kind,
            points=given.points,
            journal_id=posted.journal_id,
            voucher_id=posted.voucher_id,
            amount_minor=given.amount_minor,
            currency=remedy.currency if money else None,
            order_line=remedy.order_line,
            message=remedy.message,
            approved_by=approved_by,
            given_at=now,
        )
    )
    await events.add(
        case.id, case.cycle, "goodwill", now, staff_id=by, remedy=given.remedy_id, kind_of=remedy.kind,
        points=given.points, amount_minor=given.amount_minor, approved_by=approved_by,
    )  # fmt: skip
    await telling.later("remedy", case.id, case.cycle, now, of=given.remedy_id)
    return given
