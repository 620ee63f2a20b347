"""A programme, members and money to test with, in the open transaction of a merchant."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from core import db, tenancy
from core.ids import new_id
from core.people import customers
from core.people.customers import CustomerRow
from loyalty.ledger.commands import Policy
from loyalty.members import service as members
from loyalty.programme import service as programmes
from loyalty.programme.service import Setup, Version
from loyalty.tiers.rules import Tier, TierSet

START = datetime(2026, 1, 1, tzinfo=UTC)
RATES = {"USD": 100, "JPY": 100, "KWD": 100}
"""Points per 100 currency units: 1 point a dollar."""


def day(number: float) -> datetime:
    """So many days after the start of all tests' time."""
    return START + timedelta(days=number)


def ladder(*thresholds: int, multipliers: Sequence[int] = ()) -> list[Tier]:
    """Tiers t0, t1, … with these thresholds."""
    percents = list(multipliers) or [100] * len(thresholds)
    return [
        Tier(
            rank=rank,
            code=f"t{rank}",
            name={"en": f"Tier {rank}"},
            threshold=points,
            multiplier_percent=percent,
        )
        for rank, (points, percent) in enumerate(zip(thresholds, percents, strict=True))
    ]


async def programme(
    tiers: Sequence[Tier] | None = None,
    rates: Mapping[str, int] | None = None,
    debt_policy: Policy = "debt",
    sets: Sequence[TierSet] = (),
    **terms: Any,
) -> Version:
    """A published programme: three tiers at 0, 100 and 1000 points (or these sets), one point a dollar."""
    setup = Setup(
        tiers=() if sets else tiers or ladder(0, 100, 1000),
        sets=sets,
        earn_rates=rates or RATES,
        debt_policy=debt_policy,
        **terms,
    )
    return await programmes.create(setup, START)


async def store(external_id: str = "s1", currency: str = "USD") -> UUID:
    """One store."""
    return await tenancy.create_store(external_id, {"en": external_id}, currency, "UTC")


async def new_members(count: int, joined_at: datetime = START) -> list[UUID]:
    """So many new members; answers their ids."""
    names = [f"c-{new_id().hex[-12:]}" for _ in range(count)]
    ids = await customers.upsert([CustomerRow(name, joined_at) for name in names])
    await members.enrol([(ids[name], joined_at, "1") for name in names])
    found = await members.of_customers(ids.values())
    return [found[ids[name]].id for name in names]


async def new_member(joined_at: datetime = START) -> UUID:
    """One new member's id."""
    [member] = await new_members(1, joined_at)
    return member


async def tier_of(member_id: UUID) -> str:
    """The code of the tier that a member is in."""
    return str(await db.fetchval("SELECT tier_code FROM members WHERE id = $1", member_id))
