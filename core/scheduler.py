"""The scheduler process: the outbox relay, and the tasks that run every so often. Several may run."""

import asyncio
import signal

import structlog

from core import clock, health, logs
from core.broker import Broker, BrokerAway
from core.celery_app import PERIODIC, Periodic, app
from core.outbox.relay import LEASE_S, Relay
from core.settings import settings
from core.telemetry import shelf

TICK_S = 1.0

log = structlog.get_logger(__name__)


def run_scheduler(lease_s: float = LEASE_S) -> int:
    """Relay and schedule until TERM or INT; answers the exit code."""
    logs.configure(settings().log_level, settings().log_format)
    shelf.begin("scheduler")
    app.loader.import_default_modules()
    asyncio.run(_run(lease_s))
    return 0


async def _run(lease_s: float) -> None:
    broker = Broker(app, app.conf.broker_url)
    relay = Relay(settings().database_url, broker, lease_s=lease_s, alive=lambda: health.beat("scheduler"))
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(relay.run())
            ticking = group.create_task(_tick(broker))

            def stop() -> None:
                relay.stop()
                ticking.cancel()

            for each in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(each, stop)
    finally:
        health.rest("scheduler")
        await broker.close()
    log.info("scheduler ended")


async def _tick(broker: Broker) -> None:
    sent: dict[str, int] = {}
    while True:
        try:
            for entry in PERIODIC:
                await _send_once(broker, entry, sent)
        except BrokerAway as error:
            # Once a tick: the others would not get there, either.
            log.warning("scheduler cannot reach Valkey", error=str(error))
        await asyncio.sleep(TICK_S)


async def _send_once(broker: Broker, entry: Periodic, sent: dict[str, int]) -> None:
    """Send a task when a new stretch of its time has begun and no other scheduler has sent it.

    After a pause of any length it runs at once: a daily task survives daily restarts.
    """
    stretch = int(clock.now().timestamp() // entry.every_s)
    if sent.get(entry.name) == stretch:
        return
    key = f"regulars:periodic:{entry.name}:{stretch}"
    if await broker.first(key, ttl_s=2 * entry.every_s):
        try:
            await broker.send(entry.task, [], entry.queue, expires_s=entry.every_s)
        except BrokerAway:
            await broker.forget(key)
            raise
    sent[entry.name] = stretch
