"""Events in: signed by a system of the shop, or sent by a program, each once."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from standardwebhooks.webhooks import Webhook

from core import clock, db
from core.ids import new_id
from core.people import webhooks
from tests.http.conftest import new_key, rows, write
from tests.http.test_errors import problem


def event(**more: Any) -> dict[str, Any]:
    """A customer's event, with an id of its own."""
    return {
        "id": str(new_id()),
        "source": "shop",
        "type": "customer.created",
        "time": "2026-01-02T03:04:05Z",
        "data": {"customer_id": "c-1", "email": "ada@example.test", "name": "Ada"},
    } | more


@pytest.fixture
async def source(merchant: UUID) -> webhooks.Source:
    async with db.transaction(merchant):
        return await webhooks.create("shop system", clock.now())


def signed(source: webhooks.Source, body: bytes, at: datetime | None = None) -> dict[str, str]:
    at = at or clock.now()
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(source.secret).sign("msg_1", at, body.decode()),
        "content-type": "application/json",
    }


async def deliver(
    client: httpx.AsyncClient, source: webhooks.Source, body: bytes, headers: dict[str, str]
) -> httpx.Response:
    return await client.post(f"/webhooks/in/{source.id}", content=body, headers=headers)


async def test_a_signed_event_counts_once(
    client: httpx.AsyncClient, merchant: UUID, source: webhooks.Source
) -> None:
    body = msgspec.json.encode(event())
    answers = [await deliver(client, source, body, signed(source, body)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.json()["status"] for answer in answers] == ["applied", "duplicate"]
    assert (await rows(merchant, "events"), await rows(merchant, "customers")) == (1, 1)


async def test_what_is_not_signed_well_changes_nothing(
    client: httpx.AsyncClient, merchant: UUID, source: webhooks.Source
) -> None:
    body = msgspec.json.encode(event())
    good = signed(source, body)
    answer = await deliver(client, source, body + b" ", good)
    problem(answer, 401, "webhook_signature_invalid")
    for header in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        without = {name: value for name, value in good.items() if name != header}
        problem(await deliver(client, source, body, without), 401, "webhook_signature_invalid")
    stranger = webhooks.Source(new_id(), source.secret)
    problem(await deliver(client, stranger, body, good), 401, "webhook_signature_invalid")
    for away in (timedelta(minutes=-6), timedelta(minutes=6)):
        old = signed(source, body, clock.now() + away)
        problem(await deliver(client, source, body, old), 401, "webhook_timestamp_stale")
    assert (await rows(merchant, "events"), await rows(merchant, "customers")) == (0, 0)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"id": ', 400, "malformed_json"),
        (b'{"data": {"a": ' + b"[" * 100_000, 400, "malformed_json"),
        (b"{}", 422, "invalid_request"),
        (msgspec.json.encode(event(colour="red")), 422, "invalid_request"),
        (msgspec.json.encode(event(type="customer.danced")), 422, "event_type_unknown"),
        (msgspec.json.encode(event(data={"customer_id": 5})), 422, "event_data_invalid"),
        (msgspec.json.encode(event(type="custom.x", data={"a": "\x00"})), 422, "event_data_invalid"),
    ],
    ids=["cut", "deep", "empty", "unknown-field", "unknown-type", "wrong-data", "nul"],
)
async def test_signed_nonsense_changes_nothing(
    client: httpx.AsyncClient, merchant: UUID, source: webhooks.Source, body: bytes, status: int, code: str
) -> None:
    problem(await deliver(client, source, body, signed(source, body)), status, code)
    assert (await rows(merchant, "events"), await rows(merchant, "customers")) == (0, 0)


async def test_no_source_of_that_form(client: httpx.AsyncClient) -> None:
    assert (await client.post("/webhooks/in/not-an-id")).status_code in (404, 422)


# --- by the API -----------------------------------------------------------------------------------


async def test_one_event_or_an_array(client: httpx.AsyncClient, merchant: UUID) -> None:
    key = await new_key(merchant, "events:write")
    one, two = event(), event(type="order.placed", data={})
    answer = await client.post("/v1/events", json=one, headers=write(key, "k1"))
    assert answer.json() == {
        "results": [{"id": one["id"], "status": "applied", "code": None, "detail": None}]
    }
    answer = await client.post("/v1/events", json=[one, two, event(type="no.such_type")], headers=write(key))
    assert [each["status"] for each in answer.json()["results"]] == ["duplicate", "recorded", "rejected"]
    assert (await client.post("/v1/events", json=one, headers=write(key, "k1"))).headers[
        "idempotency-replayed"
    ]
    assert await rows(merchant, "events") == 2


async def test_a_single_event_that_is_rejected_leaves_nothing(
    client: httpx.AsyncClient, merchant: UUID
) -> None:
    key = await new_key(merchant, "events:write")
    answer = await client.post("/v1/events", json=event(type="no.such_type"), headers=write(key))
    problem(answer, 422, "event_type_unknown")
    answer = await client.post("/v1/events", json=[event() for _ in range(501)], headers=write(key))
    problem(answer, 413, "too_many_events")
    assert (await rows(merchant, "events"), await rows(merchant, "idempotency_keys")) == (0, 0)


async def test_lines_have_a_result_each(client: httpx.AsyncClient, merchant: UUID) -> None:
    key = await new_key(merchant, "events:write")
    good = msgspec.json.encode(event())
    lines = [
        good,
        b"{no json",
        b"",
        good,
        b'{"id": "x"}',
        b'{"id": "\xff"}',
        msgspec.json.encode(event(data={"customer_id": "a\x00"})),
        b'{"data": {"a": ' + b"[" * 50_000,
        msgspec.json.encode(event()),
    ]
    headers = write(key, "k1") | {"content-type": "application/x-ndjson"}
    answer = await client.post("/v1/events/batch", content=b"\n".join(lines), headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    results = [msgspec.json.decode(line) for line in answer.content.splitlines()]
    assert [(each["line"], each["status"], each.get("code")) for each in results] == [
        (1, "applied", None),
        (2, "rejected", "malformed_json"),
        (4, "duplicate", None),
        (5, "rejected", "invalid_request"),
        (6, "rejected", "malformed_json"),
        (7, "rejected", "event_data_invalid"),
        (8, "rejected", "malformed_json"),
        (9, "applied", None),
    ]
    again = await client.post("/v1/events/batch", content=b"\n".join(lines), headers=headers)
    assert again.content == answer.content
    assert again.headers["content-type"].startswith("application/x-ndjson")
    assert await rows(merchant, "events") == 2


async def test_too_many_lines(client: httpx.AsyncClient, merchant: UUID) -> None:
    key = await new_key(merchant, "events:write")
    answer = await client.post("/v1/events/batch", content=b"1\n" * 5001, headers=write(key))
    problem(answer, 413, "too_many_lines")


async def test_events_need_their_scope(client: httpx.AsyncClient, merchant: UUID) -> None:
    key = await new_key(merchant, "members:read")
    for path in ("/v1/events", "/v1/events/batch"):
        problem(await client.post(path, json=event(), headers=write(key)), 403, "scope_missing")
    assert await rows(merchant, "events") == 0
