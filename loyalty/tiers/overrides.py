"""Put a member into a tier for a while, by hand; afterwards the tier is again what it would have been."""

from datetime import datetime
from uuid import UUID

import msgspec

from core import db
from core.errors import DomainError, Kind, NotFound
from loyalty.programme import service as programme
from loyalty.tiers import queries
from loyalty.tiers.rules import END
from loyalty.tiers.service import lock, recalculate


class TierUnknown(NotFound):
    """The live terms have no such tier set, or it has no such tier."""

    code = "tier_unknown"
    title = "There is no such tier"


class OverrideInvalid(DomainError):
    """It must end after now and have a reason."""

    code = "override_invalid"
    kind = Kind.INVALID
    title = "The override cannot be like this"


class OverrideMissing(NotFound):
    """The member has none in this set, or it is over."""

    code = "override_missing"
    title = "There is no override in force"


class By(msgspec.Struct, frozen=True):
    """Who does it: one of the staff, or a program with an API key."""

    staff_id: UUID | None = None
    key_id: UUID | None = None


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """An override in force. `staff`: who gave it; None: a program."""

    id: UUID
    set_code: str
    tier_code: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    staff: str | None


async def put(
    member_id: UUID, set_code: str, tier_code: str, until: datetime, reason: str, by: By, now: datetime
) -> Override:
    """Put a member into a tier, up or down, until a moment; an override that they had in this set ends.

    Raises TierUnknown, OverrideInvalid.
    """
    live = await programme.live()
    tier_set = live.tier_set(set_code)
    if tier_set is None or tier_code not in [tier.code for tier in tier_set.tiers]:
        raise TierUnknown(f"{set_code}: {tier_code}")
    if not now < until < END:
        raise OverrideInvalid("it must end after now, and before the year 2300")
    if not 1 <= len(reason.strip()) <= 500:
        raise OverrideInvalid("it needs a reason, of 500 characters at most")
    await lock([member_id])
    await db.execute(queries.END_OVERRIDE, member_id, set_code, now, by.staff_id)
    await db.execute(
        queries.ADD_OVERRIDE,
        member_id,
        set_code,
        tier_code,
        now,
        until,
        reason.strip(),
        by.staff_id,
        by.key_id,
    )
    await recalculate([member_id], "earned", now)
    return next(each for each in await in_force(member_id, now) if each.set_code == set_code)


async def end(member_id: UUID, set_code: str, by: By, now: datetime) -> None:
    """End an override before its time. Raises OverrideMissing."""
    await lock([member_id])
    if set_code not in [each.set_code for each in await in_force(member_id, now)]:
        raise OverrideMissing(set_code)
    await db.execute(queries.END_OVERRIDE, member_id, set_code, now, by.staff_id)
    await recalculate([member_id], "earned", now)


async def in_force(member_id: UUID, now: datetime) -> list[Override]:
    """A member's overrides, at most one a set."""
    return [Override(**row) for row in await db.fetch(queries.OVERRIDES, member_id, now)]
