"""The shop that the clients buy in: what was there before the first of them came."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from core import clock, db, tenancy
from core.embedded import Services
from core.ids import new_id
from core.migrate import migrate
from core.people import api_keys, sessions, staff
from loyalty.programme import service as programme
from loyalty.programme.service import Setup
from loyalty.rewards import catalogue
from loyalty.rewards.kinds import Product
from loyalty.rewards.rules import Offer
from loyalty.tiers.rules import Tier
from reviews.cases.remedies import budget
from reviews.cases.remedies.budget import Budget

STOCKED = {"mug": 100_000, "tea": 400, "last": 3}
"""Counted rewards: plenty, some, and what clients race for."""
COST_POINTS = {"mug": 20, "tea": 50, "last": 10, "free": 5}
BUDGET_POINTS = 1_000_000


@dataclass(frozen=True)
class Shop:
    """What clients and verifier have to know."""

    merchant: str
    api_key: str
    sessions: tuple[str, ...]
    """Of staff who work on cases."""

    def write(self, file: Path) -> None:
        """For whoever looks at the folder later."""
        file.write_text(json.dumps(asdict(self)))


async def prepare(servers: Services, people: int) -> Shop:
    """Migrate an empty database and open a shop in it."""
    await migrate(servers.database_admin_url, servers.database_url)
    await db.connect(servers.database_url, pool_size=2)
    try:
        return await open_shop(people)
    finally:
        await db.disconnect()


async def open_shop(people: int) -> Shop:
    """A shop with so many staff, who may give what they like."""
    now, merchant = clock.now(), new_id()
    async with db.transaction(merchant):
        await _furnish(merchant, now)
        key = await api_keys.create("chaos", sorted(api_keys.SCOPES), now)
        tokens = [await _hire(number, now) for number in range(people)]
    return Shop(str(merchant), key, tuple(tokens))


async def _furnish(merchant: UUID, now: datetime) -> None:
    await db.execute(
        "INSERT INTO merchants (id, code, name, time_zone, currency, created_at)"
        """ VALUES ($1, $2, '{"en": "Shop"}', 'UTC', 'USD', $3)""",
        merchant,
        f"chaos-{merchant.hex[-12:]}",
        now,
    )
    # One point a dollar and no multiplier: the verifier's arithmetic has nothing to round.
    everybody = Tier(rank=0, code="all", name={"en": "All"}, threshold=0)
    await programme.create(Setup(tiers=(everybody,), earn_rates={"USD": 100}), now - timedelta(days=30))
    await tenancy.create_store("main", {"en": "Main"}, "USD", "UTC")
    for code, cost in COST_POINTS.items():
        wanted = Offer(name={"en": code}, description={}, terms=Product(sku=code), cost_points=cost)
        await catalogue.offer(code, wanted, now, STOCKED.get(code))
    await budget.set_limits(Budget(BUDGET_POINTS, None), None, now)


async def _hire(number: int, now: datetime) -> str:
    staff_id = await staff.create(
        f"{new_id().hex}@example.test",
        f"Staff {number}",
        "owner",
        "a good long password",
        now,
        goodwill_limit_points=BUDGET_POINTS,
    )
    return await sessions.start(now, staff_id=staff_id)
