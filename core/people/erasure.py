"""Erase a person: what identifies them goes at once, the rest of what is theirs by the outbox.

The ledger stays whole: it names members by opaque ids, which nobody can be found by any more. Whom we have
erased is in the table `erasures`, and in a journal outside of the database (core.people.journal), which
`replay` carries out again on a database that was restored from a time before.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal
from uuid import UUID

from core import db, outbox, tenancy
from core.errors import NotFound
from core.ids import new_id
from core.people import customers, journal
from core.people.personal import finding, registry
from core.people.personal.model import WORDS, Person, Place

TOPIC = "person.erase"
SWEEP_EVERY = timedelta(hours=1)

Via = Literal["portal", "staff", "api", "shop", "command", "replay"]

# Asked for twice it is one erasure; what was to be kept goes once they say so.
_ASK = """
INSERT INTO erasures AS e (id, merchant_id, customer_id, via, asked_by, keeps_reviews, asked_at)
VALUES ($1, current_merchant(), $2, $3, $4, $5, $6)
ON CONFLICT (merchant_id, customer_id) DO UPDATE
    SET keeps_reviews = e.keeps_reviews AND excluded.keeps_reviews, done_at = NULL
"""
_DONE = "UPDATE erasures SET done_at = $2 WHERE customer_id = ANY ($1::uuid[]) AND done_at IS NULL"
_KEEPS = "SELECT keeps_reviews FROM erasures WHERE customer_id = $1"
_TOLD_SINCE = """
SELECT c.external_id FROM erasures e JOIN customers c ON c.id = e.customer_id
WHERE e.done_at IS NOT NULL
  AND EXISTS (SELECT FROM events v WHERE v.customer = c.external_id AND v.received_at >= $1)
"""
_ALL = "SELECT customer_id, asked_at, keeps_reviews FROM erasures ORDER BY id"


@dataclass(frozen=True)
class Replayed:
    """What became of the lines of a journal."""

    erased: int
    unknown: int
    """People whom this database does not have."""
    faults: Sequence[int]
    """Numbers of lines that say nothing."""


async def ask(
    customer_id: UUID,
    via: Via,
    now: datetime,
    *,
    asked_by: UUID | None = None,
    keeps_reviews: bool = False,
    since: datetime | None = None,
) -> None:
    """Erase a customer and all who were merged into them, in the open transaction. Raises NotFound.

    From now on nobody signs in or is written to as them; the outbox does the rest. `keeps_reviews`: the
    words of their reviews stay, without a name. `since`: they were gone before now.
    """
    ids = await _ids(customer_id)
    for each in ids:
        await db.execute(_ASK, new_id(), each, via, asked_by, keeps_reviews, now)
    await customers.forget(ids, since or now)
    await outbox.add(TOPIC, {"customer": customer_id}, now)


async def erase(customer_id: UUID, now: datetime, file: Path | None) -> None:
    """Carry an erasure out, in the open transaction; again it changes nothing. Raises NotFound.

    The journal `file` (None: it has this one) knows of it before anything is changed.
    """
    person = await finding.person(customer_id)
    if person is None:
        raise NotFound(f"no customer {customer_id}")
    keeps = bool(await db.fetchval(_KEEPS, customer_id))
    if file is not None:
        lines = [
            journal.Line(merchant=db.merchant_id(), customer=each, at=now, keeps_reviews=keeps)
            for each in person.customers
        ]
        await asyncio.to_thread(journal.append, lines, file)
    for ends in registry.endings():
        await ends(person, now)
    for place in registry.places():
        if place.erased and not (place.wording and keeps):
            await _destroy(place, person)
    await db.execute(_DONE, list(person.customers), now)


async def sweep(now: datetime) -> int:
    """Empty what the shop told lately of people who were erased before; answers of how many people.

    In the open transaction. It looks back over two rounds, so that none is missed.
    """
    words = [row["external_id"] for row in await db.fetch(_TOLD_SINCE, now - 2 * SWEEP_EVERY)]
    if words:
        await db.execute("SELECT erase_history('events', $1)", words)
    return len(words)


async def replay(file: Path, now: datetime) -> Replayed:
    """Erase again whom a journal names, each in a transaction of their own. Raises OSError."""
    lines, faults = await asyncio.to_thread(journal.read, file)
    newest = {(line.merchant, line.customer): line for line in lines}
    merchants = {merchant.id for merchant in await tenancy.merchants()}
    erased = 0
    for line in newest.values():
        if line.merchant in merchants:
            erased += await _again(line, file, now)
    return Replayed(erased, len(newest) - erased, faults)


async def write(file: Path) -> int:
    """Add whom the database knows as erased to a journal; answers how many. Raises OSError."""
    lines: list[journal.Line] = []

    async def of_merchant(merchant: tenancy.Merchant) -> None:
        async with db.transaction(merchant.id):
            rows = await db.fetch(_ALL)
        lines.extend(
            journal.Line(
                merchant=merchant.id,
                customer=row["customer_id"],
                at=row["asked_at"],
                keeps_reviews=row["keeps_reviews"],
            )
            for row in rows
        )

    await tenancy.for_each(of_merchant)
    await asyncio.to_thread(journal.append, lines, file)
    return len(lines)


async def _again(line: journal.Line, file: Path, now: datetime) -> bool:
    """Whether the database has this person; then they are erased, however much was left of them."""
    async with db.transaction(line.merchant):
        ids = await _ids(line.customer, missing_ok=True)
        for each in ids:
            await db.execute(_ASK, new_id(), each, "replay", None, line.keeps_reviews, line.at)
        if ids:
            await customers.forget(ids, line.at)
            await erase(line.customer, now, journal.path() if journal.is_other(file) else None)
    return bool(ids)


async def _ids(customer_id: UUID, missing_ok: bool = False) -> list[UUID]:
    rows = await db.fetch(finding.CUSTOMERS, customer_id)
    if not rows and not missing_ok:
        raise NotFound(f"no customer {customer_id}")
    return [row["id"] for row in rows]


async def _destroy(place: Place, person: Person) -> None:
    whose = [str(each) for each in person.of(place)]
    if not whose:
        return
    if place.history:
        await db.execute("SELECT erase_history($1, $2)", place.table, whose)
        return
    where = f"{place.by} = ANY ($1::text[]{'' if place.whose in WORDS else '::uuid[]'})"
    if isinstance(place.erased, str):
        await db.execute(f"DELETE FROM {place.table} WHERE {where}", whose)
        return
    becomes = ", ".join(f"{column} = {value}" for column, value in place.erased.items())
    await db.execute(f"UPDATE {place.table} SET {becomes} WHERE {where}", whose)
