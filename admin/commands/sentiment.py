"""`regulars sentiment …`"""

from pathlib import Path

import click

from admin.commands.progress import bar
from core.settings import settings
from sentiment.files import score_file
from sentiment.scorer import Scorer


def score_lines(source: Path, target: Path) -> None:
    """Score a file of texts and say what became of its lines."""
    scorer = Scorer.load(settings().model_dir)
    with bar(f"Scoring {source.name}") as advance:
        report = score_file(source, target, scorer, advance)
    click.echo(f"{report.scored} of {report.lines} lines scored into {target}")
    if report.rejected:
        click.echo(f"{report.rejected} lines rejected: see {report.rejects_path}", err=True)
