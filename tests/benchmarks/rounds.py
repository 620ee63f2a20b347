"""Measuring on a machine that others use as well: short turns of value and baseline, then the medians."""

import time
from collections.abc import Callable
from statistics import median

from tests.benchmarks.registry import Figures


def alternate(value: Callable[[], float], baseline: Callable[[], float], rounds: int) -> Figures:
    """Both in turn, so that a slow minute of the machine meets both; the first turn of each only warms up."""
    value(), baseline()
    values, baselines = [], []
    for _ in range(rounds):
        values.append(value())
        baselines.append(baseline())
    return Figures(median(values), median(baselines))


def seconds(work: Callable[[], object]) -> float:
    """How long a piece of work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
