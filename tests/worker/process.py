"""The shipped processes with our handlers: `python -m tests.worker.process worker`, `… scheduler LEASE_S`."""

import sys

from core.scheduler import run_scheduler
from core.worker import run_worker
from tests.worker import handlers as handlers

if __name__ == "__main__":
    if sys.argv[1] == "worker":
        sys.exit(run_worker(["events", "scoring"], concurrency=2))
    sys.exit(run_scheduler(lease_s=float(sys.argv[2])))
