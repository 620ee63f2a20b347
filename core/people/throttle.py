"""How often somebody may try: to sign in, or a voucher's code. Counters in Valkey, shared by all processes.

Signing in still works while Valkey is away: then nothing is counted, and each attempt leaves a log
line. Being locked out of the shop by a lost cache would be the greater harm, and a password still
costs a slow hash.
"""

import hashlib
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.errors import DomainError, Kind
from core.settings import settings

log = structlog.get_logger(__name__)

TIMEOUT_S = 1.0


class TooManyAttempts(DomainError):
    """This address or this e-mail address has tried too often."""

    code = "too_many_attempts"
    kind = Kind.LIMITED
    title = "Too many attempts"


@dataclass(frozen=True)
class Limit:
    """At most `attempts` in `window_s` seconds, counted from the first of them."""

    name: str
    attempts: int
    window_s: int
    network: bool = False
    """Counted by network address: whoever has one of version 6 has the 2^64 beside it, too."""


PER_EMAIL = Limit("email", 10, 900)
# Generous: a whole office, or everybody behind a proxy, shares one address.
PER_ADDRESS = Limit("address", 300, 900, network=True)
LINKS_PER_EMAIL = Limit("link-email", 5, 900)
LINKS_PER_ADDRESS = Limit("link-address", 300, 900, network=True)
# Each is a mail to whoever was typed in, and tells whether that address works for any shop here.
INVITATIONS = Limit("invitation", 50, 3600)
# A till mistypes now and then; whoever tries codes out does so all the time.
UNKNOWN_CODES = Limit("unknown-code", 100, 900)


def network_of(address: str) -> str:
    """Whose an address is: of version 6, the /64 that one household or one server has."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(found.ipv4_mapped or ip_network((found.packed, 64), strict=False))


async def attempt(*counted: tuple[Limit, str]) -> None:
    """Count one attempt under each limit. Raises TooManyAttempts (`retry_after_s`) beyond any of them."""
    waits = [wait for limit, who in counted if (wait := await _count(limit, who)) > 0]
    if waits:
        raise TooManyAttempts(retry_after_s=max(waits))


async def expect_free(limit: Limit, who: str) -> None:
    """Count nothing. Raises TooManyAttempts (`retry_after_s`) when all attempts are used up."""
    key = _key(limit, who)
    try:
        async with _valkey() as valkey, valkey.pipeline(transaction=True) as together:
            together.get(key)
            together.ttl(key)
            count, left_s = await together.execute()
    except (RedisError, OSError) as error:
        log.warning("throttle_away", error=repr(error))
        return
    if int(count or 0) >= limit.attempts:
        raise TooManyAttempts(retry_after_s=max(int(left_s), 1))


async def forget(limit: Limit, who: str) -> None:
    """Start counting anew, after a success."""
    try:
        async with _valkey() as valkey:
            await valkey.delete(_key(limit, who))
    except (RedisError, OSError) as error:
        log.warning("throttle_away", error=repr(error))


async def _count(limit: Limit, who: str) -> int:
    """Seconds to wait; 0: go on."""
    key = _key(limit, who)
    try:
        async with _valkey() as valkey, valkey.pipeline(transaction=True) as together:
            # The time-out is set with the counter, so that no counter can stay for ever.
            together.set(key, 0, ex=limit.window_s, nx=True)
            together.incr(key)
            together.ttl(key)
            _, count, left_s = await together.execute()
    except (RedisError, OSError) as error:
        log.warning("throttle_away", error=repr(error))
        return 0
    return max(int(left_s), 1) if int(count) > limit.attempts else 0


def _key(limit: Limit, who: str) -> str:
    """No e-mail address stands in Valkey in clear."""
    who = network_of(who) if limit.network else who
    return f"throttle:{limit.name}:{hashlib.sha256(who.lower().encode()).hexdigest()[:32]}"


def _valkey() -> Redis:
    """A connection of its own: attempts are few, and beside a slow hash it costs nothing."""
    url = settings().valkey_url
    return Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
