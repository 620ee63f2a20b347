"""The one clock. Edges (requests, tasks, commands) read it once and pass the time on as an argument."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


def _system() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system


def now() -> datetime:
    """The present moment, in UTC."""
    return _source()


@contextmanager
def set_clock(source: Callable[[], datetime]) -> Iterator[None]:
    """Replace the clock of this process for the duration of the block (tests, replays)."""
    global _source
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before
