"""Where requests to other systems may go."""

import pytest

from core.outgoing import AddressRefused, check_url, is_public


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1"),
        *("2002:7f00:1::", "224.0.0.1", "ff02::1", "::"),
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
