"""`regulars person`, `regulars erasures`: what is kept of people, and its end."""

import sys
from pathlib import Path

import click

from admin.commands import people as commands
from admin.installation import installation, run

NEW = click.Path(dir_okay=False, path_type=Path)
THERE = click.Path(exists=True, dir_okay=False, path_type=Path)
MERCHANT = click.option("--merchant", metavar="CODE", help="Whose; needed when there are several merchants.")


@click.group()
def person() -> None:
    """A customer's data: a file of it, or its end."""


@person.command()
@click.argument("customer")
@click.argument("file", metavar="FILE.zip", type=NEW)
@MERCHANT
def export(customer: str, file: Path, merchant: str | None) -> None:
    """Write everything that is kept of CUSTOMER (the shop's number) into a zip that is not there yet."""
    if file.exists():
        raise click.UsageError(f"{file} is there already")
    with installation():
        run(commands.export, merchant, customer, file)


@person.command()
@click.argument("customer")
@click.option("--keep-reviews", is_flag=True, help="The words of their reviews stay, without a name.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@MERCHANT
def erase(customer: str, keep_reviews: bool, yes: bool, merchant: str | None) -> None:
    """Erase CUSTOMER (the shop's number) and whoever was merged into them. Nobody can undo this."""
    if not yes and click.prompt(f"Type {customer} to erase them", default="", show_default=False) != customer:
        raise click.ClickException("nothing was erased")
    with installation():
        run(commands.erase, merchant, customer, keep_reviews)


@click.group()
def erasures() -> None:
    """Who was erased: again after a restore."""


@erasures.command()
@click.argument("file", type=THERE)
def replay(file: Path) -> None:
    """Erase again whom the journal FILE names. Run it after each restore, before anything else starts."""
    with installation():
        sys.exit(run(commands.replay, file))


@erasures.command()
@click.argument("file", type=NEW)
def write(file: Path) -> None:
    """Add whom the database knows as erased to the journal FILE."""
    with installation():
        run(commands.write, file)
