"""`regulars ledger …`"""

import click

from core import db, tenancy
from loyalty.ledger import queries


async def verify_all() -> int:
    """Check the ledger of every merchant; answers the exit code."""
    faults = 0
    for merchant in await tenancy.merchants():
        async with db.transaction(merchant.id):
            found = await queries.check()
            total = await queries.sum_of_all_sides()
        faults += len(found) + (total != 0)
        click.echo(f"{merchant.code}: sum {total}, {len(found)} faults")
        for fault, subject in found:
            click.echo(f"  {fault}: {subject}")
    return 1 if faults else 0
