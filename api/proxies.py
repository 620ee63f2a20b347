"""Who is at the other end, when proxies of ours stand between: limits, traces and the log go by it.

A header can be written by anybody, so X-Forwarded-For is read from its end, where our own proxies write, and
no further than the first address that is none of theirs.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from api.requests import Asked
from core.settings import settings

Network = IPv4Network | IPv6Network
HEADER = b"x-forwarded-for"


def look_through(scope: Asked) -> None:
    """Put the address of who is really there into the scope, if a proxy of ours brings the request."""
    trusted = settings().trusted_proxies
    if not trusted or not scope.get("client"):
        return
    told = b",".join(value for name, value in scope["headers"] if name == HEADER).decode("latin-1")
    scope["client"] = (behind(scope["client"][0], told, trusted), 0)


def behind(peer: str, told: str, trusted: Sequence[Network]) -> str:
    """The last address that is not a trusted proxy's, or the farthest that is known."""
    here, known = _address(peer), peer
    for each in reversed(told.split(",")):
        if here is None or not any(here in network for network in trusted):
            break
        farther = _address(each)
        if farther is None:
            break
        here, known = farther, str(farther)
    return known


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """As proxies write it: perhaps with a port, in brackets, or version 4 inside of 6."""
    plain = text.strip()
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        found = ip_address(plain)
    except ValueError:
        return None
    return (isinstance(found, IPv6Address) and found.ipv4_mapped) or found
