"""Where requests to other systems may go."""

import asyncio
import socket

import httpx
import pytest

from core import outgoing
from core.outgoing import AddressRefused, check_url, is_public


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1"),
        *("2002:7f00:1::", "224.0.0.1", "ff02::1", "::", "255.255.255.255", "240.0.0.1", "198.18.0.1"),
        *("::127.0.0.1", "::10.0.0.1", "::ffff:0:10.0.0.1", "64:ff9b:1::10.0.0.1", "fec0::1", "2001::1"),
    ],
)
def test_a_private_address_is_none_of_the_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "64:ff9b::8.8.8.8"])
def test_a_public_address_is(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://shop.example", "ftp://shop.example", "shop.example", "https://", "//shop.example"),
        *("https://me:secret@shop.example", "https://shop.example?x=1", "https://shop.example#x"),
        *("https://shop.example:99999", "file:///etc/passwd", "https://[::1"),
    ],
)
def test_what_is_no_plain_https_address_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_url(url)


def test_an_address_is_written_one_way() -> None:
    assert check_url(" https://Shop.Example/wordpress/ ") == "https://shop.example/wordpress"
    assert check_url("https://shop.example:8443") == "https://shop.example:8443"
    assert check_url("http://intern:8080", ["intern"]) == "http://intern:8080"


async def test_a_name_that_changes_its_mind_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: public when it is judged, private when it is connected to."""
    asked, connected = [], []

    async def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        address = "93.184.215.14" if len(asked) == 1 else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    async def connect(_: object, request: httpx.Request) -> httpx.Response:
        connected.append((request.url.host, request.headers["host"], request.extensions["sni_hostname"]))
        return httpx.Response(200)

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", connect)
    async with outgoing.client() as client:
        await client.get("https://shop.example/hooks")
        with pytest.raises(AddressRefused):
            await client.get("https://shop.example/hooks")
    assert asked == ["shop.example"] * 2
    assert connected == [("93.184.215.14", "shop.example", "shop.example")]


def test_an_address_may_have_a_query_where_that_is_wanted() -> None:
    assert check_url("https://Shop.example/hooks/?t=1", query=True) == "https://shop.example/hooks/?t=1"
    with pytest.raises(AddressRefused):
        check_url("https://shop.example/hooks?t=1#x", query=True)
