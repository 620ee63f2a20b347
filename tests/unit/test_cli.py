"""What a careless operator is told: one line, never a trace."""

import re
import shlex
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from admin.cli import main
from core import db
from core.settings import settings


def run(*arguments: str) -> Result:
    settings.cache_clear()
    try:
        return CliRunner().invoke(main, arguments)
    finally:
        settings.cache_clear()


ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = sorted(
    {line for file in DOCUMENTS for line in re.findall(r"^\$ (regulars .*)$", file.read_text("utf-8"), re.M)}
)


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_of_the_documentation_are_understood(
    line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    command: click.Command = main
    words = shlex.split(line, comments=True)[1:]
    for word in words:  # those that must exist: files have an ending, folders have none
        (tmp_path / word).touch() if "." in word and "@" not in word else None
    for folder in ("rows", "base", "run", "model"):
        (tmp_path / folder).mkdir()
    context = command.make_context("regulars", words)
    while isinstance(command, click.Group):
        name, found, words = command.resolve_command(context, [*context._protected_args, *context.args])
        assert found is not None
        command, context = found, found.make_context(name, words, parent=context)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("merchant", "staff", "corner", "olga", "--name", "O", "--role", "owner"), "no e-mail address"),
        (("merchant", "staff", "corner", "o@x.example", "--name", "O", "--role", "agent",
          "--goodwill-points", "-5"), "not in the range"),
        (("rewards", "add-pool", "--pool", "spring", "--low-water", "-5"), "not in the range"),
        (("worker", "--queues", "events,bogus"), "no queue 'bogus'"),
    ],
)  # fmt: skip
def test_a_wrong_argument_is_named(wrong: tuple[str, ...], said: str) -> None:
    result = run(*wrong)
    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REGULARS_PORT", "abc"),
        ("REGULARS_PORT", "99999"),
        ("REGULARS_DATABASE_POOL_SIZE", "0"),
        ("REGULARS_LOG_FORMAT", "xml"),
        ("REGULARS_LOG_LEVEL", "LOUD"),
        ("REGULARS_COOKIES_SECURE", "maybe"),
        ("REGULARS_SESSION_TTL_S", "-1"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    result = run("health", "api")
    assert result.exit_code == 1
    assert name in result.output and "Traceback" not in result.output
    assert value not in result.output.replace(name, "")


def test_a_setting_that_is_none_is_named_as_it_stands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "regulars.env").write_text("REGULARS_PROT=s3cret\n", encoding="utf-8")
    result = run("health", "api")
    assert result.exit_code == 1
    assert result.output == "Error: REGULARS_PROT in regulars.env is no setting of ours\n"


def test_a_database_that_is_away_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise ConnectionRefusedError(111, "Connect call failed")

    monkeypatch.setattr(db, "connect", away)
    monkeypatch.setenv("REGULARS_DATABASE_URL", "postgresql://app@db.invalid/regulars")
    monkeypatch.setenv("REGULARS_VALKEY_URL", "redis://valkey.invalid")
    result = run("ledger", "verify")
    assert result.exit_code == 1
    assert "REGULARS_DATABASE_URL" in result.output and "Traceback" not in result.output


def test_a_file_that_is_no_backup_is_refused_in_one_line(tmp_path: Path) -> None:
    wrong = tmp_path / "notes.txt"
    wrong.write_text("Buy milk", encoding="utf-8")
    result = run("restore", str(wrong))
    assert result.exit_code == 1
    assert result.output == f"Error: {wrong} is no tar file [backup_unfit]\n"


def test_texts_are_not_scored_over_themselves(tmp_path: Path) -> None:
    texts = tmp_path / "texts.jsonl"
    texts.write_text('{"id": "1", "text": "Lovely"}\n', encoding="utf-8")
    result = run("sentiment", "score", str(texts), str(tmp_path / "." / "texts.jsonl"))
    assert result.exit_code == 2 and "same file" in result.output
    assert texts.read_text(encoding="utf-8") == '{"id": "1", "text": "Lovely"}\n'


def test_training_without_torch_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for module in [name for name in sys.modules if name.startswith("sentiment.training.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "torch", None)
    folders = ("--data", str(tmp_path), "--base", str(tmp_path), "--out", str(tmp_path / "run"))
    result = run("sentiment", "train", *folders)
    assert result.exit_code == 1 and "regulars[train]" in result.output
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("members", ["0", "-5", "5001", "many"])
def test_a_demo_of_nobody_is_refused(members: str) -> None:
    result = run("demo", "--members", members)
    assert result.exit_code == 2 and "--members" in result.output
