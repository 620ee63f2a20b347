"""An OpenID provider, written from OpenID Connect Core and Discovery 1.0, RFC 6749 and RFC 7636.

It shares no code with ours: tokens are put together by hand. A test can make it misbehave.
"""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.contract.fakes.server import Answer, Asked

CLIENT_ID, CLIENT_SECRET = "regulars at work", "a secret: with/marks"


@dataclass
class Granted:
    """A code that was handed out, and what was asked for it."""

    nonce: str
    challenge: str
    back: str
    used: bool = False


class FakeProvider:
    """One provider with one client and one person."""

    def __init__(self, email: str) -> None:
        self.url = ""
        self.released = threading.Event()
        self.email = email
        self.asked: list[Asked] = []
        self.codes: dict[str, Granted] = {}
        self.keys: dict[str, rsa.RSAPrivateKey] = {}
        self.kid = ""
        self.rotate()
        self.claims: dict[str, Any] = {}
        """Said instead of what is true; None: not said."""
        self.header: dict[str, Any] = {}
        self.described: dict[str, Any] = {}
        self.failing: dict[str, Answer] = {}
        """What a path answers instead."""
        self.forgiving = False
        """Takes a code again, and without its verifier."""

    def rotate(self) -> None:
        """Sign with another key from now on; the former one is not published any more."""
        self.kid = secrets.token_hex(4)
        self.keys = {self.kid: rsa.generate_private_key(public_exponent=65537, key_size=2048)}

    # --- what a browser does ----------------------------------------------------------------------

    def authorize(self, address: str) -> str:
        """The person says yes; where the browser is sent."""
        parts = urlsplit(address)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.url}/authorize"
        assert asked["response_type"] == "code" and asked["client_id"] == CLIENT_ID
        assert "openid" in asked["scope"].split() and "email" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256" and len(asked["code_challenge"]) == 43
        code = secrets.token_urlsafe(16)
        self.codes[code] = Granted(asked["nonce"], asked["code_challenge"], asked["redirect_uri"])
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    # --- what our server asks ---------------------------------------------------------------------

    def meet(self, asked: Asked) -> Answer:
        """Answer a request."""
        self.asked.append(asked)
        if asked.path in self.failing:
            return self.failing[asked.path]
        match asked.method, asked.path:
            case "GET", "/.well-known/openid-configuration":
                return Answer(body=self._description())
            case "GET", "/keys":
                return Answer(body={"keys": [*_STRANGE_KEYS, *map(self._public, self.keys)]})
            case "POST", "/token":
                return self._token(asked)
        return Answer(404, {"error": "not_found"})

    def _description(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        } | self.described

    def _token(self, asked: Asked) -> Answer:
        form, granted = asked.form, self.codes.get(asked.form.get("code", ""))
        if not self._knows(asked):
            return Answer(401, {"error": "invalid_client"})
        if granted is None or form["grant_type"] != "authorization_code":
            return Answer(400, {"error": "invalid_grant"})
        proof = _part(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        fits = granted.back == form["redirect_uri"] and proof == granted.challenge and not granted.used
        if not (fits or self.forgiving):
            return Answer(400, {"error": "invalid_grant"})
        granted.used = True
        token = self.sign(self._said(granted))
        return Answer(body={"access_token": "x", "token_type": "Bearer", "id_token": token})

    def _knows(self, asked: Asked) -> bool:
        if asked.headers.get("authorization", "").startswith("Basic "):
            pair = base64.b64decode(asked.headers["authorization"][6:]).decode()
            client, _, secret = map(unquote, pair.partition(":"))
        else:
            client, secret = asked.form.get("client_id", ""), asked.form.get("client_secret", "")
        return (client, secret) == (CLIENT_ID, CLIENT_SECRET)

    def _said(self, granted: Granted) -> dict[str, Any]:
        now = int(time.time())
        said = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "sub": "person-1",
            "nonce": granted.nonce,
            "iat": now,
            "exp": now + 300,
            "email": self.email,
            "email_verified": True,
        } | self.claims
        return {name: value for name, value in said.items() if value is not None}

    # --- tokens -----------------------------------------------------------------------------------

    def sign(self, claims: dict[str, Any]) -> str:
        """A token under the key of now, or as `header` says."""
        header = {"alg": "RS256", "kid": self.kid, "typ": "JWT"} | self.header
        header = {name: value for name, value in header.items() if value is not None}
        signed = b".".join(_part(json.dumps(each).encode()).encode() for each in (header, claims))
        return f"{signed.decode()}.{_part(self._signature(header['alg'], signed))}"

    def _signature(self, algorithm: str, signed: bytes) -> bytes:
        if algorithm == "none":
            return b""
        if algorithm == "HS256":  # with what everybody knows: the public key
            return hmac.digest(json.dumps(self._public(self.kid)).encode(), signed, "sha256")
        key = self.keys.get(self.kid) or rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return key.sign(signed, padding.PKCS1v15(), hashes.SHA256())

    def _public(self, kid: str) -> dict[str, Any]:
        numbers = self.keys[kid].public_key().public_numbers()
        parts = {name: _number(getattr(numbers, name)) for name in ("n", "e")}
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, **parts}


_STRANGE_KEYS = [
    {"kty": "quantum", "kid": "q1", "use": "sig"},
    {"kty": "RSA", "kid": "e1", "use": "enc", "n": "AQAB", "e": "AQAB"},
    {"kty": "EC", "kid": "e2", "crv": "nothing", "x": "", "y": ""},
]
"""A provider may publish keys that we have no use for."""


def _number(value: int) -> str:
    return _part(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
