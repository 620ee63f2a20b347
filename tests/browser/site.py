"""The demo's shop in small, and ways to be somebody in it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from uuid import UUID

import httpx
from playwright.async_api import Browser, BrowserContext

from admin.demo import forms, history
from admin.demo import shop as shops
from admin.demo.shop import SEED, Shop
from admin.demo.story import build_story
from api.cookies import CUSTOMER_SESSION, LANGUAGE, STAFF_SESSION
from core import clock, db
from core.celery_app import HANDLER_MODULES
from core.embedded import Services
from core.i18n import Locale
from core.outbox import work
from core.outbox.store import Item
from core.people import sessions
from reviews.cases import conversation, goodwill
from reviews.cases import service as cases

ROOT = Path(__file__).parents[2]
MEMBERS = 60
READY_WITHIN_S = 180


@dataclass(frozen=True)
class Case:
    """A case and the customer whose review it is about."""

    id: UUID
    customer_id: UUID


@dataclass(frozen=True)
class Site:
    """Where the shop answers and who is in it."""

    browser: Browser
    url: str
    shop: Shop
    waiting: tuple[Case, ...]
    """Cases that nobody has touched, as the inbox shows them."""
    answered: Case
    """With a message, goodwill and an end."""
    rich: tuple[str, ...]
    """E-mail addresses of the members with the most points; none is the customer of `answered`."""

    async def visitor(
        self, locale: Locale = "en", *, width: int = 1280, theme: str = "light", scripts: bool = True
    ) -> BrowserContext:
        """A browser of somebody who is not signed in."""
        context = await self.browser.new_context(
            base_url=self.url,
            viewport={"width": width, "height": 800},
            color_scheme="dark" if theme == "dark" else "light",
            java_script_enabled=scripts,
        )
        context.set_default_timeout(30_000)
        await context.add_cookies([{"name": LANGUAGE, "value": locale, "url": self.url}])
        return context

    async def enter(self, context: BrowserContext, who: str) -> None:
        """Sign a browser in without the form: `who` is an e-mail address of staff, or "customer"."""
        async with db.transaction(self.shop.merchant_id):
            if who == "customer":
                name = CUSTOMER_SESSION
                token = await sessions.start(clock.now(), customer_id=self.answered.customer_id)
            else:
                name = STAFF_SESSION
                staff_id = await db.fetchval("SELECT id FROM staff WHERE email = $1", who)
                token = await sessions.start(clock.now(), staff_id=staff_id)
        await context.add_cookies([{"name": name, "value": token, "url": self.url}])


@contextmanager
def served(servers: Services, log: Path) -> Iterator[str]:
    """`regulars serve` as a process; answers its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "REGULARS_DATABASE_URL": servers.database_url,
        "REGULARS_VALKEY_URL": servers.valkey_url,
        "REGULARS_PORT": str(port),
        "REGULARS_PUBLIC_URL": url,
        "REGULARS_DEMO": "true",
    }
    command = [sys.executable, "-m", "admin.cli", "serve"]
    with log.open("wb") as output:
        child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            _wait(url, child, log)
            yield url
        finally:
            child.terminate()
            child.wait(30)


def _wait(url: str, child: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while True:
        try:
            if httpx.get(f"{url}/health/ready", trust_env=False, timeout=2).is_success:
                return
        except httpx.HTTPError:
            pass
        assert child.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


async def make(browser: Browser, url: str) -> Site:
    """The demo's shop with its history, scored by the real model, in the database of the tests."""
    shop = await shops.create(clock.now())
    story = build_story(SEED, shop.began_at, MEMBERS)
    await history.load_events(shop, story, shop.began_at, _silent)
    await history.load_reviews(shop, story, _silent)
    await work_off(shop)
    await forms.fill_in(shop.merchant_id, shop.began_at)
    await work_off(shop)
    found = await _cases(shop)
    await _answer(shop, found[-1])
    await work_off(shop)
    rich = await _rich(shop, found[-1])
    return Site(browser, url, shop, tuple(found[:-1]), found[-1], rich)


async def leave(site: Site) -> None:
    """Leave nothing in the outbox that other tests would find."""
    async with db.transaction(site.shop.merchant_id):
        await db.execute("DELETE FROM outbox")


def _silent(done: int, total: int) -> None:
    """Shows no progress."""


async def work_off(shop: Shop) -> None:
    """Do what waits in the outbox, as the workers would."""
    for module in HANDLER_MODULES:
        import_module(module)
    async with db.transaction(shop.merchant_id):
        rows = await db.fetch("SELECT id, merchant_id, topic, attempts FROM outbox ORDER BY id")
    await work.run([Item(**row) for row in rows])


async def _cases(shop: Shop) -> list[Case]:
    async with db.transaction(shop.merchant_id):
        rows = await db.fetch(
            "SELECT c.id, c.customer_id FROM cases c JOIN members m ON m.customer_id = c.customer_id"
            " ORDER BY c.priority DESC, c.id"
        )
    assert len(rows) >= 4, "the story has too few cases for these tests"
    return [Case(**row) for row in rows]


async def _answer(shop: Shop, case: Case) -> None:
    """Bring one case to its end, so that its pages have everything to show."""
    now = clock.now()
    async with db.transaction(shop.merchant_id):
        by = await db.fetchval("SELECT id FROM staff WHERE email = 'manager@example.com'")
        version = await _version(case)
        await conversation.reply(case.id, "We are sorry. A new one is on its way.", by, version, now)
        await goodwill.give(case.id, 20, "With our apologies.", "a gift of the tests", by, now)
        await conversation.message(case.id, "Did it arrive?", by, await _version(case), now)
        await cases.resolve(case.id, by, await _version(case), now)


async def _version(case: Case) -> int:
    return int(await db.fetchval("SELECT version FROM cases WHERE id = $1", case.id))


async def _rich(shop: Shop, but: Case) -> tuple[str, ...]:
    async with db.transaction(shop.merchant_id):
        rows: Sequence[db.Row] = await db.fetch(
            """
            SELECT p.email FROM ledger_accounts a
            JOIN wallet_types w ON w.id = a.wallet_type_id AND w.code = 'points'
            JOIN members m ON m.id = a.member_id
            JOIN customer_profiles p ON p.customer_id = m.customer_id
            WHERE m.customer_id <> $1 AND a.points_active >= 60
            ORDER BY a.points_active DESC, p.email LIMIT 4
            """,
            but.customer_id,
        )
    assert len(rows) >= 2, "the story has too few members with points for these tests"
    return tuple(row["email"] for row in rows)
