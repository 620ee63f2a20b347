"""The command behind `make bench`."""

import os
import platform
import sys
import traceback
from pathlib import Path

import click
from rich.console import Console

from core import clock
from core.embedded import interruptible
from tests.benchmarks import baselines, report
from tests.benchmarks.registry import Benchmark, NotRun, load
from tests.benchmarks.report import Outcome
from tests.benchmarks.rig import SERVER, Rig, rig


@click.command()
@click.option("--only", default="", help="Names of benchmarks, with commas between; empty: all.")
@click.option(
    "--scale", default=1.0, type=click.FloatRange(min=0, min_open=True), help="1 is a million rows."
)
@click.option("--write-docs", is_flag=True, help="Put the figures into docs/performance.md.")
@click.option("--output", default=report.JSON, type=click.Path(path_type=Path), help="Where the figures go.")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of labelled rows: prints how other ways read them.",
)
def main(only: str, scale: float, write_docs: bool, output: Path, data: Path | None) -> None:
    """Run benchmarks, print a table, write bench.json."""
    benchmarks = load()
    names = [name for name in only.replace(" ", "").split(",") if name] or list(benchmarks)
    if unknown := [name for name in names if name not in benchmarks]:
        raise click.ClickException(f"{', '.join(unknown)}: none of {', '.join(benchmarks)}")
    outcomes: list[Outcome] = []
    with interruptible(), rig(scale, data) as made:
        for name in names:
            outcomes.append(outcome(benchmarks[name], made))
            report.write_json(outcomes, output)  # what is known stays known if the run is cut off
            print(report.line(outcomes[-1]), file=sys.stderr, flush=True)
    report.show(outcomes, scale)
    if write_docs:
        report.write_document(outcomes, conditions(scale))
    if data:
        show_ways(data)


def show_ways(data: Path) -> None:
    """Print how other ways read the rows, set by set."""
    try:
        console = Console()
        console.width = max(console.width, report.WIDTH)
        console.print(baselines.table(data))
        console.print("In brackets: ours has not the lead that it should have.", style="dim")
    except NotRun as reason:
        print(f"Other ways to read reviews: not run: {reason}")


def outcome(benchmark: Benchmark, made: Rig) -> Outcome:
    """Run one; what fails is shown and does not keep the others from their turn."""
    print(f"{benchmark.name}: {benchmark.what}", file=sys.stderr, flush=True)
    try:
        return Outcome(benchmark, benchmark.run(made))
    except NotRun as reason:
        return Outcome(benchmark, None, str(reason))
    except Exception as error:
        traceback.print_exc()
        return Outcome(benchmark, None, f"failed: {type(error).__name__}")


def conditions(scale: float) -> str:
    """Where and how the figures came about, in one sentence."""
    settings = ", ".join(f"{name} {value}" for name, value in SERVER.items())
    return (
        f"{clock.now():%-d %B %Y}, {os.cpu_count()} cores, Python {platform.python_version()},"
        f" scale {scale:g}, PostgreSQL 18 with {settings}."
    )


if __name__ == "__main__":
    main()
