"""Your customers come to the portal signed in: a link that your server signs."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

LIVES_S = 120


def portal_link(
    customer_id: str,
    now: datetime,
    *,
    key_id: str,
    secret: str,
    shop: str,
    portal: str,
    next_path: str = "/portal",
) -> str:
    """Where to send this customer's browser: the link works once, and from `now` on for LIVES_S.

    `customer_id` as in the events; `key_id` and `secret` of a key for hand-off, `shop` the shop's code,
    `portal` where Regulars is, such as https://regulars.example.
    """
    made_at, place = int(now.timestamp()), portal.rstrip("/")
    claims: dict[str, str | int] = {
        "iss": shop,
        "aud": place,
        "sub": customer_id,
        "iat": made_at,
        "exp": made_at + LIVES_S,
        "jti": secrets.token_urlsafe(16),
    }
    signed = _part({"alg": "HS256", "typ": "JWT", "kid": key_id}) + b"." + _part(claims)
    signature = hmac.digest(secret.encode(), signed, hashlib.sha256)
    token = (signed + b"." + _text(signature)).decode()
    return f"{place}/handoff?" + urlencode({"token": token, "next": next_path})


def _part(value: Mapping[str, str | int]) -> bytes:
    return _text(json.dumps(value).encode())


def _text(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")
