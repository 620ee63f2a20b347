"""The demo as its user runs it: once to the table, and up until Ctrl-C."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

COMMAND = [sys.executable, "-m", "admin.cli", "demo"]
ROOT = Path(__file__).parents[2]
WITHIN_S = 240


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder: sockets have short paths."""
    made = Path(tempfile.mkdtemp(prefix="demo-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def _environment(folder: Path) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("REGULARS_")}
    return clean | {"REGULARS_DATA_DIR": str(folder), "COLUMNS": "120"}


def _left_running(folder: Path) -> list[str]:
    """Command lines of processes that have this folder in their command line or environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in text:
            found.append(text.split(b"\0\0")[0].decode(errors="replace"))
    return found


@pytest.mark.slow
def test_once_holds_everything_and_ends(folder: Path) -> None:
    argv = [*COMMAND, "--once", "--members", "150"]
    done = subprocess.run(
        argv, cwd=ROOT, env=_environment(folder), capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "DOES NOT HOLD" not in done.stdout
    assert re.search(r"ledger sum\s+│ 0 ", done.stdout)
    assert re.search(r"vouchers issued\s+│ [1-9]", done.stdout)
    assert list(folder.glob("once-*/postgres")), "the data folder stays for inspection"
    assert not _left_running(folder)


@pytest.mark.slow
def test_demo_answers_and_ctrl_c_leaves_nothing(folder: Path) -> None:
    log = folder / "out"
    with log.open("wb") as output, socket.create_server(("127.0.0.1", 0)) as somebody:
        argv = [*COMMAND, "--members", "60"]
        taken = str(somebody.getsockname()[1])
        environment = _environment(folder) | {"REGULARS_PORT": taken}
        child = subprocess.Popen(
            argv, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            text = _wait_for(log, child, "Everything is loaded")
            assert f"Port {taken} is taken" in text
            address = re.search(r"(http://127\.0\.0\.1:\d+)/staff/sign-in", text)
            assert address, text
            browser = httpx.Client(
                base_url=address[1], trust_env=False, follow_redirects=True, headers={"Accept": "text/html"}
            )
            with browser:
                assert browser.get("/staff/sign-in").status_code == 200
                assert browser.get("/health/ready").json()["valkey"] == "ok"
                assert browser.get("/").url.path == "/portal/sign-in"
        finally:
            os.killpg(child.pid, signal.SIGINT)
            child.wait(60)
    assert child.returncode == 0, log.read_text()
    assert not _left_running(folder)


@pytest.mark.slow
def test_demo_says_that_a_server_has_ended(folder: Path) -> None:
    log = folder / "out"
    with log.open("wb") as output:
        child = subprocess.Popen(
            [*COMMAND, "--members", "20"],
            cwd=ROOT,
            env=_environment(folder),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            _wait_for(log, child, "Everything is loaded")
            (valkey,) = [p for p in Path("/proc").glob("[0-9]*") if _is_valkey_of(p, child.pid)]
            os.kill(int(valkey.name), signal.SIGKILL)
            assert child.wait(60) == 1, log.read_text()
        finally:
            child.kill()
    assert "Start the demo again" in log.read_text()
    assert not _left_running(folder)


def _is_valkey_of(process: Path, parent_pid: int) -> bool:
    try:
        status = (process / "status").read_text()
    except OSError:
        return False
    return "valkey" in status.split("\n")[0] and f"PPid:\t{parent_pid}\n" in status


def _wait_for(log: Path, child: subprocess.Popen[bytes], words: str) -> str:
    deadline = time.monotonic() + WITHIN_S
    while words not in (text := log.read_text()):
        assert child.poll() is None, text
        assert time.monotonic() < deadline, text
        time.sleep(0.3)
    return text
