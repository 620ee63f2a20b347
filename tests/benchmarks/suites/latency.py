"""How long a negative review takes until somebody sees it: from its request to its row in an open inbox."""

import asyncio
import time
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from playwright.async_api import async_playwright

from api.cookies import STAFF_SESSION
from core import clock, db
from core.ids import new_id
from core.people import sessions, staff
from core.settings import settings
from sentiment.scorer import Scorer
from sentiment.types import Text
from tests.benchmarks.registry import Figures, NotRun, at_most, benchmark
from tests.benchmarks.rig import Database, Rig
from tests.benchmarks.served import Served, background, served

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
REVIEWS = 20
WARM = 3
"""The first ones find cold processes: they do not count."""
WITHIN_S = 60
TEXT = "It broke on the first day, smelled of smoke, and nobody answers my mails. I want my money back."


@benchmark(
    "cases.latency",
    "from the request with a negative review to its row in an open inbox, in a browser; median",
    "scoring one review alone; median",
    "s",
    at_most(20),
)
def latency(rig: Rig) -> Figures:
    if not CHROMIUM.exists():
        raise NotRun(f"{CHROMIUM} is missing")
    with rig.alone(100, 1) as database:
        session = asyncio.run(_employ(database))
        with served(rig, database) as server, background(rig, database):
            seen = asyncio.run(_watch(server, session))
    return Figures(median(seen), _alone())


async def _employ(database: Database) -> str:
    """Somebody who reads the inbox; answers the token of their session."""
    await db.connect(database.app_url, pool_size=1)
    try:
        async with db.transaction(database.content.merchant):
            now = clock.now()
            reader = await staff.create("reader@bench.test", "Reader", "agent", "a good long password", now)
            return await sessions.start(now, staff_id=reader)
    finally:
        await db.disconnect()


async def _watch(server: Served, session: str) -> list[float]:
    """Seconds of each review until its row is there."""
    seen: list[float] = []
    async with (
        async_playwright() as playwright,
        httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=WITHIN_S) as client,
    ):
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await browser.new_context()
        await context.add_cookies([{"name": STAFF_SESSION, "value": session, "url": server.url}])
        page = await context.new_page()
        await page.goto(f"{server.url}/staff/inbox")
        for n in range(WARM + REVIEWS):
            started = time.perf_counter()
            await _send(client, server.key, n)
            row = page.get_by_role("link", name=f"Visitor {n:03}")
            await row.wait_for(timeout=WITHIN_S * 1000)
            seen.append(time.perf_counter() - started)
        await browser.close()
    return seen[WARM:]


async def _send(client: httpx.AsyncClient, key: str, n: int) -> None:
    review: dict[str, Any] = {
        "source": "first_party",
        "external_id": f"latency-{n}",
        "written_at": clock.now().isoformat(),
        "rating": 1,
        "author": f"Visitor {n:03}",
        "body": f"{TEXT} {n}",
    }
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": str(new_id())}
    answer = await client.post("/v1/reviews", json=review, headers=headers)
    assert answer.is_success, answer.text


def _alone() -> float:
    """Seconds of the model for one such review, in a process that knows it."""
    model = Scorer.load(settings().model_dir)
    taken: list[float] = []
    for n in range(WARM + REVIEWS):
        text = [Text(f"{TEXT} {n}")]
        started = time.perf_counter()
        model.read(text)
        taken.append(time.perf_counter() - started)
    return median(taken[WARM:])
