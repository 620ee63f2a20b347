"""Random tokens and how they are kept: the token goes out once, only its digest stays here."""

import hashlib
import secrets


def new_token() -> str:
    """A fresh token of 256 random bits, safe in addresses and cookies."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is stored of a token. It is random already, so that a slow hash would add nothing."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
