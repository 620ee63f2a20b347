"""Requests to other systems: the one place that makes HTTP clients.

An address that a merchant typed must not lead into our own network: the name is resolved here, every
address it stands for is judged, and the connection goes to an address that was judged.
"""

import ipaddress
import socket
import ssl
from asyncio import get_running_loop
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from urllib.parse import urlsplit

import httpx

from core.errors import DomainError, Kind
from core.settings import Settings, settings

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 15.0
ANSWER_LIMIT_BYTES = 16 * 1024 * 1024
USER_AGENT = "Regulars"


class AddressRefused(DomainError):
    """The address is not https, holds a password, or leads into a private network."""

    code = "address_refused"
    kind = Kind.INVALID
    title = "This address may not be reached"


class AnswerTooLong(httpx.TransportError):
    """The other system sends more than anything of use has."""


def check_url(url: str, private_hosts: Sequence[str] = (), query: bool = False) -> str:
    """An address as somebody typed it, without a slash at its end; with its query where it may have one.

    Raises AddressRefused.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise AddressRefused("it is no web address") from error
    if parts.username or parts.password or parts.fragment or not host or (parts.query and not query):
        raise AddressRefused("it must be a plain web address")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in private_hosts):
        raise AddressRefused("it must begin with https://")
    path = parts.path if parts.query else parts.path.rstrip("/")
    place = f"{parts.scheme}://{host.lower()}{f':{port}' if port else ''}{path}"
    return f"{place}?{parts.query}" if parts.query else place


def is_public(address: str) -> bool:
    """Whether an IP address is of the internet at large; one that maps another is judged by that."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if found in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
        if found.is_reserved or found.is_site_local:  # ::/8 holds further ways to write an IPv4 address
            return False
    return found.is_global and not found.is_multicast


@lru_cache
def _tls() -> ssl.SSLContext:
    """Whom we trust, read once: it takes as long as a request."""
    return httpx.create_ssl_context(trust_env=False)


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Guard(httpx.AsyncBaseTransport):
    """Lets a request go to an address that was judged; through a proxy, that one resolves and judges."""

    def __init__(self, installed: Settings) -> None:
        self._private = frozenset(installed.private_hosts)
        self._proxied = bool(installed.outgoing_proxy)
        self._inner = httpx.AsyncHTTPTransport(verify=_tls(), proxy=installed.outgoing_proxy or None)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises AddressRefused, httpx.ConnectError when the name is not known, or what httpx raises."""
        host = request.url.host
        if host not in self._private:
            if request.url.scheme != "https":
                raise AddressRefused("it must begin with https://")
            if not self._proxied:
                # TLS still asks for the name, and so does the header Host.
                request.extensions = {**request.extensions, "sni_hostname": host}
                request.url = request.url.copy_with(host=await _judged(host, request.url.port or 443))
        answer = await self._inner.handle_async_request(request)
        if int(answer.headers.get("content-length", "0") or 0) > ANSWER_LIMIT_BYTES:
            await answer.aclose()
            raise AnswerTooLong("the answer is too long", request=request)
        return answer

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


async def _judged(host: str, port: int) -> str:
    try:
        found = await get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpx.ConnectError(f"the name {host} is not known") from error
    addresses = [str(each[4][0]) for each in found]
    if not addresses or not all(map(is_public, addresses)):
        raise AddressRefused(f"{host} leads into a private network")
    return addresses[0]


@asynccontextmanager
async def client(base_url: str = "") -> AsyncIterator[httpx.AsyncClient]:
    """A client with time-outs that follows no redirect; the environment's proxies do not count."""
    timeout = httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    headers = {"user-agent": USER_AGENT, "accept": "application/json"}
    async with httpx.AsyncClient(
        base_url=base_url, timeout=timeout, headers=headers, transport=Guard(settings()), trust_env=False
    ) as opened:
        yield opened


async def send(opened: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """The whole answer. Raises AnswerTooLong, AddressRefused or what httpx raises."""
    answer = await opened.send(request, stream=True)
    try:
        chunks, size = [], 0
        async for chunk in answer.aiter_bytes():
            size += len(chunk)
            if size > ANSWER_LIMIT_BYTES:
                raise AnswerTooLong("the answer is too long", request=request)
            chunks.append(chunk)
    finally:
        await answer.aclose()
    headers = [(name, value) for name, value in answer.headers.items() if name != "content-encoding"]
    return httpx.Response(answer.status_code, headers=headers, content=b"".join(chunks), request=request)
