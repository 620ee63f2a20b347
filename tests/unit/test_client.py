"""The Python client: what it sends, when it sends again, and what it makes of answers."""

import base64
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from api.client import ApiError, AsyncClient, Client, NoAnswer, webhooks
from api.client import operations as ops
from api.client.errors import Conflict, Forbidden, Invalid, Limited, NotFound, Unauthenticated, Unavailable

Answer = httpx.Response | Exception
SECRETS = tuple("whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))


class Server:
    """Answers in turn, the last answer for ever; `waits` are the pauses of the client."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.waits: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def later(self, seconds: float) -> None:
        self.waits.append(seconds)

    def client(self) -> Client:
        return Client("https://x.test", "rk_k", transport=httpx.MockTransport(self), pause=self.waits.append)

    def asynchronous(self) -> AsyncClient:
        return AsyncClient("https://x.test", "rk_k", transport=httpx.MockTransport(self), pause=self.later)


def problem(status: int, code: str, **headers: str) -> httpx.Response:
    body = {"code": code, "detail": "because", "request_id": "r-1"}
    return httpx.Response(status, json=body, headers=headers)


OK = httpx.Response(200, json={"customer_id": "ada"})


def test_a_write_has_a_key_and_keeps_it_when_it_is_sent_again() -> None:
    server = Server(httpx.ConnectError("x"), problem(503, "database_unavailable"), OK)
    with server.client() as client:
        assert client.send(ops.members_join({"customer_id": "ada"}))["customer_id"] == "ada"
    keys = {request.headers["idempotency-key"] for request in server.asked}
    assert len(server.asked) == 3 and len(keys) == 1 and len(keys.pop()) == 36
    assert server.asked[0].headers["authorization"] == "Bearer rk_k"
    assert [0.25 <= server.waits[0] <= 0.5, 0.5 <= server.waits[1] <= 1.0] == [True, True]


def test_a_key_of_ones_own_is_kept_and_reads_have_none() -> None:
    server = Server(OK)
    with server.client() as client:
        client.send(ops.members_join({"customer_id": "ada"}, key="mine"))
        client.send(ops.members_member("a/b c"))
    assert server.asked[0].headers["idempotency-key"] == "mine"
    assert "idempotency-key" not in server.asked[1].headers
    assert server.asked[1].url.raw_path == b"/v1/members/a%2Fb%20c"


def test_it_waits_as_long_as_it_is_asked_to_but_not_for_ever() -> None:
    server = Server(
        problem(429, "rate_limited", **{"retry-after": "7"}), problem(409, "idempotency_key_running")
    )
    with server.client() as client, pytest.raises(Conflict) as raised:
        client.send(ops.members_member("ada"))
    assert server.waits[0] == 7.0 and len(server.asked) == 4
    assert (raised.value.code, raised.value.request_id) == ("idempotency_key_running", "r-1")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((400, Invalid), (401, Unauthenticated), (403, Forbidden), (404, NotFound), (409, Conflict)),
        *((422, Invalid), (429, Limited), (500, Unavailable), (503, Unavailable)),
    ],
)
def test_errors_have_classes_and_codes(status: int, kind: type[ApiError]) -> None:
    server = Server(problem(status, "some_code"))
    with server.client() as client, pytest.raises(kind) as raised:
        client.send(ops.members_member("ada"))
    assert (raised.value.status, raised.value.code, raised.value.detail) == (status, "some_code", "because")
    assert len(server.asked) == (4 if status in (429, 503) else 1)


def test_what_is_no_problem_document_is_an_error_all_the_same() -> None:
    with (
        Server(httpx.Response(502, text="Bad gateway")).client() as client,
        pytest.raises(Unavailable) as raised,
    ):
        client.send(ops.members_member("ada"))
    assert raised.value.detail == "Bad gateway"


def test_no_answer_is_told_apart() -> None:
    server = Server(httpx.ReadTimeout("x"))
    with server.client() as client, pytest.raises(NoAnswer):
        client.send(ops.members_member("ada"))
    assert len(server.asked) == 4


def two_pages() -> tuple[httpx.Response, ...]:
    return (
        httpx.Response(200, json={"entries": [1, 2], "next_before": 2}),
        httpx.Response(200, json={"entries": [3], "next_before": None}),
    )


def test_pages_follow_each_other() -> None:
    server = Server(*two_pages())
    with server.client() as client:
        found: list[Any] = [page["entries"] for page in client.pages(ops.members_entries("ada", limit=2))]
        with pytest.raises(ValueError, match="has no pages"):
            list(client.pages(ops.members_member("ada")))
    assert found == [[1, 2], [3]]
    assert [dict(request.url.params) for request in server.asked[:2]] == [
        {"limit": "2"},
        {"limit": "2", "before": "2"},
    ]


async def test_the_asynchronous_client_does_the_same() -> None:
    server = Server(httpx.ConnectError("x"), *two_pages())
    async with server.asynchronous() as client:
        found: list[Any] = [page["entries"] async for page in client.pages(ops.members_entries("ada"))]
    assert found == [[1, 2], [3]] and len(server.waits) == 1
    async with Server(httpx.ReadTimeout("x")).asynchronous() as client:
        with pytest.raises(NoAnswer):
            await client.send(ops.members_member("ada"))


def test_lines_go_as_they_are() -> None:
    server = Server(
        httpx.Response(200, text='{"line": 1}\n', headers={"content-type": "application/x-ndjson"})
    )
    with server.client() as client:
        assert client.send(ops.earns_earn_lines('{"key": "a"}\n')) == '{"line": 1}\n'
    assert server.asked[0].headers["content-type"] == "application/x-ndjson"
    assert "idempotency-key" not in server.asked[0].headers


def signed(secret: str, body: str) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "Webhook-Id": "e-1",
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": Webhook(secret).sign("e-1", now, body),
    }


def test_a_webhook_is_told_from_a_forged_one() -> None:
    body = (
        '{"type":"tier.changed","version":1,"timestamp":"2027-03-01T09:30:00Z","data":{"customer_id":"ada"}}'
    )
    for secrets in (SECRETS[0], SECRETS, SECRETS[::-1]):
        event = webhooks.receive(secrets, signed(SECRETS[0], body), body.encode())
        assert (event.id, event.type, event.version, event.data) == (
            "e-1",
            "tier.changed",
            1,
            {"customer_id": "ada"},
        )
        assert event.at == datetime(2027, 3, 1, 9, 30, tzinfo=UTC)
    for headers in (signed(SECRETS[1], body), {}):
        with pytest.raises(webhooks.NotOurs):
            webhooks.receive(SECRETS[0], headers, body.encode())
    with pytest.raises(webhooks.NotOurs):
        webhooks.receive(SECRETS[0], signed(SECRETS[0], body), body.replace("ada", "eve").encode())
