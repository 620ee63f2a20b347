"""Every failure is a problem document with a code and the request's id, or a page; never a trace."""

import gzip
import logging
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from asyncpg.exceptions import InternalClientError

from api.problems import describe
from core.settings import settings
from tests.http.conftest import PAGE, Browser, new_key, rows, write


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document, checked."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    document: dict[str, Any] = answer.json()
    assert document["code"] == code
    assert document["type"] == f"urn:regulars:problem:{code}"
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert document["request_id"] == answer.headers["x-request-id"]
    return document


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"name": ', 400, "malformed_json"),
        (b'{"name": "\xff"}', 400, "malformed_json"),
        (b"[" * 100_000, 400, "malformed_json"),
        (b"", 422, "invalid_request"),
        (b"[]", 422, "invalid_request"),
        (b"{}", 422, "invalid_request"),
        (b'{"name": "a", "colour": "red"}', 422, "invalid_request"),
        (b'{"name": 5}', 422, "invalid_request"),
        (b'{"name": "a", "count": "many"}', 422, "invalid_request"),
        (b'{"name": "a", "count": "5"}', 422, "invalid_request"),
        (b'{"name": "a", "count": 5.0}', 422, "invalid_request"),
        (b'{"name": "a", "count": true}', 422, "invalid_request"),
        (b'{"name": "a\\u0000b"}', 422, "value_invalid"),
        (b'{"name": "' + b"a" * 3_000_000 + b'"}', 413, "body_too_large"),
    ],
    ids=str,
)
async def test_bad_bodies(
    client: httpx.AsyncClient, merchant: UUID, body: bytes, status: int, code: str
) -> None:
    key = await new_key(merchant, "members:write")
    problem(await client.post("/v1/things", content=body, headers=write(key)), status, code)
    assert (await rows(merchant, "stores"), await rows(merchant, "idempotency_keys")) == (0, 0)


async def test_a_body_that_grows_too_large_while_it_comes_is_refused(
    client: httpx.AsyncClient, merchant: UUID
) -> None:
    key = await new_key(merchant, "members:write")

    async def chunks() -> Any:
        for _ in range(settings().request_body_limit_bytes // 65536 + 2):
            yield b" " * 65536

    problem(await client.post("/v1/things", content=chunks(), headers=write(key)), 413, "body_too_large")


async def test_the_bad_field_is_named(client: httpx.AsyncClient, merchant: UUID) -> None:
    key = await new_key(merchant, "members:write")
    answer = await client.post("/v1/things", json={"name": "a", "count": "many"}, headers=write(key))
    (bad,) = problem(answer, 422, "invalid_request")["errors"]
    assert bad["field"] == "count"
    assert "int" in bad["message"]
    answer = await client.post("/v1/things", json={"name": "a", "colour": "red"}, headers=write(key))
    (bad,) = problem(answer, 422, "invalid_request")["errors"]
    assert "colour" in bad["message"]


async def test_which_one_of_an_array_is_bad(client: httpx.AsyncClient, merchant: UUID) -> None:
    key = await new_key(merchant, "events:write")
    good = {"id": "1", "source": "s", "type": "custom.x", "time": "2026-01-01T00:00:00Z", "data": {}}
    answer = await client.post("/v1/events", json=[good, good | {"id": ""}], headers=write(key))
    (bad,) = problem(answer, 422, "invalid_request")["errors"]
    assert bad["field"] == "[1].id" and "length" in bad["message"]
    answer = await client.post("/v1/events", content=b"", headers=write(key))
    (bad,) = problem(answer, 422, "invalid_request")["errors"]
    assert "missing" in bad["message"]


async def test_what_nobody_can_read(client: httpx.AsyncClient, merchant: UUID) -> None:
    key = await new_key(merchant, "events:write")
    too_long = [f"/static/{'a' * 300}", "/static/" + "a/" * 3_000, f"/static/{'好' * 100}"]
    for path in ("/static/%00", "/static/regulars.css%00", "/v1/things/%00", *too_long):
        problem(await client.get(path, headers=key), 404, "not_found")
    packed = {**write(key), "content-encoding": "gzip"}
    answer = await client.post("/v1/events", content=gzip.compress(b"[]"), headers=packed)
    problem(answer, 415, "content_encoding_unsupported")


async def test_unknown_paths_and_methods(client: httpx.AsyncClient) -> None:
    problem(await client.get("/v1/nothing"), 404, "not_found")
    problem(await client.get("/nothing"), 404, "not_found")
    problem(await client.delete("/v1/things"), 405, "method_not_allowed")
    problem(await client.get("/static/nothing.css"), 404, "not_found")
    problem(await client.get("/static/../pages.py"), 404, "not_found")


async def test_a_mistake_of_ours_tells_nothing_of_itself(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = await client.get("/v1/boom", headers={"x-request-id": "request-of-mine"})
    document = problem(answer, 500, "internal_error")
    assert document["request_id"] == "request-of-mine"
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    logged = capsys.readouterr().out + caplog.text
    assert "a secret detail" in logged
    assert "request-of-mine" in logged


async def test_people_get_a_page_in_their_language(client: httpx.AsyncClient) -> None:
    for path, status in (("/nothing", 404), ("/staff/boom", 500)):
        answer = await client.get(path, headers=PAGE | {"accept-language": "zh-TW"})
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("text/html")
        assert '<html lang="zh-Hant"' in answer.text
        assert answer.headers["x-request-id"] in answer.text
        assert "secret" not in answer.text
        assert "Traceback" not in answer.text


async def test_programs_get_no_pages_even_when_they_ask_for_them(client: httpx.AsyncClient) -> None:
    problem(await client.get("/v1/nothing", headers=PAGE), 404, "not_found")
    problem(await client.get("/v1/things", headers=PAGE), 401, "api_key_invalid")


async def test_bad_forms_get_a_page(browser: Browser) -> None:
    answer = await browser.post("/staff/sign-in", {"email": "a@example.test"})
    assert answer.status_code == 422
    assert "invalid_request" in answer.text
    answer = await browser.post("/staff/sign-in", {"email": "a@b.c", "password": "x", "role": "owner"})
    assert answer.status_code == 422


@pytest.mark.parametrize("given", ["short", "x" * 200, "with space", "<script>alert(1)</script>", "naïve-id"])
async def test_request_ids_of_others_are_taken_only_when_sane(client: httpx.AsyncClient, given: str) -> None:
    answer = await client.get("/health/live", headers=[(b"x-request-id", given.encode())])
    assert UUID(answer.headers["x-request-id"]).version == 7
    mine = str(uuid4())
    answer = await client.get("/health/live", headers={"x-request-id": mine})
    assert answer.headers["x-request-id"] == mine


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (asyncpg.DeadlockDetectedError("deadlock"), 503, "database_unavailable"),
        (asyncpg.AdminShutdownError("going"), 503, "database_unavailable"),
        (ConnectionRefusedError("no way"), 503, "database_unavailable"),
        (asyncpg.NumericValueOutOfRangeError("too large"), 422, "value_invalid"),
        (InternalClientError("cannot switch to state 12"), 503, "database_unavailable"),
        (asyncpg.UniqueViolationError("a bug"), 500, "internal_error"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_the_database_says(error: Exception, status: int, code: str) -> None:
    found = describe(error)
    assert (found.status, found.code) == (status, code)
    assert str(error) not in str(found.body("id"))


async def test_health(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/live")).json() == {"status": "ok"}
    ready = await client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json()["database"] == "ok"
