"""One request to one endpoint: signed, short, never led elsewhere, and little of the answer is read."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import httpx
from standardwebhooks.webhooks import Webhook

from core import clock, outgoing
from core.webhooks import rules
from core.webhooks.model import Failure

TIMEOUT_S = 15.0
"""For all of it: the name, the connection, the answer."""
ANSWER_BYTES = 1024


@dataclass(frozen=True)
class Request:
    """What is to be sent where; two secrets sign while one is being replaced."""

    url: str
    event_id: UUID
    body: str
    secrets: Sequence[str]


@dataclass(frozen=True)
class Outcome:
    """What came of it. `failure` None: it was taken. `asked_s`: for how long the answer asks to wait."""

    at: datetime
    duration_ms: int
    status: int | None
    failure: Failure | None
    answer: str = ""
    asked_s: int = 0


def send_all(requests: Sequence[Request], timeout_s: float = TIMEOUT_S) -> list[Outcome]:
    """All at once, in a loop of its own; takes as long as the slowest of them."""

    async def together() -> list[Outcome]:
        return await asyncio.gather(*(send(each, timeout_s) for each in requests))

    return asyncio.run(together())


async def send(request: Request, timeout_s: float = TIMEOUT_S) -> Outcome:
    """One attempt; nothing is raised but mistakes of ours."""
    at, started = clock.now(), time.perf_counter()

    def ended(status: int | None, failure: Failure | None, answer: str = "", asked_s: int = 0) -> Outcome:
        return Outcome(at, int((time.perf_counter() - started) * 1000), status, failure, answer, asked_s)

    try:
        async with asyncio.timeout(timeout_s):
            status, answer, asked_s = await _post(request, headers(request, at))
    except (TimeoutError, httpx.TimeoutException):
        return ended(None, "timeout")
    except outgoing.AddressRefused as error:
        return ended(None, "address_refused", error.detail)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return ended(None, "unreachable", f"{type(error).__name__}: {error}"[:ANSWER_BYTES])
    return ended(status, rules.failure_of(status), answer, asked_s)


def headers(request: Request, at: datetime) -> dict[str, str]:
    """As the standard has them."""
    name = str(request.event_id)
    signatures = [Webhook(secret).sign(name, at, request.body) for secret in request.secrets]
    return {
        "content-type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


async def _post(request: Request, signed: dict[str, str]) -> tuple[int, str, int]:
    """Status, the beginning of the answer, and what Retry-After says in seconds."""
    # Each has a client of its own: connections are kept by address, and two names can share one.
    async with outgoing.client() as client:
        asked = client.build_request("POST", request.url, content=request.body.encode(), headers=signed)
        answer = await client.send(asked, stream=True)
        try:
            began = await _beginning(answer)
        finally:
            await answer.aclose()
    after = answer.headers.get("retry-after", "")
    return answer.status_code, began, int(after) if after.isascii() and after.isdecimal() else 0


async def _beginning(answer: httpx.Response) -> str:
    read = b""
    try:
        async for chunk in answer.aiter_raw(ANSWER_BYTES):
            read += chunk
            if len(read) >= ANSWER_BYTES:
                break
    except httpx.HTTPError:
        pass  # the status has come: that decides
    return read[:ANSWER_BYTES].decode("utf-8", "replace").replace("\0", "")
