"""What the doctor says: one finding for each thing that was looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it is."""

    OK = "ok"
    WARNING = "warning"
    """It works, but not as it should for long, or not in production."""
    PROBLEM = "problem"
    """Something does not work, or is not safe."""


@dataclass(frozen=True)
class Finding:
    """`check` is a stable name; `mend` says what to do, empty where nothing is to be done."""

    check: str
    state: State
    said: str
    mend: str = ""


def ok(check: str, said: str) -> Finding:
    """As it should be."""
    return Finding(check, State.OK, said)


def warning(check: str, said: str, mend: str) -> Finding:
    """To be looked at."""
    return Finding(check, State.WARNING, said, mend)


def problem(check: str, said: str, mend: str) -> Finding:
    """To be mended."""
    return Finding(check, State.PROBLEM, said, mend)


def worst(findings: Sequence[Finding]) -> State:
    """The state of the whole."""
    order = list(State)
    return max((each.state for each in findings), key=order.index, default=State.OK)
