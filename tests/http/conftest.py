"""The whole application behind httpx, without a socket, on the loop of the tests."""

import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, URLEncodedBody

from api.app import App, create_app
from api.auth import requires_permission, requires_scope
from api.entry.signin import Form
from api.idempotency import Once
from core import clock, db
from core.embedded import Services
from core.ids import new_id
from core.people import api_keys

if TYPE_CHECKING:
    from tests.http.desk import Desk
    from tests.http.shop import Shop

PAGE = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
CSRF_FIELD = re.compile(r'name="csrf_token" value="([^"]+)"')


class Thing(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a write that only tests have."""

    name: str
    count: int = 1


@post("/things", guards=[requires_scope("members:write")], status_code=201)
async def post_thing(data: JSONBody[Thing], once: NamedDependency[Once[Thing]]) -> Response[Thing]:
    """A write with an effect that can be counted."""

    async def effect() -> Thing:
        await db.execute(
            "INSERT INTO stores (merchant_id, external_id, name, currency, time_zone)"
            " VALUES ($1, $2, $3, 'USD', 'UTC')",
            db.merchant_id(),
            str(new_id()),
            db.to_json({"en": data.name}),
        )
        return data

    return await once(effect, status=201)


@get("/things", guards=[requires_scope("members:read")])
async def get_things() -> list[Thing]:
    """A read."""
    return [Thing("one")]


@get("/boom")
async def boom() -> None:
    """A mistake of ours."""
    raise RuntimeError("a secret detail")


@get("/staff/boom", include_in_schema=False)
async def page_boom() -> None:
    """A mistake of ours, on a page."""
    raise RuntimeError("a secret detail")


@get("/staff/publish", guards=[requires_permission("studio.publish")], include_in_schema=False)
async def show_publish() -> str:
    """A page for those who may publish."""
    return "may publish"


@post("/staff/publish", guards=[requires_permission("studio.publish")], include_in_schema=False)
async def publish(data: URLEncodedBody[Form]) -> str:
    """An action of those who may publish."""
    return "published"


@pytest.fixture(scope="session")
def app(database: Services) -> App:
    """The application with a few routes of the tests' own."""
    pages = Router("/", route_handlers=[page_boom, show_publish, publish])
    return create_app(pages, v1=(post_thing, get_things, boom))


@dataclass
class Browser:
    """A client with cookies that fills in the hidden field of forms."""

    client: httpx.AsyncClient

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.client.get(path, headers=PAGE, **more)

    async def token(self, path: str = "/staff/sign-in") -> str:
        page = await self.get(path)
        found = CSRF_FIELD.search(page.text)
        assert found, page.text
        return found[1]

    async def post(self, path: str, form: dict[str, str], form_on: str = "/nowhere") -> httpx.Response:
        """Post a form as a person does: from a page that this browser has loaded before."""
        data = {"csrf_token": await self.token(form_on), **form}
        return await self.client.post(path, data=data, headers=PAGE)


def _transport(app: App) -> httpx.ASGITransport:
    """Each test comes from an address of its own, so that their sign-ins are not counted together."""
    return httpx.ASGITransport(app, client=(f"test-{secrets.token_hex(8)}", 1))


@pytest.fixture
async def client(app: App) -> AsyncIterator[httpx.AsyncClient]:
    """A program's client."""
    async with httpx.AsyncClient(transport=_transport(app), base_url="http://shop.test") as client:
        yield client


@pytest.fixture
async def browser(app: App) -> AsyncIterator[Browser]:
    """A person's browser."""
    async with httpx.AsyncClient(transport=_transport(app), base_url="http://shop.test") as client:
        yield Browser(client)


@pytest.fixture
async def shop(merchant: UUID) -> "Shop":
    """A shop with a published programme."""
    from tests.http.shop import open_shop  # which takes its keys from here

    return await open_shop(merchant)


@pytest.fixture
async def desk(merchant: UUID) -> "Desk":
    """A shop whose reviews are read, with a member and a key."""
    from tests.http.desk import open_desk

    return await open_desk(merchant)


async def new_key(merchant: UUID, *scopes: str) -> dict[str, str]:
    """The header of a new API key."""
    async with db.transaction(merchant):
        key = await api_keys.create("test", scopes, clock.now())
    return {"authorization": f"Bearer {key}"}


def write(key: dict[str, str], idempotency_key: str | None = None) -> dict[str, str]:
    """Headers of a write."""
    return {**key, "idempotency-key": idempotency_key or str(new_id())}


async def rows(merchant: UUID, table: str) -> int:
    """How many rows of a table the merchant has."""
    async with db.transaction(merchant):
        return int(await db.fetchval(f"SELECT count(*) FROM {table}"))
