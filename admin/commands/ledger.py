"""`regulars ledger …`"""

import click

from core import clock, db, tenancy
from loyalty.ledger import reading
from loyalty.liability import service as liability


async def verify_all() -> int:
    """Check the ledger of every merchant; answers the exit code."""
    faults, now = 0, clock.now()
    for merchant in await tenancy.merchants():
        async with db.transaction(merchant.id):
            found = await reading.check()
            total = await reading.sum_of_all_sides()
            months = await liability.check()
            tampered = await reading.verify()
            wrong = len(found) + (total != 0) + len(months) + len(tampered)
            await reading.note_check(wrong, now)
        faults += wrong
        found += [(f"posting {each.seq} is not as it was written", each.journal_id) for each in tampered]
        click.echo(f"{merchant.code}: sum {total}, {len(found)} faults")
        for fault, subject in found:
            click.echo(f"  {fault}: {subject}")
        for month in months:
            click.echo(f"  a closed month differs from the ledger: {month:%Y-%m}")
    return 1 if faults else 0
