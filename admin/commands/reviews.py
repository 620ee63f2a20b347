"""`regulars reviews …`"""

from pathlib import Path

import click

from admin.commands import whose
from admin.commands.progress import bar
from admin.installation import installation, run
from core import clock
from reviews import files
from reviews.files import Report


def import_file(file: Path, format_name: str, merchant: str | None, dry_run: bool) -> None:
    """Take a file in and say what became of its rows. Rejected rows are no failure: they are in their file.

    Raises click.ClickException when it is not clear whose reviews these are, or what reviews.files raises.
    """
    with installation():
        report = run(_import, file, format_name, merchant, dry_run)
    for line in summary(report):
        click.echo(line)
    if report.rejects_path:
        click.echo(f"{report.rejected} rows rejected: see {report.rejects_path}", err=True)


def summary(report: Report) -> list[str]:
    """The report for people."""
    read = ", ".join(f"{field} <- {column}" for field, column in report.columns.items())
    lines = [
        f"Format {report.format}: {read}",
        f"{report.rows} rows: {report.new} new, {report.changed} changed, {report.late} older wordings,"
        f" {report.unchanged} known already, {report.rejected} rejected",
    ]
    if report.unmapped:
        lines.insert(1, f"Columns that are no field of ours: {', '.join(report.unmapped)}")
    if report.dry_run:
        lines.append("Dry run: nothing was kept.")
    return lines


async def _import(file: Path, format_name: str, merchant: str | None, dry_run: bool) -> Report:
    owner = await whose.merchant(merchant)
    with bar(f"Importing {file.name}") as advance:
        return await files.import_file(file, format_name, owner.id, advance, dry_run, now=clock.now())
