"""The shipped processes with a clock that can be set: `… -m tests.chaos.process api | worker … | scheduler`.

The file that CHAOS_CLOCK names holds the seconds by which the clock of this process is wrong (a float of
eight bytes); who runs the process may write there at any time. The clock is `core.clock`, from which every
edge of the application reads; monotonic clocks and those of the servers go on as they are.
"""

import mmap
import os
import struct
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from admin.serve import create as create
from core import clock
from core.settings import settings

LEASE_S = 15.0
"""Shorter than in production, so that a round does not wait a minute for what a dead worker held."""


def _wrong_by() -> Callable[[], datetime]:
    with Path(os.environ["CHAOS_CLOCK"]).open("r+b") as file:
        memory = mmap.mmap(file.fileno(), 8)

    def now() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=struct.unpack("d", memory[:8])[0])

    return now


# For good: granian's children import this module anew, Celery's are forked.
_forever = ExitStack()
if "CHAOS_CLOCK" in os.environ:
    _forever.enter_context(clock.set_clock(_wrong_by()))


def main(part: str, *more: str) -> int:
    """Run one part until it is told to end."""
    if part == "api":
        from admin.serve import serve

        serve(settings(), 1, "tests.chaos.process:create")
        return 0
    if part == "worker":
        from core.worker import run_worker

        return run_worker([more[0]], concurrency=int(more[1]))
    from core.scheduler import run_scheduler

    return run_scheduler(LEASE_S)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
