"""Cases against a plain model that counts minutes (tests/factories/case_model.py): any deeds in any order."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from core import db
from reviews.cases import clocks, conversation, delivery, service
from reviews.cases.calendars import service as calendars
from reviews.cases.calendars.rules import Calendar, Shift
from reviews.cases.service import CaseStateRefuses
from reviews.cases.targets import service as targets
from reviews.cases.targets.rules import Fits, Policy, Targets
from sentiment.types import Urgency
from tests.factories import case_model
from tests.factories.case_model import OPEN, TARGETS_MIN
from tests.fixtures.reviews.shop import customer, employee, reading, review, score, take_in

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
SPLIT = tuple(Shift(day, begins * 60, ends * 60) for day in range(7) for begins, ends in ((9, 13), (14, 18)))


MINUTES = st.integers(0, 300)
"""Before each deed."""


class Cases(RuleBasedStateMachine):
    """One case of a shop; deeds run on the loop of the tests, each in its own transaction."""

    loop: asyncio.AbstractEventLoop
    merchant: UUID
    agent: UUID
    buyer: UUID
    opened = 0

    @initialize(minute=st.integers(0, 1439))
    def opens(self, minute: int) -> None:
        Cases.opened += 1
        self.model = case_model.Case(minute)
        self.case = self.run(self._open())
        self.model.begin()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(self._alone(work), self.loop).result(30)

    async def _alone(self, work: Coroutine[Any, Any, Any]) -> Any:
        async with db.transaction(self.merchant):
            return await work

    @property
    def now(self) -> datetime:
        return MIDNIGHT + timedelta(minutes=self.model.minute)

    async def _open(self) -> UUID:
        # Somebody else each time: a second review of one customer joins the case that is open.
        self.buyer = await customer(self.merchant, f"c{Cases.opened}")
        (received,) = await take_in(
            self.merchant, review(f"r{Cases.opened}", customer_id=self.buyer), at=self.now
        )
        await score(self.merchant, received, reading(0.9, Urgency("safety", ("fire",))), self.now)
        found: UUID = await db.fetchval("SELECT id FROM cases WHERE review_id = $1", received.review_id)
        await db.execute("UPDATE cases SET state = 'new', owner_id = NULL WHERE id = $1", found)
        return found

    async def _version(self) -> int:
        found: int = await db.fetchval("SELECT version FROM cases WHERE id = $1", self.case)
        return found

    @rule(minutes=MINUTES)
    def time_passes(self, minutes: int) -> None:
        self.later(minutes)

    def later(self, minutes: int) -> None:
        """Some time, and then the workers look; sometimes they do not."""
        self.model.pass_minutes(minutes)
        if minutes % 3:
            self.sweep()

    def sweep(self) -> None:
        async def three() -> None:
            db.DB.current_transaction.set(None)
            await asyncio.gather(*(self._alone(clocks.sweep(self.now)) for _ in range(3)))

        asyncio.run_coroutine_threadsafe(three(), self.loop).result(30)
        self.model.sweep()

    @precondition(lambda self: self.model.state in OPEN)
    @rule(minutes=MINUTES)
    def replies(self, minutes: int) -> None:
        self.later(minutes)

        async def deed() -> None:
            queued = await conversation.reply(self.case, "Sorry", self.agent, await self._version(), self.now)
            await delivery.deliver(queued.message_id, self.now)

        self.run(deed())
        self.model.we_reply()

    @precondition(lambda self: self.model.state in OPEN)
    @rule(minutes=MINUTES)
    def writes(self, minutes: int) -> None:
        self.later(minutes)

        async def deed() -> None:
            queued = await conversation.message(
                self.case, "Sorry", self.agent, await self._version(), self.now
            )
            await delivery.deliver(queued.message_id, self.now)

        self.run(deed())
        self.model.we_write()

    @precondition(lambda self: self.model.state in OPEN)
    @rule(minutes=MINUTES)
    def calls(self, minutes: int) -> None:
        self.later(minutes)

        async def deed() -> None:
            await conversation.call(self.case, "Spoke", self.agent, await self._version(), self.now)

        self.run(deed())
        self.model.we_call()

    @rule(minutes=MINUTES)
    def customer_writes(self, minutes: int) -> None:
        self.later(minutes)

        self.run(conversation.customer_message(self.case, self.buyer, "No.", self.now))
        self.model.customer_writes()

    @precondition(lambda self: self.model.state in OPEN)
    @rule(minutes=MINUTES, on=st.sampled_from(["customer", "third_party"]))
    def waits(self, minutes: int, on: service.WaitsOn) -> None:
        self.later(minutes)

        async def deed() -> None:
            await service.wait(self.case, on, "They look", self.agent, await self._version(), self.now)

        self.run(deed())
        self.model.go(f"waiting_for_{on}")

    @precondition(lambda self: self.model.state.startswith("waiting"))
    @rule(minutes=MINUTES)
    def takes_up(self, minutes: int) -> None:
        self.later(minutes)

        async def deed() -> None:
            await service.take_up(self.case, self.agent, await self._version(), self.now)

        self.run(deed())
        self.model.go("in_progress")

    @precondition(lambda self: self.model.state in OPEN)
    @rule(minutes=MINUTES, end=st.sampled_from(["resolve", "spam"]))
    def ends(self, minutes: int, end: str) -> None:
        self.later(minutes)

        async def deed() -> None:
            await getattr(service, end)(self.case, self.agent, await self._version(), self.now)

        self.run(deed())
        if end == "resolve":
            self.model.resolve()
        else:
            self.model.drop("spam")

    @precondition(lambda self: self.model.state not in OPEN)
    @rule(minutes=MINUTES)
    def reopens(self, minutes: int) -> None:
        self.later(minutes)

        async def deed() -> None:
            await service.reopen(self.case, self.agent, await self._version(), self.now)

        self.run(deed())
        self.model.reopen()

    @precondition(lambda self: self.model.state not in OPEN)
    @rule(minutes=MINUTES)
    def what_is_done_refuses(self, minutes: int) -> None:
        self.later(minutes)

        async def deed() -> None:
            try:
                await service.resolve(self.case, self.agent, await self._version(), self.now)
            except CaseStateRefuses:
                return
            raise AssertionError("resolved twice")

        self.run(deed())

    @invariant()
    def both_agree(self) -> None:
        async def look() -> tuple[Any, ...]:
            case = await db.fetchrow("SELECT state, cycle, open FROM cases WHERE id = $1", self.case)
            said = await db.fetch(
                "SELECT cycle, detail->>'clock' AS clock, (detail->>'round')::int AS round, kind,"
                " coalesce((detail->>'level')::int, 1) AS level, (detail->>'late')::bool AS late"
                " FROM case_events WHERE case_id = $1 AND kind LIKE 'clock%'",
                self.case,
            )
            running = await db.fetch(
                "SELECT kind FROM case_clocks WHERE case_id = $1"
                " AND satisfied_at IS NULL AND stopped_at IS NULL",
                self.case,
            )
            assert case is not None
            return tuple(case), [tuple(row) for row in said], {row["kind"] for row in running}

        case, said, running = self.run(look())
        model = self.model
        assert case == (model.state, model.cycle, model.state in OPEN)
        assert running == set(model.clocks)
        real = {(cycle, clock, round_, kind[6:], level) for cycle, clock, round_, kind, level, _ in said}
        assert real == model.said and len(said) == len(real)
        late = {(cycle, clock, round_): late for cycle, clock, round_, _, _, late in said if late is not None}
        assert late == model.late

    def teardown(self) -> None:
        """Whatever still runs would be swept with the next case."""

        async def end() -> None:
            await db.execute(
                "UPDATE case_clocks SET stopped_at = $1 WHERE satisfied_at IS NULL AND stopped_at IS NULL",
                self.now,
            )

        self.run(end())


async def test_any_deeds_in_any_order(merchant: UUID) -> None:
    Cases.loop, Cases.merchant = asyncio.get_running_loop(), merchant
    Cases.agent = await employee(merchant, "owner")
    promised = Targets(**{name: minutes * 60 for name, minutes in TARGETS_MIN.items()})
    async with db.transaction(merchant):
        await calendars.put("split", "With a lunch break", Calendar("UTC", SPLIT), Cases.agent, MIDNIGHT)
        pauses: Any = ("waiting_for_customer", "waiting_for_third_party")
        policy = Policy("all", "All", Fits(), promised, pauses, "split")
        await targets.put(policy, Cases.agent, MIDNIGHT)
    kept = settings(
        max_examples=40,
        stateful_step_count=15,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    await asyncio.to_thread(run_state_machine_as_test, Cases, settings=kept)
