"""wrk: requests a second of many clients that keep their connections."""

import re
import shutil
import subprocess
import time
from pathlib import Path

from tests.benchmarks.registry import NotRun

SCRIPTS = Path(__file__).with_name("lua")
_RATE = re.compile(r"^Requests/sec:\s+([0-9.]+)", re.MULTILINE)
_FAILED = re.compile(r"Non-2xx or 3xx responses: \d+|Socket errors: .*")


def rate(url: str, clients: int, run_s: int, script: str = "", *arguments: str) -> float:
    """Requests a second; a script of tests/benchmarks/lua gets the arguments and a number new each time.

    Raises NotRun without wrk, RuntimeError when any request fails.
    """
    program = shutil.which("wrk")
    if not program:
        raise NotRun("wrk is missing")
    argv = [program, "--threads=1", f"--connections={clients}", f"--duration={run_s}s", "--timeout=30s"]
    if script:
        argv += ["--script", str(SCRIPTS / f"{script}.lua")]
    argv += [url, "--", *arguments, str(time.time_ns() % 2**53)] if script else [url]
    done = subprocess.run(argv, capture_output=True, text=True)
    found, failed = _RATE.search(done.stdout), _FAILED.search(done.stdout)
    if done.returncode != 0 or failed or not found:
        raise RuntimeError(f"wrk failed\n{done.stdout}\n{done.stderr}")
    return float(found[1])
