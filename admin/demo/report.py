"""What a run of the main job did, as a table, with what had to hold."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Column, Table


@dataclass
class Report:
    """Rows in the order in which they came: figures, checks, seconds a step."""

    console: Console
    figures: list[tuple[str, str]] = field(default_factory=list)
    checks: list[tuple[str, bool]] = field(default_factory=list)
    steps: list[tuple[str, float]] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step."""
        began = time.perf_counter()
        yield
        self.steps.append((name, time.perf_counter() - began))

    def figure(self, name: str, value: int | str) -> None:
        """A figure to show."""
        self.figures.append((name, f"{value:,}" if isinstance(value, int) else value))

    def check(self, name: str, holds: bool) -> None:
        """Something that has to hold."""
        self.checks.append((name, holds))

    @property
    def holds(self) -> bool:
        """Whether there was something to check and all of it holds."""
        return bool(self.checks) and all(holds for _, holds in self.checks)

    def show(self) -> None:
        """Print the table."""
        table = Table(Column("what", no_wrap=True), "value", title="The main job, once")
        for name, value in self.figures:
            table.add_row(name, value)
        table.add_section()
        for name, holds in self.checks:
            table.add_row(name, "[green]holds[/]" if holds else "[bold red]DOES NOT HOLD[/]")
        table.add_section()
        for name, seconds in self.steps:
            table.add_row(name, f"{seconds:.1f} s")
        self.console.print(table)
