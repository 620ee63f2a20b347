"""`regulars reviews recount`"""

import click

from core import db, tenancy
from reviews.ratings import service as ratings


async def recount_all() -> int:
    """Compare the kept counts of every merchant with a recount; answers the exit code."""
    faults = 0
    for merchant in await tenancy.merchants():
        async with db.transaction(merchant.id):
            found = await ratings.differences()
            published = await ratings.published()
        faults += len(found)
        click.echo(f"{merchant.code}: {published} published reviews, {len(found)} counts differ")
        for each in found:
            where = " ".join(filter(None, (each.scope, each.key, each.source, each.period)))
            click.echo(f"  {where} {each.starts}: {each.kept or 0} kept, {each.counted or 0} counted")
    return 1 if faults else 0
