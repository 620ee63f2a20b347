"""`regulars reviews …`"""

from pathlib import Path

import click

from admin.commands import whose
from admin.commands.progress import bar
from admin.installation import installation, run
from core import clock
from reviews import files
from reviews.files import Choices, Exported, Report
from reviews.files.rules import scale_of
from reviews.intake.rules import Content

_WORDS = (
    ("new", "new"),
    ("changed", "changed"),
    ("late", "older wordings"),
    ("facts", "with other facts"),
    ("unchanged", "known already"),
    ("removed", "removed"),
    ("returned", "back again"),
    ("rejected", "rejected"),
)
_ALWAYS = ("new", "changed", "late", "unchanged", "rejected")
SAMPLE_CHARS = 60


def import_file(
    file: Path,
    columns: dict[str, str],
    format_name: str,
    date_order: str | None,
    scale: str | None,
    encoding: str | None,
    account: str,
    mentions: bool,
    merchant: str | None,
    restart: bool,
    dry_run: bool,
) -> None:
    """Take a file in and say what became of its rows. Rejected rows are no failure: they are in their file.

    Raises click.ClickException when it is not clear whose reviews these are, or what reviews.files raises.
    """
    try:
        on = scale_of(scale) if scale else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--scale") from error
    choices = Choices(
        account=account,
        columns=columns,
        date_order=date_order,  # type: ignore[arg-type]
        scale=on,
        mentions=mentions,
    )

    async def taken() -> Report:
        owner = await whose.merchant(merchant)
        with bar(f"Importing {file.name}") as advance:
            return await files.import_file(
                file, format_name, owner.id, advance, dry_run,
                now=clock.now(), choices=choices, encoding=encoding or "", restart=restart,
            )  # fmt: skip

    with installation():
        report = run(taken)
    for line in summary(report):
        click.echo(line)
    if report.rejects_path:
        click.echo(f"{report.rejected} rows rejected: see {report.rejects_path}", err=True)


def export_file(
    file: Path,
    format_name: str,
    sources: tuple[str, ...],
    account: str | None,
    emails: bool,
    merchant: str | None,
) -> None:
    """Write a file and say how many reviews are in it. Raises click.ClickException as import_file() does."""

    async def written() -> Exported:
        owner = await whose.merchant(merchant)
        with bar(f"Exporting {file.name}") as advance:
            return await files.export_file(
                file, format_name, owner.id, advance, sources=sources, account=account, emails=emails
            )

    with installation():
        exported = run(written)
    click.echo(f"{exported.rows} reviews written to {file}")
    if exported.skipped:
        click.echo(f"{exported.skipped} mentions left out: the format has no place for them", err=True)


def summary(report: Report) -> list[str]:
    """The report for people."""
    read = ", ".join(f"{field} <- {column}" for field, column in report.columns.items())
    counts = [
        f"{report.counts[status]} {word}"
        for status, word in _WORDS
        if status in _ALWAYS or report.counts[status]
    ]
    lines = [
        f"Format {report.format}, {report.encoding}: {read}",
        f"{report.rows} rows: {', '.join(counts)}",
    ]
    if report.unmapped:
        lines.insert(1, f"Columns that are no field of ours: {', '.join(report.unmapped)}")
    if report.resumed_rows:
        lines.append(
            f"An earlier run was ended after {report.resumed_rows} of these rows; this one went on there."
        )
    if report.dry_run:
        lines += ["Dry run: nothing was kept. The first reviews, as they were read:"]
        lines += [_sample(content) for content in report.samples]
    return lines


def _sample(content: Content) -> str:
    review = content.review
    rating = "no rating" if content.rating is None else f"{content.rating} of {review.scale_max}"
    text = " ".join(f"{content.title} {content.body}".split())
    about = (review.product_sku or "the shop", content.author or "nobody")
    return f"  {review.written_at:%Y-%m-%d} {rating}, {', '.join(about)}: {text[:SAMPLE_CHARS]}"
