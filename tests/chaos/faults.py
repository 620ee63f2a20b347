"""What goes wrong, at random points that a seed decides; and how long it takes until all is well again."""

import asyncio
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
from asyncpg.exceptions import InterfaceError, InternalClientError, PostgresError

from tests.chaos.installation import Installation, is_ready, until

TARGETS = {
    "api1": 3,
    "api2": 3,
    "worker-events": 3,
    "worker-scoring": 3,
    "relay1": 2,
    "relay2": 2,
    "postgres": 3,
    "valkey": 3,
}
"""How often each is killed, by weight."""
WRONG_BY_S = 60.0
"""A clock jumps by at most so much, forth or back."""
LOOK_EVERY_S = 0.5
WITHIN_S = 600.0
"""Longer than any recovery: the end of a round says what did not come right."""
WAITING = "SELECT id FROM outbox WHERE parked_at IS NULL AND available_at <= now()"
PRESENT = "SELECT id FROM outbox WHERE parked_at IS NULL AND id = ANY ($1::uuid[])"
CUT_IN_DATABASE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE usename = 'regulars_app' AND hashint4(pid + $1::int) % 3 = 0
"""


@dataclass
class Done:
    """What was done to the installation."""

    kills: Counter[str] = field(default_factory=Counter)
    cuts: int = 0
    clock_jumps: int = 0
    recovery_s: dict[str, list[float]] = field(default_factory=dict)
    """By target, for each kill: API and servers until every request is answered, others until the work that
    waited at the kill is done."""


class Faults:
    """Decides, does, and watches the recovery."""

    def __init__(self, installation: Installation, chance: random.Random) -> None:
        self.done = Done()
        self._installation, self._chance = installation, chance
        self._watching: set[asyncio.Task[None]] = set()

    async def round(self, kills: int, seconds: float) -> None:
        """So many kills in about so many seconds, with cuts and clock jumps between them."""
        until_kills = self.done.kills.total() + kills
        while self.done.kills.total() < until_kills:
            await asyncio.sleep(self._chance.expovariate(kills / seconds))
            [target] = self._chance.choices(list(TARGETS), list(TARGETS.values()))
            if self._chance.random() < 0.3:
                await self._cut()
            if self._chance.random() < 0.3:
                self._jump()
            await self._kill(target)

    def calm(self) -> None:
        """Clocks are right again."""
        for name in self._installation.with_clocks:
            self._installation.set_clock(name, 0.0)

    async def recovered(self) -> None:
        """All that was killed does its work again."""
        await asyncio.gather(*self._watching)

    async def _kill(self, target: str) -> None:
        waiting = set() if target in self._installation.api else await self._ids(WAITING)
        if not self._installation.parts[target].kill(self._chance):
            return
        self.done.kills[target.rstrip("12")] += 1
        task = asyncio.create_task(self._watch(target, waiting, time.monotonic()))
        self._watching.add(task)
        task.add_done_callback(self._watching.discard)

    async def _watch(self, target: str, waiting: set[UUID], since: float) -> None:
        if target in self._installation.api:
            await until(lambda: is_ready(self._installation.api[target]), WITHIN_S, LOOK_EVERY_S)
        elif target in ("postgres", "valkey"):
            await until(self._installation.ready, WITHIN_S, LOOK_EVERY_S)
        else:
            while waiting:
                await asyncio.sleep(LOOK_EVERY_S)
                waiting = await self._ids(PRESENT, list(waiting), unknown=waiting)
        self.done.recovery_s.setdefault(target.rstrip("12"), []).append(time.monotonic() - since)

    async def _cut(self) -> None:
        """Connections break: at a proxy, in the middle of whatever flows, or by the server's hand."""
        self.done.cuts += 1
        where = self._chance.choice(("database", "valkey", "server"))
        if where == "server":
            await self._ids(CUT_IN_DATABASE, self._chance.randint(0, 1000), unknown=set())
        else:
            proxy = self._installation.to_database if where == "database" else self._installation.to_valkey
            proxy.cut(self._chance, self._chance.uniform(0.2, 1.0))

    def _jump(self) -> None:
        self.done.clock_jumps += 1
        name = self._chance.choice(self._installation.with_clocks)
        self._installation.set_clock(name, self._chance.uniform(-WRONG_BY_S, WRONG_BY_S))

    async def _ids(self, sql: str, *args: object, unknown: set[UUID] | None = None) -> set[UUID]:
        """The first column; `unknown` when the database is away."""
        with suppress(OSError, PostgresError, InterfaceError, InternalClientError, TimeoutError):
            connection = await asyncpg.connect(self._installation.admin_url, timeout=5)
            try:
                return {row[0] for row in await connection.fetch(sql, *args)}
            finally:
                await connection.close()
        return unknown or set()
