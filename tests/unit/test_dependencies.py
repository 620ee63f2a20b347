"""pyproject.toml names what the code imports, and the locks follow it."""

import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.factories.imports import imported

ROOT = Path(__file__).parents[2]
OURS = ("core", "loyalty", "reviews", "sentiment", "api", "admin", "tests")
# Where an extra may be needed, besides what everybody has.
EXTRAS = {
    "admin/demo/screenshots.py": ("test",),
    "core/telemetry/traces.py": ("traces",),
    "sentiment/foreign.py": ("train",),
    "sentiment/training/": ("train",),
    "tests/": ("test", "traces", "train"),
}
# Used without an import: Granian is told to run on it.
NEVER_IMPORTED = {"uvloop"}
# Of what only training installs: the import's name is another one.
NAMES = {"sklearn": ["scikit-learn"]}
INSTALLED = NAMES | dict(packages_distributions())


def normal(name: str) -> str:
    """A requirement or a distribution, as its name alone is compared."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", name)[0]).lower()


def declared(*extras: str) -> set[str]:
    """Distributions that pyproject.toml asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(each for x in extras for each in project["optional-dependencies"][x]),
    ]
    return {normal(each) for each in wanted}


def others(source: str) -> set[str]:
    """Names of the packages of others that a module imports."""
    return {name.partition(".")[0] for name in imported(source)} - sys.stdlib_module_names - set(OURS)


def modules() -> Iterator[tuple[str, set[str]]]:
    """Path relative to the root, and what it imports of others."""
    for package in OURS:
        for file in sorted((ROOT / package).rglob("*.py")):
            yield file.relative_to(ROOT).as_posix(), others(file.read_text(encoding="utf-8"))


def distributions(name: str) -> set[str]:
    """Which of them can bring a package."""
    return {normal(each) for each in INSTALLED.get(name, [name])}


def pins(lock: str) -> set[str]:
    """`name==version` of each package in a lock file."""
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    return {line.rstrip("\\ ") for line in lines if "==" in line and not line.startswith((" ", "#"))}


def test_what_is_imported_is_declared() -> None:
    """It may be here because something else needs it, which can end with any new version of that."""
    missing = set()
    for path, names in modules():
        here = declared(
            *(extra for place, extras in EXTRAS.items() if path.startswith(place) for extra in extras)
        )
        missing |= {f"{path}: {name}" for name in names if not distributions(name) & here}
    assert missing == set()


def test_what_everybody_installs_is_used() -> None:
    shipped = [names for path, names in modules() if not path.startswith("tests/")]
    used = {each for names in shipped for name in names for each in distributions(name)}
    assert declared() - used == NEVER_IMPORTED


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_pin_what_is_declared(lock: str) -> None:
    extras = ("embedded", "traces", "test") if "dev" in lock else ("embedded", "traces")
    assert declared(*extras) - {normal(each.partition("==")[0]) for each in pins(lock)} == set()


def test_both_locks_name_the_same_versions() -> None:
    tested, shipped = pins("requirements-dev.lock"), pins("requirements.lock")
    assert shipped
    assert shipped - tested == set()


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import kombu.utils, json", {"kombu"}),
        ("def f():\n    from markupsafe import Markup", {"markupsafe"}),
        ("from core import db\nfrom . import rules", set()),
    ],
)
def test_imports_are_found(source: str, names: set[str]) -> None:
    assert others(source) == names


def test_names_of_requirements() -> None:
    assert normal("uvloop>=0.21; sys_platform != 'win32'") == "uvloop"
    assert normal("ruamel.yaml>=0.18") == "ruamel-yaml"
    assert normal("Jinja2") == "jinja2"
