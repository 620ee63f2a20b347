"""The demo's staff bring cases into every state, also when interrupted or when a visitor is at work."""

from uuid import UUID

import pytest

from admin.demo import desk, parcels
from core import db
from reviews.cases import service
from tests.fixtures.reviews.shop import NOW, customer, employee, member, open_case, order, rows


@pytest.fixture
async def cases(merchant: UUID, monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """Fourteen cases with an owner, of members."""
    monkeypatch.setattr(desk, "LEFT_OPEN", 2)
    monkeypatch.setattr(desk, "OF_EACH_KIND", 1)
    agent, opened = await employee(merchant, limit_points=100), []
    for i in range(14):
        buyer = await customer(merchant, f"c{i}", f"c{i}@shop.test")
        await member(merchant, buyer)
        await order(merchant, buyer, f"o{i}", "sku", NOW)
        case = await open_case(merchant, external_id=f"r{i}", customer=f"c{i}")
        async with db.transaction(merchant):
            version = await db.fetchval("SELECT version FROM cases WHERE id = $1", case)
            await service.assign(case, agent, agent, version, NOW)
        opened.append(case)
    return opened


async def states(merchant: UUID) -> set[str]:
    return {row[0] for row in await rows(merchant, "SELECT state FROM cases")}


async def test_a_case_that_a_visitor_touched_first_stops_nothing(merchant: UUID, cases: list[UUID]) -> None:
    async with db.transaction(merchant):
        row = await db.fetchrow("SELECT id, owner_id, version FROM cases WHERE id = $1", cases[0])
        assert row
        await service.resolve(row["id"], row["owner_id"], row["version"], NOW)
    assert await desk.work(merchant) == 11
    assert states_wanted() <= await states(merchant)


async def test_what_was_interrupted_goes_on(
    merchant: UUID, cases: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(desk, "_ask", _stop)
        with pytest.raises(KeyboardInterrupt):
            await desk.work(merchant)
    assert await desk.work(merchant) > 0
    assert states_wanted() <= await states(merchant)
    assert await desk.work(merchant) == 0


def states_wanted() -> set[str]:
    return {"assigned", "in_progress", "remedy_offered", "resolved", "reopened", "closed"}


async def _stop(*_: object) -> None:
    raise KeyboardInterrupt


async def test_late_parcels_and_mails_arrive_once(merchant: UUID, cases: list[UUID]) -> None:
    async with db.transaction(merchant):
        boss = await employee(merchant, "owner")
        await parcels.set_up(boss, NOW)
    await desk.work(merchant)
    for _ in range(2):
        await parcels.arrive(merchant, NOW)
    assert await rows(merchant, "SELECT state, count(*) FROM case_inbound_mails GROUP BY 1 ORDER BY 1") == [
        ("parked", 1), ("taken", 1),
    ]  # fmt: skip
    assert await rows(merchant, "SELECT count(*) FROM events WHERE type = 'shipment.created'") == [(3,)]
