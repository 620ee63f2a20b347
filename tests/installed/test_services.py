"""Each service of compose.yaml by its very command, with its very health check, on real servers."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

from core.embedded import Services

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, Any] = YAML(typ="safe").load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
HEALTHY_WITHIN_S = 90
BIN = ROOT / ".venv" / "bin"


def _environment(servers: Services, folder: Path, port: int) -> dict[str, str]:
    """The variables that compose.yaml sets, with addresses of this machine."""
    return os.environ | {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "REGULARS_DATABASE_URL": servers.database_url,
        "REGULARS_DATABASE_ADMIN_URL": servers.database_admin_url,
        "REGULARS_VALKEY_URL": servers.valkey_url,
        "REGULARS_SECRET_KEY": "a key for tests, not a secret",
        "REGULARS_DATA_DIR": str(folder),
        "REGULARS_PORT": str(port),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            yield child
        finally:
            child.terminate()
            try:
                child.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def _healthy(check: list[str], environment: dict[str, str]) -> bool:
    assert check[0] == "CMD"
    return subprocess.run(check[1:], env=environment, capture_output=True, timeout=30).returncode == 0


def test_migrate_ends_well_and_may_run_again(servers: Services, tmp_path: Path) -> None:
    environment = _environment(servers, tmp_path, _free_port())
    for _ in range(2):
        done = subprocess.run(SERVICES["migrate"]["command"], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", ["api", "worker", "worker-scoring", "scheduler"])
def test_service_gets_healthy_and_ends_cleanly(name: str, database: Services, tmp_path: Path) -> None:
    port = _free_port()
    environment = _environment(database, tmp_path, port)
    check = SERVICES[name]["healthcheck"]["test"]
    log = tmp_path / "log"
    assert not _healthy(check, environment), "healthy before it runs"
    with _running(SERVICES[name]["command"], environment, log) as child:
        deadline = time.monotonic() + HEALTHY_WITHIN_S
        while not _healthy(check, environment):
            assert child.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        if name == "api":
            answer = httpx.get(f"http://127.0.0.1:{port}/health/ready", trust_env=False)
            assert answer.json()["database"] == "ok"
    assert child.returncode == 0, log.read_text()
