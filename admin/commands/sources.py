"""`regulars reviews accounts …`"""

import os
import sys
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import click
from rich.console import Console
from rich.table import Table

from admin.commands import whose
from admin.commands.progress import bar
from core import clock, db
from reviews.accounts import health, service
from reviews.accounts import sync as reading
from reviews.accounts.health import Health
from reviews.connectors.registry import about

ENVIRONMENT = "REGULARS_SOURCE_"
TURN = timedelta(seconds=1)
"""The bar moves that often."""


def filled(source: str, given: Mapping[str, str], stdin: bool) -> dict[str, str]:
    """What was given, with secrets from the environment and standard input.

    Raises click.UsageError for a secret on the command line, core.errors.NotFound for an unknown source.
    """
    fields = about(source).fields
    secrets = {field.name for field in fields if field.secret}
    if named := sorted(secrets & set(given)):
        raise click.UsageError(f"{named[0]} is a secret: give it with --stdin or as {_variable(named[0])}")
    found = {
        field.name: os.environ[_variable(field.name)]
        for field in fields
        if _variable(field.name) in os.environ
    }
    lines = [line.strip() for line in sys.stdin] if stdin else []
    if any("=" not in line for line in lines if line):
        raise click.UsageError("standard input has a line that is not of the form FIELD=VALUE")
    return found | dict(given) | dict(line.split("=", 1) for line in lines if line)


def _variable(field: str) -> str:
    return ENVIRONMENT + field.upper()


async def add(merchant: str | None, source: str, name: str, given: Mapping[str, str]) -> None:
    """Connect an account."""
    async with db.transaction((await whose.merchant(merchant)).id):
        account_id = await service.connect(source, name, given, clock.now())
    click.echo(f"account {account_id}")


async def show(merchant: str | None) -> None:
    """One line an account."""
    now = clock.now()
    async with db.transaction((await whose.merchant(merchant)).id):
        found = await health.of(await service.every(), now)
    table = Table(
        "account", "source", "name", "state", "reviews", "last reading", "next", "calls left", "problem"
    )
    table.columns[0].min_width = len(str(UUID(int=0)))  # it is copied from here
    for each in found:
        table.add_row(*_row(each))
    Console(width=max(Console().width, 160)).print(table)


def _row(found: Health) -> tuple[str, ...]:
    account, quota = found.account, found.quota
    return (
        *(str(account.id), account.source, account.name, account.state, str(found.reviews)),
        f"{account.synced_at:%Y-%m-%d %H:%M}" if account.synced_at else "never",
        f"{account.next_at:%Y-%m-%d %H:%M}",
        f"{quota.left} of {quota.calls} in {quota.window_s} s" if quota else "?",
        f"{account.problem}: {account.problem_detail}" if account.problem else "",
    )


async def sync(merchant: str | None, account_id: UUID, full: bool, accept_removals: bool) -> None:
    """Read an account to the end of its pass. Raises click.ClickException where that cannot be."""
    owner = await whose.merchant(merchant)
    async with db.transaction(owner.id):
        await service.ask(account_id, clock.now(), full, accept_removals)
    with bar("Reading") as advance:
        while not await _turn(owner.id, account_id):
            latest = await _latest(owner.id, account_id)
            running = latest.running
            if running:
                advance(running.seen, max(running.total or 0, running.seen))
    latest = await _latest(owner.id, account_id)
    if latest.account.problem:
        raise click.ClickException(f"{latest.account.problem}: {latest.account.problem_detail}")
    done = latest.passes[0]
    click.echo(
        f"{done.mode}: {done.seen} seen, {done.new} new, {done.changed} changed, {done.removed} removed,"
        f" {done.rejected} rejected"
    )


async def _turn(merchant_id: UUID, account_id: UUID) -> bool:
    now = clock.now()
    claimed = await reading.claim(merchant_id, now, account_id)
    if claimed is None:
        raise click.ClickException("a worker is reading this account already; look again with `list`")
    return await reading.read(claimed, now + TURN)


async def _latest(merchant_id: UUID, account_id: UUID) -> Health:
    async with db.transaction(merchant_id):
        [found] = await health.of([await service.find(account_id)], clock.now())
    return found


async def remove(merchant: str | None, account_id: UUID) -> None:
    """Disconnect an account."""
    async with db.transaction((await whose.merchant(merchant)).id):
        await service.disconnect(account_id)
    click.echo("disconnected; its reviews stay")
