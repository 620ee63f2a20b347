"""What is asked of an OpenID provider. Its description and its keys are asked for anew each time.

Staff sign in a few times a day: nothing is kept, so a key that was replaced there is replaced here.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet, import_key

from core import outgoing
from core.people.company.errors import CompanyRefused, CompanyUnavailable
from core.people.company.settings import Provider
from core.settings import settings

ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures that need the provider's private key; never "none", never one with a secret that is shared."""
CLOCKS_APART = timedelta(seconds=60)
AGE_MAX = timedelta(minutes=10)


class Described(msgspec.Struct, frozen=True):
    """What we need of OpenID Connect Discovery 1.0, section 3."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str


class _Keys(msgspec.Struct, frozen=True):
    keys: list[dict[str, Any]]


async def described(issuer: str) -> Described:
    """The provider's own description. Raises CompanyUnavailable."""
    found: Described = await _asked(
        Described, "GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    )
    if found.issuer != issuer:
        raise CompanyUnavailable(f"{issuer} calls itself {found.issuer}")
    return found


async def id_token(provider: Provider, there: Described, code: str, verifier: str, back: str) -> str:
    """Exchange a code. Raises CompanyRefused or CompanyUnavailable."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": verifier,
    }
    headers = {}
    if "client_secret_basic" in there.token_endpoint_auth_methods_supported:
        # RFC 6749, 2.3.1: both are form-encoded first.
        pair = f"{quote(provider.client_id, safe='')}:{quote(provider.client_secret, safe='')}"
        headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
    tokens: _Tokens = await _asked(_Tokens, "POST", there.token_endpoint, data=form, headers=headers)
    return tokens.id_token


async def claims(
    token: str, provider: Provider, there: Described, nonce: str, now: datetime
) -> Mapping[str, Any]:
    """What an ID token says, all of it checked (Core 1.0, 3.1.3.7).

    Raises CompanyRefused, or CompanyUnavailable when the keys cannot be had.
    """
    keys = await _keys(there.jwks_uri)
    try:
        said = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise CompanyRefused(f"the token cannot be verified: {error!r}") from error
    if reason := _wrong(said, provider, nonce, now):
        raise CompanyRefused(reason)
    return said


def _wrong(said: Mapping[str, Any], provider: Provider, nonce: str, now: datetime) -> str:
    """What does not fit; empty: nothing."""
    audience = said.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    moments = [said.get("iat"), said.get("exp")]
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in moments):
        return "iat or exp is missing"
    apart, seconds = CLOCKS_APART.total_seconds(), now.timestamp()
    checks = {
        "another issuer": said.get("iss") == provider.issuer,
        "for somebody else": provider.client_id in audiences,
        "made for another party": said.get("azp", provider.client_id) == provider.client_id,
        "for several parties, without azp": len(audiences) == 1 or "azp" in said,
        "another nonce": hmac.compare_digest(str(said.get("nonce", "")).encode(), nonce.encode()),
        "no subject": isinstance(said.get("sub"), str) and said["sub"] != "",
        "expired": said["exp"] + apart > seconds,
        "from the future": said["iat"] - apart <= seconds,
        "too old": seconds - said["iat"] <= AGE_MAX.total_seconds(),
    }
    return next((reason for reason, holds in checks.items() if not holds), "")


async def _keys(address: str) -> KeySet:
    """The provider's keys for signatures; those that we do not understand are left out."""
    keys: list[Key] = []
    for each in (await _asked(_Keys, "GET", address)).keys:
        try:
            if each.get("use", "sig") == "sig" and each.get("kty") in ("RSA", "EC"):
                keys.append(import_key(each))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    return KeySet(keys)


async def _asked(kind: Any, method: str, address: str, **more: Any) -> Any:
    """What an address answers. A refusal (400 to 499) is CompanyRefused, all else CompanyUnavailable."""
    try:
        outgoing.check_url(address.partition("?")[0], settings().private_hosts)
        async with outgoing.client() as client:
            answer = await outgoing.send(client, client.build_request(method, address, **more))
    except (httpx.HTTPError, outgoing.AddressRefused) as error:
        raise CompanyUnavailable(f"{address}: {error!r}") from error
    if 400 <= answer.status_code < 500 and method == "POST":
        raise CompanyRefused(f"{address} answered {answer.status_code}")
    if answer.status_code != 200:
        raise CompanyUnavailable(f"{address} answered {answer.status_code}")
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CompanyUnavailable(f"{address}: {error}") from error
