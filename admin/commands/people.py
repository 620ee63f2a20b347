"""`regulars person …`, `regulars erasures …`"""

from pathlib import Path

import click

from admin.commands.whose import merchant as whose
from core import clock, db
from core.errors import NotFound
from core.people import erasure, journal
from core.people import export as exports
from core.people.personal import finding


async def export(merchant: str | None, customer: str, file: Path) -> None:
    """Everything that is kept of a customer, as one moment has it."""
    found = await whose(merchant)
    async with db.transaction(found.id):
        customer_id = await finding.customer(customer)
        if customer_id is None:
            raise NotFound(f"no customer {customer}")
        size = await exports.write_to(customer_id, file, clock.now())
    click.echo(f"{file}: {size} bytes")


async def erase(merchant: str | None, customer: str, keep_reviews: bool) -> None:
    """Erase a customer here and now; no worker need run."""
    found, now = await whose(merchant), clock.now()
    async with db.transaction(found.id):
        customer_id = await finding.customer(customer)
        if customer_id is None:
            raise NotFound(f"no customer {customer}")
        await erasure.ask(customer_id, "command", now, keeps_reviews=keep_reviews)
        await erasure.erase(customer_id, now, journal.path())
    click.echo(f"erased; the journal is {journal.path()}")


async def replay(file: Path) -> int:
    """Erase again whom a journal names; answers the exit code."""
    done = await erasure.replay(file, clock.now())
    click.echo(f"{done.erased} erased, {done.unknown} not in this database")
    for number in done.faults:
        click.echo(f"line {number} is no erasure")
    return 1 if done.faults else 0


async def write(file: Path) -> None:
    """Add whom the database knows as erased to a journal."""
    click.echo(f"{file}: {await erasure.write(file)} erasures")
