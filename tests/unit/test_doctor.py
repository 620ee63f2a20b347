"""What the doctor can say without a server."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from admin.doctor import machine
from admin.doctor import settings as given
from admin.doctor.report import Finding, State, ok, problem, warning, worst
from core import vault
from core.settings import Settings
from core.settings import settings as current
from sentiment import model_file


def proper(folder: Path, **more: Any) -> Settings:
    """Settings of an installation in order."""
    values: dict[str, Any] = {
        "data_dir": folder,
        "public_url": "https://points.example",
        "cookies_secure": True,
        "secret_key": SecretStr("s" * 64),
        "encryption_keys": SecretStr("ab" * 32),
        "trusted_proxies": ("10.0.0.0/8",),
    }
    return Settings(**(values | more))


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder without a file of settings; the vault of no other test."""
    monkeypatch.chdir(tmp_path)
    vault.vault.cache_clear()
    current.cache_clear()
    yield
    vault.vault.cache_clear()
    current.cache_clear()


def found(settings: Settings, **environment: str) -> dict[str, Finding]:
    looked = [*given.look(settings, environment), *machine.look(settings)]
    return {each.check: each for each in looked}


def state_of(findings: dict[str, Finding], check: str) -> State:
    finding = findings[check]
    assert bool(finding.mend) == (finding.state is not State.OK), finding
    return finding.state


def test_an_installation_in_order_has_nothing_to_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=100, used=20, free=80))
    monkeypatch.setenv("REGULARS_ENCRYPTION_KEYS", "ab" * 32)
    current.cache_clear()
    assert [each for each in found(proper(tmp_path)).values() if each.state is not State.OK] == []


@pytest.mark.parametrize(
    ("check", "changes", "state"),
    [
        ("public_url", {"public_url": "http://points.example"}, State.PROBLEM),
        ("public_url", {"cookies_secure": False}, State.PROBLEM),
        ("public_url", {"public_url": "https://points.example/"}, State.PROBLEM),
        ("public_url", {"public_url": "points.example"}, State.PROBLEM),
        ("public_url", {"public_url": "http://127.0.0.1:8000"}, State.WARNING),
        ("trusted_proxies", {"trusted_proxies": ()}, State.WARNING),
        ("trusted_proxies", {"trusted_proxies": (), "cookies_secure": False}, State.OK),
        ("secret_key", {"secret_key": SecretStr("short")}, State.PROBLEM),
        ("model", {"model_dir": Path("nowhere")}, State.PROBLEM),
    ],
)
def test_a_setting_that_is_wrong_is_found(
    tmp_path: Path, check: str, changes: dict[str, Any], state: State
) -> None:
    assert state_of(found(proper(tmp_path)), check) is State.OK
    assert state_of(found(proper(tmp_path, **changes)), check) is state


def test_a_misspelt_variable_is_found(tmp_path: Path) -> None:
    assert state_of(found(proper(tmp_path), REGULARS_PORT="1"), "settings") is State.OK
    finding = found(proper(tmp_path), REGULARS_PROT="1")["settings"]
    assert finding.state is State.WARNING and "REGULARS_PROT" in finding.said


def test_a_key_that_is_none_is_found_and_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGULARS_ENCRYPTION_KEYS", "not-a-key")
    current.cache_clear()
    finding = found(proper(tmp_path, encryption_keys=SecretStr("not-a-key")))["encryption_keys"]
    assert finding.state is State.PROBLEM
    assert "not-a-key" not in finding.said + finding.mend


def test_files_that_others_can_read_are_found(tmp_path: Path) -> None:
    file = tmp_path / "encryption_key"
    file.touch(mode=0o600)
    assert state_of(found(proper(tmp_path)), "key_files") is State.OK
    file.chmod(0o640)
    finding = found(proper(tmp_path))["key_files"]
    assert finding.state is State.PROBLEM and finding.mend == f"chmod 600 {file}"
    file.chmod(0o600)
    (tmp_path / "regulars.env").touch(mode=0o600)
    (tmp_path / "regulars.env").chmod(0o644)
    assert state_of(found(proper(tmp_path)), "key_files") is State.PROBLEM


@pytest.mark.parametrize(("free", "state"), [(50, State.OK), (10, State.WARNING), (3, State.PROBLEM)])
def test_a_full_disk_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, state: State
) -> None:
    usage = SimpleNamespace(total=100, used=100 - free, free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert state_of(found(proper(tmp_path)), "disk") is state


def test_a_folder_that_cannot_be_written_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert state_of(found(proper(tmp_path / "later" / "made")), "data_folder") is State.OK
    monkeypatch.setattr("os.access", lambda *_: False)  # who is root may write everywhere
    assert state_of(found(proper(tmp_path)), "data_folder") is State.PROBLEM


def test_an_old_python_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4, "final", 0))
    assert found(proper(tmp_path))["python"] == problem("python", "3.10.4", "Install Python 3.11 or newer.")


def test_missing_time_zones_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "ZONES", ("Europe/Berlin", "Mars/Olympus"))
    finding = found(proper(tmp_path))["time_zones"]
    assert finding.state is State.PROBLEM and "Mars/Olympus" in finding.said and "Berlin" not in finding.said


def test_a_model_that_was_changed_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(model_file.DEFAULT_FOLDER, folder)
    assert state_of(found(proper(tmp_path, model_dir=folder)), "model") is State.OK
    with (folder / model_file.TOKENIZER_FILE).open("ab") as file:
        file.write(b" ")
    finding = found(proper(tmp_path, model_dir=folder))["model"]
    assert finding.state is State.PROBLEM and "model_changed" in finding.said


def test_the_worst_is_the_state_of_the_whole() -> None:
    assert worst([]) is State.OK
    assert worst([ok("a", "b"), warning("a", "b", "c")]) is State.WARNING
    assert worst([problem("a", "b", "c"), ok("a", "b")]) is State.PROBLEM
