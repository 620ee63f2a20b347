"""`python -m tests.chaos`: kills everything again and again under load, and checks that nothing is lost.

Ends by itself. Writes chaos.json; the database that was checked stays in the folder, with the journal of the
clients (clients.jsonl) and the logs of all processes.
"""

import argparse
import asyncio
import random
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import asyncpg
from asyncpg.exceptions import PostgresError

from core.embedded import Services, services
from core.settings import Settings
from tests.chaos import report
from tests.chaos import shop as shops
from tests.chaos.clients import Asking, Shopper
from tests.chaos.faults import Faults
from tests.chaos.installation import Installation, until
from tests.chaos.journal import Journal
from tests.chaos.people import Person
from tests.chaos.shop import STOCKED, Shop
from tests.chaos.verifier import Finding, verify

SHOPPERS, PEOPLE = 12, 2
ROUND_S, KILLS = 75.0, 36
REST_S = 75.0
"""What a round takes besides: quiet, and the check."""
ANSWERED_WITHIN_S, QUIET_WITHIN_S, HASTEN_AFTER_S = 90.0, 150.0, 15.0
# What is due soon, or as soon as a clock says that had jumped; and what somebody has taken: if they were
# killed, it is due again when their lease ends. Only what was meant for much later is left alone.
LEFT = """
    SELECT count(*) FROM outbox
    WHERE parked_at IS NULL
      AND (available_at <= now() + interval '75 s' OR attempts > 0 OR available_at > created_at)
"""
# What failed waits for up to an hour; nobody who waits for the end of a run wants to.
HASTEN = (
    "UPDATE outbox SET available_at = now() WHERE parked_at IS NULL AND attempts > 0 AND available_at > now()"
)
PARKED = "SELECT count(*) FROM outbox WHERE parked_at IS NOT NULL"


class Run:
    """One run, of several rounds: load and faults, quiet, check."""

    def __init__(self, installation: Installation, shop: Shop, seed: int) -> None:
        self.installation, self.shop = installation, shop
        self.journal = Journal(installation.folder / "clients.jsonl")
        self.faults = Faults(installation, random.Random(seed))
        urls = list(installation.api.values())
        self._asking = [
            Asking(urls, self.journal, random.Random(f"{seed} {number}"))
            for number in range(SHOPPERS + PEOPLE)
        ]
        self._load: list[Shopper | Person] = [
            *(Shopper(number, asking, shop.api_key) for number, asking in enumerate(self._asking[PEOPLE:])),
            *(Person(number, self._asking[number], token) for number, token in enumerate(shop.sessions)),
        ]
        self.found: list[Finding] = []
        self.rounds = self.parked = 0

    async def round(self, seconds: float) -> None:
        """Load and faults for so long; then everything has to come right."""
        stop = asyncio.Event()
        clients = [asyncio.create_task(each.run(stop)) for each in self._load]
        try:
            await self.faults.round(round(KILLS * seconds / ROUND_S), seconds)
            self.faults.calm()
            stop.set()
            async with asyncio.timeout(ANSWERED_WITHIN_S):
                await asyncio.gather(*clients)
        except TimeoutError:
            self.found.append(Finding("stuck", "requests without an answer", str(self.journal.open)))
        finally:
            for client in clients:
                client.cancel()
        await self._check()
        self.rounds += 1

    async def close(self) -> None:
        """Close the clients."""
        for each in self._asking:
            await each.close()
        self.journal.close()

    async def _check(self) -> None:
        connection = await self._connected()
        try:
            await self._quiet(connection)
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                self.found += await verify(connection, UUID(self.shop.merchant), self.journal.said, STOCKED)
            self.parked = await connection.fetchval(PARKED)
        finally:
            await connection.close()

    async def _quiet(self, connection: asyncpg.Connection) -> None:
        """Until no work is left; the verifier says what is, if this takes too long."""
        since = time.monotonic()

        async def over() -> bool:
            if time.monotonic() - since > HASTEN_AFTER_S:
                await connection.execute(HASTEN)
            return not await connection.fetchval(LEFT)

        try:
            async with asyncio.timeout(QUIET_WITHIN_S):
                await until(self.installation.ready, QUIET_WITHIN_S)
                await until(over, QUIET_WITHIN_S, every_s=1.0)
                await self.faults.recovered()
        except TimeoutError:
            self.found.append(Finding("stuck", "no quiet", f"after {QUIET_WITHIN_S:.0f} s"))

    async def _connected(self) -> asyncpg.Connection:
        async def answers() -> bool:
            try:
                self._connection = await asyncpg.connect(self.installation.admin_url, timeout=5)
            except (OSError, PostgresError, TimeoutError):
                return False
            return True

        await until(answers, 60)
        return self._connection


async def rounds(folder: Path, given: Services, shop: Shop, seed: int, seconds: float) -> dict[str, object]:
    """Rounds until the time is over; at least one."""
    began = time.monotonic()
    async with Installation(folder, given) as installation:
        run = Run(installation, shop, seed)
        try:
            while not run.found:
                left = seconds - (time.monotonic() - began)
                if run.rounds and left < ROUND_S / 2 + REST_S:
                    break
                await run.round(min(ROUND_S, max(10.0, left - REST_S)))
                print(
                    f"round {run.rounds}: {run.faults.done.kills.total()} kills,"
                    f" {len(run.journal.said)} requests acknowledged, {len(run.found)} findings",
                    flush=True,
                )
        finally:
            await run.close()
    took = time.monotonic() - began
    return report.figures(seed, took, run.rounds, run.faults.done, run.journal, run.found, run.parked)


def prepare(folder: Path) -> tuple[Services, Shop]:
    """An empty folder with a database in which a shop has opened; its servers have ended."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    empty = Settings(data_dir=folder, database_url="", database_admin_url="", valkey_url="")
    with services(empty) as running:
        shop = asyncio.run(shops.prepare(running, PEOPLE))
    shop.write(folder / "shop.json")
    return running, shop


def main(arguments: Sequence[str]) -> int:
    """0: nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=1140, help="about so long in all (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--folder", type=Path, default=Path("var/chaos"), help="is emptied first")
    parser.add_argument("--out", type=Path, default=Path("chaos.json"))
    asked = parser.parse_args(arguments)
    print(f"seed {asked.seed}, {asked.seconds:.0f} s, folder {asked.folder}", flush=True)
    began = time.monotonic()
    given, shop = prepare(asked.folder.absolute())
    left = asked.seconds - (time.monotonic() - began)
    what = asyncio.run(rounds(asked.folder.absolute(), given, shop, asked.seed, left))
    report.write(asked.out, what)
    print(report.said(what))
    return 1 if what["findings"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
