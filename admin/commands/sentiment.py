"""`regulars sentiment …`"""

import signal
from importlib import import_module
from pathlib import Path
from types import ModuleType

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from admin.commands.progress import bar
from core.settings import settings
from sentiment.files import score_file
from sentiment.scorer import Scorer
from sentiment.training.config import STANDARD, read_config


def score_lines(source: Path, target: Path) -> None:
    """Score a file of texts and say what became of its lines."""
    scorer = Scorer.load(settings().model_dir)
    with bar(f"Scoring {source.name}") as advance:
        report = score_file(source, target, scorer, advance)
    click.echo(f"{report.scored} of {report.lines} lines scored into {target}")
    if report.rejected:
        click.echo(f"{report.rejected} lines rejected: see {report.rejects_path}", err=True)


def train_model(
    data: Path, base: Path, out: Path, config: Path | None, cool_down: bool, threads: int
) -> None:
    """Train until the schedule ends or Ctrl-C; the same command goes on from the last checkpoint."""
    run_module = training("run")
    run_module.prepare(threads)
    run = run_module.Run(data, base, out, read_config(config or STANDARD), cool_down)
    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: stopped.append(received))
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns) as progress:
        task = progress.add_task("reading rows", total=None)
        ended = run.train(
            lambda done, total, note: progress.update(task, completed=done, total=total, description=note),
            lambda: bool(stopped),
        )
    click.echo(f"{'Finished' if ended.finished else 'Stopped'} after {ended.steps} steps: {out}")


def training(module: str) -> ModuleType:
    """A module of sentiment.training that needs torch; says so where there is none."""
    try:
        return import_module(f"sentiment.training.{module}")
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"{error.name} is missing: pip install 'regulars[train]' installs what training needs"
        ) from error
