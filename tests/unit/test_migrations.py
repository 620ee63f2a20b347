"""What a migration may not do while others use the database. See docs/migrations.md."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SQUAWK = Path(sys.executable).with_name("squawk")
FROM = "2026-11-27T08:30:00:000000"
"""From this migration on; those before are the schema of the first release, some of them with a way back."""
ID = re.compile(r'^ID = "([^"]+)"', re.M)
FILE = re.compile(r'with_name\("([^"]+)"\)')
WITHOUT_BODIES = re.compile(r"\$(\w*)\$.*?\$\1\$", re.S)
DROPPED = re.compile(r"^\s*DROP (FUNCTION|VIEW|TYPE|TRIGGER|POLICY)\b", re.M | re.I)


def modules() -> list[Path]:
    """Migrations that these rules are for, and the last ones before them that have a way back."""
    found = []
    for package in ("core", "loyalty", "reviews"):
        for module in sorted((ROOT / package / "migrations").glob("*.py")):
            text = module.read_text("utf-8")
            said = ID.search(text)
            if said and (said[1] >= FROM or "add_raw_backwards" in text):
                found.append(module)
    return found


def ups(module: Path) -> list[Path]:
    """Its SQL files, without the way back."""
    names = FILE.findall(module.read_text("utf-8"))
    return [module.with_name(name) for name in names if not name.endswith(".down.sql")]


MODULES = modules()
FIRST = {"0035_figures.sql", "0036_traces.sql"}
UPS = [
    file
    for module in MODULES
    for file in ups(module)
    if file.name in FIRST or ID.search(module.read_text("utf-8"))[1] >= FROM  # type: ignore[index]
]


def refused(file: Path) -> str:
    """What squawk says against a file; empty: nothing."""
    done = subprocess.run([SQUAWK, "--config", ROOT / ".squawk.toml", file], capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def drops_unasked(sql: str) -> list[str]:
    """Lines that drop what old code may call, without the comment that nobody does."""
    found, said = list[str](), list[str]()
    for line in WITHOUT_BODIES.sub("''", sql).splitlines():
        if line.startswith("--"):
            said.append(line)
            continue
        if DROPPED.match(line) and not any(each.startswith("-- contract:") for each in said):
            found.append(line)
        said.clear()
    return found


def test_there_are_such_migrations() -> None:
    assert len(MODULES) >= 2
    assert all(file.exists() for file in UPS)


@pytest.mark.parametrize("file", UPS, ids=lambda file: file.name)
def test_nothing_locks_for_long_or_breaks_the_version_before(file: Path) -> None:
    assert refused(file) == ""
    assert drops_unasked(file.read_text("utf-8")) == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_there_is_a_way_back_or_a_reason(module: Path) -> None:
    text = module.read_text("utf-8")
    for file in ups(module):
        down = file.with_suffix(".down.sql")
        if down.exists():
            assert f'add_raw_backwards(run_sql(Path(__file__).with_name("{down.name}")))' in text
        else:
            assert re.search(r"^-- one way: \S", file.read_text("utf-8"), re.M), (
                f"{file.name} has no way back"
            )


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE customers ALTER COLUMN external_id TYPE varchar(10);",
        "ALTER TABLE customers ADD COLUMN age integer NOT NULL;",
        "ALTER TABLE customers ADD COLUMN made_id uuid DEFAULT uuidv7();",
        "ALTER TABLE customers ALTER COLUMN external_id SET NOT NULL;",
        "CREATE INDEX customers_by_date ON customers (created_at);",
        "ALTER TABLE customers ADD CONSTRAINT positive CHECK (length(external_id) > 0);",
        "ALTER TABLE customers ADD CONSTRAINT one_id UNIQUE (external_id);",
        "ALTER TABLE customers ADD CONSTRAINT of_merchant FOREIGN KEY (merchant_id) REFERENCES merchants;",
        "ALTER TABLE customers DROP COLUMN external_id;",
        "ALTER TABLE customers RENAME COLUMN external_id TO shop_id;",
        "ALTER TABLE customers RENAME TO people;",
        "DROP TABLE customers;",
    ],
)
def test_dangerous_statements_are_refused(sql: str, tmp_path: Path) -> None:
    file = tmp_path / "0099_danger.sql"
    file.write_text(sql)
    assert refused(file) != ""


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE customers ADD COLUMN age integer;",
        "ALTER TABLE customers ADD COLUMN kind text NOT NULL DEFAULT 'person';",
        "CREATE TABLE t (id uuid PRIMARY KEY, n integer NOT NULL);\nCREATE INDEX t_n ON t (n);",
        "ALTER TABLE customers ADD CONSTRAINT positive CHECK (length(external_id) > 0) NOT VALID;",
        "-- squawk-ignore ban-drop-column\nALTER TABLE customers DROP COLUMN external_id;",
    ],
)
def test_harmless_statements_are_not(sql: str, tmp_path: Path) -> None:
    file = tmp_path / "0099_harmless.sql"
    file.write_text(sql)
    assert refused(file) == ""


def test_dropped_functions_are_found() -> None:
    assert drops_unasked("DROP FUNCTION f();") == ["DROP FUNCTION f();"]
    contract, ignore = "-- contract: unused since 0.2", "-- squawk-ignore ban-drop-function"
    for comment in (contract, f"{contract}\n{ignore}"):
        assert drops_unasked(f"{comment}\nDROP FUNCTION f();") == []
    assert drops_unasked(f"{contract}\nSELECT 1;\nDROP FUNCTION f();") == ["DROP FUNCTION f();"]
    assert drops_unasked("CREATE FUNCTION f() RETURNS void AS $x$\nDROP FUNCTION g();\n$x$;") == []
