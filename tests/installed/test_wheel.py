"""The wheel alone, in an environment of its own, as a user installs it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _run(*argv: str | Path, cwd: Path, **environment: str) -> str:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("REGULARS_", "PYTHON"))}
    done = subprocess.run(argv, cwd=cwd, env=clean | environment, capture_output=True, text=True, timeout=540)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed() -> Iterator[Path]:
    """An environment with the locked dependencies and our wheel, below a short folder."""
    folder = Path(tempfile.mkdtemp(prefix="wheel-"))
    folder.chmod(0o755)
    uv = Path(sys.executable).with_name("uv")
    try:
        # Built from a copy, so that no build leftover of the checkout gets in.
        tree = folder / "source"
        shutil.copytree(
            ROOT,
            tree,
            ignore=shutil.ignore_patterns(
                ".git", ".venv", "var", "build", "*.egg-info", ".*_cache", ".hypothesis"
            ),
        )
        build = (sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation")
        _run(*build, "-w", folder / "dist", tree, cwd=folder)
        shutil.rmtree(tree)
        _run(sys.executable, "-m", "venv", "--without-pip", folder / "env", cwd=folder)
        into: tuple[str | Path, ...] = (uv, "pip", "install", "-q", "--python", folder / "env/bin/python")
        _run(*into, "--require-hashes", "--no-deps", "-r", ROOT / "requirements.lock", cwd=folder)
        (wheel,) = (folder / "dist").glob("regulars-*.whl")
        _run(*into, "--no-deps", wheel, cwd=folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
def test_the_wheel_scores_a_review(installed: Path) -> None:
    source = installed / "in.jsonl"
    source.write_text('{"id": "1", "text": "Broken after a day, awful service."}\n', encoding="utf-8")
    target = installed / "out.jsonl"
    _run(installed / "env" / "bin" / "regulars", "sentiment", "score", source, target, cwd=installed)
    assert json.loads(target.read_text("utf-8"))["sentiment"] == "negative"


@pytest.mark.slow
def test_the_wheel_migrates_an_embedded_database(installed: Path) -> None:
    regulars = installed / "env" / "bin" / "regulars"
    data = {"REGULARS_DATA_DIR": str(installed / "data")}
    assert "loyalty: " in _run(regulars, "migrate", cwd=installed, **data)
    assert _run(regulars, "ledger", "verify", cwd=installed, **data) == ""


@pytest.mark.slow
def test_what_the_wheel_holds(installed: Path) -> None:
    (wheel,) = (installed / "dist").glob("regulars-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"admin", "api", "core", "loyalty", "reviews", "sentiment"}
    for part in (
        "core/design/static/regulars.css",
        "loyalty/migrations/0002_ledger.sql",
        "sentiment/models/regulars-3/regulars-3.concerns.json",
        "sentiment/urgency.toml",
        "sentiment/urgent.toml",
    ):
        assert part in names
    (packages,) = (installed / "env" / "lib").glob("python*/site-packages")
    assert not (packages / "torch").exists()
