"""`regulars loyalty …`"""

from pathlib import Path

import click

from admin.commands import whose
from admin.commands.progress import bar
from core import clock
from loyalty.export import restore
from loyalty.export import service as exports
from loyalty.export.service import Manifest
from loyalty.openings import files
from loyalty.openings.files import Report


async def import_balances(file: Path, merchant: str | None, create_members: bool, dry_run: bool) -> None:
    """Take a file in and say what became of its rows. Rejected rows are no failure: they are in their file.

    Raises click.ClickException when it is not clear whose they are, or what loyalty.openings raises.
    """
    owner = await whose.merchant(merchant)
    with bar(f"Importing {file.name}") as advance:
        report = await files.import_file(
            file, owner.id, advance, now=clock.now(), create_members=create_members, dry_run=dry_run
        )
    for line in summary(report):
        click.echo(line)
    if report.rejects_path:
        click.echo(f"{report.rejected} rows rejected: see {report.rejects_path}", err=True)


def summary(report: Report) -> list[str]:
    """The report for people."""
    lines = [
        f"{report.rows} rows: {report.new} new with {report.points} points, {report.known} known already,"
        f" {report.rejected} rejected"
    ]
    if report.unmapped:
        lines.append(f"Columns that nothing reads: {', '.join(report.unmapped)}")
    if report.dry_run:
        lines.append("Dry run: nothing was kept.")
    return lines


async def export(folder: Path, merchant: str | None) -> None:
    """Write an export. Raises click.ClickException, or what loyalty.export raises."""
    owner = await whose.merchant(merchant)
    with bar(f"Exporting {owner.code}") as advance:
        manifest = await exports.write(folder, owner.id, advance)
    click.echo(f"{_rows(manifest)} rows in {len(manifest.files)} files in {folder}")


async def import_export(folder: Path, merchant: str | None) -> None:
    """Bring an export back. Raises click.ClickException, or what loyalty.export raises."""
    owner = await whose.merchant(merchant)
    with bar(f"Restoring {owner.code}") as advance:
        manifest = await restore.read(folder, owner.id, advance)
    click.echo(
        f"{_rows(manifest)} rows of {len(manifest.files)} files are back; the ledger agrees with itself"
    )


def _rows(manifest: Manifest) -> int:
    return sum(file.rows for file in manifest.files)
