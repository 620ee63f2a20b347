"""House rules that no linter knows: each test names the lines that break one."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = ("core", "loyalty", "reviews", "sentiment", "api", "admin")
LONGEST_FUNCTION_LINES = 70

Rule = Callable[[ast.AST], bool]


def modules(*packages: str) -> Iterator[tuple[str, ast.Module]]:
    """Path relative to the root, and syntax tree, of every module of these packages."""
    for package in packages:
        for file in sorted((ROOT / package).rglob("*.py")):
            yield file.relative_to(ROOT).as_posix(), ast.parse(file.read_text(encoding="utf-8"))


def breaches(rule: Rule, packages: tuple[str, ...], *excepted: str) -> list[str]:
    """`path:line` of each node that the rule finds, outside the excepted files."""
    return [
        f"{path}:{getattr(node, 'lineno', 1)}"
        for path, tree in modules(*packages)
        if path not in excepted
        for node in ast.walk(tree)
        if rule(node)
    ]


def is_long_function(node: ast.AST) -> bool:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    return (node.end_lineno or node.lineno) - node.lineno + 1 > LONGEST_FUNCTION_LINES


def reads_a_clock(node: ast.AST) -> bool:
    """datetime.now(), datetime.utcnow(), date.today(), time.time(), under any name of the module."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    owner = node.func.value
    name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
    return (name, node.func.attr) in {
        ("datetime", "now"),
        ("datetime", "utcnow"),
        ("datetime", "today"),
        ("date", "today"),
        ("time", "time"),
        ("time", "time_ns"),
    }


def imports_a_bare_clock(node: ast.AST) -> bool:
    """`from time import time`, which reads_a_clock() would not recognise."""
    return (
        isinstance(node, ast.ImportFrom)
        and node.module == "time"
        and any(alias.name in ("time", "time_ns") for alias in node.names)
    )


def starts_a_transaction(node: ast.AST) -> bool:
    """Any `….transaction(` but that of core.db itself."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    return node.func.attr == "transaction" and getattr(node.func.value, "id", "") != "db"


def says_begin_or_commit(node: ast.AST) -> bool:
    """SQL in a string that would open or end a transaction by hand."""
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return False
    first_words = node.value.strip().rstrip(";").upper()
    return first_words in {"BEGIN", "COMMIT", "ROLLBACK", "START TRANSACTION"}


def is_app_task(node: ast.AST) -> bool:
    """`@app.task`: tasks are `shared_task`s, so that no package needs the application."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    bare = [each.func if isinstance(each, ast.Call) else each for each in node.decorator_list]
    return any(isinstance(each, ast.Attribute) and each.attr == "task" for each in bare)


def is_async_task(node: ast.AST) -> bool:
    """Celery calls such a task, gets a coroutine and reports success without running it."""
    if not isinstance(node, ast.AsyncFunctionDef):
        return False
    bare = [each.func if isinstance(each, ast.Call) else each for each in node.decorator_list]
    return any(isinstance(each, ast.Name) and each.id == "shared_task" for each in bare)


def runs_something(node: ast.AST) -> bool:
    return isinstance(node, ast.AsyncFunctionDef)


def prints(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"


def lets_a_newline_pass(node: ast.AST) -> bool:
    """A pattern of msgspec's that ends with `$`, which also fits before a newline at the end."""
    if not (isinstance(node, ast.keyword) and node.arg == "pattern" and isinstance(node.value, ast.Constant)):
        return False
    return str(node.value.value).endswith("$")


def test_functions_are_short() -> None:
    assert breaches(is_long_function, (*SHIPPED, "tests")) == []


def test_only_the_clock_reads_the_time() -> None:
    assert breaches(reads_a_clock, SHIPPED, "core/clock.py") == []
    assert breaches(imports_a_bare_clock, SHIPPED, "core/clock.py") == []


def test_only_the_database_module_starts_transactions() -> None:
    assert breaches(starts_a_transaction, SHIPPED, "core/db.py") == []
    assert breaches(says_begin_or_commit, SHIPPED, "core/db.py") == []


def test_tasks_are_plain_shared_tasks() -> None:
    assert breaches(is_app_task, SHIPPED) == []
    assert breaches(is_async_task, SHIPPED) == []


def test_queries_are_sql_and_nothing_else() -> None:
    """`queries.py` is text, and functions that write it; whoever runs it has another name."""
    elsewhere = [path for path, _ in modules(*SHIPPED) if not path.endswith("queries.py")]
    assert breaches(runs_something, SHIPPED, *elsewhere) == []


def test_the_architecture_names_every_folder() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    folders = [file.parent for package in SHIPPED for file in (ROOT / package).glob("*/__init__.py")]
    assert [each for each in folders if not re.search(rf"`([a-z]+/)?{each.name}/?`", page)] == []


def test_only_commands_print() -> None:
    assert breaches(prints, ("core", "loyalty", "reviews", "sentiment", "api")) == []


def test_patterns_end_where_the_text_ends() -> None:
    assert breaches(lets_a_newline_pass, SHIPPED, "core/settings.py") == []


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (is_long_function, "def f():\n" + "    x = 1\n" * LONGEST_FUNCTION_LINES),
        (reads_a_clock, "datetime.now(UTC)"),
        (reads_a_clock, "datetime.datetime.utcnow()"),
        (reads_a_clock, "time.time()"),
        (imports_a_bare_clock, "from time import time"),
        (starts_a_transaction, "connection.transaction()"),
        (says_begin_or_commit, "run('commit;')"),
        (is_app_task, "@app.task(bind=True)\ndef f(): ..."),
        (is_async_task, "@shared_task\nasync def f(): ..."),
        (runs_something, "async def find(): ..."),
        (prints, "print('x')"),
        (lets_a_newline_pass, 'Meta(pattern="^[A-Z]{3}$")'),
    ],
)
def test_rules_find_what_they_look_for(rule: Rule, source: str) -> None:
    assert any(rule(node) for node in ast.walk(ast.parse(source)))


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (is_long_function, "def f():\n" + "    x = 1\n" * (LONGEST_FUNCTION_LINES - 1)),
        (reads_a_clock, "clock.now(); time.monotonic()"),
        (imports_a_bare_clock, "from time import monotonic"),
        (starts_a_transaction, "transaction(merchant_id); db.transaction(merchant_id)"),
        (says_begin_or_commit, "run('we begin')"),
        (is_app_task, "@shared_task\ndef f(): ..."),
        (is_async_task, "@shared_task\ndef f(): ..."),
        (runs_something, "def values(metric): ..."),
        (prints, "console.print('x')"),
        (lets_a_newline_pass, r'Meta(pattern=r"^[A-Z]{3}\Z")'),
    ],
)
def test_rules_leave_the_rest_alone(rule: Rule, source: str) -> None:
    assert not any(rule(node) for node in ast.walk(ast.parse(source)))
