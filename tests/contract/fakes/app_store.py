"""App Store Connect API, from its documentation:

- https://developer.apple.com/documentation/appstoreconnectapi/get-v1-apps-_id_-customerreviews : `limit` at
  most 200; `sort` by createdDate or -createdDate; `include=response`; `links.next` leads to the next page.
- https://developer.apple.com/documentation/appstoreconnectapi/post-v1-customerreviewresponses : makes or
  replaces the response; it is PENDING_PUBLISH at first.
- https://developer.apple.com/documentation/appstoreconnectapi/generating-tokens-for-api-requests : ES256,
  `aud` appstoreconnect-v1, valid for 20 minutes at most.
"""

import base64
import json
import re
import secrets
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from tests.contract.fakes.server import Answer, Asked, Fake

APP = "682658836"
_LIST = re.compile(rf"/v1/apps/{APP}/customerReviews")
_ONE = re.compile(r"/v1/customerReviews/([^/]+)")
_PACIFIC = timezone(timedelta(hours=-8))


def _fails(status: int, code: str) -> Answer:
    return Answer(status, {"errors": [{"status": str(status), "code": code, "title": code, "detail": ""}]})


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


class FakeAppStore(Fake):
    """One app."""

    source = "app_store"
    account = APP

    def __init__(self) -> None:
        super().__init__()
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.key_id = secrets.token_hex(5).upper()
        self.refused: set[str] = set()
        self.posted: dict[str, str] = {}
        self.written: dict[str, datetime] = {}

    @property
    def fields(self) -> dict[str, str]:
        pem = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        named = {"app_id": APP, "issuer_id": "57246542-96fe-1a63-e053-0824d011072a", "key_id": self.key_id}
        return named | {"private_key": pem.decode()}

    def is_list(self, asked: Asked) -> bool:
        return bool(_LIST.fullmatch(asked.path))

    def is_reply(self, asked: Asked) -> bool:
        return asked.method == "POST"

    def add(self, name: str, stars: int, text: str, at: datetime) -> None:
        self.written[name] = at
        self.reviews[name] = {
            "type": "customerReviews",
            "id": name,
            "attributes": {
                "rating": stars,
                "title": text[:20],
                "body": text,
                "reviewerNickname": f"Guest {name}",
                # Apple writes the offset of California.
                "createdDate": at.astimezone(_PACIFIC).isoformat(timespec="seconds"),
                "territory": "USA",
            },
            "relationships": {"response": {"links": {"self": "x"}}},
        }

    def edit(self, name: str, text: str, at: datetime) -> None:
        self.add(name, self.reviews[name]["attributes"]["rating"], text, at)

    def delete(self, name: str) -> None:
        del self.reviews[name]

    def replies(self, name: str) -> list[str]:
        return [self.posted[name]] if name in self.posted else []

    def expire_tokens(self) -> None:
        self.refused |= {asked.headers.get("authorization", "") for asked in self.asked}

    def handle(self, asked: Asked) -> Answer:
        if not self._is_signed(asked.headers.get("authorization", "")):
            return _fails(401, "NOT_AUTHORIZED")
        if asked.method == "POST" and asked.path == "/v1/customerReviewResponses":
            return self._reply(asked)
        if _LIST.fullmatch(asked.path):
            return self._list(asked)
        if (found := _ONE.fullmatch(asked.path)) and found[1] in self.reviews:
            return Answer(200, {"data": self._shown(found[1])} | self._included([found[1]]))
        return _fails(404, "NOT_FOUND")

    def _is_signed(self, header: str) -> bool:
        try:
            text, _, signature = header.removeprefix("Bearer ").rpartition(".")
            head, claims = (json.loads(_decoded(part)) for part in text.split("."))
            raw = _decoded(signature)
            numbers = (int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
            packed = utils.encode_dss_signature(*numbers)
            self.key.public_key().verify(packed, text.encode(), ec.ECDSA(hashes.SHA256()))
        except (ValueError, InvalidSignature):
            return False
        now = datetime.now(UTC).timestamp()
        times = now < claims["exp"] <= now + 1200 and claims["iat"] <= now
        named = (head["alg"], head["kid"], claims["aud"]) == ("ES256", self.key_id, "appstoreconnect-v1")
        return times and named and header not in self.refused

    def _shown(self, name: str) -> dict[str, Any]:
        review = dict(self.reviews[name])
        if name in self.posted:
            review["relationships"] = {
                "response": {"data": {"type": "customerReviewResponses", "id": f"r{name}"}}
            }
        return review

    def _included(self, names: list[str]) -> dict[str, Any]:
        found = [
            {
                "type": "customerReviewResponses",
                "id": f"r{name}",
                "attributes": {
                    "responseBody": self.posted[name],
                    "lastModifiedDate": "2026-01-02T03:04:05Z",
                    "state": "PENDING_PUBLISH",
                },
            }
            for name in names
            if name in self.posted
        ]
        return {"included": found} if found else {}

    def _list(self, asked: Asked) -> Answer:
        limit = int(asked.query.get("limit", "50"))
        if not 0 < limit <= 200 or asked.query.get("sort") != "-createdDate":
            return _fails(400, "PARAMETER_ERROR.INVALID")
        start = int(asked.query.get("cursor", "0"))
        found = sorted(self.reviews, key=self.written.__getitem__, reverse=True)
        page = found[start : start + limit]
        links = {"self": f"{self.url}{asked.path}"}
        if start + limit < len(found):
            links["next"] = f"{self.url}{asked.path}?cursor={start + limit}&limit={limit}"
        body = {"data": [self._shown(name) for name in page], "links": links}
        return Answer(
            200, body | {"meta": {"paging": {"total": len(found), "limit": limit}}} | self._included(page)
        )

    def _reply(self, asked: Asked) -> Answer:
        told = asked.json["data"]
        name = told["relationships"]["review"]["data"]["id"]
        if name not in self.reviews:
            return _fails(404, "NOT_FOUND")
        if not told["attributes"]["responseBody"]:
            return _fails(409, "ENTITY_ERROR.ATTRIBUTE.REQUIRED")
        self.posted[name] = told["attributes"]["responseBody"]
        state = {"responseBody": self.posted[name], "state": "PENDING_PUBLISH"}
        return Answer(
            201, {"data": {"type": "customerReviewResponses", "id": f"r{name}", "attributes": state}}
        )
