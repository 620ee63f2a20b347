"""`regulars reviews accounts`: accounts at review sources."""

from uuid import UUID

import click

from admin.commands import sources as commands
from admin.installation import installation, run

MERCHANT = click.option("--merchant", help="Code of the merchant; not needed while there is only one.")


@click.group()
def accounts() -> None:
    """Accounts at review sources: connect, read, disconnect."""


def _pairs(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    if bad := next((value for value in values if "=" not in value), None):
        raise click.BadParameter(f"'{bad}' is not of the form FIELD=VALUE.")
    return dict(value.split("=", 1) for value in values)


@accounts.command()
@click.argument("source")
@click.option("--name", default="", help="As your team calls it.")
@click.option(
    "--set", "given", multiple=True, callback=_pairs, metavar="FIELD=VALUE", help="What is no secret."
)
@click.option("--stdin", is_flag=True, help="Read secrets as lines FIELD=VALUE from standard input.")
@MERCHANT
def add(source: str, name: str, given: dict[str, str], stdin: bool, merchant: str | None) -> None:
    """Connect an account of SOURCE, or connect it anew.

    Secrets never stand on the command line: they come from standard input, or from the environment as
    REGULARS_SOURCE_<FIELD>, such as REGULARS_SOURCE_CLIENT_SECRET.
    """
    with installation():
        run(commands.add, merchant, source, name, commands.filled(source, given, stdin))


@accounts.command("list")
@MERCHANT
def show(merchant: str | None) -> None:
    """How each account is doing."""
    with installation():
        run(commands.show, merchant)


@accounts.command()
@click.argument("account", type=click.UUID)
@click.option("--full", is_flag=True, help="List everything: finds edits and what is gone.")
@click.option("--accept-removals", is_flag=True, help="However many are gone: they may go.")
@MERCHANT
def sync(account: UUID, full: bool, accept_removals: bool, merchant: str | None) -> None:
    """Read an account now, in this process."""
    with installation():
        run(commands.sync, merchant, account, full, accept_removals)


@accounts.command()
@click.argument("account", type=click.UUID)
@MERCHANT
def remove(account: UUID, merchant: str | None) -> None:
    """Disconnect an account: its credentials are deleted, its reviews stay."""
    with installation():
        run(commands.remove, merchant, account)
