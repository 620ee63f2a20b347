"""Send calls: at once or asynchronously, by the same rules."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, TypeVar

import httpx

from api.client.calls import JSON, Call
from api.client.errors import ApiError, NoAnswer, error_of

T = TypeVar("T")
ATTEMPTS = 4
TIMEOUT_S = 65.0
"""Longer than the server thinks about anything."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 60.0
AGAIN = frozenset({429, 502, 503, 504})
RUNNING = "idempotency_key_running"


class Client:
    """`base_url` of the installation, and a key. `pause` waits between attempts."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        attempts: int = ATTEMPTS,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = httpx.Client(
            base_url=base_url, headers=_headers(api_key), timeout=TIMEOUT_S, transport=transport
        )
        self._attempts, self._pause = attempts, pause

    def send(self, call: Call[T]) -> T:
        """The answer. Raises ApiError or NoAnswer."""
        for attempt in range(1, self._attempts + 1):
            try:
                answer: httpx.Response | httpx.TransportError = self._http.request(**_request(call))
            except httpx.TransportError as error:
                answer = error
            pause_s = _pause_s(answer, attempt, self._attempts)
            if pause_s is None:
                break
            self._pause(pause_s)
        return _result(answer)

    def pages(self, call: Call[T]) -> Iterator[T]:
        """Every page of a list. Raises like send(), ValueError for what has no pages."""
        while True:
            page = self.send(call)
            yield page
            following = _next(call, page)
            if following is None:
                return
            call = following

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient:
    """Client for asyncio."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        attempts: int = ATTEMPTS,
        transport: httpx.AsyncBaseTransport | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=base_url, headers=_headers(api_key), timeout=TIMEOUT_S, transport=transport
        )
        self._attempts, self._pause = attempts, pause

    async def send(self, call: Call[T]) -> T:
        """The answer. Raises ApiError or NoAnswer."""
        for attempt in range(1, self._attempts + 1):
            try:
                answer: httpx.Response | httpx.TransportError = await self._http.request(**_request(call))
            except httpx.TransportError as error:
                answer = error
            pause_s = _pause_s(answer, attempt, self._attempts)
            if pause_s is None:
                break
            await self._pause(pause_s)
        return _result(answer)

    async def pages(self, call: Call[T]) -> AsyncIterator[T]:
        """Every page of a list. Raises like send(), ValueError for what has no pages."""
        while True:
            page = await self.send(call)
            yield page
            following = _next(call, page)
            if following is None:
                return
            call = following

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _headers(api_key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {api_key}", "user-agent": "regulars-python"}


def _request(call: Call[Any]) -> dict[str, Any]:
    headers = {"idempotency-key": call.key} if call.key else {}
    if call.body is None:
        return {"method": call.method, "url": call.path, "params": call.query, "headers": headers}
    headers["content-type"] = call.media_type
    content = json.dumps(call.body) if call.media_type == JSON else call.body
    return {
        "method": call.method,
        "url": call.path,
        "params": call.query,
        "headers": headers,
        "content": content,
    }


def _pause_s(answer: httpx.Response | httpx.TransportError, attempt: int, attempts: int) -> float | None:
    """How long to wait before the next attempt; None: this answer stands."""
    if attempt == attempts:
        return None
    if isinstance(answer, httpx.Response):
        if answer.status_code not in AGAIN and not (answer.status_code == 409 and _code(answer) == RUNNING):
            return None
        if asked := _retry_after_s(answer):
            return min(asked, LONGEST_PAUSE_S)
    return min(FIRST_PAUSE_S * 2.0 ** (attempt - 1), LONGEST_PAUSE_S) * random.uniform(0.5, 1.0)


def _result(answer: httpx.Response | httpx.TransportError) -> Any:
    if isinstance(answer, httpx.TransportError):
        raise NoAnswer(str(answer)) from answer
    if answer.status_code >= 300:
        raise error_of(answer.status_code, _problem(answer), _retry_after_s(answer))
    return answer.json() if answer.headers.get("content-type", "").startswith(JSON) else answer.text


def _next(call: Call[T], page: T) -> Call[T] | None:
    if not call.cursor or not isinstance(page, dict):
        raise ValueError(f"{call.path} has no pages")
    cursor = page.get(f"next_{call.cursor}")
    return None if cursor is None else call.after(cursor)


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {"detail": answer.text[:500]}
    return found if isinstance(found, dict) else {}


def _code(answer: httpx.Response) -> str:
    return str(_problem(answer).get("code", ""))


def _retry_after_s(answer: httpx.Response) -> float | None:
    given = answer.headers.get("retry-after", "")
    return float(given) if given.isdecimal() else None


__all__ = ["ApiError", "AsyncClient", "Client"]
