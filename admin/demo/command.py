"""`regulars demo`: everything on this machine, with a shop to look at; or the main job once."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import asyncpg
import httpx
from asyncpg.exceptions import InterfaceError, PostgresError
from redis.asyncio import Redis
from redis.exceptions import RedisError
from rich.console import Console

from admin.commands.progress import bar
from admin.demo import desk, forms, history, main_job, parcels, past
from admin.demo import shop as shops
from admin.demo.report import Report
from admin.demo.shop import SEED, STAFF, Shop
from admin.demo.story import Story, build_story
from admin.installation import installation
from core import clock, db
from core.embedded import ChildGaveUp, Supervisor, interruptible
from core.migrate import migrate
from core.outbox.store import LAG
from core.settings import Settings, settings
from reviews.scoring import service as scoring

READY_WITHIN_S = 60
WATCH_EVERY_S = 5
SETTLED_WITHIN_S = 1800


def run_demo(members: int) -> int:
    """Stay up until Ctrl-C; a restart goes on with the same shop."""
    console = Console()
    with interruptible():
        try:
            with _running(settings().data_dir / "demo", console) as (installed, children):
                shop = asyncio.run(_prepare(installed))
                _start(children, installed, console)
                _explain(console, installed, shop)
                asyncio.run(_fill(installed, shop, members, console))
                console.print("Everything is loaded. [bold]Ctrl-C[/] ends the demo.")
                _watch(children, installed)
        except KeyboardInterrupt:
            console.print("Ended; nothing is left running.")
        except (OSError, PostgresError, InterfaceError, RedisError) as error:
            console.print(f"[red]PostgreSQL or Valkey has ended: {error}[/]")
            console.print("Start the demo again: it goes on with the same shop.")
            return 1
        except ChildGaveUp as error:
            console.print(f"[red]{error}[/]")
            return 1
    return 0


def run_once(members: int) -> int:
    """From an empty database to the table; 0 only if everything holds."""
    console = Console()
    folder = settings().data_dir / f"once-{clock.now():%Y%m%d-%H%M%S}"
    report = Report(console)
    with interruptible():
        try:
            with ExitStack() as stack:
                with report.step("servers and migrations"):
                    installed, children = stack.enter_context(_running(folder, console))
                with report.step("pages answer"):
                    shop = asyncio.run(_prepare(installed))
                    _start(children, installed, console)
                asyncio.run(_once(installed, shop, members, report))
        except (KeyboardInterrupt, ChildGaveUp) as error:
            console.print(f"[red]Ended early: {error or 'interrupted'}[/]")
            return 1
    report.show()
    console.print(f"Everything that was written is in {folder}")
    return 0 if report.holds else 1


def _watch(children: Supervisor, installed: Settings) -> None:
    """Until Ctrl-C. Raises ChildGaveUp, or what tells that a server has ended."""
    while True:
        children.wait(WATCH_EVERY_S)
        asyncio.run(_answer(installed))


async def _answer(installed: Settings) -> None:
    connection = await asyncpg.connect(installed.database_url, timeout=10)
    await connection.close()
    async with Redis.from_url(installed.valkey_url) as valkey:
        await valkey.ping()


@contextmanager
def _running(folder: Path, console: Console) -> Iterator[tuple[Settings, Supervisor]]:
    """Servers and a migrated database, with nobody working on it yet."""
    os.environ["REGULARS_DATA_DIR"] = str(folder.absolute())
    os.environ["REGULARS_DEMO"] = "true"
    wanted = settings().port
    port = _free_port(wanted)
    if port != wanted:
        console.print(f"Port {wanted} is taken by somebody else: this demo answers on {port}.")
    os.environ["REGULARS_PORT"] = str(port)
    os.environ["REGULARS_PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    settings.cache_clear()
    console.print(f"Starting PostgreSQL and Valkey in {folder} …")
    with installation() as installed:
        asyncio.run(migrate(installed.database_admin_url, installed.database_url))
        with Supervisor(installed.data_dir / "logs") as children:
            yield installed, children


def _free_port(wanted: int) -> int:
    """The wanted port, or any other if that is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port")


async def _prepare(installed: Settings) -> Shop:
    """The shop of an earlier start, or a new one."""
    kept = shops.kept(installed.data_dir)
    if kept:
        return kept
    await db.connect(installed.database_url, 2)
    try:
        shop = await shops.create(clock.now())
    finally:
        await db.disconnect()
    shops.keep(shop, installed.data_dir)
    return shop


def _start(children: Supervisor, installed: Settings, console: Console) -> None:
    """API, workers and scheduler, each in a process; returns when pages answer."""
    command = [sys.executable, "-m", "admin.cli"]
    children.start("api", [*command, "serve"])
    children.start("scheduler", [*command, "scheduler"])
    children.start("worker", [*command, "worker", "--queues", "events", "--concurrency", "1"])
    children.start("worker-scoring", [*command, "worker", "--queues", "scoring", "--concurrency", "1"])
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{installed.public_url}/health/ready", timeout=2, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    console.print(f"[red]Pages do not answer; see {installed.data_dir / 'logs'}[/]")
    raise KeyboardInterrupt


def _explain(console: Console, installed: Settings, shop: Shop) -> None:
    """Addresses, passwords, what to click."""
    url = installed.public_url
    console.rule("[bold]Regulars is running[/]")
    console.print(f"Inbox and studio    {url}/staff/sign-in")
    for name, role, email, _, _ in STAFF:
        console.print(f"  {role.replace('_', ' '):<18}{email:<24}{shop.passwords[email]}   ({name})")
    console.print(f"Customer's portal   {url}/portal/sign-in   the address to use is on {url}/staff/demo")
    console.print(f"Outgoing mail       {url}/staff/mails   (sign in as owner or community manager)")
    console.print(f"API key             {shop.api_key}")
    console.print(f"API description     {url}/openapi.json")
    console.print("\nWhat to click: sign in as community manager, open the first case, reply, give goodwill;")
    console.print("sign in as marketer, Studio, Tiers: move a threshold, look who moves, publish.\n")


async def _fill(installed: Settings, shop: Shop, members: int, console: Console) -> None:
    """Tell the story, whatever of it is missing: an earlier start may have been interrupted anywhere."""
    worked = installed.data_dir / "cases-worked-on"
    await db.connect(installed.database_url, 4)
    try:
        story = build_story(SEED, shop.began_at, members)
        with bar("Purchase histories ") as advance:
            await history.load_events(shop, story, shop.began_at, advance)
        await history.redeem(shop, shop.began_at)
        await past.relive(shop, story)
        with bar("Reviews            ") as advance:
            await history.load_reviews(shop, story, advance)
        with bar("Scored by the model") as advance:
            await _scored(shop, advance)
        if not worked.exists():
            await desk.work(shop.merchant_id)
            await parcels.arrive(shop.merchant_id, shop.began_at)
            await forms.fill_in(shop.merchant_id, shop.began_at)
            worked.touch()
        await history.add_up(shop)
    finally:
        await db.disconnect()


async def _scored(shop: Shop, advance: object) -> scoring.Progress:
    """Wait until everything is scored, showing how far it is."""
    while True:
        async with db.transaction(shop.merchant_id):
            progress = await scoring.progress()
        advance(progress.scored, progress.total)  # type: ignore[operator]
        if progress.scored >= progress.total:
            return progress
        await asyncio.sleep(0.5)


async def _once(installed: Settings, shop: Shop, members: int, report: Report) -> None:
    await db.connect(installed.database_url, 4)
    try:
        with report.step("story told"):
            story = build_story(SEED, shop.began_at, members)
        await _history_once(shop, story, report)
        await main_job.run(installed, shop, report)
        with report.step("outbox empty"):
            await _settled(clock.now())
        await main_job.audit(shop, story, report)
    finally:
        await db.disconnect()


async def _history_once(shop: Shop, story: Story, report: Report) -> None:
    with report.step("events in"), bar("Purchase histories ") as advance:
        statuses = await history.load_events(shop, story, shop.began_at, advance)
    report.figure("events in", statuses.total())
    report.check("every event applied once", set(statuses) == {"applied"})
    with report.step("rewards redeemed"):
        await history.redeem(shop, shop.began_at)
    with report.step("cases of the months before"):
        report.figure("cases before", await past.relive(shop, story))
    with report.step("reviews in"), bar("Reviews            ") as advance:
        await history.load_reviews(shop, story, advance)
    with report.step("reviews scored"), bar("Scored by the model") as advance:
        await _scored(shop, advance)
    with report.step("cases worked on"):
        await desk.work(shop.merchant_id)
    with report.step("forms filled in"):
        report.figure("reviews by form", await forms.fill_in(shop.merchant_id, shop.began_at))
    await history.add_up(shop)


async def _settled(began_at: datetime) -> None:
    """Wait until the outbox is empty."""
    while True:
        async with db.transaction(None):
            row = await db.fetchrow(LAG, clock.now())
        if row is None or row["waiting"] + row["retrying"] + row["delayed"] == 0:
            return
        if (clock.now() - began_at).total_seconds() > SETTLED_WITHIN_S:
            raise TimeoutError("work is still waiting in the outbox")
        await asyncio.sleep(0.3)
