"""Placing members by sets, against a slow model that looks at one member at a time."""

import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import db
from loyalty.ledger import AnyCommand, post
from loyalty.tiers import service as tiers
from loyalty.tiers.rules import (
    Anniversary,
    Calendar,
    Lifetime,
    RollingDays,
    RollingMonths,
    TierSet,
    TiersInvalid,
    Window,
    check,
)
from tests.factories.points import clawback, earn
from tests.factories.shop import ladder, new_members, programme
from tests.factories.tier_model import Fact, expected_rank, first_moment

MEMBERS = 6
FROM, TO = datetime(2022, 6, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
ZONES = ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "America/St_Johns"]
TRUST = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
)
WINDOWS: st.SearchStrategy[Window] = st.one_of(
    st.builds(RollingDays, st.integers(1, 500)),
    st.builds(RollingMonths, st.integers(1, 15)),
    st.sampled_from([Calendar("month"), Calendar("quarter"), Calendar("year"), Anniversary(), Lifetime()]),
)
SETS = st.builds(
    lambda window, requalification, downgrade, grace: TierSet(
        code="main",
        name={},
        tiers=tuple(ladder(0, 10, 20, 40)),
        window=window,
        requalification=requalification,
        downgrade=downgrade,
        grace_days=grace,
    ),
    WINDOWS,
    st.sampled_from(["always", "period_end"]),
    st.sampled_from(["free_fall", "one_step"]),
    st.sampled_from([0, 0, 3, 20]),
)


class Undone(Exception):
    """Ends an example; nothing of it stays."""


def _sound(tier_set: TierSet) -> bool:
    try:
        check(tier_set)
    except TiersInvalid:
        return False
    return True


def _moment(chance: random.Random, zone: str) -> datetime:
    """Any moment; often one at which a month begins, or a second beside it."""
    if chance.random() < 0.5:
        start = first_moment(datetime(chance.randint(2023, 2026), chance.randint(1, 12), 1).date(), zone)
        return start + timedelta(seconds=chance.randint(-1, 1))
    return FROM + chance.random() * (TO - FROM)


def _history(chance: random.Random, member: UUID, zone: str) -> tuple[list[AnyCommand], list[Fact]]:
    """Points of one member, some of them taken back later."""
    commands: list[AnyCommand] = []
    facts: list[Fact] = []
    for number in range(chance.randint(0, 7)):
        key, at, points = f"{member}:{number}", _moment(chance, zone), chance.choice([3, 5, 10, 15, 25])
        commands.append(earn(key, member, points, at, wallet="qualifying"))
        facts.append((at, points))
        if chance.random() < 0.3:
            later, back = at + chance.random() * timedelta(days=200), chance.randint(1, points)
            taken = clawback(f"{key}:back", member, key, back, at=later)
            commands.append(msgspec.structs.replace(taken, wallet="qualifying"))
            facts.append((later, -back))
    return commands, facts


async def _ranks(tier_set: TierSet) -> dict[UUID, int]:
    ranks = {tier.code: tier.rank for tier in tier_set.tiers}
    return {row["id"]: ranks[row["tier_code"]] for row in await db.fetch("SELECT id, tier_code FROM members")}


async def _follow(tier_set: TierSet, zone: str, seed: int) -> None:
    """Post histories in two parts, place everybody at growing moments, compare each time."""
    chance = random.Random(seed)
    await db.execute("UPDATE merchants SET time_zone = $1", zone)
    await programme(sets=[tier_set])
    moments = sorted(_moment(chance, zone) for _ in range(3))
    joined = {
        member: at
        for at in (min(moments[0], _moment(chance, zone)), datetime(2020, 2, 29, 12, tzinfo=UTC))
        for member in await new_members(MEMBERS // 2, at)
    }
    histories = {member: _history(chance, member, zone) for member in joined}
    facts: dict[UUID, list[Fact]] = {member: [] for member in joined}
    late = {member: chance.random() < 0.3 for member in joined}
    for number, at in enumerate(moments):
        told = [member for member in joined if number == (2 if late[member] else 0)]
        for member in told:
            commands, facts[member] = histories[member]
            await post(commands, TO)
        await tiers.recalculate(sorted(told), "earned", at)
        await tiers.recalculate(None, "window", at)
        wanted = {m: expected_rank(tier_set, facts[m], joined[m], at, zone) for m in joined}
        assert await _ranks(tier_set) == wanted, (at, facts)
        assert await tiers.recalculate(sorted(joined), "earned", at) == 0
    await _histories_lead_here(tier_set)


async def _histories_lead_here(tier_set: TierSet) -> None:
    """Each line of a history begins where the one before it ended, and the last is the present."""
    rows = await db.fetch("SELECT member_id, from_code, to_code FROM tier_changes ORDER BY id")
    last: dict[UUID, str] = {}
    for row in rows:
        assert row["from_code"] == last.get(row["member_id"])
        last[row["member_id"]] = row["to_code"]
    assert {m: int(code[1:]) for m, code in last.items()} == await _ranks(tier_set)


@settings(TRUST, max_examples=60)
@given(SETS.filter(_sound), st.sampled_from(ZONES), st.integers(0, 10**6))
async def test_everybody_is_where_the_model_says(
    merchant: UUID, tier_set: TierSet, zone: str, seed: int
) -> None:
    with suppress(Undone):
        async with db.transaction(merchant):
            await _follow(tier_set, zone, seed)
            raise Undone
