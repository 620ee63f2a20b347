"""Who is at the other end of a proxy: our own are believed, visitors are not."""

from ipaddress import ip_network

import pytest

from api.proxies import behind

OURS = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "told", "found"),
    [
        ("10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "203.0.113.7, 10.0.0.2", "203.0.113.7"),
        ("10.0.0.1", " 203.0.113.7:4711 ,10.0.0.2:80", "203.0.113.7"),
        ("fd00::1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("::ffff:10.0.0.1", "2001:db8::7", "2001:db8::7"),
        # What a visitor wrote into the header stands before what our proxy has added.
        ("10.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "10.0.0.9, 203.0.113.7", "203.0.113.7"),
        # A stranger says nothing that is believed.
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("203.0.113.7", "10.0.0.1", "203.0.113.7"),
        # Nothing, or nothing of use: the proxy is all that is known.
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.7, garbage", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("test-1", "203.0.113.7", "test-1"),
    ],
)
def test_who_is_there(peer: str, told: str, found: str) -> None:
    assert behind(peer, told, OURS) == found


def test_nobody_is_believed_unless_it_is_set() -> None:
    assert behind("10.0.0.1", "203.0.113.7", ()) == "10.0.0.1"
