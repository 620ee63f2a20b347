"""How much one program may ask: size, depth, time, and how often. The numbers stand here and nowhere else.

How often is counted in Valkey, for all processes together, in windows that begin anew each minute. A process
takes requests in advance, a few at a time and one at a time near the end: so one request in many costs a
round trip, and the limit is never exceeded. Without Valkey each process counts for itself: a lost cache must
not close the shop, and even then nobody can ask without end.
"""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

import structlog
from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.auth import Integrator
from api.problems import RequestRefused
from core import clock
from core.errors import DomainError, Kind
from core.settings import settings

WINDOW_S = 60
REQUEST_TIME_S = 60.0
JSON_DEPTH = 64
ADVANCE = 32
"""Requests that a process takes at once, at most; a sixteenth of what is left, when that is less."""
VALKEY_TIME_S = 0.5
VALKEY_REST_S = 2.0
"""So long Valkey is not asked again after it did not answer."""
KEYS_REMEMBERED = 10_000

_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
_TAKE = """
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
local left = tonumber(ARGV[1]) - used
local take = math.min(math.max(1, math.floor(left / 16)), tonumber(ARGV[2]))
if left < 1 then take = 0 end
if take > 0 then
    redis.call('INCRBY', KEYS[1], take)
    redis.call('EXPIRE', KEYS[1], ARGV[3])
end
return {take, left - take}
"""

log = structlog.get_logger(__name__)


class RateLimited(DomainError):
    """This key has asked too often in this minute."""

    code = "rate_limited"
    kind = Kind.LIMITED
    title = "Too many requests"


@dataclass
class _Share:
    """What this process may still answer to one key in one window."""

    window: int
    left: int = 0
    """Of what it took in advance."""
    beyond: int | None = None
    """Of what nobody has taken; None: that is not known yet."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Rates:
    """Counts the requests of keys."""

    def __init__(self) -> None:
        self._shares: dict[str, _Share] = {}
        self._valkey: tuple[str, Redis, Any] | None = None
        self._away_until = 0.0

    async def take(self, who: str, limit: int, now: float) -> tuple[int, int]:
        """One request; answers how many are left, and seconds until the next window. Raises RateLimited."""
        window, over_s = int(now // WINDOW_S), WINDOW_S - int(now % WINDOW_S)
        share = self._share(who, window)
        if share.left == 0:
            async with share.turn:
                if share.left == 0:
                    await self._advance(share, who, limit, now)
        if share.left == 0:
            raise RateLimited(f"{limit} requests in {WINDOW_S} seconds", retry_after_s=over_s)
        share.left -= 1
        return share.left + (share.beyond or 0), over_s

    def _share(self, who: str, window: int) -> _Share:
        share = self._shares.get(who)
        if share is None or share.window != window:
            if len(self._shares) >= KEYS_REMEMBERED:
                self._shares.clear()
            share = self._shares[who] = _Share(window)
        return share

    async def _advance(self, share: _Share, who: str, limit: int, now: float) -> None:
        if now >= self._away_until:
            try:
                name = f"rate:{who}:{share.window}"
                share.left, share.beyond = await self._script()(
                    keys=[name], args=[limit, ADVANCE, 2 * WINDOW_S]
                )
                return
            except (RedisError, OSError, TimeoutError) as error:
                self._away_until = now + VALKEY_REST_S
                log.warning("rate_limits_away", error=repr(error))
        beyond = limit if share.beyond is None else share.beyond
        share.left = min(ADVANCE, beyond)
        share.beyond = beyond - share.left

    async def close(self) -> None:
        """Close the connections."""
        if self._valkey is not None:
            (_, valkey, _), self._valkey = self._valkey, None
            await valkey.aclose()

    def _script(self) -> Any:
        """The script, on a pool of this loop's; made anew when Valkey has another address."""
        url = settings().valkey_url
        if self._valkey is None or self._valkey[0] != url:
            valkey: Redis = Redis.from_url(
                url, socket_timeout=VALKEY_TIME_S, socket_connect_timeout=VALKEY_TIME_S
            )
            self._valkey = (url, valkey, valkey.register_script(_TAKE))
        return self._valkey[2]


RATES = Rates()


class LimitMiddleware(ASGIMiddleware):
    """Counts what programs ask under /v1 and ends what takes too long. Stands behind AuthMiddleware."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Raises RateLimited or RequestRefused."""
        user: Any = scope["user"]
        if not isinstance(user, Integrator):
            await next_app(scope, receive, send)
            return
        limit = settings().api_requests_per_minute
        state: Any = scope["state"]
        try:
            state["rate"] = await RATES.take(str(user.key_id), limit, clock.now().timestamp())
        except RateLimited as error:
            state["rate"] = (0, error.extra["retry_after_s"])
            raise
        try:
            async with asyncio.timeout(REQUEST_TIME_S) as allowed:

                async def answer(message: Message) -> None:
                    allowed.reschedule(None)  # a long answer may take its time
                    await send(message)

                await next_app(scope, receive, answer)
        except TimeoutError as error:
            if not allowed.expired():
                raise
            raise RequestRefused(
                "request_timeout",
                "This takes too long",
                f"more than {REQUEST_TIME_S:.0f} seconds",
                status=503,
            ) from error


def headers(scope: Any) -> list[tuple[bytes, bytes]]:
    """RateLimit and RateLimit-Policy, where requests are counted (draft-ietf-httpapi-ratelimit-headers)."""
    rate = scope["state"].get("rate")
    if rate is None:
        return []
    limit = settings().api_requests_per_minute
    return [
        (b"ratelimit-policy", f'"key";q={limit};w={WINDOW_S}'.encode()),
        (b"ratelimit", f'"key";r={rate[0]};t={rate[1]}'.encode()),
    ]


async def expect_shallow(request: Request[Any, Any, Any]) -> None:
    """No JSON that is nested deeper than anything of ours. Raises RequestRefused."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        return
    if is_too_deep(await request.body()):
        raise RequestRefused("malformed_json", "The body is not JSON", "It is nested too deeply")


def is_too_deep(body: bytes) -> bool:
    """Whether brackets stand more than JSON_DEPTH deep. Most bodies have fewer of them in all."""
    if body.count(b"[") + body.count(b"{") <= JSON_DEPTH:
        return False
    depth = 0
    for found in _BRACKETS.finditer(body):
        bracket = found[0]
        if bracket in b"[{":
            depth += 1
            if depth > JSON_DEPTH:
                return True
        elif bracket in b"]}":
            depth -= 1
    return False


SAID = f"""
A key may make as many requests a minute as the header RateLimit-Policy says; after that comes 429 with
Retry-After. A request ends after {REQUEST_TIME_S:.0f} seconds, its JSON is at most {JSON_DEPTH} deep, and its
body is as large as the installation allows (413 beyond that).
""".strip()
"""For the description of the API."""
