"""What each metric, window and policy does to a member, step by step; random ones: test_tiers_model."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec
import pytest

from core import clock, db, tenancy
from core.people import staff
from loyalty.intake.events import Event
from loyalty.intake.service import ingest
from loyalty.ledger import Hold, post
from loyalty.members import service as members
from loyalty.programme import service as programmes
from loyalty.programme.service import Version
from loyalty.tiers import overrides, standing, tasks
from loyalty.tiers import service as tiers
from loyalty.tiers.overrides import By, OverrideInvalid, OverrideMissing, TierUnknown
from loyalty.tiers.rules import (
    Anniversary,
    Benefit,
    Calendar,
    Events,
    Lifetime,
    Metric,
    Orders,
    Points,
    RollingMonths,
    Spend,
    TierSet,
)
from tests.conftest import new_merchant
from tests.factories.events import event, joined, paid, refunded
from tests.factories.points import clawback, earn, expire, one, redeem
from tests.factories.shop import day, ladder, new_member, new_members, programme, store, tier_of

BERLIN = ZoneInfo("Europe/Berlin")
SECOND = timedelta(seconds=1)


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def a_set(*thresholds: int, **more: Any) -> TierSet:
    fields = {"code": "main", "name": {}, "tiers": tuple(ladder(*(thresholds or (0, 100, 200, 300)))), **more}
    return TierSet(**fields)


def kept(**more: Any) -> TierSet:
    """By the calendar year, kept to the end of the next one."""
    return a_set(window=Calendar("year"), requalification="period_end", **more)


@pytest.fixture
async def berlin(database: object) -> UUID:
    return await new_merchant("Europe/Berlin")


async def points(member: UUID, count: int, moment: datetime, key: str = "") -> None:
    key = key or f"{member}:{moment.isoformat()}"
    await one(earn(key, member, count, moment, wallet="qualifying"))


async def place(member: UUID, moment: datetime) -> str:
    await tiers.recalculate([member], "window", moment)
    return await tier_of(member)


async def swept(moment: datetime) -> int:
    """What the sweep at a moment moves."""
    members = await tiers.to_sweep(moment)
    return await tiers.sweep(members, moment) if members is None or members else 0


async def reasons(member: UUID, set_code: str = "main") -> list[tuple[str, str, datetime]]:
    """Reason, tier and time of all changes but the first, the oldest first."""
    found = await standing.history(member, set_code)
    return [(each.reason, each.to_code, each.changed_at) for each in reversed(found)][1:]


# --- kept to the end of a period ----------------------------------------------------------------


async def test_a_tier_is_kept_through_the_next_year_and_confirmed_by_it(berlin: UUID) -> None:
    async with db.transaction(berlin):
        await programme(sets=[kept()])
        member = await new_member(at("2023-05-01"))
        await points(member, 250, at("2023-06-01"))
        assert await place(member, at("2023-06-01") + SECOND) == "t2"
        await one(
            msgspec.structs.replace(
                clawback(
                    "back", member, f"{member}:{at('2023-06-01').isoformat()}", 200, at=at("2023-07-01")
                ),
                wallet="qualifying",
            )
        )
        assert await place(member, at("2023-07-02")) == "t2"  # a refund takes it away only with the year
        assert await place(member, at("2024-01-01") - SECOND) == "t2"
        assert await place(member, at("2024-01-01")) == "t0"
        await points(member, 100, at("2024-03-01"))
        assert await place(member, at("2024-03-01")) == "t1"
        assert await place(member, at("2025-01-01")) == "t1"
        assert await place(member, at("2026-01-01") - SECOND) == "t1"
        assert await place(member, at("2026-01-01", BERLIN) + timedelta(hours=9)) == "t0"
        assert await reasons(member) == [
            ("window", "t2", at("2023-06-01") + SECOND),
            ("downgraded", "t0", at("2024-01-01")),
            ("window", "t1", at("2024-03-01")),
            ("requalified", "t1", at("2025-01-01")),
            ("downgraded", "t0", at("2026-01-01")),  # when it happened, not when it was seen
        ]


async def test_soft_landing_takes_one_tier_a_year(berlin: UUID) -> None:
    async with db.transaction(berlin):
        await programme(sets=[kept(downgrade="one_step")])
        member = await new_member(at("2020-05-01"))
        await points(member, 300, at("2020-06-01"))
        years = {2020: "t3", 2021: "t3", 2022: "t2", 2023: "t1", 2024: "t0"}
        for year, tier in years.items():
            assert await place(member, at(f"{year}-12-31T23:59:59")) == tier, year
        # Nobody looked for years: the same.
        late = await new_member(at("2020-05-01"))
        await points(late, 300, at("2020-06-01"))
        assert await place(late, at("2022-03-01")) == "t2"


async def test_what_a_year_confirms_stops_the_landing(berlin: UUID) -> None:
    async with db.transaction(berlin):
        await programme(sets=[kept(downgrade="one_step")])
        member = await new_member(at("2020-05-01"))
        await points(member, 300, at("2020-06-01"))
        await points(member, 200, at("2021-06-01"))
        assert [await place(member, at(f"{year}-06-02")) for year in (2021, 2022, 2023)] == ["t3", "t2", "t1"]


async def test_grace_puts_the_fall_off_and_the_new_year_counts(berlin: UUID) -> None:
    async with db.transaction(berlin):
        await programme(sets=[kept(grace_days=31)])
        idle, busy = await new_members(2, at("2022-05-01"))
        for member in (idle, busy):
            await points(member, 300, at("2022-06-01"))
            await place(member, at("2022-06-01"))
            assert await place(member, at("2023-12-31T23:59:59")) == "t3"
            assert await place(member, at("2024-01-01")) == "t3"
        seen = await standing.primary(idle, at("2024-01-02"))
        assert (seen.basis, seen.keep.until, seen.keep.missing) == ("grace", at("2024-02-01"), 300)
        await points(busy, 300, at("2024-01-31T23:59:59"))
        await place(busy, at("2024-01-31T23:59:59"))
        assert await place(idle, at("2024-01-31T23:59:59")) == "t3"
        assert await place(idle, at("2024-02-01")) == "t0"
        assert await place(busy, at("2024-12-31")) == "t3"
        assert [reason for reason, _, _ in await reasons(idle)] == [
            "window",
            "requalified",
            "grace",
            "downgraded",
        ]
        assert (await reasons(idle))[-1][2] == at("2024-02-01")


async def test_a_rolling_window_with_grace_looks_back_so_many_days(berlin: UUID) -> None:
    async with db.transaction(berlin):
        await programme(sets=[a_set(window=RollingMonths(1), grace_days=10)])
        member = await new_member(at("2026-01-01"))
        await points(member, 150, at("2026-01-31T15:00"))
        assert await place(member, at("2026-01-31T15:00")) == "t1"
        # On 28 February the month is from 29 January on, on 1 March from 2 February on.
        assert await place(member, at("2026-02-28T23:59:59")) == "t1"
        seen = await standing.primary(member, at("2026-02-28T23:59:59"))
        assert (seen.basis, seen.value) == ("reached", 150)
        assert (seen.keep.until, seen.keep.missing) == (at("2026-03-11"), 100)
        assert await place(member, at("2026-03-01")) == "t1"
        seen = await standing.primary(member, at("2026-03-05"))
        assert (seen.basis, seen.value) == ("grace", 0)
        assert (seen.keep.until, seen.keep.missing) == (at("2026-03-11"), 100)
        assert await place(member, at("2026-03-10T23:59:59")) == "t1"
        assert await place(member, at("2026-03-11T00:00:30")) == "t0"
        assert (await reasons(member))[1:] == [
            ("grace", "t1", at("2026-03-01")),
            ("window", "t0", at("2026-03-11")),
        ]


async def test_late_news_of_the_year_before_bring_the_tier_back(berlin: UUID) -> None:
    async with db.transaction(berlin):
        await programme(sets=[kept()])
        member = await new_member(at("2023-05-01"))
        await points(member, 150, at("2023-06-01"))
        assert await place(member, at("2024-05-01")) == "t1"
        assert await place(member, at("2025-01-01")) == "t0"
        await points(member, 100, at("2024-12-31T23:59:59"))
        assert await place(member, at("2025-01-02")) == "t1"


@pytest.mark.parametrize(
    ("moment", "tier"),
    [("2025-02-27T23:59:59", "t1"), ("2025-02-28T00:00:00", "t0")],
)
async def test_a_year_of_membership_ends_with_the_second(berlin: UUID, moment: str, tier: str) -> None:
    async with db.transaction(berlin):
        await programme(sets=[a_set(window=Anniversary())])
        member = await new_member(at("2020-02-29T20:00"))
        await points(member, 100, at("2024-02-29T00:00"))
        assert await place(member, at(moment)) == tier


async def test_a_lifetime_is_never_over(berlin: UUID) -> None:
    async with db.transaction(berlin):
        await programme(sets=[a_set(window=Lifetime(), requalification="period_end")])
        member = await new_member(at("1999-05-01"))
        await points(member, 100, at("1999-06-01"))
        assert await place(member, at("2040-01-01")) == "t1"
        seen = await standing.primary(member, at("2040-01-01"))
        assert (seen.keep.until, seen.keep.missing, seen.next_missing, seen.next_by) == (None, 0, 100, None)


# --- metrics ------------------------------------------------------------------------------------


async def taken(*events: Event) -> None:
    """Take events in and do what follows from them, as the worker does."""
    now = clock.now()
    assert {result.status for result in await ingest(events, now)} <= {"applied", "recorded"}
    handle = {"tiers.counted": tasks.after_counting, "points.posted": tasks.after_posting}
    for row in await db.fetch(
        "DELETE FROM outbox WHERE topic = ANY ($1) RETURNING topic, payload", list(handle)
    ):
        await handle[row["topic"]](db.from_json(row["payload"]), now)


async def tier_in(customer: str, set_code: str) -> str:
    found = await members.find(customer)
    return next(
        each.tier.code
        for each in await standing.standings(found.id, clock.now())
        if each.tier_set.code == set_code
    )


async def several(metric: Metric, *thresholds: int) -> Version:
    """A programme whose second set counts something."""
    await store()
    second = TierSet(
        code="second", name={}, tiers=tuple(ladder(*thresholds)), metric=metric, window=RollingMonths(12)
    )
    return await programme(sets=[a_set(0, 10**9), second])


async def test_spend_counts_what_was_paid_and_kept_in_its_currency(merchant: UUID) -> None:
    now = clock.now()
    async with db.transaction(merchant):
        await several(Spend("USD"), 0, 10_000, 30_000)
        await taken(
            joined("ada", now - timedelta(days=90)), paid("o1", "ada", 9_999, now - timedelta(days=50))
        )
        assert await tier_in("ada", "second") == "t0"
        await taken(paid("o2", "ada", 99_999, now - timedelta(days=40), currency="EUR"))
        assert await tier_in("ada", "second") == "t0"
        await taken(paid("o3", "ada", 25_000, now - timedelta(days=40)))
        assert await tier_in("ada", "second") == "t2"
        await taken(refunded("o3", "r1", 5_000, now - timedelta(days=30)))
        assert await tier_in("ada", "second") == "t1"
        assert await tier_in("ada", "main") == "t0"
        # What was bought long before joining is not the member's, as with points.
        await taken(paid("o4", "ada", 25_000, now - timedelta(days=200)))
        assert await tier_in("ada", "second") == "t1"


async def test_orders_count_unless_they_went_back_whole(merchant: UUID) -> None:
    now = clock.now()
    async with db.transaction(merchant):
        await several(Orders(), 0, 2, 3)
        await taken(
            refunded("o2", "r1", 500, now - timedelta(days=1)), joined("ada", now - timedelta(days=90))
        )
        await taken(*(paid(f"o{n}", "ada", 1_000, now - timedelta(days=40)) for n in (1, 2, 3)))
        assert await tier_in("ada", "second") == "t2"
        await taken(refunded("o2", "r2", 500, now))
        assert await tier_in("ada", "second") == "t1"


@pytest.mark.parametrize(
    ("metric", "threshold"), [(Spend("USD"), 12_000), (Orders(), 1)], ids=["spend", "orders"]
)
async def test_an_order_that_was_called_off_counts_for_no_tier(
    merchant: UUID, metric: Metric, threshold: int
) -> None:
    now = clock.now()
    async with db.transaction(merchant):
        await several(metric, 0, threshold, 2 * threshold)
        await taken(joined("ada", now - timedelta(days=90)))
        await taken(paid("o1", "ada", 12_000, now - timedelta(days=50)))
        assert await tier_in("ada", "second") == "t1"
        await taken(event("order.cancelled", now - timedelta(days=30), order_id="o1"))
        assert await tier_in("ada", "second") == "t0"
        # What is paid back of it as well takes nothing from other orders.
        await taken(paid("o2", "ada", 12_000, now - timedelta(days=20)))
        await taken(refunded("o1", "r1", 12_000, now))
        assert await tier_in("ada", "second") == "t1"


async def test_more_paid_back_than_paid_takes_nothing_from_other_orders(merchant: UUID) -> None:
    now = clock.now()
    async with db.transaction(merchant):
        await several(Spend("USD"), 0, 10_000)
        await taken(joined("ada", now - timedelta(days=90)), refunded("o1", "r1", 5_000, now))
        await taken(paid("o1", "ada", 1_000, now - timedelta(days=2)))
        await taken(paid("o2", "ada", 10_000, now - timedelta(days=2)))
        assert await tier_in("ada", "second") == "t1"


async def test_events_of_a_type_count_for_whom_they_name(merchant: UUID) -> None:
    now = clock.now()
    async with db.transaction(merchant):
        await several(Events("custom.workshop"), 0, 2)
        await taken(joined("ada", now - timedelta(days=90)), joined("bob", now - timedelta(days=90)))
        for customer in ("ada", "bob", "nobody"):
            await taken(event("custom.workshop", now - timedelta(days=3), customer_id=customer))
        await taken(event("custom.other", now - timedelta(days=3), customer_id="ada"))
        assert await tier_in("ada", "second") == "t0"
        await taken(event("custom.workshop", now - timedelta(days=2), customer_id="ada"))
        assert [await tier_in(who, "second") for who in ("ada", "bob")] == ["t1", "t0"]
        # As whom somebody was known before counts for who they are now.
        await taken(event("customer.merged", now, customer_id="bob", into_customer_id="ada"))
        found = await members.find("ada")
        assert (await standing.standings(found.id, clock.now()))[1].value == 3


async def test_a_programme_of_points_alone_is_told_nothing_more(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await store()
        await programme()
        await ingest([joined("ada", clock.now()), paid("o1", "ada", 9_999, clock.now())], clock.now())
        assert await db.fetchval("SELECT count(*) FROM outbox WHERE topic = 'tiers.counted'") == 0


# --- overrides ----------------------------------------------------------------------------------


async def test_an_override_lasts_until_its_end_and_the_tier_comes_back_by_itself(merchant: UUID) -> None:
    start, end = datetime(2026, 3, 1, 9, tzinfo=UTC), datetime(2026, 3, 5, 15, 30, tzinfo=UTC)
    async with db.transaction(merchant):
        await programme(sets=[a_set()])
        mina = await staff.create(
            f"{uuid4().hex}@example.test", "Mina", "marketer", "a good long password", start
        )
        member = await new_member()
        await points(member, 100, start)
        assert await place(member, start) == "t1"
        made = await overrides.put(member, "main", "t3", end, " A prize ", By(staff_id=mina), start)
        assert (await tier_of(member), made.reason, made.staff) == ("t3", "A prize", "Mina")
        await swept(start)
        assert await swept(end - SECOND) == 0
        seen = await standing.primary(member, end - SECOND)
        assert (seen.basis, seen.keep.until, seen.keep.missing) == ("override", end, 0)
        assert await place(member, end - SECOND) == "t3"
        assert await swept(end + timedelta(seconds=40)) == 1
        assert await tier_of(member) == "t1"
        assert (await reasons(member))[1:] == [("override", "t3", start), ("override_ended", "t1", end)]
        [_, given, *_] = await standing.history(member)
        assert (given.note, given.staff) == ("A prize", "Mina")


async def test_an_override_can_be_down_and_ended_early(merchant: UUID) -> None:
    now, later = datetime(2026, 3, 1, 9, tzinfo=UTC), datetime(2026, 3, 2, 9, tzinfo=UTC)
    by = By(key_id=uuid4())
    async with db.transaction(merchant):
        await programme(sets=[a_set()])
        member = await new_member()
        await points(member, 300, now)
        await place(member, now)
        await overrides.put(member, "main", "t1", now + timedelta(days=9), "Broke the rules", by, now)
        await points(member, 300, now + SECOND)
        assert await place(member, now + SECOND) == "t1"
        await overrides.put(member, "main", "t0", now + timedelta(days=9), "Once more", by, now + SECOND)
        assert await tier_of(member) == "t0"
        await overrides.end(member, "main", by, later)
        assert await tier_of(member) == "t3"
        with pytest.raises(OverrideMissing):
            await overrides.end(member, "main", by, later)
        # One that was over before the next begins keeps its own end.
        ends = await db.fetch("SELECT ended_at FROM tier_overrides ORDER BY starts_at")
        assert [row["ended_at"] for row in ends] == [now + SECOND, later]


@pytest.mark.parametrize(
    ("tier_set", "tier", "days", "reason", "error"),
    [
        ("main", "t9", 1, "x", TierUnknown),
        ("other", "t1", 1, "x", TierUnknown),
        ("main", "t1", 0, "x", OverrideInvalid),
        ("main", "t1", 365 * 400, "x", OverrideInvalid),
        ("main", "t1", 1, "  ", OverrideInvalid),
    ],
)
async def test_an_override_that_cannot_be_changes_nothing(
    merchant: UUID, tier_set: str, tier: str, days: int, reason: str, error: type[Exception]
) -> None:
    now = datetime(2026, 3, 1, 9, tzinfo=UTC)
    async with db.transaction(merchant):
        await programme(sets=[a_set()])
        member = await new_member()
        with pytest.raises(error):
            await overrides.put(
                member, tier_set, tier, now + timedelta(days=days), reason, By(key_id=uuid4()), now
            )
        assert await tier_of(member) == "t0"
        assert await db.fetchval("SELECT count(*) FROM tier_overrides") == 0


# --- several sets, publishing, telling ----------------------------------------------------------


async def test_a_second_set_is_published_and_places_members_beside_the_first(merchant: UUID) -> None:
    now = datetime(2026, 3, 1, 9, tzinfo=UTC)
    async with db.transaction(merchant):
        await programme(sets=[a_set()])
        rich, poor = await new_members(2)
        await points(rich, 5_000, now)
        await tiers.recalculate(None, "earned", now)
        club = TierSet(code="club", name={"en": "Club"}, tiers=tuple(ladder(0, 1_000)), window=Lifetime())
        seen = await tiers.preview(club, now)
        assert (seen.moving, seen.members, seen.before) == (1, 2, {"t0": 2})
        published = await tiers.publish(club, seen.fingerprint, now, None, now)
        assert [each.code for each in published.sets] == ["main", "club"]
        assert [each.tier.code for each in await standing.standings(rich, now)] == ["t3", "t1"]
        assert [each.tier.code for each in await standing.standings(poor, now)] == ["t0", "t0"]
        assert await reasons(rich, "club") == []  # the first line is the publication itself
        assert [each.reason for each in await standing.history(rich, "club")] == ["published"]
        assert await tier_of(rich) == "t3"
        # The first set changes; the second stays as it is.
        again = await tiers.preview(a_set(0, 10_000), now)
        await tiers.publish(again.tier_set, again.fingerprint, now, None, now)
        assert [each.tier.code for each in await standing.standings(rich, now)] == ["t0", "t1"]


async def test_moves_are_told_with_the_benefits_that_come_and_go(merchant: UUID) -> None:
    now = datetime(2026, 3, 1, 9, tzinfo=UTC)
    gift = Benefit(code="gift", kind="birthday_gift", value=50)
    ship = Benefit(code="ship", kind="free_shipping", value=0)
    low, high = ladder(0, 100, multipliers=(100, 150))
    steps = (
        msgspec.structs.replace(low, benefits=(ship,)),
        msgspec.structs.replace(high, benefits=(ship, gift)),
    )
    async with db.transaction(merchant):
        await programme(sets=[a_set(tiers=steps)])
        found = await new_members(501)
        await post([earn(f"e:{each}", each, 100, now, wallet="qualifying") for each in found], now)
        await tiers.recalculate(None, "earned", now)
        told = [
            db.from_json(row["payload"])
            for row in await db.fetch("SELECT payload FROM outbox WHERE topic = 'tier.changed'")
        ]
        assert sorted(len(each["members"]) for each in told) == [1, 500]
        assert {each["member"] for row in told for each in row["members"]} == set(map(str, found))
        assert {(row["set"], row["from"], row["to"], row["reason"]) for row in told} == {
            ("main", "t0", "t1", "earned")
        }
        assert [[b["code"] for b in told[0][side]] for side in ("granted", "withdrawn")] == [
            ["multiplier", "gift"],
            [],
        ]
        await tasks.after_change(told[0], now)
        await db.execute("DELETE FROM outbox")
        await tiers.recalculate(None, "window", now + timedelta(days=365))
        [payload, *_] = await db.fetch("SELECT payload FROM outbox WHERE topic = 'tier.changed'")
        back = db.from_json(payload["payload"])
        assert ([b["code"] for b in back["withdrawn"]], back["granted"]) == (["multiplier", "gift"], [])


# --- sweeps, zones, side by side ----------------------------------------------------------------


async def test_everybody_is_placed_once_in_each_day_of_the_merchants(berlin: UUID) -> None:
    async with db.transaction(berlin):
        await programme(sets=[a_set(window=Calendar("month"))])
        member = await new_member(at("2026-01-01"))
        await points(member, 100, at("2026-01-05"))
        assert await swept(at("2026-01-31T23:59:00")) == 1
        assert await swept(at("2026-01-31T23:59:59")) == 0
        assert await swept(at("2026-02-01T00:00:30")) == 1
        assert (await reasons(member))[-1] == ("window", "t0", at("2026-02-01"))
        await points(member, 100, at("2026-02-01T00:01:00"))
        assert await swept(at("2026-02-01T00:02:00")) == 0  # that is for the work after a posting


async def test_a_merchant_whose_zone_is_no_more_does_not_hinder_others(
    merchant: UUID, sweep_only: Callable[..., None]
) -> None:
    lost, now = await new_merchant(), clock.now()
    sweep_only(lost, merchant)
    for each in (lost, merchant):
        async with db.transaction(each):
            await programme(sets=[a_set()])
            member = await new_member(now - timedelta(days=3))
            await points(member, 100, now - timedelta(days=2))
    async with db.transaction(lost):
        await db.execute("UPDATE merchants SET time_zone = 'US/Pacific-New'")
    await tenancy.for_each(tasks.of_merchant)
    for each, wanted in ((merchant, {"t1"}), (lost, {"t0"})):
        async with db.transaction(each):
            assert {row["tier_code"] for row in await db.fetch("SELECT tier_code FROM members")} == wanted


async def test_nobody_is_placed_by_an_older_view(merchant: UUID) -> None:
    """Earning, placing and publishing side by side: in the end everybody is where they belong."""
    now = clock.now()
    async with db.transaction(merchant):
        await programme(sets=[a_set()])
        found = await new_members(4, now - timedelta(days=9))

    async def earned(number: int) -> None:
        member = found[number % 4]
        async with db.transaction(merchant):
            await points(member, 20, clock.now(), f"{member}:{number}")
        async with db.transaction(merchant):
            await tasks.after_posting({"postings": [{"member": str(member), "wallet": "qualifying"}]}, now)

    async def everybody() -> None:
        async with db.transaction(merchant):
            await tiers.lock(None)
            await tiers.sweep(None, clock.now())

    async def published(step: int) -> None:
        async with db.transaction(merchant):
            seen = await tiers.preview(a_set(0, step), clock.now())
        async with db.transaction(merchant):
            await tiers.publish(seen.tier_set, seen.fingerprint, seen.as_of, None, clock.now())

    work = [earned(number) for number in range(40)] + [everybody() for _ in range(4)]
    work += [published(step) for step in (90, 110)]
    results = await asyncio.gather(*work, return_exceptions=True)
    failures = [each for each in results if isinstance(each, BaseException)]
    assert all(isinstance(each, tiers.PreviewStale) for each in failures), failures
    async with db.transaction(merchant):
        live = await programmes.live()
        wanted = "t2" if len(live.tiers) > 2 else "t1"  # 200 points each
        places = {row["tier_code"] for row in await db.fetch("SELECT tier_code FROM members")}
        assert places == {wanted}
        assert await tiers.recalculate(None, "window", clock.now()) == 0
        for member in found:
            steps = [(each.from_code, each.to_code) for each in reversed(await standing.history(member))]
            assert all(a[1] == b[0] for a, b in pairwise(steps))


async def test_points_of_another_wallet_count_where_a_set_says_so(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme(sets=[a_set(0, 10, metric=Points("points"))])
        member = await new_member()
        await one(earn("p", member, 10))
        payload = {"postings": [{"member": str(member), "wallet": "points"}]}
        await tasks.after_posting(payload, clock.now())
        assert await tier_of(member) == "t1"


async def test_spending_holding_and_expiring_cost_no_tier_but_taking_back_does(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme(sets=[a_set(0, 10, metric=Points("points"))])
        member = await new_member()
        await one(earn("p", member, 10, day(1), expires_at=day(9)))
        await one(redeem("r", member, 4, day(2)))
        hold = Hold(key="h", member=member, points=1, until=day(3), effective_at=day(2), reason={})
        await one(hold)
        assert await place(member, day(2)) == "t1"
        await one(expire("e", member, "p", day(9)))
        assert await place(member, day(9)) == "t1"
        await one(clawback("c", member, "p", 1, at=day(10)))
        assert await place(member, day(10)) == "t0"
        await one(earn("q", member, 1, day(11)))
        assert await place(member, day(11)) == "t1"
