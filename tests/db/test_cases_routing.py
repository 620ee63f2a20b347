"""Reviews that join a case, teams, room, and who is there."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from asyncpg.exceptions import PostgresError

from core import db
from core.errors import Forbidden, NotFound
from core.ids import new_id
from reviews.cases import conversation, delivery, service
from reviews.cases.routing import presence
from reviews.cases.routing import service as routing
from reviews.cases.routing.service import TeamOf, TeamUnfit
from reviews.cases.routing.triage import triage
from reviews.cases.tasks import sweep
from tests.fixtures.reviews.shop import (
    NOW,
    customer,
    employee,
    open_case,
    reading,
    review,
    rows,
    score,
    take_in,
    value,
)

HOUR = timedelta(hours=1)


async def negative(merchant: UUID, external_id: str, buyer: UUID | None, stars: int = 1) -> UUID:
    (received,) = await take_in(merchant, review(external_id, rating=Decimal(stars), customer_id=buyer))
    await score(merchant, received, reading(0.9), NOW)
    return received.review_id


async def test_further_reviews_of_a_customer_join_the_open_case(merchant: UUID) -> None:
    buyer, other, agent = await customer(merchant), await customer(merchant, "c2"), await employee(merchant)
    await negative(merchant, "r1", buyer, 2)
    before = await value(merchant, "SELECT priority FROM cases")
    await negative(merchant, "r2", buyer, 1)
    await negative(merchant, "r3", other)
    assert await value(merchant, "SELECT count(*) FROM cases") == 2
    joined = await rows(
        merchant,
        "SELECT c.number, count(*) FROM case_reviews r JOIN cases c ON c.id = r.case_id"
        " GROUP BY 1 ORDER BY 1",
    )
    assert joined == [(1, 2), (2, 1)]
    version, priority = (await rows(merchant, "SELECT version, priority FROM cases WHERE number = 1"))[0]
    assert (version, priority > before) == (2, True)
    async with db.transaction(merchant):
        case = await db.fetchval("SELECT id FROM cases WHERE number = 1")
        await service.resolve(case, agent, version, NOW)
    await negative(merchant, "r4", buyer)
    assert await value(merchant, "SELECT count(*) FROM cases") == 3


async def test_reviews_of_one_customer_that_come_together_open_one_case(merchant: UUID) -> None:
    buyer = await customer(merchant)
    received = await take_in(
        merchant, *(review(f"r{n}", rating=Decimal(1), customer_id=buyer) for n in range(4))
    )
    await asyncio.gather(*(score(merchant, each, reading(0.9)) for each in received))
    assert await value(merchant, "SELECT count(*) FROM cases") == 1
    assert await value(merchant, "SELECT count(*) FROM case_reviews") == 4
    assert await value(merchant, "SELECT count(*) FROM case_events WHERE kind = 'review_joined'") == 3


async def test_a_further_review_owes_a_reply_where_we_have_spoken(merchant: UUID) -> None:
    buyer, agent = await customer(merchant), await employee(merchant)
    case = await open_case(merchant, customer_id=buyer)
    async with db.transaction(merchant):
        queued = await conversation.reply(case, "Sorry", agent, 1, NOW)
        await delivery.deliver(queued.message_id, NOW)
    await negative(merchant, "r2", buyer)
    assert await rows(merchant, "SELECT satisfied_at FROM case_clocks WHERE kind = 'next_reply'") == [(None,)]
    assert await value(merchant, "SELECT answered_at FROM cases") is None


async def test_no_review_is_in_two_cases(merchant: UUID) -> None:
    first = await open_case(merchant)
    await open_case(merchant, external_id="r2")
    with pytest.raises(PostgresError):
        await value(
            merchant,
            "INSERT INTO case_reviews (merchant_id, case_id, review_id, joined_at)"
            " SELECT merchant_id, $1, review_id, opened_at FROM cases WHERE id <> $1",
            first,
        )


async def make_team(merchant: UUID, boss: UUID, name: str = "Parcels", **fields: object) -> TeamOf:
    usual: dict[str, object] = {"aspects": (), "languages": (), "lead_id": None, "people": {}}
    team = TeamOf(new_id(), name, **(usual | fields))  # type: ignore[arg-type]
    async with db.transaction(merchant):
        await routing.put(team, boss, NOW)
    return team


async def test_a_full_team_leaves_it_triaged_until_somebody_has_room(
    merchant: UUID, sweep_only: Callable[..., None]
) -> None:
    sweep_only(merchant)
    boss, agent = await employee(merchant, "community_manager"), await employee(merchant)
    team = await make_team(merchant, boss, people={agent: 1}, lead_id=boss)
    first, second = await open_case(merchant), await open_case(merchant, external_id="r2")
    assert await rows(merchant, "SELECT state, owner_id, team_id FROM cases ORDER BY number") == [
        ("assigned", agent, team.id),
        ("triaged", None, team.id),
    ]
    await sweep(NOW + HOUR)
    assert await value(merchant, "SELECT owner_id FROM cases WHERE id = $1", second) is None
    async with db.transaction(merchant):
        await service.resolve(first, agent, 1, NOW + HOUR)
    await sweep(NOW + 2 * HOUR)
    assert await rows(merchant, "SELECT state, owner_id FROM cases WHERE id = $1", second) == [
        ("assigned", agent)
    ]
    assert await value(merchant, "SELECT kind FROM case_events ORDER BY id DESC LIMIT 1") == "assigned"


async def test_a_case_goes_to_a_team_by_hand(merchant: UUID) -> None:
    boss, agent, other = [await employee(merchant, role) for role in ("owner", "agent", "agent")]
    case = await open_case(merchant)
    parcels = await make_team(merchant, boss, people={agent: 1})
    money = await make_team(merchant, boss, "Money", people={other: 1})
    version = 1
    for team, owner in ((parcels, agent), (money, other), (parcels, agent)):
        async with db.transaction(merchant):
            version = await triage(case, team.id, boss, version, NOW)
        assert await rows(merchant, "SELECT team_id, owner_id, state, version FROM cases") == [
            (team.id, owner, "assigned", version)
        ]
    second = await open_case(merchant, external_id="r2")
    async with db.transaction(merchant):
        await db.execute(
            "UPDATE cases SET owner_id = NULL, state = 'new', team_id = NULL WHERE id = $1", second
        )
        await triage(second, parcels.id, boss, 1, NOW)  # nobody there has room
    stand = "SELECT team_id, owner_id, state FROM cases WHERE id = $1"
    assert await rows(merchant, stand, second) == [(parcels.id, None, "triaged")]
    for by, team_id, refusal in ((agent, money.id, Forbidden), (boss, new_id(), NotFound)):
        with pytest.raises(refusal):
            async with db.transaction(merchant):
                await triage(second, team_id, by, 2, NOW)
    assert await rows(merchant, stand, second) == [(parcels.id, None, "triaged")]


async def test_cases_of_somebody_who_left_are_given_out(
    merchant: UUID, sweep_only: Callable[..., None]
) -> None:
    sweep_only(merchant)
    gone, other = await employee(merchant), await employee(merchant)
    case = await open_case(merchant)
    async with db.transaction(merchant):
        owner = await db.fetchval("SELECT owner_id FROM cases WHERE id = $1", case)
        await db.execute("UPDATE staff SET disabled_at = $2 WHERE id = $1", owner, NOW)
    await sweep(NOW + HOUR)
    assert await value(merchant, "SELECT owner_id FROM cases") == ({gone, other} - {owner}).pop()


async def test_whoever_is_there_gets_it(merchant: UUID) -> None:
    people = sorted([await employee(merchant), await employee(merchant)])
    await presence.seen(merchant, people[1], None, NOW)
    await open_case(merchant)
    assert await value(merchant, "SELECT owner_id FROM cases") == people[1]


async def test_who_looks_at_a_case_is_forgotten_after_a_while(merchant: UUID) -> None:
    case, person = new_id(), new_id()
    await presence.seen(merchant, person, case, NOW)
    assert await presence.looking(merchant, [case, new_id()], NOW) == {case: {person}}
    later = NOW + timedelta(seconds=presence.EXPIRES_S + 1)
    assert await presence.looking(merchant, [case], later) == {}
    assert await presence.present(merchant, [person, new_id()]) == {person}


async def test_a_process_asks_through_one_client(merchant: UUID) -> None:
    before = presence._valkey()
    await presence.seen(merchant, new_id(), None, NOW)
    assert presence._valkey() is before
    assert await before.ping()  # nobody has closed it


async def test_without_valkey_nobody_is_known_to_be_there(
    merchant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "_valkey", lambda: presence.Redis.from_url("redis://127.0.0.1:1"))
    await presence.seen(merchant, new_id(), new_id(), NOW)
    assert await presence.present(merchant, [new_id()]) == set()
    assert await presence.looking(merchant, [new_id()], NOW) == {}


async def test_teams_that_cannot_be(merchant: UUID) -> None:
    boss, marketer = await employee(merchant, "owner"), await employee(merchant, "marketer")
    team = await make_team(merchant, boss)
    for wrong in (
        TeamOf(new_id(), "Parcels", (), (), None, {}),
        TeamOf(new_id(), " ", (), (), None, {}),
        TeamOf(new_id(), "x", (), (), None, {marketer: 5}),
        TeamOf(new_id(), "x", (), (), marketer, {}),
        TeamOf(new_id(), "x", (), (), None, {boss: 0}),
    ):
        with pytest.raises(TeamUnfit):
            async with db.transaction(merchant):
                await routing.put(wrong, boss, NOW)
    with pytest.raises(Forbidden):
        async with db.transaction(merchant):
            await routing.remove(team.id, await employee(merchant))
    assert await value(merchant, "SELECT count(*) FROM case_teams") == 1
    async with db.transaction(merchant):
        await routing.remove(team.id, boss)
        assert await routing.teams() == []


async def test_each_review_of_a_case_is_answered_where_it_lives(merchant: UUID) -> None:
    buyer, agent = await customer(merchant), await employee(merchant)
    case = await open_case(merchant, customer_id=buyer)
    second = await negative(merchant, "r2", buyer)
    stranger = await negative(merchant, "r3", None)
    async with db.transaction(merchant):
        with pytest.raises(NotFound):
            await conversation.reply(case, "Sorry", agent, 2, NOW, stranger)
        queued = await conversation.reply(case, "Sorry for the second, too", agent, 2, NOW, second)
        with pytest.raises(conversation.ReplyWaiting):
            await conversation.reply(case, "Twice", agent, 3, NOW, second)
        await delivery.deliver(queued.message_id, NOW)
    replies = await rows(merchant, "SELECT external_id, reply FROM reviews ORDER BY 1")
    assert replies == [("r1", ""), ("r2", "Sorry for the second, too"), ("r3", "")]
