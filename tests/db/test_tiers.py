"""Tiers follow points; what a preview shows is what publishing does."""

import asyncio
import contextvars
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from core import clock, db
from loyalty.ledger import AnyCommand, post
from loyalty.programme import service as programmes
from loyalty.tiers import service as tiers
from loyalty.tiers import standing
from loyalty.tiers.rules import Tier, TierSet, TiersInvalid
from loyalty.tiers.service import PreviewStale
from loyalty.tiers.tasks import after_posting
from tests.factories.points import clawback, earn, one, settle
from tests.factories.shop import day, ladder, new_member, new_members, programme, tier_of

NOW = day(30)
SECOND = timedelta(seconds=1)


async def people(merchant: UUID, *points: int) -> list[UUID]:
    """Members with so many qualifying points, in their tiers; the programme has tiers at 0, 100 and 1000."""
    async with db.transaction(merchant):
        await programme()
        found = await new_members(len(points))
        commands = [
            earn(f"q:{member}", member, count, day(1), wallet="qualifying")
            for member, count in zip(found, points, strict=True)
            if count
        ]
        await post(commands, NOW)
        await tiers.recalculate(None, "earned", day(2))
        return found


async def places(merchant: UUID) -> dict[UUID, str]:
    """The tier of each member."""
    async with db.transaction(merchant):
        return {row["id"]: row["tier_code"] for row in await db.fetch("SELECT id, tier_code FROM members")}


async def traces(merchant: UUID) -> tuple[object, ...]:
    """Everything that publishing changes."""
    async with db.transaction(merchant):
        return (
            [(version.number, version.state) for version in await programmes.versions()],
            await db.fetchval("SELECT count(*) FROM tier_changes"),
        )


def simple(steps: Sequence[Tier]) -> TierSet:
    """The programme's first set with other tiers."""
    return TierSet(code="main", name={}, tiers=tuple(steps))


async def preview(merchant: UUID, steps: Sequence[Tier], as_of: datetime = NOW) -> tiers.Preview:
    """What these tiers would do."""
    async with db.transaction(merchant):
        return await tiers.preview(simple(steps), as_of)


async def publish(merchant: UUID, seen: tiers.Preview, now: datetime = NOW) -> programmes.Version:
    """Publish what was previewed."""
    async with db.transaction(merchant):
        return await tiers.publish(seen.tier_set, seen.fingerprint, seen.as_of, None, now)


async def stale(merchant: UUID, seen: tiers.Preview, now: datetime = NOW) -> None:
    """Publishing is refused, and nothing has changed."""
    before = (await places(merchant), await traces(merchant))
    with pytest.raises(PreviewStale):
        await publish(merchant, seen, now)
    assert (await places(merchant), await traces(merchant)) == before


async def test_the_tier_follows_settlement_and_return(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        member = await new_member()

        async def follow(command: AnyCommand, at: datetime) -> str:
            await one(msgspec.structs.replace(command, wallet="qualifying", effective_at=at))
            payload = {"postings": [{"member": str(member), "wallet": "qualifying"}]}
            with clock.set_clock(lambda: at):
                await after_posting(payload, at)
            return await tier_of(member)

        assert await follow(earn("e", member, 150, pending=True), day(1)) == "t0"  # pending does not count
        assert await follow(settle("s", member, "e", 99), day(2)) == "t0"
        assert await follow(settle("s2", member, "e", 1), day(3)) == "t1"
        assert await follow(clawback("c", member, "e", 50), day(4)) == "t1"  # the rest was pending
        assert await follow(clawback("c2", member, "e", 1), day(5)) == "t0"
        history = await db.fetch(
            "SELECT from_code, to_code, value, reason, changed_at FROM tier_changes"
            " WHERE member_id = $1 ORDER BY changed_at DESC, id DESC",
            member,
        )
        columns = ("from_code", "to_code", "reason", "value")
        assert [tuple(row[column] for column in columns) for row in history] == [
            ("t1", "t0", "earned", 99),
            ("t0", "t1", "earned", 100),
            (None, "t0", "joined", 0),
        ]
        assert history[0]["changed_at"] == day(5)


async def test_points_to_spend_move_nobody(merchant: UUID) -> None:
    [member] = await people(merchant, 0)
    async with db.transaction(merchant):
        await one(earn("p", member, 5_000, day(1)))
        assert await tiers.recalculate(None, "earned", day(2)) == 0


@pytest.mark.parametrize(
    ("moment", "tier"),
    [
        (day(1) - SECOND, "t0"),
        (day(1), "t1"),
        (day(366) - SECOND, "t1"),
        (day(366), "t0"),
    ],
    ids=["a second before", "at the moment", "the last second of the window", "the window is over"],
)
async def test_the_window_ends_to_the_second(merchant: UUID, moment: datetime, tier: str) -> None:
    async with db.transaction(merchant):
        await programme()
        member = await new_member()
        await one(earn("e", member, 100, day(1), wallet="qualifying"))
        await tiers.recalculate([member], "window", moment)
        assert await tier_of(member) == tier
        progress = await standing.primary(member, moment)
        assert progress.value == (100 if tier == "t1" else 0)
        assert progress.next_missing == (900 if tier == "t1" else 100)


async def test_exactly_the_previewed_members_move(merchant: UUID) -> None:
    members = await people(merchant, 0, 50, 99, 100, 150, 400, 999, 1000, 5000)
    before = await places(merchant)
    steps = ladder(0, 50, 500)
    seen = await preview(merchant, steps)
    assert await places(merchant) == before  # looking moves nobody
    published = await publish(merchant, seen)
    after = await places(merchant)
    moved = {member for member in members if before[member] != after[member]}
    assert moved == {members[1], members[2], members[6]}  # 50 and 99 up to t1, 999 up to t2
    assert seen.moving == 3 and seen.members == 9
    assert {(flow.from_code, flow.to_code): flow.members for flow in seen.flows} == {
        ("t0", "t1"): 2,
        ("t1", "t2"): 1,
    }
    assert (seen.before, seen.after) == ({"t0": 3, "t1": 4, "t2": 2}, {"t0": 1, "t1": 5, "t2": 3})
    assert {example.member_id for example in seen.examples} == moved
    async with db.transaction(merchant):
        noted = await db.fetch(
            "SELECT member_id FROM tier_changes WHERE version_id = $1 AND reason = 'published'", published.id
        )
        assert {row["member_id"] for row in noted} == moved and len(noted) == 3
        assert (await programmes.live()).id == published.id
        assert await tiers.recalculate(None, "window", NOW) == 0  # everybody is where they belong
    assert [state for _, state in (await traces(merchant))[0]] == ["published", "retired"]  # type: ignore[attr-defined]


async def test_a_preview_of_the_same_tiers_moves_nobody(merchant: UUID) -> None:
    await people(merchant, 0, 100)
    assert (await preview(merchant, ladder(0, 100, 1000))).moving == 0


async def test_points_that_change_who_moves_make_the_preview_stale(merchant: UUID) -> None:
    members = await people(merchant, 0, 60)
    seen = await preview(merchant, ladder(0, 50, 500))
    async with db.transaction(merchant):
        await one(earn("late news", members[0], 60, day(3), wallet="qualifying"), NOW)
    await stale(merchant, seen)
    fresh = await preview(merchant, ladder(0, 50, 500))
    await publish(merchant, fresh)
    assert set((await places(merchant)).values()) == {"t1"}


async def test_points_that_change_nobodys_move_do_not_matter(merchant: UUID) -> None:
    members = await people(merchant, 0, 60)
    seen = await preview(merchant, ladder(0, 50, 500))
    async with db.transaction(merchant):
        await one(earn("few", members[0], 10, day(3), wallet="qualifying"), NOW)
        await one(earn("after the preview", members[0], 600, NOW + SECOND, wallet="qualifying"))
    await publish(merchant, seen, NOW + timedelta(minutes=1))
    assert await places(merchant) == {members[0]: "t0", members[1]: "t1"}


async def test_a_preview_lasts_an_hour(merchant: UUID) -> None:
    await people(merchant, 60)
    seen = await preview(merchant, ladder(0, 50, 500))
    await stale(merchant, seen, NOW + timedelta(hours=1) + SECOND)
    await stale(merchant, seen, NOW - SECOND)  # and does not come from the future
    await publish(merchant, seen, NOW + timedelta(hours=1))


@pytest.mark.parametrize("thresholds", [(0, 100, 100), (0, 200, 100), (1, 2), ()])
async def test_thresholds_must_rise_from_nought(merchant: UUID, thresholds: tuple[int, ...]) -> None:
    await people(merchant, 60)
    with pytest.raises(TiersInvalid):
        await preview(merchant, ladder(*thresholds))
    before = await traces(merchant)
    with pytest.raises(TiersInvalid):
        async with db.transaction(merchant):
            await tiers.publish(simple(ladder(*thresholds)), "any", NOW, None, NOW)
    assert await traces(merchant) == before


@pytest.mark.parametrize("points", [(60, 60), (0, 0)], ids=["with moves", "without moves"])
async def test_of_concurrent_publishers_one_wins(merchant: UUID, points: tuple[int, ...]) -> None:
    await people(merchant, *points)
    seen = await preview(merchant, ladder(0, 50, 500))
    results = await asyncio.gather(*(publish(merchant, seen) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(result, PreviewStale) for result in results) == 5
    assert sum(isinstance(result, programmes.Version) for result in results) == 1
    states, _ = await traces(merchant)
    assert states == [(2, "published"), (1, "retired")]


async def test_points_posted_between_the_last_look_and_the_move(
    merchant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = await people(merchant, 60, 0)
    seen = await preview(merchant, ladder(0, 50, 500))
    make_live = programmes.make_live

    async def post_late() -> None:
        async with db.transaction(merchant):
            await one(earn("late", members[1], 60, day(3), wallet="qualifying"), NOW)

    async def interrupted(draft_id: UUID, now: datetime) -> programmes.Version:
        elsewhere = asyncio.get_running_loop().create_task(post_late(), context=contextvars.Context())
        await elsewhere
        return await make_live(draft_id, now)

    monkeypatch.setattr(programmes, "make_live", interrupted)
    await stale(merchant, seen)
    async with db.transaction(merchant):
        assert await db.fetchval("SELECT count(*) FROM ledger_journal WHERE key = 'late'") == 1


async def test_a_member_who_left_stays_where_they_were(merchant: UUID) -> None:
    [member] = await people(merchant, 60)
    async with db.transaction(merchant):
        await db.execute("UPDATE members SET left_at = $2 WHERE id = $1", member, day(3))
    seen = await preview(merchant, ladder(0, 50, 500))
    assert (seen.members, seen.moving) == (0, 0)
    await publish(merchant, seen)
    assert await places(merchant) == {member: "t0"}
