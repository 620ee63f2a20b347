"""A shop in which clients have done everything that they do, without a fault and in this process."""

import importlib
import random
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx

from api.app import App
from api.cookies import STAFF_SESSION
from core import clock, db
from core.celery_app import HANDLER_MODULES
from core.outbox import work
from core.outbox.store import Item
from tests.chaos.clients import CUSTOMERS, Asking, Shopper
from tests.chaos.journal import Journal
from tests.chaos.people import Person
from tests.chaos.shop import open_shop

SEED = 7


@dataclass(frozen=True)
class World:
    """The shop and what its clients were told. `session`: of its owner; `customer`: one of its customers."""

    merchant: UUID
    journal: Journal
    asking: Asking
    session: str
    customer: str = CUSTOMERS[0]

    @property
    def staff_cookie(self) -> str:
        """As a header."""
        return f"{STAFF_SESSION}={self.session}"

    async def close(self) -> None:
        """Close the clients and their journal."""
        await self.asking.close()
        self.journal.close()


async def build(app: App, folder: Path) -> World:
    """Every deed of the clients, some times over; the work that follows is done."""
    shop, journal = await open_shop(1), Journal(folder / "clients.jsonl")
    asking = Asking(["http://shop.test"], journal, random.Random(SEED), httpx.ASGITransport(app))
    shopper, person = Shopper(0, asking, shop.api_key), Person(0, asking, shop.sessions[0])
    merchant = UUID(shop.merchant)
    await shopper.join()
    for deed in shopper.deeds:
        for _ in range(5):
            await deed()
    await work_off(merchant)
    for _ in range(25):
        await person.work()
    await work_off(merchant)
    return World(merchant, journal, asking, shop.sessions[0])


async def work_off(merchant: UUID) -> None:
    """Do what is due, as workers do."""
    for module in HANDLER_MODULES:
        importlib.import_module(module)
    while True:
        async with db.transaction(merchant):
            sql = "SELECT id, merchant_id, topic, attempts FROM outbox WHERE available_at <= $1"
            rows = await db.fetch(sql, clock.now())
        if not rows:
            return
        await work.run([Item(**row) for row in rows])
