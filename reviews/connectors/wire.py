"""The way to one account's source: within its quotas, with patience, and signed in.

Short trouble is waited out here (three attempts, pauses that grow and vary); what takes longer is raised,
so that no worker sleeps on it. A write whose outcome is not known is never sent a second time from here:
who sends it again looks first.
"""

import asyncio
import base64
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, TypeVar

import httpx
import msgspec

from core import clock, outgoing
from core.settings import settings
from reviews.connectors.failures import (
    CredentialsRefused,
    ReviewGone,
    SourceAway,
    SourceLimited,
    SourceRefused,
)
from reviews.connectors.quotas import Budget, Quotas

ATTEMPTS = 3
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 4.0
"""What takes longer is not waited for."""
LIMITED_PAUSE_S = 60.0
"""After a 429 that does not say for how long."""
LONGEST_WAIT_S = 86_400.0
"""No source is believed that wants to be left alone for longer."""
SAFE = frozenset({"GET", "PUT", "DELETE"})
"""Methods that may be sent again: done twice is done once."""

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]


class SignIn(Protocol):
    """How requests are signed in."""

    async def headers(self, wire: "Wire", renew: bool) -> dict[str, str]:
        """Headers for a request; `renew`: those of before were refused. Raises SourceFailure."""


@dataclass(frozen=True)
class Token:
    """What signs requests in for a while."""

    access: str
    until: datetime


class Tokens(Protocol):
    """Where the account's token is kept, for all processes together."""

    async def load(self) -> Token | None:
        """The one that was kept last."""

    async def save(self, token: Token) -> None:
        """Keep a new one."""


class Wire:
    """Calls of one account. Every method raises SourceFailure."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        quotas: Quotas,
        budgets: Sequence[Budget],
        tokens: Tokens,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._client = client
        self._quotas = quotas
        self._budgets = tuple(budgets)
        self.tokens = tokens
        self._sleep = sleep

    async def call(
        self,
        method: str,
        url: str,
        sign_in: SignIn | None = None,
        more: Sequence[Budget] = (),
        repeatable: bool = False,
        **content: Any,
    ) -> httpx.Response:
        """The answer of 2xx; `content` as in httpx, `more` budgets apply besides the account's own.

        `repeatable`: sent twice it does no more than once, whatever its method.

        Raises ReviewGone for 404 and 410, CredentialsRefused, SourceLimited, SourceRefused (4xx, with what
        the source says) or SourceAway.
        """
        renewed, repeatable = False, repeatable or method in SAFE
        for attempt in range(1, ATTEMPTS + 1):
            signed = await sign_in.headers(self, renewed) if sign_in else {}
            await self._count([*self._budgets, *more])
            request = self._client.build_request(method, url, headers=signed, **content)
            answer = await self._send(request, repeatable, attempt)
            if answer is None:
                continue
            if answer.status_code == 401 and sign_in and not renewed:
                renewed = True
                continue
            return _good(answer)
        raise SourceAway(f"{ATTEMPTS} attempts failed")

    async def _send(self, request: httpx.Request, repeatable: bool, attempt: int) -> httpx.Response | None:
        """The answer; None: it was not good, and after a pause it may be asked for again."""
        try:
            answer = await outgoing.send(self._client, request)
        except outgoing.AddressRefused as error:
            raise SourceRefused(error.detail) from error
        except httpx.HTTPError as error:
            unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
            if attempt == ATTEMPTS or not (repeatable or unsent):
                raise SourceAway(f"{type(error).__name__}: {error}") from error
            await self._sleep(pause_s(attempt))
            return None
        if answer.status_code != 429 and answer.status_code < 500:
            return answer
        await self._wait(answer, repeatable, attempt)
        return None

    async def _wait(self, answer: httpx.Response, repeatable: bool, attempt: int) -> None:
        """Pause before the next attempt. Raises when there is none, or when it would take too long."""
        asked_s = retry_after_s(answer.headers.get("retry-after", ""), clock.now())
        too_long = asked_s is not None and asked_s > LONGEST_PAUSE_S
        if answer.status_code == 429 and (asked_s is None or too_long or attempt == ATTEMPTS):
            raise SourceLimited(LIMITED_PAUSE_S if asked_s is None else asked_s)
        # What was limited was not done; of another failure nobody knows.
        if too_long or attempt == ATTEMPTS or not (repeatable or answer.status_code == 429):
            raise SourceAway(f"answered {answer.status_code}")
        await self._sleep(max(asked_s or 0.0, pause_s(attempt)))

    async def _count(self, budgets: Sequence[Budget]) -> None:
        wait_s = await self._quotas.take(budgets, clock.now())
        if 0 < wait_s <= LONGEST_PAUSE_S:
            await self._sleep(wait_s)
            wait_s = await self._quotas.take(budgets, clock.now())
        if wait_s > 0:
            raise SourceLimited(wait_s)


class Basic:
    """Name and password with every request (RFC 7617)."""

    def __init__(self, user: str, password: str) -> None:
        self._header = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    async def headers(self, wire: Wire, renew: bool) -> dict[str, str]:
        """Raises CredentialsRefused: there is nothing to renew."""
        if renew:
            raise CredentialsRefused("answered 401")
        return {"authorization": self._header}


class Bearer:
    """A token that runs out (RFC 6750), got by a grant and shared by all processes."""

    EARLY = timedelta(minutes=1)
    """It is renewed so long before it runs out."""

    def __init__(self, grant: Callable[[Wire], Awaitable[Token]]) -> None:
        self._grant = grant
        self._token: Token | None = None

    async def headers(self, wire: Wire, renew: bool) -> dict[str, str]:
        """Raises SourceFailure."""
        refused, kept = self._token if renew else None, self._token
        if kept is None or renew:
            # Another process may have renewed it already.
            kept = await wire.tokens.load()
        if kept is None or kept == refused or kept.until - self.EARLY <= clock.now():
            kept = await self._grant(wire)
            await wire.tokens.save(kept)
        self._token = kept
        return {"authorization": f"Bearer {kept.access}"}


class _Granted(msgspec.Struct):
    access_token: str
    expires_in: int


async def grant(wire: Wire, url: str, form: Mapping[str, str], sign_in: SignIn | None = None) -> Token:
    """A new token (RFC 6749). Raises CredentialsRefused for every refusal, or another SourceFailure."""
    try:
        answer = await wire.call("POST", url, sign_in, data=dict(form), repeatable=True)
    except (SourceRefused, ReviewGone) as error:
        raise CredentialsRefused(error.detail) from error
    given = read(answer, _Granted)
    return Token(given.access_token, clock.now() + timedelta(seconds=given.expires_in))


def base_url(source: str, usual: str) -> str:
    """The address of a source's API: the usual one unless the installation has set another."""
    return settings().source_urls.get(source, usual).rstrip("/")


def pause_s(attempt: int) -> float:
    """How long to wait after so many failed attempts; varied, so that workers do not come back together."""
    return min(FIRST_PAUSE_S * 2.0**attempt, LONGEST_PAUSE_S) * random.uniform(0.5, 1.0)


def retry_after_s(header: str, now: datetime) -> float | None:
    """What the header Retry-After asks for, up to LONGEST_WAIT_S: seconds or a date; None: neither."""
    if header.strip().isdecimal():
        return min(float(header), LONGEST_WAIT_S)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    wait_s = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    return min(max(0.0, wait_s), LONGEST_WAIT_S)


def read(answer: httpx.Response, shape: type[T]) -> T:
    """The body of an answer. Raises SourceAway for HTML and whatever else is not of this shape."""
    try:
        return msgspec.json.decode(answer.content, type=shape, strict=False)
    except msgspec.MsgspecError as error:
        kind = answer.headers.get("content-type", "nothing")
        raise SourceAway(f"answered {answer.status_code} with {kind} that cannot be read: {error}") from error


def _good(answer: httpx.Response) -> httpx.Response:
    status = answer.status_code
    if "html" in answer.headers.get("content-type", "") and status not in (401, 403):
        # Not the API speaks but a server before it: that acknowledges nothing, and says nothing of a review.
        raise SourceAway(f"answered {status} with a page")
    if 200 <= status < 300:
        return answer
    if status in (404, 410):
        raise ReviewGone()
    if status in (401, 403):
        raise CredentialsRefused(f"answered {status}")
    if 300 <= status < 400:
        raise SourceAway(f"answered {status}: it leads elsewhere")
    raise SourceRefused(f"answered {status}: {said(answer)}")


def said(answer: httpx.Response) -> str:
    """What a refusal says, short and on one line."""
    return " ".join(answer.text[:400].split())[:200]
