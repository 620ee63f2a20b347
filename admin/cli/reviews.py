"""`regulars reviews`: files in and out."""

import sys
from pathlib import Path
from typing import Any, get_args

import click

from admin.installation import installation, run
from core.files.encodings import Encoding
from reviews.files import FORMATS
from reviews.files.detection import AUTO
from reviews.files.formats.form import DateOrder

FORMAT_CODES = ", ".join(sorted(FORMATS))


@click.group()
def reviews() -> None:
    """Reviews, in and out."""


@reviews.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--format", "format_name", default=AUTO, show_default=True, help=f"By its content, or {FORMAT_CODES}."
)
@click.option("--map", "columns", multiple=True, metavar="FIELD=COLUMN", help="FIELD= alone reads no column.")
@click.option("--date-order", type=click.Choice(get_args(DateOrder)), help="Of dates such as 05/03/2024.")
@click.option("--scale", metavar="MIN-MAX", help="Of ratings whose rows do not say it, such as 0-10.")
@click.option("--encoding", type=click.Choice(get_args(Encoding)), help="If it is not found out by itself.")
@click.option("--account", default="", help="Which account of the source, if there are several.")
@click.option("--mentions", is_flag=True, help="Posts, mails or chats, which have no rating.")
@click.option("--merchant", help="Code of the merchant; not needed while there is only one.")
@click.option("--restart", is_flag=True, help="Do not go on with a run that was ended.")
@click.option("--dry-run", is_flag=True, help="Report, change nothing.")
def import_reviews(file: Path, columns: tuple[str, ...], **said: Any) -> None:
    """Import a file of reviews, plain or packed (gzip, zip); rejected rows go to a file beside it.

    The file is CSV, NDJSON, JSON or XML. A run that was ended by force goes on where it was when the same
    command is given again. A format whose files are always complete deletes what is left out.
    """
    from admin.commands.reviews import import_file

    import_file(file, _pairs(columns), **said)


@reviews.command()
def recount() -> None:
    """Count the ratings of every merchant anew and compare them with those that are kept."""
    from admin.commands.ratings import recount_all

    with installation():
        sys.exit(run(recount_all))


@reviews.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--format", "format_name", required=True, help=f"{FORMAT_CODES}.")
@click.option("--source", "sources", multiple=True, help="Only reviews of this source; may be repeated.")
@click.option("--account", help="Only of this account of the source.")
@click.option("--emails", is_flag=True, help="With the addresses of customers we know.")
@click.option("--merchant", help="Code of the merchant; not needed while there is only one.")
def export_reviews(file: Path, format_name: str, **said: Any) -> None:
    """Write the reviews into FILE, in a format that is also read: brought back, it changes nothing.

    docs/formats.md says what a format has no place for.
    """
    from admin.commands.reviews import export_file

    export_file(file, format_name, **said)


def _pairs(columns: tuple[str, ...]) -> dict[str, str]:
    pairs = [each.partition("=") for each in columns]
    if wrong := next((field for field, equals, _ in pairs if not equals), ""):
        raise click.BadParameter(f"{wrong!r} is no FIELD=COLUMN", param_hint="--map")
    return {field.strip(): column.strip() for field, _, column in pairs}
