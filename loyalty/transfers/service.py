"""Let members give points to each other, within the programme's limits."""

from datetime import datetime
from uuid import UUID

from core import db, tenancy
from core.days import day_of, start_of_day, zone_of
from core.errors import NotFound
from loyalty.ledger import Posting, Transfer, post
from loyalty.members.errors import MemberLeft
from loyalty.transfers import queries, rules
from loyalty.transfers.rules import Terms, TransfersOff


async def terms() -> Terms | None:
    """What members may give each other; None: nothing."""
    row = await db.fetchrow(queries.TERMS)
    return Terms(**row) if row else None


async def set_terms(new: Terms | None) -> None:
    """Allow transfers, change their limits, or end them. Raises TransferTermsInvalid."""
    if new is None:
        await db.execute(queries.DROP_TERMS)
        return
    rules.check_terms(new)
    await db.execute(queries.PUT_TERMS, new.points_min, new.points_max, new.points_per_day)


async def transfer(giver: UUID, receiver: UUID, points: int, key: str, note: str, now: datetime) -> Posting:
    """Give points of one member to another: the lots that expire first, which keep their expiry.

    Raises NotFound, MemberLeft, TransfersOff, TransferOutOfRange, TransferDayExceeded and what the
    ledger refuses; nothing is then changed.
    """
    allowed = await terms()
    if allowed is None:
        raise TransfersOff()
    rows = await db.fetch(queries.LOCK_MEMBERS, [giver, receiver])
    if len(rows) < len({giver, receiver}):
        raise NotFound("there is no such member")
    if not all(row["is_member"] for row in rows):
        raise MemberLeft()
    zone = zone_of((await tenancy.shop()).time_zone)
    today = start_of_day(day_of(now, zone), zone)
    rules.check(allowed, points, await db.fetchval(queries.GIVEN_SINCE, giver, today))
    command = Transfer(
        key=f"transfer:{giver}:{key}",
        member=giver,
        to_member=receiver,
        points=points,
        effective_at=now,
        reason={"rule": "transfer", "note": note} if note else {"rule": "transfer"},
    )
    [posting] = await post([command], now)
    return posting
