"""`regulars merchant`: set a merchant up, from nothing to the first event."""

import re
import sys
from pathlib import Path

import click

from admin.commands import merchant as commands
from admin.installation import installation, run
from core.people.api_keys import SCOPES
from core.people.roles import ROLES


@click.group()
def merchant() -> None:
    """Merchants: stores, programme, staff, keys."""


@merchant.command()
@click.argument("code")
@click.option("--name", required=True, help="As customers know it.")
@click.option("--time-zone", default="UTC", show_default=True, help="Of the IANA database.")
@click.option("--currency", required=True, help="ISO 4217, of its liability.")
def create(code: str, name: str, time_zone: str, currency: str) -> None:
    """Make a merchant."""
    with installation():
        run(commands.create, code, name, time_zone, currency)


@merchant.command()
@click.argument("code")
@click.argument("store")
@click.option("--name", required=True)
@click.option("--currency", required=True, help="ISO 4217.")
@click.option("--time-zone", default="UTC", show_default=True)
def store(code: str, store: str, name: str, currency: str, time_zone: str) -> None:
    """Add the store that the shop's events call STORE."""
    with installation():
        run(commands.add_store, code, store, name, currency, time_zone)


@merchant.command()
@click.argument("code")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def programme(code: str, file: Path) -> None:
    """Publish a programme from a TOML file: tiers, earn rates, rewards (see docs/operations.md)."""
    with installation():
        run(commands.set_programme, code, file)


def _address(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        raise click.BadParameter(f"'{value}' is no e-mail address.")
    return value


@merchant.command()
@click.argument("code")
@click.argument("email", callback=_address)
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option(
    "--goodwill-points",
    type=click.IntRange(0, 10**9),
    default=0,
    show_default=True,
    help="How much they may give on a case.",
)
def staff(code: str, email: str, name: str, role: str, goodwill_points: int) -> None:
    """Let somebody in; prints a random password, once."""
    with installation():
        run(commands.add_staff, code, email, name, role, goodwill_points)


@merchant.command()
@click.argument("code")
@click.argument("email")
def password(code: str, email: str) -> None:
    """Give somebody of the staff a new random password, printed once; their sessions end."""
    with installation():
        run(commands.new_password, code, email)


@merchant.command("reset-second-factor")
@click.argument("code")
@click.argument("email")
def reset_second_factor(code: str, email: str) -> None:
    """For an owner who has lost the authenticator and all recovery codes; their sessions end."""
    with installation():
        run(commands.reset_second_factor, code, email)


@merchant.command()
@click.argument("code")
@click.option("--name", required=True, help="What it is for.")
@click.option("--scope", "scopes", type=click.Choice(sorted(SCOPES)), multiple=True, help="Default: all.")
def key(code: str, name: str, scopes: tuple[str, ...]) -> None:
    """Make an API key; it is printed once."""
    with installation():
        run(commands.create_key, code, name, scopes)


@merchant.command("revoke-key")
@click.argument("code")
@click.argument("prefix")
def revoke_key(code: str, prefix: str) -> None:
    """End an API key; PREFIX is the part between its underscores."""
    with installation():
        run(commands.revoke_key, code, prefix)


@merchant.command()
@click.argument("code")
@click.option("--name", required=True, help="Which system sends.")
def webhook(code: str, name: str) -> None:
    """Make a source of signed webhooks; prints its address and secret, once."""
    with installation():
        run(commands.create_webhook, code, name)


@merchant.command("inbound-mail")
@click.argument("code")
def inbound_mail(code: str) -> None:
    """Take a customer's mail in, as a mail server pipes it (RFC 5322, on the standard input)."""
    with installation():
        run(commands.take_mail, code, sys.stdin.buffer.read())
