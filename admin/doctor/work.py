"""Does the work go on: processes, what waits, what is parked, and mails."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from email.utils import parseaddr
from typing import Any

import asyncpg
from asyncpg.exceptions import PostgresError
from celery import Celery

from admin.doctor.report import Finding, ok, problem, warning
from core import clock, health
from core.celery_app import broker_url
from core.mail.smtp import Server
from core.outbox.registry import QUEUES
from core.outbox.relay import APPLICATION_NAME
from core.outbox.store import LAG
from core.settings import Settings

LATE_S = 120.0
PING_TIMEOUT_S = 2.0


async def look(settings: Settings, valkey_answers: bool) -> AsyncIterator[Finding]:
    """All of it; what needs a server that is away is left out, since that was said before."""
    yield await _api(settings)
    if valkey_answers:
        for finding in await asyncio.to_thread(_workers, settings):
            yield finding
    try:
        connection = await asyncpg.connect(settings.database_url, timeout=10)
    except (OSError, TimeoutError, PostgresError, ValueError):
        connection = None
    if connection:
        try:
            yield await _scheduler(connection)
            yield await _outbox(connection)
            yield await _parked(connection)
        finally:
            await connection.close()
    yield await asyncio.to_thread(_mail, settings)


async def _api(settings: Settings) -> Finding:
    url = f"http://127.0.0.1:{settings.port}/health/ready"
    if await health.api_ready(url):
        return ok("api", f"answers on port {settings.port} of this machine")
    return warning(
        "api", f"{url} does not answer", "Start `regulars serve`, unless it runs on other machines only."
    )


def _workers(settings: Settings) -> list[Finding]:
    """Asked through Valkey, so that workers of all machines answer. Their names begin with their queues."""
    asking = Celery(broker=broker_url(settings.valkey_url), set_as_current=False)
    try:
        replies: list[dict[str, Any]] = asking.control.ping(timeout=PING_TIMEOUT_S)
    finally:
        asking.close()
    names = [name for reply in replies for name in reply]
    return [
        _worker(queue, sum(queue in name.partition("@")[0].split("-") for name in names)) for queue in QUEUES
    ]


def _worker(queue: str, count: int) -> Finding:
    if count:
        return ok(f"worker_{queue}", f"{count} workers answer")
    return problem(
        f"worker_{queue}",
        f"no worker of the queue {queue} answers: its work waits",
        f"Start `regulars worker --queues {queue}`. One that is busy for long may answer late.",
    )


async def _scheduler(connection: asyncpg.Connection) -> Finding:
    relays = await connection.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()",
        APPLICATION_NAME,
    )
    if not relays:
        return problem(
            "scheduler",
            "no relay is connected to the database: nothing leaves the outbox",
            "Start `regulars scheduler`.",
        )
    return ok("scheduler", f"{relays} connected")


async def _outbox(connection: asyncpg.Connection) -> Finding:
    lag = await _lag(connection)
    if lag is None:
        return problem("outbox", "it cannot be asked", "Run `regulars migrate`.")
    said = f"{lag['waiting']} rows wait, the oldest for {lag['oldest_s']:.0f} s"
    if lag["oldest_s"] > LATE_S:
        return warning("outbox", said, "See docs/incidents.md, “Work is late”.")
    return ok("outbox", said)


async def _parked(connection: asyncpg.Connection) -> Finding:
    lag = await _lag(connection)
    if lag and lag["parked"]:
        return problem(
            "parked",
            f"{lag['parked']} pieces of work failed for good and wait for somebody",
            "See docs/incidents.md, “Work is parked”: its error is on /staff/parked.",
        )
    return ok("parked", "no work is parked")


async def _lag(connection: asyncpg.Connection) -> asyncpg.Record | None:
    try:
        return await connection.fetchrow(LAG, clock.now())
    except PostgresError:
        return None


def _mail(settings: Settings) -> Finding:
    if not settings.smtp_url:
        return warning(
            "mail",
            "no mail server is set: mails are only kept, and nobody can sign in by mail",
            "Set REGULARS_SMTP_URL and REGULARS_MAIL_FROM.",
        )
    address = parseaddr(settings.mail_from)[1]
    if "@" not in address or address.endswith("@localhost"):
        return problem(
            "mail",
            f"{settings.mail_from!r} is no address for a sender",
            "Set REGULARS_MAIL_FROM to one of yours.",
        )
    try:
        with Server.from_url(settings.smtp_url).connect() as client:
            client.noop()
    except (OSError, ValueError, smtplib.SMTPException) as error:
        return problem(
            "mail",
            f"the mail server cannot be used: {error}",
            "Correct REGULARS_SMTP_URL, or mend the server.",
        )
    return ok("mail", f"the mail server answers, as {address}")
