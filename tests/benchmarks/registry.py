"""What a benchmark is, and which there are."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tests.benchmarks.rig import Rig


class Figures(NamedTuple):
    """What was measured: both in the benchmark's unit, both in this run."""

    value: float
    baseline: float

    @property
    def ratio(self) -> float:
        """The value in terms of the baseline."""
        return self.value / self.baseline


class NotRun(Exception):
    """A benchmark cannot be run here; the text says why."""


@dataclass(frozen=True)
class Bound:
    """What the ratio should be: at least (rates) or at most (times) so much."""

    ratio: float
    at_most: bool = False

    def holds(self, ratio: float) -> bool:
        """Whether a ratio keeps to it."""
        return ratio <= self.ratio if self.at_most else ratio >= self.ratio

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.ratio:g}"


def at_least(ratio: float) -> Bound:
    """For rates."""
    return Bound(ratio)


def at_most(ratio: float) -> Bound:
    """For times."""
    return Bound(ratio, at_most=True)


Run = Callable[["Rig"], Figures]


@dataclass(frozen=True)
class Benchmark:
    """`what` is measured `against` what, in which `unit`, and the bound of their ratio."""

    name: str
    what: str
    against: str
    unit: str
    bound: Bound
    run: Run


BENCHMARKS: dict[str, Benchmark] = {}


def benchmark(name: str, what: str, against: str, unit: str, bound: Bound) -> Callable[[Run], Run]:
    """Register a function of the rig that answers Figures or raises NotRun."""

    def register(run: Run) -> Run:
        if name in BENCHMARKS:
            raise ValueError(f"two benchmarks are called {name}")
        BENCHMARKS[name] = Benchmark(name, what, against, unit, bound, run)
        return run

    return register


def load() -> dict[str, Benchmark]:
    """All benchmarks of tests/benchmarks/suites, by name."""
    suites = importlib.import_module("tests.benchmarks.suites")
    for module in pkgutil.iter_modules(suites.__path__, "tests.benchmarks.suites."):
        importlib.import_module(module.name)
    return dict(sorted(BENCHMARKS.items()))
