"""docs/integration.md, executed from top to bottom: client against application, webhooks to a server."""

import ast
import contextlib
import inspect
import io
import re
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

import httpx
import pytest

from admin.serve import create
from api import client as package
from api.app import App
from core import clock, db, logs
from core.embedded import Services
from core.people import handoff
from core.people.api_keys import SCOPES
from core.settings import settings
from tests.factories.receiver import Receiver, receiving
from tests.http import webhook_types
from tests.http.conftest import new_key
from tests.http.shop import open_shop
from tests.http.test_v1_webhooks import work_off

TEXT = webhook_types.PAGE.read_text("utf-8")
BLOCKS = [
    (TEXT.count("\n", 0, found.start()) + 1, found[1])
    for found in re.finditer(r"```python\n(.*?)```", TEXT, re.DOTALL)
]


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "configure", lambda *_: None)
        return create()


async def follow(known: dict[str, Any], line: int, block: str) -> None:
    """Run one piece, which may wait for something."""
    code = compile(block, f"docs/integration.md:{line}", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    try:
        found = eval(code, known)
        if inspect.isawaitable(found):
            await found
    except Exception as error:
        raise AssertionError(f"docs/integration.md, line {line}: {error!r}") from error


async def test_the_page_does_what_it_says(app: App, merchant: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    await open_shop(merchant)
    key = (await new_key(merchant, *SCOPES))["authorization"].removeprefix("Bearer ")

    def to_us(base_url: str, api_key: str) -> package.AsyncClient:
        return package.AsyncClient(base_url, api_key, transport=httpx.ASGITransport(app))

    async with db.transaction(merchant):
        signs = await handoff.create_key("Shop system", clock.now(), ["https://shop.example"])
        code = await db.fetchval("SELECT code FROM merchants")
    known: dict[str, Any] = {"KEY": key, "KEY_ID": str(signs.id), "SECRET": signs.secret}
    ours = {"https://regulars.example": settings().public_url, '"corner"': f'"{code}"'}
    said = io.StringIO()
    async with receiving(monkeypatch) as (receiver, url):
        with contextlib.redirect_stdout(said):
            for line, block in BLOCKS:
                for word, is_here in (ours | {"https://shop.example/hooks/regulars": url}).items():
                    block = block.replace(word, is_here)
                await follow(known, line, block)
                if "AsyncClient(" in block:
                    known["regulars"] = to_us("https://regulars.example", key)
            await work_off(merchant)
            check(known, receiver)
    await follow_link(app, known["link"])
    assert "earn 120 " in said.getvalue() and "webhook.test " in said.getvalue(), said.getvalue()
    await known["regulars"].close()


async def follow_link(app: App, link: str) -> None:
    """As the browser of a customer does who clicks in the shop."""
    headers = {"referer": "https://shop.example/", "accept": "text/html"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as browser:
        answer = await browser.get(link, headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (303, "/portal"), answer.text
        portal = await browser.get(urljoin(link, "/portal"), headers=headers)
        assert portal.status_code == 200 and "Ada" in portal.text


def check(known: dict[str, Any], receiver: Receiver) -> None:
    """What came is taken by the page's function, each once, and nothing else is."""
    came = list(zip(receiver.heads, receiver.bodies, strict=True))
    assert [known["on_webhook"](head, body) for head, body in (*came, *came)] == [204] * 2 * len(came)
    assert len(known["seen"]) == len(came) > 1
    head, body = came[0]
    assert known["on_webhook"](head, body + b" ") == 401


def test_its_tables_are_those_of_the_code() -> None:
    assert webhook_types.written(TEXT) == TEXT
    assert len(BLOCKS) >= 9
