"""The client is made of the OpenAPI document, all of it, and works against the application."""

import importlib
from uuid import UUID

import httpx
import pytest

from admin.serve import create
from api.app import App
from api.client import AsyncClient
from api.client import operations as ops
from api.client.calls import Call
from api.client.errors import Forbidden, NotFound
from core import logs
from core.embedded import Services
from tests.http import client_code
from tests.http.conftest import new_key
from tests.http.shop import open_shop


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "configure", lambda *_: None)
        return create()


def test_its_operations_are_those_of_the_document(app: App) -> None:
    for file, text in client_code.files(client_code.document(app)).items():
        assert (client_code.FOLDER / file).read_text("utf-8") == text, "python -m tests.http.client_code"


def test_it_has_every_operation_or_says_why_not(app: App) -> None:
    document = client_code.document(app)
    named = {
        body["operationId"]
        for path, methods in document["paths"].items()
        if path.startswith("/v1/")
        for body in methods.values()
    }
    module = importlib.import_module("api.client.operations")
    assert {name for name in named if callable(getattr(module, name, None))} == named - set(
        client_code.LEFT_OUT
    )
    assert set(client_code.LEFT_OUT) <= named


async def test_it_works_against_the_application(app: App, merchant: UUID) -> None:
    await open_shop(merchant)
    key = (await new_key(merchant, "members:write", "members:read", "ledger:read", "ledger:write"))[
        "authorization"
    ]
    transport = httpx.ASGITransport(app)
    async with AsyncClient("http://shop.test", key.removeprefix("Bearer "), transport=transport) as client:
        made = await client.send(ops.members_join({"customer_id": "ada", "name": "Ada"}))
        assert made["customer_id"] == "ada" and made["tier"] == "bronze"
        gift = ops.earns_earn("ada", {"points": 5, "note": "Thanks"})
        first, again = await client.send(gift), await client.send(gift)
        assert first == again and first["points_active"] == 5
        for _ in range(4):
            await client.send(ops.earns_earn("ada", {"points": 1, "note": "One more"}))
        pages = [page async for page in client.pages(ops.members_entries("ada", limit=2))]
        assert [len(page["entries"]) for page in pages] == [2, 2, 1]
        with pytest.raises(NotFound) as missing:
            await client.send(ops.members_member("nobody"))
        assert missing.value.code == "not_found" and missing.value.request_id
        with pytest.raises(Forbidden) as refused:
            await client.send(ops.webhooks_list_endpoints())
        assert refused.value.code == "scope_missing"
    assert isinstance(gift, Call)
