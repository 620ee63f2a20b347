"""A merchant with an account at a fake source, and the deeds of workers on it."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from core import clock, db
from core.outbox import work
from core.outbox.store import Item
from core.vault import vault
from reviews.accounts import service, sync
from reviews.accounts import tasks as account_tasks
from reviews.accounts.service import Account
from reviews.cases import tasks as case_tasks
from reviews.connectors import app_store, wire
from tests.contract.fakes.app_store import FakeAppStore
from tests.contract.fakes.google import FakeGoogle
from tests.contract.fakes.server import Fake, running
from tests.contract.fakes.settings import configured
from tests.contract.fakes.trustpilot import FakeTrustpilot
from tests.contract.fakes.woocommerce import FakeWooCommerce

FAKES = (FakeGoogle, FakeTrustpilot, FakeWooCommerce, FakeAppStore)
# Importing them registers their topics.
HANDLERS = (account_tasks, case_tasks)
LONG = timedelta(minutes=1)


def installed(fake: Fake) -> AbstractContextManager[None]:
    """The installation's settings lead to the fake instead of its source."""
    return configured(
        {
            "REGULARS_SOURCE_URLS": json.dumps({fake.source: fake.url}),
            "REGULARS_PRIVATE_HOSTS": json.dumps(["127.0.0.1"]),
        }
    )


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between attempts are short."""
    monkeypatch.setattr(wire, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(app_store, "PAGE_SIZE", 100)  # so that 120 reviews are two pages everywhere
    vault.cache_clear()


@dataclass
class Joined:
    """An account, connected."""

    merchant: UUID
    fake: Fake
    id: UUID

    @property
    def source(self) -> str:
        return self.fake.source

    async def account(self) -> Account:
        async with db.transaction(self.merchant):
            return await service.find(self.id)

    async def ask(self, full: bool = False, accept_removals: bool = False) -> None:
        async with db.transaction(self.merchant):
            await service.ask(self.id, clock.now(), full, accept_removals)

    async def read(self, until: datetime | None = None) -> db.Row:
        """What a worker does with an account that is due; answers its latest pass."""
        now = clock.now()
        claimed = await sync.claim(self.merchant, now)
        assert claimed is not None, "nothing is due"
        await sync.read(claimed, until or now + LONG)
        return await self.sync()

    async def sync(self) -> db.Row:
        [row] = await self.rows("SELECT * FROM review_syncs ORDER BY id DESC LIMIT 1")
        return row

    async def rows(self, sql: str, *args: Any) -> list[db.Row]:
        async with db.transaction(self.merchant):
            return list(await db.fetch(sql, *args))

    async def texts(self) -> dict[str, str]:
        """What is live here, by the source's id: the text without its paragraphs."""
        rows = await self.rows(
            "SELECT r.external_id, v.body FROM reviews r JOIN review_versions v"
            " ON (v.review_id, v.number) = (r.id, r.version) WHERE r.state = 'live' AND r.source = $1",
            self.source,
        )
        return {row[0]: row[1].removeprefix("<p>").removesuffix("</p>\n") for row in rows}

    async def versions(self) -> int:
        [row] = await self.rows("SELECT count(*) FROM review_versions")
        return int(row[0])


@contextmanager
def fake_of(kind: type[Fake]) -> Iterator[Fake]:
    with running(kind()) as fake, installed(fake):
        yield fake


@pytest.fixture(params=FAKES, ids=lambda kind: str(kind.source))
def fake(request: pytest.FixtureRequest) -> Iterator[Fake]:
    """Each of the sources in turn."""
    with fake_of(request.param) as fake:
        yield fake


async def join(merchant: UUID, fake: Fake) -> Joined:
    async with db.transaction(merchant):
        account_id = await service.connect(fake.source, "Main", fake.fields, clock.now())
    return Joined(merchant, fake, account_id)


@pytest.fixture
async def joined(merchant: UUID, fake: Fake) -> Joined:
    """An account of each source in turn."""
    return await join(merchant, fake)


def write(fake: Fake, count: int, days_ago: float = 10.0, first: int = 1) -> None:
    """So many reviews, a minute after one another."""
    begin = clock.now() - timedelta(days=days_ago)
    for n in range(first, first + count):
        fake.add(str(n), n % 5 + 1, f"Text {n}", begin + timedelta(minutes=n))


async def waiting(merchant: UUID, topic: str) -> list[Item]:
    """What the outbox holds of a topic."""
    async with db.transaction(merchant):
        rows = await db.fetch(
            "SELECT id, merchant_id, topic, attempts FROM outbox WHERE topic = $1 AND parked_at IS NULL",
            topic,
        )
    return [Item(**row) for row in rows]


async def work_off(merchant: UUID, topic: str) -> int:
    """Do what waits in the outbox, as a worker does; how much it was."""
    items = await waiting(merchant, topic)
    await work.run(items)
    return len(items)


async def in_background(merchant: UUID, topic: str) -> "asyncio.Task[int]":
    """The same beside the test."""
    return asyncio.create_task(work_off(merchant, topic))
