"""The version before on the schema of this one: in a rolling upgrade for minutes, after a roll-back for days.

Its own tests run in a copy of it whose migrations are ours. docs/migrations.md says what a migration may do.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("core", "loyalty", "reviews")
# What sells, pays, signs in, answers and sweeps. Not what lists all that is in the schema: there is more now.
FILES = (
    "tests/db/test_reviews_intake.py",
    "tests/http/test_v1_earns.py",
    "tests/http/test_webhooks.py",
)
MORE = (
    "tests/db/test_erasure.py",
    "tests/db/test_ledger_chain.py",
    "tests/db/test_purge.py",
    "tests/http/test_handoff.py",
    "tests/http/test_portal.py",
    "tests/http/test_v1_rewards.py",
    "tests/worker/test_delivery.py",
)
"""Besides, for a version that is named: minutes."""
NAMED = os.environ.get("REGULARS_BEFORE", "")


def git(*words: str) -> bytes:
    """What git says; empty: there is no history here, or it does not go back so far."""
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True)
    return done.stdout if done.returncode == 0 else b""


def before() -> str:
    """REGULARS_BEFORE, the newest release, or what stood before the newest migration."""
    newest = git(
        "log", "-1", "--diff-filter=A", "--format=%H", "--", *(f"{p}/migrations/*.sql" for p in PACKAGES)
    )
    parent = newest.decode().strip() + "^"
    tag = git("describe", "--tags", "--abbrev=0", "HEAD^").decode().strip()
    return git("rev-parse", "--verify", "--quiet", f"{NAMED or tag or parent}^{{commit}}").decode().strip()


@pytest.fixture
def tree() -> Iterator[Path]:
    """The code of before with the schema of now."""
    revision = before()
    if not revision:
        pytest.skip("this checkout has no git history, which the version before would be taken from")
    folder = Path(tempfile.mkdtemp(prefix="before-"))
    folder.chmod(0o755)
    try:
        subprocess.run(["tar", "-x", "-C", folder], input=git("archive", revision), check=True)
        for package in PACKAGES:
            shutil.rmtree(folder / package / "migrations")
            shutil.copytree(ROOT / package / "migrations", folder / package / "migrations")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A Python of ours in its folder, whose modules come first."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("REGULARS_", "PYTEST_"))
    }
    return subprocess.run(
        [sys.executable, *words], cwd=tree, env=clean, capture_output=True, text=True, timeout=900
    )


@pytest.mark.slow
def test_the_version_before_passes_its_tests_on_this_schema(tree: Path) -> None:
    assert run(tree, "-c", "import core; print(core.__file__)").stdout.startswith(str(tree))
    wanted = (*FILES, *MORE) if NAMED else FILES
    files = [name for name in wanted if (tree / name).exists()]
    assert len(files) > len(wanted) / 2
    done = run(tree, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *files)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
