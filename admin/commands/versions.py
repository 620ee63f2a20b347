"""`regulars sentiment corrections` and `regulars sentiment compare`."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from admin.commands import whose
from admin.installation import installation, run
from core import db
from reviews.versions import service
from reviews.versions.service import Comparison, Difference

EXCERPT_CHARS = 60


def export_corrections(target: Path, merchant: str | None) -> None:
    """Write the rows and say how many; raises click.ClickException when it is not clear whose."""

    async def written() -> int:
        owner = await whose.merchant(merchant)
        return await service.export(owner.id, target)

    with installation():
        click.echo(f"{run(written)} corrected reviews written to {target}")


def compare_models(merchant: str | None) -> None:
    """Print each pair of models: how often they agree, what moves, who is right, where they differ."""

    async def found() -> list[tuple[Comparison, list[Difference]]]:
        owner = await whose.merchant(merchant)
        async with db.transaction(owner.id):
            pairs = await service.comparisons()
            return [(pair, await service.differences(pair.answered_by, pair.shadow)) for pair in pairs]

    with installation():
        compared = run(found)
    if not compared:
        click.echo("No model has read anything in the shadow: set REGULARS_SHADOW_MODEL_DIR.")
    for pair, differences in compared:
        Console().print(_summary(pair), _differences(differences), sep="\n")
        if pair.corrected:
            click.echo(f"Staff correct what {pair.answered_by} misread: those reviews speak against it.")


def _summary(pair: Comparison) -> Table:
    table = Table("", "", title=f"{pair.shadow} in the shadow of {pair.answered_by}")
    right = [f"{n} of {pair.corrected}" for n in (pair.answered_right, pair.shadow_right)]
    for name, value in (
        ("reviews", f"{pair.reviews:,}"),
        ("same sentiment", f"{pair.same_sentiment / pair.reviews:.1%}"),
        ("same stars", f"{pair.same_stars / pair.reviews:.1%}"),
        ("flagged by the shadow alone", f"{pair.newly_flagged:,}"),
        ("no longer flagged", f"{pair.no_longer_flagged:,}"),
        ("stars, shadow less answer", f"{pair.star_shift:+.2f}"),
        ("negative, shadow less answer", f"{pair.negative_shift:+.3f}"),
        (f"{pair.answered_by} as corrected", right[0]),
        (f"{pair.shadow} as corrected", right[1]),
    ):
        table.add_row(name, value)
    return table


def _differences(differences: list[Difference]) -> Table:
    table = Table("review", "answer", "shadow", "text", title="Where they differ most")
    for each in differences:
        text = " ".join((each.body or each.title).split())[:EXCERPT_CHARS]
        answers = ((each.answered, each.answered_negative), (each.sentiment, each.negative))
        table.add_row(str(each.review_id), *[f"{word} {negative:.2f}" for word, negative in answers], text)
    return table
