"""Examples of hypothesis as a list: requests are sent one after the other, on the loop of the tests."""

import os
import random
from contextlib import suppress
from typing import TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase, strategies
from hypothesis.errors import Unsatisfiable

T = TypeVar("T")

ALL = os.environ.get("REGULARS_FUZZ") == "all"
SEED = int(os.environ.get("REGULARS_FUZZ_SEED") or (random.SystemRandom().randrange(10**6) if ALL else 1))
TIMES = int(os.environ.get("REGULARS_FUZZ_TIMES") or (12 if ALL else 1))
"""How many times as many examples as `make test` has."""

SIMPLEST = 3
"""The first examples of hypothesis are the plainest: left out, or a few would be all that is ever sent."""


def examples(strategy: strategies.SearchStrategy[T], count: int, salt: str) -> list[T]:
    """So many values (times TIMES), always the same for one seed and `salt`."""
    found: list[T] = []
    wanted = count * TIMES

    @hypothesis.seed(f"{SEED} {salt}")
    @hypothesis.settings(
        max_examples=wanted + SIMPLEST,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(value: T) -> None:
        found.append(value)

    with suppress(Unsatisfiable):  # of what takes anything nothing is unfit
        collect()
    return found[-wanted:]
