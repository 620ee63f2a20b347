"""How often a source may be called: windows that slide, counted in Valkey for all processes together."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.celery_app import broker_url
from core.ids import new_id
from reviews.connectors.failures import SourceAway

TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Budget:
    """At most `calls` in any `window_s` seconds of whoever `subject` names (a key, an application)."""

    subject: str
    calls: int
    window_s: int

    @property
    def key(self) -> str:
        """Where it is counted; a subject may be a secret, so it is not written there."""
        name = hashlib.sha256(self.subject.encode()).hexdigest()[:24]
        return f"regulars:quota:{name}:{self.window_s}"


# All budgets or none: KEYS are their windows; ARGV: now in ms, an id, then calls and window in ms of each.
# Answers how many ms to wait; 0: counted.
_TAKE = """
local now, wait = tonumber(ARGV[1]), 0
for i, key in ipairs(KEYS) do
    local calls, window = tonumber(ARGV[2 * i + 1]), tonumber(ARGV[2 * i + 2])
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
    if redis.call('ZCARD', key) >= calls then
        local first = redis.call('ZRANGE', key, -calls, -calls, 'WITHSCORES')[2]
        wait = math.max(wait, tonumber(first) + window - now)
    end
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
    redis.call('ZADD', key, now, ARGV[2])
    redis.call('PEXPIRE', key, ARGV[2 * i + 2])
end
return 0
"""


class Quotas:
    """The counts of all sources. Every method raises SourceAway when Valkey cannot be used."""

    def __init__(self, valkey_url: str) -> None:
        self._valkey: Redis = Redis.from_url(
            broker_url(valkey_url), socket_connect_timeout=TIMEOUT_S, socket_timeout=TIMEOUT_S
        )

    async def take(self, budgets: Sequence[Budget], now: datetime) -> float:
        """Count one call; answers 0, or how many seconds to wait when it was not counted."""
        if not budgets:
            return 0.0
        limits = [str(each) for b in budgets for each in (b.calls, b.window_s * 1000)]
        keys = [budget.key for budget in budgets]
        try:
            wait_ms = await self._valkey.eval(_TAKE, len(keys), *keys, _ms(now), str(new_id()), *limits)
        except (RedisError, OSError) as error:
            raise SourceAway("the calls cannot be counted: Valkey is away") from error
        return float(wait_ms) / 1000

    async def left(self, budget: Budget, now: datetime) -> int:
        """How many calls are allowed at this moment."""
        try:
            used = await self._valkey.zcount(budget.key, _ms(now) - budget.window_s * 1000 + 1, "+inf")
        except (RedisError, OSError) as error:
            raise SourceAway("the calls cannot be counted: Valkey is away") from error
        return max(0, budget.calls - int(used))

    async def close(self) -> None:
        """Close the connection."""
        await self._valkey.aclose()


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
