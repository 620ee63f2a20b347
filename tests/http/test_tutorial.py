"""docs/tutorial.md, executed from top to bottom: what it sends is sent, what it shows is what comes back.

- ```toml and ```console: a file, and commands of `regulars merchant` that read it.
- ```http: method, path, perhaps headers, an empty line, the body. API key and idempotency key go with each.
- ```python: what a program does with our client; its answer is the value of the last line, or the refusal.
- ```json or ```ndjson after either: what must stand in the answer; more may be there. "…" stands for
  anything, "{name}" keeps a text for later use, where {name} stands for it. `status=…` after the
  language: if not 2xx.
- <!-- at TIME --> sets the clock, <!-- sweep --> does what the scheduler would do by then.
"""

import ast
import inspect
import re
import shlex
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from click.testing import CliRunner

from admin.cli import merchant as commands
from admin.serve import V1
from api.app import App, create_app
from api.client import ApiError, AsyncClient
from core import clock, db, tenancy
from core.celery_app import HANDLER_MODULES, PERIODIC_MODULES
from core.embedded import Services
from core.ids import new_id
from core.outbox import work
from core.outbox.store import Item
from tests.http.conftest import client as client

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"
_PART = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$|^<!-- (.*?) -->$", re.MULTILINE | re.DOTALL)
ANYTHING = "…"


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    return create_app(v1=V1)


@dataclass
class Reader:
    """Somebody who follows the tutorial."""

    client: httpx.AsyncClient
    folder: Path
    now: datetime = datetime(2027, 1, 1, tzinfo=UTC)
    known: dict[str, str] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=dict)
    """Of the tutorial's Python."""
    answer: httpx.Response | None = None
    refused: bool = False
    """By the client, and nothing has been said of it yet."""
    merchant: UUID | None = None

    async def follow(self, kind: str, more: str, text: str) -> None:
        """Do what one part says, or compare with it."""
        assert not self.refused or kind in ("json", "ndjson"), self.answer and self.answer.text
        match kind:
            case "toml":
                (self.folder / "programme.toml").write_text(text, "utf-8")
            case "console":
                await self.command(text)
            case "http":
                await self.send(text)
            case "python":
                await self.run(text)
            case "json" | "ndjson":
                self.refused = False
                self.compare(kind, more, text)
            case "at":
                self.now = datetime.fromisoformat(text)
            case "sweep":
                await self.sweep()

    async def command(self, text: str) -> None:
        """Run commands of `regulars merchant`, on the loop and the clock of this test."""
        asked: list[tuple[Any, tuple[Any, ...]]] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            patch.setattr(commands, "installation", lambda: nullcontext())
            patch.setattr(commands, "run", lambda function, *args: asked.append((function, args)))
            for line in re.findall(r"^\$ regulars merchant (.*)$", text, re.MULTILINE):
                done = CliRunner().invoke(commands.merchant, shlex.split(line), catch_exceptions=False)
                assert done.exit_code == 0, done.output
                function, args = asked.pop()
                await function(*args)

    async def send(self, text: str) -> None:
        """One request; its answer is kept for the next part."""
        head, _, body = self.filled(text).partition("\n\n")
        request, *lines = head.splitlines()
        method, path = request.split(" ", 1)
        headers = {"authorization": f"Bearer {self.known['KEY']}", "idempotency-key": str(new_id())}
        headers |= {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        if body:
            headers.setdefault("content-type", "application/json")
        self.answer = await self.client.request(method, path, content=body.strip(), headers=headers)
        assert self.answer.status_code < 500, self.answer.text
        await self.work_off()

    async def run(self, text: str) -> None:
        """A piece of a program; what its last line is worth is kept for the next part."""
        tree = ast.parse(text)
        last = tree.body[-1]
        if isinstance(last, ast.Expr):
            kept = ast.Assign([ast.Name("answer", ast.Store())], last.value)
            tree.body[-1] = ast.fix_missing_locations(ast.copy_location(kept, last))
        code = compile(tree, "docs/tutorial.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        self.names |= {"KEY": self.known["KEY"], "answer": None}
        try:
            if inspect.isawaitable(running := eval(code, self.names)):
                await running
            status, came = 200, self.names["answer"]
        except ApiError as error:
            status, came, self.refused = error.status, error.problem, True
        self.answer = httpx.Response(
            status, content=came if isinstance(came, str) else msgspec.json.encode(came)
        )
        if "AsyncClient(" in text:
            self.names["regulars"] = AsyncClient(
                "http://shop.test", self.known["KEY"], transport=self.client._transport
            )
        await self.work_off()

    def compare(self, kind: str, more: str, text: str) -> None:
        """What came back against what stands there."""
        assert self.answer is not None, "an answer without a request"
        status = re.search(r"status=(\d+)", more)
        right = self.answer.status_code == int(status[1]) if status else self.answer.is_success
        assert right, f"{self.answer.status_code} {self.answer.text}"
        parts = [text] if kind == "json" else text.splitlines()
        given = [self.answer.text] if kind == "json" else self.answer.text.splitlines()
        assert len(parts) == len(given), self.answer.text
        for shown, came in zip(parts, given, strict=True):
            self.expect(msgspec.json.decode(shown), msgspec.json.decode(came), "")

    def expect(self, shown: Any, came: Any, where: str) -> None:
        """The shown value is the one that came, or a part of it."""
        if isinstance(shown, dict) and isinstance(came, dict):
            for name, value in shown.items():
                assert name in came, f"{where}.{name} is missing of {came}"
                self.expect(value, came[name], f"{where}.{name}")
        elif isinstance(shown, list) and isinstance(came, list):
            cut = shown[-1:] == [ANYTHING]
            assert len(came) >= len(shown) - 1 if cut else len(came) == len(shown), f"{where}: {came}"
            for number, value in enumerate(shown[:-1] if cut else shown):
                self.expect(value, came[number], f"{where}[{number}]")
        elif isinstance(shown, str) and re.fullmatch(r"\{\w+\}", shown):
            before = self.known.setdefault(shown[1:-1], str(came))
            assert before == str(came), f"{where}: {came} was {before} before"
        elif shown != ANYTHING:
            assert came == shown, f"{where}: {came!r} is not {shown!r}"

    def filled(self, text: str) -> str:
        """With what was kept in the place of {name}."""
        return re.sub(r"\{(\w+)\}", lambda found: self.known.get(found[1], found[0]), text)

    async def work_off(self) -> None:
        """What waits in the outbox, as the workers do it."""
        for module in HANDLER_MODULES:
            import_module(module)
        assert self.merchant
        for _ in range(10):
            async with db.transaction(self.merchant):
                due = await db.fetch(
                    "SELECT id, merchant_id, topic, attempts FROM outbox WHERE available_at <= $1", self.now
                )
            if not due:
                return
            await work.run([Item(**row) for row in due])
        raise AssertionError("the outbox does not get empty")

    async def sweep(self) -> None:
        """What the scheduler starts from time to time."""
        found = await _merchant()
        for name in PERIODIC_MODULES:
            if sweep := getattr(import_module(name), "of_merchant", None):
                await sweep(found)
        await self.work_off()


async def _merchant() -> tenancy.Merchant:
    found = await tenancy.find_merchant("corner")
    assert found
    return found


Part = tuple[int, str, str, str]
"""Line, kind, what stands behind the kind, text."""


def _parts(text: str) -> Iterator[Part]:
    for found in _PART.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        if found[4]:
            kind, _, value = found[4].partition(" ")
            yield line, kind, "", value
        else:
            yield line, found[1], found[2], found[3]


async def test_the_tutorial_does_what_it_says(
    client: httpx.AsyncClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = Reader(client, tmp_path)
    with clock.set_clock(lambda: reader.now):
        for line, kind, more, text in _parts(TUTORIAL.read_text("utf-8")):
            try:
                await reader.follow(kind, more, text)
            except Exception as error:
                raise AssertionError(f"docs/tutorial.md, line {line}: {error}") from error
            if kind == "console":
                reader.merchant = (await _merchant()).id
                key = re.search(r"API key (\S+)", capsys.readouterr().out)
                assert key, "the commands made no API key"
                reader.known["KEY"] = key[1]
