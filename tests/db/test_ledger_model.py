"""The ledger against a slow and plain model: generated histories, one after another and all at once."""

import asyncio
import os
import random
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import db
from core.errors import DomainError
from core.ids import new_id
from loyalty.expiry.service import expire_due
from loyalty.ledger import AnyCommand, budgets, post, reading, release_due
from loyalty.ledger.errors import PostingRunning, PostingUnknown
from tests.factories import ledger_model as model
from tests.factories.ledger_pair import Asker, Step, ask, ask_model, model_state, play, state
from tests.factories.points import earn, expire
from tests.factories.shop import START, new_members, programme

LONGER = 40 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 1
"""`make soak` plays so many times as many histories."""

TRUST = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
)

EARNING = [*["earn"] * 5, "settle", "void", "clawback", "clawback", "expire", "wait"]
SPENDING = ["redeem", "redeem", "reverse", "hold", "capture", "release"]
MOVING = ["transfer", "transfer", "deduct", "merge", "unmerge"]
"""Some verbs often: there must be points to spend, and they are to be spent before they are taken back."""
SWEEPS = ["expire_due", "release_due"]


def steps(*verbs: str, policies: Sequence[str] = ("forbid", "clamp", "debt")) -> st.SearchStrategy[Step]:
    """One step of these verbs. Few different numbers, so that lots are often emptied to the point."""
    return st.builds(
        Step,
        verb=st.sampled_from(verbs),
        points=st.sampled_from([10, 20, 30, 1]),
        who=st.integers(0, 2),
        to=st.integers(1, 2),
        which=st.integers(0, 2),
        days=st.sampled_from([None, 2, 4]),
        policy=st.sampled_from(policies),
        flag=st.sampled_from([False, False, True]),
    )


def a_step(dice: random.Random, verbs: Sequence[str]) -> Step:
    """The same by dice, for what cannot be repeated to the letter anyway."""
    return Step(
        verb=dice.choice(verbs),
        points=dice.choice([10, 20, 30, 1]),
        who=dice.randrange(3),
        to=dice.randint(1, 2),
        which=dice.randrange(4),
        days=dice.choice([None, 2, 4]),
        policy=dice.choice(["forbid", "clamp", "debt"]),
        flag=dice.random() < 0.33,
    )


async def sound() -> None:
    """Nothing disagrees, and all points come from somewhere."""
    assert await reading.check() == []
    assert await reading.sum_of_all_sides() == 0


class Undo(Exception):
    """Raised to leave nothing behind."""


@asynccontextmanager
async def shop(merchant: UUID, members: int) -> AsyncIterator[list[UUID]]:
    """A transaction with a programme and so many members; sound at its end, and then undone."""
    try:
        async with db.transaction(merchant):
            await programme()
            yield await new_members(members)
            await sound()
            raise Undo
    except Undo:
        pass


LIMITS: dict[str, Any] = {
    "total": 150,
    "per_member": 90,
    "period": "day",
    "per_period": 60,
    "per_member_period": 40,
}


async def with_budget(limits: dict[str, Any]) -> tuple[UUID, model.Budget]:
    """One budget, in the ledger and for the model."""
    id = new_id()
    named = {k if k == "period" else f"points_{k}": v for k, v in limits.items()}
    await budgets.put(budgets.Budget(id=id, **named), START)
    return id, model.Budget(**limits)


# ---------------------------------------------------------------- one after another


@settings(TRUST, max_examples=100 * LONGER)
@given(history=st.lists(steps(*EARNING, *SPENDING, *SWEEPS), min_size=15, max_size=40))
async def test_one_member(merchant: UUID, history: list[Step]) -> None:
    async with shop(merchant, 1) as members:
        await play(history, Asker(members), model.Ledger())


@settings(TRUST, max_examples=100 * LONGER)
@given(history=st.lists(steps(*EARNING, *SPENDING, *MOVING, *SWEEPS), min_size=20, max_size=50))
async def test_three_members_who_share_and_merge(merchant: UUID, history: list[Step]) -> None:
    async with shop(merchant, 3) as members:
        await play(history, Asker(members), model.Ledger())


@settings(TRUST, max_examples=30 * LONGER)
@given(history=st.lists(steps("earn", "earn", "earn", "clawback", "void", "wait"), min_size=15, max_size=40))
async def test_budgets(merchant: UUID, history: list[Step]) -> None:
    async with shop(merchant, 3) as members:
        id, budget = await with_budget(LIMITS)
        await play(history, Asker(members, budgets=(id,)), model.Ledger({str(id): budget}))


@settings(TRUST, max_examples=40 * LONGER)
@given(
    history=st.lists(steps(*EARNING, *SPENDING, *MOVING), min_size=5, max_size=25),
    earns=st.lists(steps("earn"), min_size=2, max_size=12),
    again=st.integers(0, 4),
)
async def test_many_earns_in_one_statement(
    merchant: UUID, history: list[Step], earns: list[Step], again: int
) -> None:
    """What the set-based writer does is what the earns would have done one after another."""
    async with shop(merchant, 3) as members:
        id, budget = await with_budget({"total": 60})
        asker, ledger = Asker(members, budgets=(id,)), model.Ledger({str(id): budget})
        await play(history, asker, ledger)
        commands = [command for step in earns if (command := asker.command(step))]
        commands += commands[:again]  # the same keys once more
        rows = await db.fetch("SELECT * FROM ledger_earn($1::jsonb, $2)", db.to_json(commands), asker.now)
        outcomes = {row["n"]: row for row in rows}
        posted: set[str] = set()
        for number, command in enumerate(commands, start=1):
            row = outcomes[number]
            if command.key in posted:
                assert row["replayed"] and row["code"] is None
                continue
            expected = ask_model(ledger, command, asker.now)
            assert (row["code"] or row["points"], row["replayed"]) == (expected, False), command
            if not isinstance(expected, str):
                posted.add(command.key)
        assert await state(members) == model_state(ledger)


# ---------------------------------------------------------------- without the model


@settings(TRUST, max_examples=60 * LONGER)
@given(history=st.lists(steps(*EARNING, *SPENDING, policies=("debt", "clamp")), min_size=15, max_size=40))
async def test_a_cancelled_spend_leaves_no_trace(merchant: UUID, history: list[Step]) -> None:
    """Who spends and takes all of it back has the lots of somebody who never spent."""
    async with shop(merchant, 2) as [spender, saver]:
        spending, saving = Asker([spender], "a"), Asker([saver], "b")
        for step in history:
            await _do(spending, step)
            if step.verb not in SPENDING:
                await _do(saving, step)
        await _give_all_back(spending)
        assert await _outcome(spending) == await _outcome(saving)


@settings(TRUST, max_examples=30 * LONGER)
@given(history=st.lists(steps(*EARNING, *SPENDING, *MOVING), min_size=15, max_size=40))
async def test_no_lot_ever_lives_longer(merchant: UUID, history: list[Step]) -> None:
    """Neither a lot's expiry changes, nor is any later than that of the earn which brought the points."""
    async with shop(merchant, 3) as members:
        asker = Asker(members)
        seen: dict[tuple[UUID, int], datetime | None] = {}
        for step in history:
            await _do(asker, step)
            lots = await db.fetch("SELECT journal_id, line, root_id, expires_at FROM ledger_lots")
            for lot in lots:
                assert (
                    seen.setdefault((lot["journal_id"], lot["line"]), lot["expires_at"]) == lot["expires_at"]
                )
                assert seen[(lot["root_id"], 1)] == lot["expires_at"]


@settings(TRUST, max_examples=30 * LONGER)
@given(
    history=st.lists(
        steps(
            "earn", "settle", "void", "clawback", "redeem", "reverse", "hold", "release", policies=["debt"]
        ),
        min_size=15,
        max_size=40,
    )
)
async def test_a_member_has_what_was_kept_and_not_spent(merchant: UUID, history: list[Step]) -> None:
    async with shop(merchant, 1) as [member]:
        asker = Asker([member])
        has = 0
        for step in history:
            command = asker.command(Step(**{**vars(step), "days": None}))
            done = await ask(command, asker.now) if command else "nothing to refer to"
            if command is None or isinstance(done, str):
                continue
            asker.posted(command)
            has += done * {"earn": 1, "reverse": 1, "void": -1, "clawback": -1, "redeem": -1}.get(
                step.verb, 0
            )
            pending, active, held, debt = (await state([member])).get(str(member), [(0, 0, 0, 0)])[0]
            assert pending + active + held - debt == has


async def _do(asker: Asker, step: Step) -> None:
    command = asker.command(step)
    if command and not isinstance(await ask(command, asker.now), str):
        asker.posted(command)


async def _give_all_back(asker: Asker) -> None:
    """Release what is held, reverse what was spent, as far as anything is left of it."""
    for number, spend in enumerate([*asker.holds, *reversed(asker.spends)]):
        step = Step(verb="release" if spend in asker.holds else "reverse", who=0)
        command = Asker([spend.member], f"back{number}", holds=[spend], spends=[spend]).command(step)
        assert command is not None
        await ask(command, asker.now)


async def _outcome(asker: Asker) -> tuple[Any, ...]:
    """What a member has after the sweep: balance, lots in the order of their earns, what was returned."""
    [member] = asker.members
    for each in asker.earns:
        await ask(expire(f"over:{each.key}", member, each.key, asker.now), asker.now)
    found = await state([member])
    balance, lots = found.get(str(member), ((0, 0, 0, 0), []))
    keys = [each.key for each in asker.earns]
    by_number = sorted((keys.index(lot[0]), *lot[1:]) for lot in lots)
    return balance, by_number, [found["returned"].get(key, 0) for key in keys]


# ---------------------------------------------------------------- all at once


@dataclass
class Log:
    """What the clients asked for, by key, with the time at which they did."""

    asked: dict[str, tuple[AnyCommand, datetime]] = field(default_factory=dict)


async def _client(merchant: UUID, dice: random.Random, asker: Asker, log: Log, count: int) -> None:
    """Post random commands, each in a transaction of its own, some of them twice at the same time; or let
    time do what it does."""
    verbs = [*EARNING, *SPENDING, *MOVING, *SWEEPS]
    for _ in range(count):
        step = a_step(dice, verbs)
        if step.verb in SWEEPS:
            await _sweep(merchant, step.verb, asker.now)
            continue
        command = asker.command(step)
        if command is None:
            continue
        now = asker.now
        log.asked[command.key] = (command, now)
        times = 2 if dice.random() < 0.2 else 1
        answers = await asyncio.gather(*(_post(merchant, command, now) for _ in range(times)))
        # What had nothing to do is not remembered: then the other may find something.
        posted = [answer for answer in answers if isinstance(answer, tuple) and answer[2]]
        assert len({answer[1:] for answer in posted}) <= 1, "the same key has two answers"
        assert sum(not replayed for replayed, *_ in posted) <= 1
        if posted:
            asker.posted(command)


async def _post(merchant: UUID, command: AnyCommand, now: datetime) -> tuple[bool, int, UUID | None] | str:
    try:
        async with db.transaction(merchant):
            [posting] = await post([command], now)
    except DomainError as error:
        return error.code
    return posting.replayed, posting.points, posting.journal_id


async def _sweep(merchant: UUID, verb: str, now: datetime) -> None:
    # Whose accounts become one at this very moment, and part again, are found by the next sweep.
    with suppress(PostingRunning, PostingUnknown):
        async with db.transaction(merchant):
            await (expire_due if verb == "expire_due" else release_due)(now)


Balance = tuple[int, int, int, int]


@dataclass
class Posted:
    """What the journal says of one command: the answer, and the balances after it by member."""

    points: int = -1
    after: dict[UUID, Balance] = field(default_factory=dict)
    id: UUID | None = None
    """The journal row that made lots, if it made any: the younger, the higher."""


_JOURNAL = """
SELECT j.id, a.member_id, j.key, j.points, j.pending_after, j.active_after, j.held_after, j.debt_after
FROM ledger_journal j JOIN ledger_accounts a ON a.id = j.account_id
WHERE a.member_id = ANY ($1::uuid[]) ORDER BY a.member_id, j.seq
"""


# What sweeps did has keys of its own. An expiry is of one lot: which of those that its posting made.
_SWEPT = """
SELECT j.key, j.verb::text AS verb, p.key AS parent, j.recorded_at,
       (SELECT count(*) FROM ledger_lots b WHERE b.journal_id = e.lot_journal_id AND b.line < e.lot_line)
           AS place
FROM ledger_journal j JOIN ledger_journal p ON p.id = j.parent_id
JOIN ledger_entries e ON e.journal_id = j.id AND e.line = 1
WHERE starts_with(j.key, 'expire:') OR starts_with(j.key, 'release:')
"""


_DEBTS = """
SELECT j.key, d.id FROM ledger_dues d JOIN ledger_journal j ON j.id = d.lot_journal_id
WHERE d.merchant_id = current_merchant() AND d.payer = 'debt' ORDER BY d.id
"""


def _swept(ledger: model.Ledger, row: db.Row) -> int:
    """What a sweep did, of the model."""
    parent, now = row["parent"].removesuffix("/to"), row["recorded_at"]
    if row["verb"] == "expire":
        return ledger.expire_one(parent, row["place"], now)
    return ledger.release(parent, None, now)


async def _debt_numbers() -> dict[str, Iterator[int]]:
    """When the debts of each lot arose: two accounts that meet by a merge pay them in this order."""
    found: dict[str, list[int]] = defaultdict(list)
    for row in await db.fetch(_DEBTS):
        found[row["key"]].append(row["id"])
    return {key: iter(ids) for key, ids in found.items()}


async def _commit_order(members: Sequence[UUID]) -> list[tuple[str, Posted]]:
    """All postings, each after whatever came before it on any account that it touches, else by age."""
    queues: dict[UUID, deque[str]] = defaultdict(deque)
    found: dict[str, Posted] = defaultdict(Posted)
    for row in await db.fetch(_JOURNAL, list(members)):
        key = row["key"].removesuffix("/to")
        queues[row["member_id"]].append(key)
        found[key].after[row["member_id"]] = tuple(row[4:])
        found[key].id = max(found[key].id or row["id"], row["id"])
        if key == row["key"]:
            found[key].points = row["points"]
    order = []
    while heads := [queue[0] for queue in queues.values() if queue]:
        ready = [key for key in heads if all(queues[each][0] == key for each in found[key].after)]
        key = min(ready, key=lambda key: str(found[key].id))
        for member in found[key].after:
            queues[member].popleft()
        order.append((key, found[key]))
    return order


@pytest.mark.parametrize(
    ("clients", "seed"),
    [(8, seed) for seed in range(8 * LONGER)] + [(32, 100 + seed) for seed in range(3 * LONGER)],
)
async def test_many_clients_at_once(merchant: UUID, clients: int, seed: int) -> None:
    """Whatever they did, played again in commit order it is what the model says."""
    async with db.transaction(merchant):
        await programme()
        members = await new_members(3)
        id, _ = await with_budget(LIMITS | {"period": "month"})
    asker, log = Asker(members, budgets=(id,)), Log()
    dice = random.Random(seed)
    async with asyncio.TaskGroup() as group:
        for number in range(clients):
            own = random.Random(dice.random())
            group.create_task(_client(merchant, own, asker, log, 320 // clients), name=f"client {number}")
    async with db.transaction(merchant):
        ledger = model.Ledger({str(id): model.Budget(period="month")}, await _debt_numbers())
        swept = {row["key"]: row for row in await db.fetch(_SWEPT)}
        for key, posted in await _commit_order(members):
            if key in swept:
                command: object = dict(swept[key])
                assert _swept(ledger, swept[key]) == posted.points, command
            else:
                command, now = log.asked[key]
                assert ask_model(ledger, command, now) == posted.points, command
            for member, after in posted.after.items():
                account = ledger.accounts[str(member)]
                assert (account.pending, account.active, account.held, account.debt) == after, command
        assert await state(members) == model_state(ledger)
        await sound()
    budget = ledger.budgets[str(id)]
    assert budget.used() <= LIMITS["total"]
    assert all(budget.used(member=str(each)) <= LIMITS["per_member"] for each in members)


async def test_a_budget_is_spent_to_the_point_and_no_further(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        members = await new_members(8)
        id, _ = await with_budget({"total": 1000, "per_member": 180})
    commands = [earn(f"k{n}", members[n % 8], 7, budgets=(id,)) for n in range(320)]
    gate = asyncio.Semaphore(32)

    async def one(command: AnyCommand) -> bool:
        async with gate:
            return isinstance(await _post(merchant, command, command.effective_at), tuple)

    assert sum(await asyncio.gather(*map(one, commands))) == 142  # 142 x 7 = 994
    async with db.transaction(merchant):
        [left] = (await budgets.left([id])).values()
        assert (left.points_used, left.points_left) == (994, 6)
        most = await db.fetchval("SELECT max(points_active) FROM ledger_accounts")
        assert most <= 180
        await sound()


async def test_one_key_is_posted_once_by_however_many(merchant: UUID) -> None:
    async with db.transaction(merchant):
        await programme()
        [member] = await new_members(1)
    answers = await asyncio.gather(
        *(_post(merchant, earn("k", member, 5), earn("k", member, 5).effective_at) for _ in range(32))
    )
    posted = [answer for answer in answers if isinstance(answer, tuple)]
    assert [answer[0] for answer in posted].count(False) == 1
    assert len({answer[2] for answer in posted}) == 1
    async with db.transaction(merchant):
        assert await db.fetchval("SELECT sum(points_active) FROM ledger_accounts") == 5
        await sound()
