"""The description of the API: valid, complete, true, and shown from our own files."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest
from jsonschema import Draft202012Validator
from litestar import Router, get
from litestar.openapi.spec import Operation as LitestarOperation
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from admin.serve import create
from api.app import App, create_app
from api.deprecation import DEPRECATED, Deprecation
from api.document.completing import PROBLEM, operations
from core import logs
from core.embedded import Services
from core.people.api_keys import SCOPES
from core.webhooks import catalogue
from tests.access.doors import doors

Operation = tuple[str, str, dict[str, Any]]
SUNSET = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def app(database: Services) -> App:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "configure", lambda *_: None)
        return create()


@pytest.fixture(scope="module")
async def document(app: App) -> dict[str, Any]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        return dict((await client.get("/openapi.json")).json())


@pytest.fixture(scope="module")
def every(document: dict[str, Any]) -> list[Operation]:
    return [
        (method.upper(), path, body)
        for path, methods in document["paths"].items()
        for method, body in methods.items()
    ]


def test_it_is_valid(document: dict[str, Any]) -> None:
    assert [str(error)[:500] for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_operation_for_keys_is_in_it(app: App, every: list[Operation]) -> None:
    described = {(method, path) for method, path, _ in every}
    asked = {(door.method, door.handler) for door in doors(app) if door.is_program}
    found = {
        (method, handler)
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        for method in handler.http_methods
        if (method, getattr(route, "path_format", "")) in described
    }
    assert asked <= found


def takes_a_body(handler: Any) -> bool:
    """By its parameters, or as a stream."""
    named = handler.parsed_fn_signature.parameters
    return bool({"data", "body"} & set(named)) or handler.operation_class is not LitestarOperation


def test_no_operation_lacks_anything(app: App, document: dict[str, Any], every: list[Operation]) -> None:
    handlers = {each.body["operationId"]: each.handler for each in operations(document, app)}
    for method, path, body in every:
        where, answers = f"{method} {path}", body["responses"]
        assert 3 < len(body["summary"]) < 200 and body["description"] and body["tags"], where
        assert all(each.get("description") for each in body.get("parameters", ())), where
        assert {"503"} < set(answers), where
        good = [status for status in answers if status < "300"]
        assert len(good) == 1 and "X-Request-Id" in answers[good[0]]["headers"], where
        assert ("requestBody" in body) == takes_a_body(handlers[body["operationId"]]), where
        for content in contents(body):
            assert "example" in content or "examples" in content, where
        for status in set(answers) - set(good):
            assert set(answers[status]["content"]) == {PROBLEM}, where
        if not path.startswith("/v1/"):
            continue
        [[scope]] = [next(iter(each.values())) for each in body["security"]]
        assert scope in SCOPES and f"`{scope}`" in body["description"], where
        assert {"401", "403", "429"} <= set(answers) and "RateLimit" in answers[good[0]]["headers"], where
        assert ("404" in answers) == ("{" in path), where
        if method != "GET":
            named = {each["name"].lower() for each in body.get("parameters", ())}
            assert ("idempotency-key" in named) == ("Idempotency-Replayed" in answers[good[0]]["headers"]), (
                where
            )
            assert {"400", "409", "413", "422"} <= set(answers), where
        names = {each["name"] for each in body.get("parameters", ())}
        assert ("x-pagination" in body) == bool({"before", "after"} & names), where


def contents(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from body.get("requestBody", {}).get("content", {}).values()
    for answer in body["responses"].values():
        yield from answer.get("content", {}).values()


def test_examples_are_what_their_schemas_say(document: dict[str, Any], every: list[Operation]) -> None:
    registry: Any = Registry().with_resource("urn:document", DRAFT202012.create_resource(document))
    bodies = [(f"{method} {path}", body) for method, path, body in every]
    bodies += [(code, body["post"]) for code, body in document["webhooks"].items()]
    for where, body in bodies:
        for content in contents(body):
            if not isinstance(content["example"], str):
                schema = absolute(content["schema"])
                found = Draft202012Validator(schema, registry=registry).iter_errors(content["example"])
                assert [str(error)[:300] for error in found] == [], where


def absolute(schema: Any) -> Any:
    """The same schema, read outside of its document."""
    if isinstance(schema, dict):
        return {
            key: f"urn:document{value}" if key == "$ref" else absolute(value) for key, value in schema.items()
        }
    return [absolute(each) for each in schema] if isinstance(schema, list) else schema


def test_operations_have_names_of_their_own(every: list[Operation]) -> None:
    names = [body["operationId"] for _, _, body in every]
    assert len(names) == len(set(names))
    assert all(name.isidentifier() for name in names)


def test_tags_are_explained(document: dict[str, Any], every: list[Operation]) -> None:
    used = {tag for _, _, body in every for tag in body["tags"]}
    assert used | {"Webhooks out"} == {tag["name"] for tag in document["tags"]}


def test_every_type_of_webhook_is_in_it(document: dict[str, Any]) -> None:
    assert list(document["webhooks"]) == list(catalogue.all_types())
    for code, body in document["webhooks"].items():
        content = body["post"]["requestBody"]["content"]["application/json"]
        assert content["example"]["type"] == code
        assert {each["name"] for each in body["post"]["parameters"]} == {
            "webhook-id", "webhook-timestamp", "webhook-signature",
        }  # fmt: skip


def test_every_operation_has_its_handler(app: App, document: dict[str, Any], every: list[Operation]) -> None:
    assert len(list(operations(document, app))) == len(every)


@get(
    "/old",
    opt={DEPRECATED: Deprecation(datetime(2026, 7, 1, tzinfo=UTC), SUNSET, "/v1/new")},
    tags=["Public"],
)
async def old() -> dict[str, str]:
    """An old way."""
    return {}


@get("/new", tags=["Public"])
async def new() -> dict[str, str]:
    """The new way."""
    return {}


@pytest.fixture
async def deprecating(database: Services) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(Router("/public", route_handlers=[old, new])))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        yield client


async def test_a_route_that_is_to_go_says_so(deprecating: httpx.AsyncClient) -> None:
    headers = (await deprecating.get("/public/old")).headers
    assert headers["deprecation"] == "@1782864000"
    assert headers["sunset"] == "Fri, 01 Jan 2027 00:00:00 GMT"
    assert headers["link"] == '</v1/new>; rel="successor-version"'
    assert "deprecation" not in (await deprecating.get("/public/new")).headers
    paths = (await deprecating.get("/openapi.json")).json()["paths"]
    assert paths["/public/old"]["get"]["deprecated"] is True
    assert "use /v1/new" in paths["/public/old"]["get"]["description"]
    assert set(paths["/public/old"]["get"]["responses"]["200"]["headers"]) >= {"Deprecation", "Sunset"}
    assert not paths["/public/new"]["get"].get("deprecated")


async def test_the_document_is_plain_json(document: dict[str, Any]) -> None:
    assert msgspec.json.decode(msgspec.json.encode(document)) == document
