"""`regulars secrets …`"""

import click

from core import db, resealing, tenancy
from core.people import webhooks


async def reseal() -> int:
    """Seal everything with the first key, and say what was done; answers the exit code."""
    total, lost = await _from_before(), 0
    async for done in resealing.reseal():
        if done.sealed:
            click.echo(f"{done.column}: {done.sealed} sealed anew")
        for key in done.lost:
            click.echo(f"{done.column} of {key}: none of the keys opens it; it has to be made again")
        total, lost = total + done.sealed, lost + len(done.lost)
    click.echo(f"{total} sealed anew, {lost} lost; nothing that can be read needs another key than the first")
    return 1 if lost else 0


async def _from_before() -> int:
    """What was stored before it was sealed at all."""
    sealed = 0
    for merchant in await tenancy.merchants():
        async with db.transaction(merchant.id):
            sealed += await webhooks.seal_what_is_in_clear()
    return sealed
