"""What must be kept secret but be read again: credentials of other systems, sealed before they are stored.

AES-256-GCM under a key that the database never sees. Each sealed value names its key, so keys can be
replaced: put the new one first in REGULARS_ENCRYPTION_KEYS, seal everything anew (`regulars secrets
reseal`, core.resealing), then drop the old one.
"""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import DomainError, Kind
from core.kept import kept
from core.settings import settings

FILE_NAME = "encryption_key"
KEY_BYTES = 32
NAME_BYTES = 8
NONCE_BYTES = 12


class KeyUnfit(DomainError):
    """A key of the settings is not 32 bytes in base64 or hexadecimal."""

    code = "encryption_key_unfit"
    kind = Kind.UNAVAILABLE
    title = "A key of REGULARS_ENCRYPTION_KEYS is not 32 bytes in base64 or hexadecimal"


class Sealed(DomainError):
    """The key is not among ours, or the value was changed or belongs elsewhere."""

    code = "secret_sealed"
    kind = Kind.UNAVAILABLE
    title = "A stored secret cannot be read with the keys of this installation"


class Vault:
    """Seals with the first key, opens with any."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {hashlib.sha256(key).digest()[:NAME_BYTES]: AESGCM(key) for key in keys}
        self.first = next(iter(self._keys))
        """The name of the first key: what it seals begins with it."""

    @property
    def names(self) -> frozenset[bytes]:
        """Of all keys: what they seal begins with one of these."""
        return frozenset(self._keys)

    def seal(self, plain: bytes, place: str) -> bytes:
        """The value sealed; it can be opened for the same `place` (whose it is and what) alone."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return self.first + nonce + self._keys[self.first].encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """The value. Raises Sealed."""
        name, nonce = sealed[:NAME_BYTES], sealed[NAME_BYTES : NAME_BYTES + NONCE_BYTES]
        if name not in self._keys:
            raise Sealed()
        try:
            return self._keys[name].decrypt(nonce, sealed[NAME_BYTES + NONCE_BYTES :], place.encode())
        except (InvalidTag, ValueError) as error:
            raise Sealed() from error


@lru_cache
def vault() -> Vault:
    """That of this installation. Raises KeyUnfit."""
    given = settings().encryption_keys.get_secret_value()
    words = [word for word in given.replace(",", " ").split() if word]
    return Vault([_key(word) for word in words or [kept(settings().data_dir / FILE_NAME)]])


def _key(word: str) -> bytes:
    try:
        key = bytes.fromhex(word) if len(word) == 2 * KEY_BYTES else base64.b64decode(word, validate=True)
    except (ValueError, binascii.Error) as error:
        raise KeyUnfit() from error
    if len(key) != KEY_BYTES:
        raise KeyUnfit()
    return key
