"""A change of the terms: drafted, asked for, approved, set for a date, live; and back."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from core import clock, db, tenancy
from core.embedded import Services
from core.errors import DomainError, NotFound
from core.ids import new_id
from core.people import staff
from loyalty.campaigns import service as campaigns
from loyalty.campaigns.rules import Campaign
from loyalty.changes import kinds, tasks
from loyalty.changes import service as changes
from loyalty.changes.errors import (
    ApprovalNeeded,
    ChangeInvalid,
    ChangeOnce,
    ChangeStale,
    ChangeState,
    ChangeUnseen,
)
from loyalty.changes.kinds import KindCode
from loyalty.ledger import post
from loyalty.programme import service as programmes
from loyalty.rules import model as m
from loyalty.rules import service as rules
from loyalty.tiers import service as tiers
from loyalty.tiers.rules import TierSet
from loyalty.tiers.service import PreviewStale, Seen
from loyalty.wallets import service as wallets
from loyalty.wallets.rules import RollingDays
from tests.db.test_tiers import NOW, people, places
from tests.factories.points import earn
from tests.factories.shop import day, ladder, programme

LATER = NOW + timedelta(days=2)
BONUS = m.Rule(trigger=m.Order(), effect=m.Fixed(points=5))
YEAR = wallets.Rules(expiry=RollingDays(365))
SUBJECT: dict[KindCode, str] = {"rule": "bonus", "wallet": "points"}


async def person(name: str = "Mina") -> UUID:
    email = f"{name.lower()}-{new_id()}@example.test"
    return await staff.create(email, name, "marketer", "a good long password", NOW)


async def with_thresholds(*thresholds: int) -> TierSet:
    live = (await programmes.live()).primary
    return msgspec.structs.replace(live, tiers=tuple(ladder(0, *thresholds)))


async def seen(wanted: TierSet, at: datetime = NOW) -> Seen:
    found = await tiers.preview(wanted, at)
    return Seen(found.fingerprint, found.as_of)


async def trace() -> list[Any]:
    """Everything that a change may touch."""
    return [
        [dict(row) for row in await db.fetch(f"SELECT * FROM {table} ORDER BY 1, 2")]
        for table in (
            "changes",
            "programme_versions",
            "earning_rule_versions",
            "wallet_types",
            "tier_changes",
        )
    ]


async def refused(error: type[DomainError], doing: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    """It is refused, and nothing has changed."""
    before = await trace()
    with pytest.raises(error):
        async with db.savepoint():
            await doing()
    assert await trace() == before


# --- tiers


async def test_publishing_moves_exactly_whom_the_preview_showed(merchant: UUID) -> None:
    members = await people(merchant, 50, 120, 700, 1_500)
    before = await places(merchant)
    async with db.transaction(merchant):
        mina = await person()
        wanted = await with_thresholds(60, 600)
        made = await changes.draft("tiers", "main", " Softer ", wanted, mina, NOW)
        assert (made.name, made.state, made.base) == ("Softer", "draft", 1)
        found = await tiers.preview(wanted, NOW)
        done = await changes.publish(made.id, Seen(found.fingerprint, NOW), mina, NOW)
        assert (done.state, done.version, done.publisher, done.moved) == ("live", 2, "Mina", "t1>t2=1")
        moved = await db.fetch(
            "SELECT member_id, from_code, to_code FROM tier_changes WHERE reason = 'published'"
        )
        # The preview's cells say how many, and the ids are those that its fingerprint stands for.
        assert [(row["member_id"], row["from_code"], row["to_code"]) for row in moved] == [
            (members[2], "t1", "t2")
        ]
    assert {m for m, tier in (await places(merchant)).items() if before[m] != tier} == {members[2]}


async def test_a_preview_that_no_longer_holds_publishes_nothing(merchant: UUID) -> None:
    [member, *_] = await people(merchant, 50, 120)
    async with db.transaction(merchant):
        mina, wanted = await person(), await with_thresholds(60, 600)
        made = await changes.draft("tiers", "main", "Softer", wanted, mina, NOW)
        old = await seen(wanted)
        await post([earn("late", member, 15, day(3), wallet="qualifying")], NOW)
        await refused(PreviewStale, lambda: changes.publish(made.id, old, mina, NOW))
        assert (await changes.publish(made.id, await seen(wanted), mina, NOW)).moved == "t0>t1=1"


async def test_a_draft_of_what_is_no_longer_live_is_stale_until_it_is_looked_at(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        mina = await person()
        first, second = await with_thresholds(60, 600), await with_thresholds(70, 700)
        one = await changes.draft("tiers", "main", "One", first, mina, NOW)
        two = await changes.draft("tiers", "main", "Two", second, mina, NOW)
        await changes.publish(one.id, await seen(first), mina, NOW)
        assert await changes.is_stale(await changes.find(two.id))
        now_seen = await seen(second)
        await refused(ChangeStale, lambda: changes.publish(two.id, now_seen, mina, NOW))
        await refused(ChangeStale, lambda: changes.schedule(two.id, LATER, mina, NOW))
        await changes.rebase(two.id)
        assert (await changes.publish(two.id, now_seen, mina, NOW)).version == 3
        assert (await changes.find(one.id)).state == "superseded"


async def test_another_set_s_version_makes_no_draft_stale(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        mina, wanted = await person(), await with_thresholds(60, 600)
        made = await changes.draft("tiers", "main", "One", wanted, mina, NOW)
        other = msgspec.structs.replace(wanted, code="club")
        await changes.at_once("tiers", "club", "Club", other, await seen(other), mina, NOW)
        assert not await changes.is_stale(await changes.find(made.id))
        assert (await changes.publish(made.id, await seen(wanted), mina, NOW)).version == 3


async def test_any_version_comes_back_as_a_change_of_its_own(merchant: UUID) -> None:
    await people(merchant, 50, 120)
    start = await places(merchant)
    async with db.transaction(merchant):
        mina, wanted = await person(), await with_thresholds(60, 600)
        gone = await changes.at_once("tiers", "main", "Two", wanted, await seen(wanted), mina, NOW)
        higher = await with_thresholds(10, 20)
        await changes.at_once("tiers", "main", "Three", higher, await seen(higher), mina, NOW)
        back = await changes.back_to("tiers", "main", 1, "Back", mina, NOW)
        done = await changes.publish(back.id, await seen(back.definition), mina, NOW)
        assert (done.version, done.back_to) == (4, 1)
        assert (await programmes.live()).primary == back.definition
        states = {each.name: each.state for each in await changes.done()}
        assert states == {"Two": "superseded", "Three": "rolled_back", "Back": "live"}
        assert (await changes.find(gone.id)).version == 2
        with pytest.raises(NotFound):
            await changes.back_to("tiers", "main", 9, "Back", mina, NOW)
    assert await places(merchant) == start


# --- what a draft was made on, and what was seen of it


async def test_only_who_has_looked_makes_a_draft_one_of_what_is_live_by_now(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        mina = await person()
        first, second = await with_thresholds(60, 600), await with_thresholds(70, 700)
        made = await changes.draft("tiers", "main", "One", first, mina, NOW)
        await changes.at_once("tiers", "main", "Two", second, await seen(second), mina, NOW)
        other = await with_thresholds(60, 700)
        for base in (None, 1, 2, 9):
            saved = await changes.save(made.id, "One", other, NOW, base=base)
            assert saved.base == 1 and await changes.is_stale(saved)
        fresh = await seen(other)
        await refused(ChangeStale, lambda: changes.publish(made.id, fresh, mina, NOW))
        await refused(
            ChangeStale,
            lambda: changes.at_once("tiers", "main", "Old", other, fresh, mina, NOW, base=1),
        )
        assert await changes.is_stale(await changes.draft("tiers", "main", "Old", other, mina, NOW, base=1))
        assert (await changes.rebase(made.id)).base == 2
        # A form that was opened before somebody looked is as old as it was.
        assert (await changes.save(made.id, "One", first, NOW, base=1)).base == 1
        await changes.rebase(made.id)
        assert (await changes.publish(made.id, await seen(first), mina, NOW)).version == 3


async def test_a_step_is_taken_with_what_was_seen(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        mina = await person()
        made = await changes.draft("wallet", "points", "A year", YEAR, mina, NOW)
        assert (await changes.as_seen(made.id, made.mark, publishing=True)).mark == made.mark
        await changes.ask(made.id, mina, NOW)
        await changes.send_back(made.id, "")
        assert (await changes.save(made.id, "Renamed", YEAR, NOW)).mark == made.mark
        await changes.save(made.id, "Less", wallets.Rules(expiry=RollingDays(30)), NOW)
        for mark in (made.mark, ""):
            await refused(ChangeUnseen, lambda mark=mark: changes.as_seen(made.id, mark))  # type: ignore[misc]
        # What it is taken to be a change of was seen, too.
        before = await changes.find(made.id)
        await changes.at_once("wallet", "points", "A year", YEAR, None, mina, NOW)
        assert (await changes.rebase(made.id)).mark != before.mark


async def test_another_draft_of_the_same_is_as_old_as_what_it_was_made_of(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        mina = await person()
        made = await changes.draft("wallet", "points", "A year", YEAR, mina, NOW)
        half = wallets.Rules(expiry=RollingDays(180))
        live = await changes.at_once("wallet", "points", "Half", half, None, mina, NOW)
        twin = await changes.duplicate(made.id, "Twin", mina, NOW)
        assert (twin.base, await changes.is_stale(twin)) == (1, True)
        await refused(ChangeStale, lambda: changes.publish(twin.id, None, mina, NOW))
        again = await changes.duplicate(live.id, "Again", mina, NOW)
        assert (again.base, await changes.is_stale(again)) == (2, False)


async def test_who_publishes_has_seen_what_tiers_bring(merchant: UUID) -> None:
    await people(merchant, 50, 120, 700)
    async with db.transaction(merchant):
        mina, wanted = await person(), await with_thresholds(60, 600)
        made = await changes.draft("tiers", "main", "Softer", wanted, mina, NOW)
        old = await seen(wanted)
        *lower, top = wanted.tiers
        dear = msgspec.structs.replace(
            wanted, tiers=(*lower, msgspec.structs.replace(top, multiplier_percent=900))
        )
        await changes.save(made.id, "Softer", dear, NOW)  # moves the same members
        await refused(PreviewStale, lambda: changes.publish(made.id, old, mina, NOW))
        assert (await changes.publish(made.id, await seen(dear), mina, NOW)).moved == "t1>t2=1"


async def test_what_says_something_else_brings_no_version_back(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        mina = await person()
        await changes.at_once("wallet", "points", "A year", YEAR, None, mina, NOW)
        back = await changes.back_to("wallet", "points", 1, "Back", mina, NOW)
        assert (await changes.save(back.id, "Back to it", back.definition, NOW)).back_to == 1
        assert (
            await changes.save(back.id, "Back", wallets.Rules(expiry=RollingDays(9)), NOW)
        ).back_to is None


# --- the second person


async def test_nothing_goes_live_alone_where_the_shop_asks_for_two(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        mina, ben = await person(), await person("Ben")
        await changes.set_second_person(True, mina, NOW)
        wanted = await with_thresholds(60, 600)
        fresh = await seen(wanted)
        made = await changes.at_once("tiers", "main", "Softer", wanted, fresh, mina, NOW)
        assert made.state == "asked" and (await programmes.live()).number == 1
        await refused(ApprovalNeeded, lambda: changes.publish(made.id, fresh, ben, NOW))
        await refused(ApprovalNeeded, lambda: changes.approve(made.id, mina, NOW))
        await refused(ApprovalNeeded, lambda: changes.schedule(made.id, LATER, ben, NOW))
        await refused(ChangeState, lambda: changes.save(made.id, "x", wanted, NOW))
        await refused(ApprovalNeeded, lambda: changes.by_program("tiers", "main", NOW))
        await changes.approve(made.id, ben, NOW)
        assert (await changes.publish(made.id, fresh, mina, NOW)).approver == "Ben"
        draft = await changes.draft("wallet", "points", "A year", YEAR, mina, NOW)
        await refused(ApprovalNeeded, lambda: changes.publish(draft.id, None, mina, NOW))


async def test_what_was_set_for_a_date_before_waits_for_a_second_person_too(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        mina, ben = await person(), await person("Ben")
        alone = await changes.draft("wallet", "points", "A year", YEAR, mina, NOW)
        await changes.schedule(alone.id, LATER, mina, NOW)
        await changes.set_second_person(True, mina, NOW)
        await refused(ApprovalNeeded, lambda: changes.publish(alone.id, None, mina, NOW))
        await refused(ApprovalNeeded, lambda: changes.publish(alone.id, None, ben, NOW))
        await refused(ApprovalNeeded, lambda: changes.schedule(alone.id, LATER, mina, NOW))
        assert await changes.publish_due(LATER) == []
        back = await changes.find(alone.id)
        assert (back.state, back.note, back.publish_at) == ("draft", "error:approval_needed", None)
        assert (await wallets.get("points")).version == 1
        await changes.ask(alone.id, mina, NOW)
        await changes.approve(alone.id, ben, NOW)
        await changes.schedule(alone.id, LATER, mina, NOW)
        [done] = await changes.publish_due(LATER)
        assert (done.id, done.decided_by, done.version) == (alone.id, ben, 2)


async def test_whoever_sends_a_change_back_says_why(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        mina, ben = await person(), await person("Ben")
        made = await changes.draft("wallet", "points", "A year", YEAR, mina, NOW)
        await changes.ask(made.id, mina, NOW)
        await refused(ChangeInvalid, lambda: changes.send_back(made.id, "x" * 501))
        back = await changes.send_back(made.id, " Too short ")
        assert (back.state, back.note, back.asker) == ("draft", "Too short", None)
        await changes.ask(made.id, mina, NOW)
        assert (await changes.approve(made.id, ben, NOW)).note == ""


# --- a date


async def test_a_change_goes_live_on_its_date_unless_it_is_taken_back(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        mina, wanted = await person(), await with_thresholds(60, 600)
        softer = await changes.draft("tiers", "main", "Softer", wanted, mina, NOW)
        for never in (NOW, NOW.replace(year=9999)):
            await refused(ChangeInvalid, partial(changes.schedule, softer.id, never, mina, NOW))
        shorter = await changes.draft("wallet", "points", "A year", YEAR, mina, NOW)
        for each in (softer, shorter):
            assert (await changes.schedule(each.id, LATER, mina, NOW)).state == "scheduled"
        assert await changes.publish_due(LATER - timedelta(seconds=1)) == []
        assert (await changes.take_back(shorter.id)).state == "draft"
        await refused(ChangeState, lambda: changes.take_back(shorter.id))
        [done] = await changes.publish_due(LATER)
        assert (done.id, done.state, done.publisher, done.published_at) == (softer.id, "live", "Mina", LATER)
        assert (await programmes.live()).primary == wanted
        assert (await wallets.get("points")).version == 1


async def test_what_cannot_go_live_on_its_date_goes_back_to_its_author(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        mina = await person()
        first, second = await with_thresholds(60, 600), await with_thresholds(70, 700)
        made = await changes.draft("tiers", "main", "One", first, mina, NOW)
        await changes.schedule(made.id, LATER, mina, NOW)
        await changes.at_once("tiers", "main", "Two", second, await seen(second), mina, NOW)
        assert await changes.publish_due(LATER) == []
        back = await changes.find(made.id)
        assert (back.state, back.note, back.publish_at) == ("draft", "error:change_stale", None)
        assert (await programmes.live()).primary == second


@pytest.mark.parametrize(
    ("fault", "left"),
    [
        (RuntimeError("a mistake of ours"), ("draft", "error:change_failed")),
        ("SELECT 1 / 0", ("draft", "error:change_failed")),
        (asyncpg.DeadlockDetectedError("try again"), ("scheduled", "")),
    ],
    ids=["code", "database", "again"],
)
async def test_what_nobody_expected_stops_no_other_change(
    merchant: UUID, monkeypatch: pytest.MonkeyPatch, fault: Exception | str, left: tuple[str, str]
) -> None:
    async def publish(*_: Any) -> kinds.Done:
        await wallets.change("points", YEAR, LATER)
        if isinstance(fault, str):
            await db.execute(fault)
            raise AssertionError
        raise fault

    broken = msgspec.structs.replace(kinds.VERSIONED["campaign"], publish=publish)
    monkeypatch.setitem(kinds.VERSIONED, "campaign", broken)
    async with db.transaction(merchant):
        await programme()
        mina, wanted = await person(), await with_thresholds(60, 600)
        bad = await changes.draft("campaign", "spring", "Spring", await spring(), mina, NOW)
        await changes.schedule(bad.id, LATER - timedelta(hours=1), mina, NOW)
        good = await changes.draft("tiers", "main", "Softer", wanted, mina, NOW)
        await changes.schedule(good.id, LATER, mina, NOW)
        assert [each.id for each in await changes.publish_due(LATER)] == [good.id]
        found = await changes.find(bad.id)
        assert (found.state, found.note) == left
        assert (await wallets.get("points")).version == 1, "nothing of it stays"
        assert (await campaigns.get("spring")).state == "draft"


async def test_the_scheduler_publishes_what_is_due(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        mina = await person()
        made = await changes.draft("wallet", "points", "A year", YEAR, mina, NOW)
        await changes.schedule(made.id, LATER, mina, NOW)
    shop = next(each for each in await tenancy.merchants() if each.id == merchant)
    with clock.set_clock(lambda: LATER):
        await tasks.of_merchant(shop)
        await tasks.of_merchant(shop)
    async with db.transaction(merchant):
        assert (await wallets.get("points")).version == 2
        assert (await changes.find(made.id)).state == "live"


async def test_what_is_moved_to_later_while_the_scheduler_waits_stays(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        mina = await person()
        made = [
            await changes.draft("wallet", "points", n, YEAR, mina, NOW) for n in ("moved", "back", "gone")
        ]
        for each in made:
            await changes.schedule(each.id, LATER, mina, NOW)
    moved, back, gone = (each.id for each in made)

    locked = asyncio.Event()

    async def put_off() -> None:
        async with db.transaction(merchant):
            await wallets.lock("points")
            locked.set()
            await asyncio.sleep(0.5)
            await changes.schedule(moved, LATER + timedelta(days=1), mina, NOW)
            await changes.take_back(back)
            await changes.take_back(gone)
            await changes.discard(gone)

    async def due() -> list[changes.Change]:
        await locked.wait()
        async with db.transaction(merchant):
            return await changes.publish_due(LATER)

    [_, published] = await asyncio.gather(put_off(), due())
    assert published == []
    async with db.transaction(merchant):
        left = [(each.name, each.state, each.note) for each in await changes.pending()]
        assert left == [("moved", "scheduled", ""), ("back", "draft", "")]
        assert (await wallets.get("points")).version == 1


# --- rules and wallets


async def test_a_rule_s_draft_becomes_its_version(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        mina = await person()
        draft = await rules.create("bonus", "Bonus", BONUS, NOW)
        done = await changes.at_once("rule", "bonus", "Bonus", BONUS, None, mina, NOW)
        assert done.version == draft.version == 1
        double = msgspec.structs.replace(BONUS, effect=m.Fixed(points=10))
        await changes.at_once("rule", "bonus", "Double", double, None, mina, LATER)
        back = await changes.back_to("rule", "bonus", 1, "Back", mina, LATER)
        assert (await changes.publish(back.id, None, mina, LATER + timedelta(hours=1))).version == 3
        versions = {each.version: (each.state, each.rule) for each in await rules.versions("bonus")}
        assert versions == {1: ("retired", BONUS), 2: ("retired", double), 3: ("published", BONUS)}
        broken = msgspec.structs.replace(BONUS, wallets=("gems",))
        await refused(
            rules.RuleReferenceUnknown, lambda: changes.draft("rule", "bonus", "No", broken, mina, LATER)
        )


# --- campaigns


async def spring(end: datetime | None = None) -> Campaign:
    """A campaign as a draft, until `end`."""
    campaign = Campaign(rules=(BONUS,), schedule=m.Schedule(end=end))
    return (await campaigns.create("spring", "Spring", campaign, NOW)).campaign


async def test_a_campaign_is_not_repeated_and_does_not_come_back(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        mina = await person()
        made = await changes.draft("campaign", "spring", "Spring", await spring(), mina, NOW)
        for number in (0, 1):
            again = partial(changes.back_to, "campaign", "spring", number, "Back", mina, NOW)
            await refused(ChangeOnce, again)
        await refused(ChangeOnce, lambda: changes.duplicate(made.id, "Twin", mina, NOW))
        await refused(ChangeOnce, lambda: changes.rebase(made.id))
        with pytest.raises(NotFound):
            await kinds.VERSIONED["campaign"].at("spring", 0)
        assert (await changes.publish(made.id, None, mina, NOW)).version == 1
        await refused(ChangeOnce, lambda: changes.back_to("campaign", "spring", 1, "Back", mina, NOW))
        await refused(ChangeOnce, lambda: changes.duplicate(made.id, "Twin", mina, NOW))


async def test_a_campaign_s_rule_has_no_version_of_its_own(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        mina, wanted = await person(), await spring(LATER)
        await changes.at_once("campaign", "spring", "Spring", wanted, None, mina, NOW)
        await campaigns.end("spring", NOW)
        before = await changes.draft("rule", "spring-1", "Back", BONUS, mina, NOW)
        await refused(rules.RuleOfCampaign, lambda: changes.back_to("rule", "spring-1", 1, "Back", mina, NOW))
        await refused(rules.RuleOfCampaign, lambda: rules.revise("spring-1", BONUS, NOW, mina))
        # By what was drafted when it could be: neither as a change nor as a version.
        await refused(rules.RuleOfCampaign, lambda: changes.publish(before.id, None, mina, NOW))
        await refused(rules.RuleOfCampaign, lambda: changes.rebase(before.id))
        await refused(rules.RuleOfCampaign, lambda: changes.duplicate(before.id, "Twin", mina, NOW))
        rule_id = (await rules.numbered("spring-1", 1)).rule_id
        draft = await rules._add(rule_id, BONUS, NOW, mina)
        await refused(rules.RuleOfCampaign, lambda: rules.publish(draft.version_id, NOW))
        assert [each for each in await rules.live(NOW) if each.campaign_id] == []


async def test_a_campaign_whose_end_has_passed_does_not_begin(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        mina, wanted = await person(), await spring(LATER)
        made = await changes.draft("campaign", "spring", "Spring", wanted, mina, NOW)
        await refused(rules.RulePast, lambda: changes.schedule(made.id, LATER, mina, NOW))
        assert (await changes.find(made.id)).state == "draft"
        await refused(
            rules.RulePast, lambda: changes.draft("campaign", "spring", "Late", wanted, mina, LATER)
        )
        # Nothing was published until its end had passed.
        await changes.schedule(made.id, LATER - timedelta(minutes=1), mina, NOW)
        assert await changes.publish_due(LATER) == []
        assert (await changes.find(made.id)).note == "error:rule_past"


# --- beside another version of the program


async def test_a_kind_that_only_the_next_version_knows_breaks_nothing(
    merchant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with db.transaction(merchant):
        await programme()
        mina = await person()
        theirs = await changes.draft("campaign", "spring", "Spring", await spring(), mina, NOW)
        ours = await changes.draft("wallet", "points", "A year", YEAR, mina, NOW)
        for each in (theirs, ours):
            await changes.schedule(each.id, LATER, mina, NOW)

        @contextmanager
        def by_the_version_before() -> Iterator[None]:
            with monkeypatch.context() as older:
                older.delitem(kinds.VERSIONED, "campaign")
                older.setattr(changes, "KINDS", tuple(kinds.VERSIONED))
                yield

        with by_the_version_before():
            assert [each.id for each in await changes.pending()] == [ours.id]
            with pytest.raises(NotFound):
                await changes.find(theirs.id)
            assert [each.id for each in await changes.publish_due(LATER)] == [ours.id]
            assert not await changes.any_due(LATER)
        assert [each.id for each in await changes.publish_due(LATER)] == [theirs.id]
        with by_the_version_before():
            assert [each.id for each in await changes.done()] == [ours.id]


async def test_going_back_leaves_no_change_that_the_code_before_cannot_read(
    merchant: UUID, database: Services
) -> None:
    async with db.transaction(merchant):
        await programme()
        mina, wanted = await person(), await spring()
        await changes.at_once("campaign", "spring", "Spring", wanted, None, mina, NOW)
        await changes.at_once("wallet", "points", "A year", YEAR, None, mina, NOW)
    down = Path(campaigns.__file__).parents[1] / "migrations/0068_changes_campaigns.down.sql"
    connection = await asyncpg.connect(database.database_admin_url)
    try:
        going_back = connection.transaction()
        await going_back.start()
        await connection.execute(down.read_text())
        left = await connection.fetch("SELECT kind FROM changes WHERE merchant_id = $1", merchant)
        assert [row["kind"] for row in left] == ["wallet"]
        await going_back.rollback()
    finally:
        await connection.close()


@pytest.mark.parametrize("kind", ["rule", "wallet"])
async def test_of_two_who_publish_at_once_one_is_told(merchant: UUID, kind: KindCode) -> None:
    definitions: tuple[object, ...] = (BONUS, msgspec.structs.replace(BONUS, effect=m.Fixed(points=10)))
    if kind == "wallet":
        definitions = (YEAR, wallets.Rules(expiry=RollingDays(180)))
    async with db.transaction(merchant):
        await programme()
        mina = await person()
        await rules.create("bonus", "Bonus", BONUS, NOW)
        made = [await changes.draft(kind, SUBJECT[kind], "A", each, mina, NOW) for each in definitions]

    async def publish(change: UUID) -> str:
        try:
            async with db.transaction(merchant):
                done = await changes.publish(change, None, mina, NOW)
                await asyncio.sleep(0.2)
                return done.state
        except ChangeStale as error:
            return error.code

    found = await asyncio.gather(*(publish(each.id) for each in made))
    assert sorted(found) == ["change_stale", "live"]


async def test_old_points_keep_the_terms_they_were_earned_under(merchant: UUID) -> None:
    [member] = await people(merchant, 0)
    async with db.transaction(merchant):
        mina = await person()
        await post([earn("old", member, 5, day(3), expires_at=day(700))], NOW)
        await changes.at_once("wallet", "points", "A year", YEAR, None, mina, NOW)
        assert (await wallets.get("points")).expiry == RollingDays(365)
        assert await db.fetchval("SELECT expires_at FROM ledger_lots WHERE points = 5") == day(700)


async def test_a_program_s_version_follows_that_of_a_change(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        made = await changes.at_once("wallet", "points", "A year", YEAR, None, await person(), NOW)
        await changes.by_program("wallet", "points", LATER)
        assert (await changes.find(made.id)).state == "superseded"


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
async def test_a_draft_has_a_name(merchant: UUID, name: str) -> None:
    async with db.transaction(merchant):
        await programme()
        mina = await person()
        await refused(ChangeInvalid, lambda: changes.draft("wallet", "points", name, YEAR, mina, NOW))


async def test_drafts_are_saved_duplicated_and_thrown_away(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        mina = await person()
        made = await changes.draft("wallet", "points", "A year", YEAR, mina, NOW)
        twin = await changes.duplicate(made.id, "Twin", mina, NOW)
        months = wallets.Rules(expiry=RollingDays(180))
        await changes.save(made.id, "Half a year", months, NOW)
        assert [(each.name, each.definition) for each in await changes.pending()] == [
            ("Half a year", months),
            ("Twin", YEAR),
        ]
        await changes.discard(twin.id)
        with pytest.raises(NotFound):
            await changes.find(twin.id)
        live = await changes.publish(made.id, None, mina, NOW)
        await refused(ChangeState, lambda: changes.discard(live.id))
