"""Sealed secrets: unreadable without the key, bound to their place, readable while keys are replaced."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.vault import KeyUnfit, Sealed, Vault, _key

OLD, NEW = secrets.token_bytes(32), secrets.token_bytes(32)


@given(st.binary(max_size=2000), st.text(max_size=50))
def test_what_is_sealed_comes_back_and_shows_nothing(plain: bytes, place: str) -> None:
    sealed = Vault([OLD]).seal(plain, place)
    assert Vault([OLD]).open(sealed, place) == plain
    assert len(plain) < 8 or plain not in sealed
    assert sealed != Vault([OLD]).seal(plain, place)


def test_another_place_another_key_or_a_changed_byte_opens_nothing() -> None:
    vault = Vault([OLD])
    sealed = vault.seal(b"secret", "account a")
    for wrong in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:20], b"", bytes(60)):
        with pytest.raises(Sealed):
            vault.open(wrong, "account a")
    with pytest.raises(Sealed):
        vault.open(sealed, "account b")
    with pytest.raises(Sealed):
        Vault([NEW]).open(sealed, "account a")


def test_keys_can_be_replaced_one_after_the_other() -> None:
    before, between, after = Vault([OLD]), Vault([NEW, OLD]), Vault([NEW])
    sealed = before.seal(b"secret", "p")
    assert between.open(sealed, "p") == b"secret"
    assert not sealed.startswith(between.first)
    anew = between.seal(b"secret", "p")
    assert anew.startswith(between.first)
    assert after.open(anew, "p") == b"secret"


@pytest.mark.parametrize("word", ["short", "00" * 31, "é" * 64, "A" * 44 + "="])
def test_a_key_that_is_none_is_named(word: str) -> None:
    with pytest.raises(KeyUnfit):
        _key(word)


def test_keys_are_hexadecimal_or_base64() -> None:
    import base64

    assert _key(OLD.hex()) == _key(base64.b64encode(OLD).decode()) == OLD
