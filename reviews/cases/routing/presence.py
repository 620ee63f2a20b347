"""Who is at work, and who looks at which case: for two minutes after each page that somebody opens.

Kept in Valkey, and a comfort: while it is away nobody is known to be there, and all else goes on.
"""

import asyncio
from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.settings import settings

log = structlog.get_logger(__name__)

EXPIRES_S = 120
TIMEOUT_S = 1.0


async def seen(merchant_id: UUID, staff_id: UUID, case_id: UUID | None, now: datetime) -> None:
    """Somebody has opened a page, or that of a case."""
    try:
        async with _valkey().pipeline(transaction=False) as together:
            together.set(_person(merchant_id, staff_id), b"1", ex=EXPIRES_S)
            if case_id:
                key = _case(merchant_id, case_id)
                together.zadd(key, {str(staff_id): now.timestamp() + EXPIRES_S})
                together.expire(key, EXPIRES_S)
            await together.execute()
    except (RedisError, OSError) as error:
        log.warning("presence_away", error=repr(error))


async def present(merchant_id: UUID, people: Iterable[UUID]) -> set[UUID]:
    """Those who are there."""
    asked = list(people)
    if not asked:
        return set()
    try:
        found = await _valkey().mget([_person(merchant_id, each) for each in asked])
    except (RedisError, OSError) as error:
        log.warning("presence_away", error=repr(error))
        return set()
    return {person for person, there in zip(asked, found, strict=True) if there}


async def looking(merchant_id: UUID, cases: Collection[UUID], now: datetime) -> dict[UUID, set[UUID]]:
    """By case, who looks at it; a case that nobody looks at is missing."""
    if not cases:
        return {}
    try:
        async with _valkey().pipeline(transaction=False) as together:
            for each in cases:
                together.zrangebyscore(_case(merchant_id, each), now.timestamp(), "+inf")
            found = await together.execute()
    except (RedisError, OSError) as error:
        log.warning("presence_away", error=repr(error))
        return {}
    return {
        case: {UUID(person.decode()) for person in people}
        for case, people in zip(cases, found, strict=True)
        if people
    }


def _person(merchant_id: UUID, staff_id: UUID) -> str:
    return f"present:{merchant_id}:{staff_id}"


def _case(merchant_id: UUID, case_id: UUID) -> str:
    return f"looking:{merchant_id}:{case_id}"


def _valkey() -> Redis:
    return _client(asyncio.get_running_loop(), settings().valkey_url)


@cache
def _client(_: asyncio.AbstractEventLoop, url: str) -> Redis:
    """One of a process, with its connections: to make one takes longer than to ask."""
    return Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
