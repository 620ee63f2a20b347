"""What came out: a table for people, bench.json for programs, the table of docs/performance.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from tests.benchmarks.registry import Benchmark, Figures

ROOT = Path(__file__).parents[2]
JSON = ROOT / "bench.json"
WIDTH = 140
"""Of the table, also where the terminal is narrower or there is none."""
DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures of the last run: begin -->", "<!-- figures of the last run: end -->"


@dataclass(frozen=True)
class Outcome:
    """What became of one benchmark: figures, or why there are none."""

    benchmark: Benchmark
    figures: Figures | None
    reason: str = ""

    @property
    def verdict(self) -> str:
        """Whether the bound is reached."""
        if self.figures is None:
            return f"not run: {self.reason}"
        return "reached" if self.benchmark.bound.holds(self.figures.ratio) else "missed"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One object of bench.json."""

    name: str
    value: float
    baseline: float
    unit: str
    ratio: float


def show(outcomes: Sequence[Outcome], scale: float) -> None:
    """Print the table."""
    table = Table(title="Regulars, benchmarks" + (f" at scale {scale:g}" if scale != 1 else ""))
    table.add_column("name", no_wrap=True)
    table.add_column("what")
    table.add_column("against")
    for column in ("value", "baseline", "unit", "ratio", "bound"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("")
    for each in outcomes:
        style = {"reached": "green", "missed": "red"}.get(each.verdict, "yellow")
        table.add_row(*cells(each).values(), style=style)
    console = Console()
    console.width = max(console.width, WIDTH)
    console.print(table)


def line(outcome: Outcome) -> str:
    """One line to read while the others still run."""
    found = cells(outcome)
    return f"  {found['value']} {found['unit']} against {found['baseline']}: {found['ratio']} ({found['']})"


def cells(outcome: Outcome) -> Mapping[str, str]:
    """The words of one line, by column."""
    bench, found = outcome.benchmark, outcome.figures
    value, baseline, ratio = ("", "", "") if found is None else (*map(number, found), f"{found.ratio:.2f}")
    return {
        "name": bench.name,
        "what": bench.what,
        "against": bench.against,
        "value": value,
        "baseline": baseline,
        "unit": bench.unit,
        "ratio": ratio,
        "bound": str(bench.bound),
        "": outcome.verdict,
    }


def number(value: float) -> str:
    """Three figures that count, or whole thousands."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def write_json(outcomes: Sequence[Outcome], file: Path) -> None:
    """Replace the file; what was not run is not in it."""
    rows = [
        Row(
            name=each.benchmark.name,
            value=round(each.figures.value, 4),
            baseline=round(each.figures.baseline, 4),
            unit=each.benchmark.unit,
            ratio=round(each.figures.ratio, 4),
        )
        for each in outcomes
        if each.figures
    ]
    file.write_bytes(msgspec.json.format(msgspec.json.encode(rows), indent=2) + b"\n")


def write_document(outcomes: Sequence[Outcome], conditions: str, file: Path = DOCUMENT) -> None:
    """Put the figures between the two marks of the document."""
    before, _, rest = file.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    names = list(cells(outcomes[0]))
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(cells(each).values())} |" for each in outcomes]
    text = "\n".join(lines)
    file.write_text(f"{before}{BEGIN}\n{conditions}\n\n{text}\n{END}{after}", "utf-8")
