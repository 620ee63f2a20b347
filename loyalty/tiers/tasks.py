"""Tiers follow what is counted at once, and the calendar as soon as a day of the merchant's begins."""

from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from core import clock, db, tenancy
from core.days import TimeZoneUnknown
from core.outbox import Turn, handles
from core.sweeps import sweep
from loyalty import hooks, notices
from loyalty.programme.service import ProgrammeMissing
from loyalty.tiers import service

log = structlog.get_logger(__name__)


@handles("points.posted", turn=Turn.BULK)
async def after_posting(payload: dict[str, Any], now: datetime) -> None:
    """Place the members of new postings, if a tier set counts points of that wallet; and tell them."""
    await notices.tell_posted(payload, now)
    await hooks.tell_posted(payload, now)
    wallets = await service.counted_wallets()
    if "first" in payload:  # a set of postings, whose ids follow each other
        await _place(await service.members_posted(UUID(payload["first"]), UUID(payload["last"]), wallets))
        return
    members = {UUID(each["member"]) for each in payload["postings"] if each["wallet"] in wallets}
    await _place(sorted(members))


@handles("tiers.counted", turn=Turn.BULK)
async def after_counting(payload: dict[str, Any], _: datetime) -> None:
    """Place the members who ordered or did something, where a tier set counts that."""
    await _place(await service.members_of(payload["customers"], payload["external_ids"]))


async def _place(members: list[UUID]) -> None:
    if members:
        await service.lock(members)
        await service.recalculate(members, "earned", clock.now())


@handles("tier.changed", turn=Turn.BULK)
async def after_change(payload: dict[str, Any], now: datetime) -> None:
    """Members have another tier, with what that grants and withdraws: told to them and the operator's log.

    `payload`: set, version_id, from, to, reason, granted and withdrawn (benefits), members (member, at).
    """
    log.info(
        "tier_changed",
        set=payload["set"],
        from_tier=payload["from"],
        to_tier=payload["to"],
        reason=payload["reason"],
        members=len(payload["members"]),
    )
    await notices.tell_moved(payload, now)
    await hooks.tell_moved(payload, now)


@sweep("loyalty.tiers")
async def of_merchant(merchant: tenancy.Merchant) -> None:
    """What time alone does to tiers."""
    try:
        async with db.transaction(merchant.id):
            members = await service.to_sweep(clock.now())
            if members is None or members:
                await service.lock(members)
                await service.sweep(members, clock.now())
    except ProgrammeMissing:
        pass  # nobody can have a tier yet
    except TimeZoneUnknown:
        log.warning("time_zone_unknown", merchant=merchant.code, time_zone=merchant.time_zone)
