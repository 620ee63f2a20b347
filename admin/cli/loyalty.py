"""`regulars loyalty`: points in from an earlier programme, and everything out."""

from pathlib import Path

import click

from admin.commands import loyalty as commands
from admin.installation import installation, run


@click.group()
def loyalty() -> None:
    """The loyalty programme, in and out."""


@loyalty.command("import-balances")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--merchant", help="Code of the merchant; not needed while there is only one.")
@click.option("--create-members", is_flag=True, help="Whoever is no member becomes one.")
@click.option("--dry-run", is_flag=True, help="Report, change nothing.")
def import_balances(file: Path, merchant: str | None, create_members: bool, dry_run: bool) -> None:
    """Import opening balances (CSV or NDJSON); rows that cannot be taken go to a reject file beside it.

    Columns: id, customer_id, points; and wallet, earned_at, expires_at, pending, settles_at, note. Several
    rows a member are several lots. Without expires_at the wallet's rules apply; `never` is for ever.
    """
    with installation():
        run(commands.import_balances, file, merchant, create_members, dry_run)


@loyalty.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--merchant", help="Code of the merchant; not needed while there is only one.")
def export(folder: Path, merchant: str | None) -> None:
    """Write everything of the loyalty side into a new FOLDER: NDJSON files and a manifest.

    They hold personal data in clear. Passwords, keys, reviews and work that is under way are not among them.
    """
    with installation():
        run(commands.export, folder, merchant)


@loyalty.command("import-export")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--merchant", help="Code of an empty merchant; not needed while there is only one.")
def import_export(folder: Path, merchant: str | None) -> None:
    """Bring an export of this version back into an empty merchant: all of it, or nothing."""
    with installation():
        run(commands.import_export, folder, merchant)
