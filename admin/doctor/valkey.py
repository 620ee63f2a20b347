"""Valkey: does it answer, and does it keep what it is given?"""

import re
from collections.abc import AsyncIterator
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, RedisError

from admin.doctor.report import Finding, ok, problem, warning
from core.celery_app import broker_url
from core.settings import Settings

OLDEST = 8
FULL = 0.9
TIMEOUT_S = 5


async def look(settings: Settings) -> AsyncIterator[Finding]:
    """All of it."""
    url = broker_url(settings.valkey_url)
    try:
        async with Redis.from_url(url, socket_connect_timeout=TIMEOUT_S, socket_timeout=TIMEOUT_S) as client:
            info = await client.info()
            yield _version(info)
            yield _eviction(info)
            yield _memory(info)
            yield await _persistence(client)
    except (RedisError, OSError, ValueError) as error:
        yield problem(
            "valkey",
            f"cannot be used: {error}",
            "Start Valkey; correct REGULARS_VALKEY_URL. Until then work waits in PostgreSQL.",
        )


def _version(info: dict[str, Any]) -> Finding:
    found = str(info.get("valkey_version") or info.get("redis_version", "0"))
    major = int(re.match(r"\d+", found + "0")[0])  # type: ignore[index]
    name = "Valkey" if "valkey_version" in info else "Redis"
    if name == "Valkey" and major < OLDEST:
        return warning("valkey", f"Valkey {found}", f"It is tried with Valkey {OLDEST} and newer: update it.")
    if name == "Redis":
        return warning("valkey", f"Redis {found} answers", "Regulars is tried with Valkey, not with Redis.")
    return ok("valkey", f"Valkey {found} answers")


def _eviction(info: dict[str, Any]) -> Finding:
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        return problem(
            "valkey_eviction",
            f"maxmemory-policy is {policy}: counters of sign-in attempts and queued work may vanish",
            "Set maxmemory-policy noeviction.",
        )
    return ok("valkey_eviction", "nothing is evicted")


def _memory(info: dict[str, Any]) -> Finding:
    used, most = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    said = f"{used / 2**20:.0f} MiB used" + (f" of {most / 2**20:.0f}" if most else ", without a limit")
    if most and used > FULL * most:
        return problem("valkey_memory", said, "Raise maxmemory: Regulars needs some 100 MiB.")
    return ok("valkey_memory", said)


async def _persistence(client: Redis) -> Finding:
    try:
        found = (await client.config_get("appendonly")).get("appendonly")
    except NoPermissionError:
        return ok("valkey_persistence", "this account may not ask")
    if found != "yes":
        return warning(
            "valkey_persistence",
            "appendonly is off: after a restart whoever was locked out may try to sign in again",
            "Set appendonly yes. Work is not lost either way.",
        )
    return ok("valkey_persistence", "appendonly is on")
