"""`regulars secrets`: what is kept sealed, and the keys that seal it."""

import sys

import click

from admin.commands import secrets as commands
from admin.installation import installation, run


@click.group()
def secrets() -> None:
    """Secrets that are stored sealed: credentials, what signs, second factors, people's own keys."""


@secrets.command()
def reseal() -> None:
    """Seal everything with the first of REGULARS_ENCRYPTION_KEYS, so that the others can go.

    Put the new key first and leave the old one behind it, restart every process, run this. It can be cut
    off and run again. It ends with 1 if something is opened by none of the keys.
    """
    with installation():
        sys.exit(run(commands.reseal))
