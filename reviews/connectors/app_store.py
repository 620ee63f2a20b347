"""App Store Connect API: the customer reviews of one app.

https://developer.apple.com/documentation/appstoreconnectapi/customer-reviews
https://developer.apple.com/documentation/appstoreconnectapi/generating-tokens-for-api-requests
https://developer.apple.com/documentation/appstoreconnectapi/identifying-rate-limits
"""

import base64
import binascii
import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar
from urllib.parse import parse_qs, quote, urlsplit

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from core import clock
from reviews.connectors.failures import CursorLost, ReviewGone, SourceRefused
from reviews.connectors.model import About, AccountUnfit, Field, Given, Page
from reviews.connectors.quotas import Budget
from reviews.connectors.reading import convert, each
from reviews.connectors.wire import Bearer, Token, Wire, base_url, read
from reviews.intake import IncomingReview
from reviews.sources import APP_STORE

API = "https://api.appstoreconnect.apple.com"
PAGE_SIZE = 200
CALLS_AN_HOUR = 3500
"""Of one API key; Apple says that it can vary."""
TOKEN_TTL = timedelta(minutes=15)
"""Apple takes none that is valid for more than 20."""

_APP = re.compile(r"\d{1,20}")
_ARMOUR = re.compile(r"-----[A-Z ]+-----|\s")


class _Attributes(msgspec.Struct, rename="camel"):
    created_date: datetime
    rating: int | None = None
    title: str | None = None
    body: str | None = None
    reviewer_nickname: str | None = None
    territory: str | None = None


class _Named(msgspec.Struct):
    id: str


class _Link(msgspec.Struct):
    data: _Named | None = None


class _Relations(msgspec.Struct):
    response: _Link | None = None


class _Review(msgspec.Struct):
    id: str
    attributes: _Attributes
    relationships: _Relations | None = None


class _Answer(msgspec.Struct, rename="camel"):
    response_body: str = ""
    last_modified_date: datetime | None = None


class _Included(msgspec.Struct):
    id: str
    type: str
    attributes: _Answer


class _Links(msgspec.Struct):
    next: str | None = None


class _Paging(msgspec.Struct):
    total: int | None = None


class _Meta(msgspec.Struct):
    paging: _Paging | None = None


class _List(msgspec.Struct):
    data: list[msgspec.Raw]
    included: list[_Included] = []
    links: _Links | None = None
    meta: _Meta | None = None


class _One(msgspec.Struct):
    data: msgspec.Raw
    included: list[_Included] = []


def _account(given: Given) -> str:
    app = given.get("app_id", "")
    if not _APP.fullmatch(app):
        raise AccountUnfit("app_id", "is not the number of an app")
    _key(given)
    return app


def _key(given: Given) -> ec.EllipticCurvePrivateKey:
    """The key of the .p8 file, with or without the lines around it."""
    try:
        packed = base64.b64decode(_ARMOUR.sub("", given.get("private_key", "")), validate=True)
        key = serialization.load_der_private_key(packed, None)
    except (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm) as error:
        raise AccountUnfit("private_key", "is not what the .p8 file holds") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise AccountUnfit("private_key", "is a key of another kind")
    return key


class AppStore:
    """One app. Who writes anew replaces their review: the old one is gone, which a full pass finds."""

    about: ClassVar = About(
        source=APP_STORE,
        fields=(
            Field("app_id"),
            Field("issuer_id"),
            Field("key_id"),
            Field("private_key", secret=True),
        ),
        account_of=_account,
        budgets=lambda given: (Budget(f"app_store:{given.get('key_id', '')}", CALLS_AN_HOUR, 3600),),
        tells_replies=True,
    )

    def __init__(self, given: Given, wire: Wire) -> None:
        self._given = given
        self._wire = wire
        self._account = _account(given)
        self._base = f"{base_url('app_store', API)}/v1"
        self._sign_in = Bearer(self._token)

    async def page(self, since: datetime | None, cursor: str) -> Page:
        """Two hundred reviews, the latest first. Of the link to the next page we follow the cursor alone."""
        asked = {"limit": PAGE_SIZE, "sort": "-createdDate", "include": "response"}
        url = f"{self._base}/apps/{self._account}/customerReviews"
        try:
            params = asked | ({"cursor": cursor} if cursor else {})
            found = read(await self._wire.call("GET", url, self._sign_in, params=params), _List)
        except SourceRefused as error:
            if cursor:
                raise CursorLost(error.detail) from error
            raise
        replies = {one.id: one.attributes for one in found.included}
        reviews, rejects = each(found.data, lambda raw: self._review(raw, replies))
        link = (found.links.next if found.links else None) or ""
        [following, *_] = parse_qs(urlsplit(link).query).get("cursor", [""])
        reached = since and any(review.written_at < since for review in reviews)
        total = found.meta.paging.total if found.meta and found.meta.paging else None
        return Page(reviews, "" if reached else following, rejects, total)

    async def find(self, external_id: str) -> IncomingReview | None:
        """One review with its response."""
        url = f"{self._base}/customerReviews/{quote(external_id, safe='')}"
        try:
            found = read(
                await self._wire.call("GET", url, self._sign_in, params={"include": "response"}), _One
            )
        except ReviewGone:
            return None
        return self._review(found.data, {one.id: one.attributes for one in found.included})

    async def reply(self, external_id: str, text: str) -> None:
        """Create the response, or replace the one there is: the same twice is one."""
        review = {"data": {"type": "customerReviews", "id": external_id}}
        told = {
            "type": "customerReviewResponses",
            "attributes": {"responseBody": text},
            "relationships": {"review": review},
        }
        url = f"{self._base}/customerReviewResponses"
        await self._wire.call("POST", url, self._sign_in, repeatable=True, json={"data": told})

    def _review(self, raw: msgspec.Raw, replies: dict[str, _Answer]) -> IncomingReview:
        told = convert(raw, _Review)
        said = told.attributes
        link = told.relationships.response if told.relationships else None
        reply = replies.get(link.data.id) if link and link.data else None
        return IncomingReview(
            source=APP_STORE.code,
            account=self._account,
            external_id=told.id,
            written_at=said.created_date,
            rating=Decimal(said.rating) if said.rating else None,
            title=said.title or "",
            body=said.body or "",
            author=said.reviewer_nickname or "",
            reply=reply.response_body if reply else "",
            replied_at=reply.last_modified_date if reply else None,
            extra={"territory": said.territory} if said.territory else {},
        )

    async def _token(self, wire: Wire) -> Token:
        now = clock.now()
        until = now + TOKEN_TTL
        head = {"alg": "ES256", "kid": self._given["key_id"], "typ": "JWT"}
        claims = {"iss": self._given["issuer_id"], "aud": "appstoreconnect-v1"}
        times = {"iat": int(now.timestamp()), "exp": int(until.timestamp())}
        return Token(_signed(_key(self._given), head, claims | times), until)


def _signed(key: ec.EllipticCurvePrivateKey, *parts: object) -> str:
    """A JSON Web Token (RFC 7519, ES256) of header and claims."""
    text = ".".join(_base64url(msgspec.json.encode(part)) for part in parts)
    r, s = utils.decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{text}.{_base64url(r.to_bytes(32) + s.to_bytes(32))}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
