"""Trustpilot's private API v1, from its documentation:

- https://developers.trustpilot.com/get-started/authentication/grant-type-password/ and
  .../grant-type-client-credentials : POST with Basic key:secret, form encoded; `expires_in` is a string.
- https://developers.trustpilot.com/business-units-api (private reviews): `perPage` 1 to 100, `page` from 1,
  past the last page an empty array; `orderBy` createdat.asc|desc or stars.asc|desc; `startDateTime` in UTC.
- https://developers.trustpilot.com/service-reviews-api : reply by POST with `message`, and with
  `authorBusinessUserId` when the token is of no user.
- https://developers.trustpilot.com/get-started/rate-limiting : 833 calls in 5 minutes, 10,000 in an hour.
"""

import base64
import re
import secrets
from datetime import UTC, datetime

from tests.contract.fakes.server import Answer, Asked, Fake

UNIT = "507f191e810c19729de860ea"
TOKEN_PATH = "/v1/oauth/oauth-business-users-for-applications/accesstoken"
_LIST = re.compile(rf"/v1/private/business-units/{UNIT}/reviews")
_ONE = re.compile(r"/v1/private/reviews/([^/]+)")
_REPLY = re.compile(r"/v1/private/reviews/([^/]+)/reply")


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class FakeTrustpilot(Fake):
    """One business unit."""

    source = "trustpilot"
    account = UNIT

    def __init__(self) -> None:
        super().__init__()
        self.posted: dict[str, list[str]] = {}
        self.key = f"key-{secrets.token_hex(8)}"
        self.tokens: set[str] = set()
        self.granted = 0
        self.as_user = True

    @property
    def fields(self) -> dict[str, str]:
        user = {"username": "ada@shop.example", "password": "pass word&="}
        machine = {"business_user": "65a1b2c3d4e5f60718293a4b"}
        keys = {"business_unit": UNIT, "api_key": self.key, "api_secret": "very-secret"}
        return keys | (user if self.as_user else machine)

    def is_list(self, asked: Asked) -> bool:
        return bool(_LIST.fullmatch(asked.path))

    def is_reply(self, asked: Asked) -> bool:
        return asked.method == "POST" and bool(_REPLY.fullmatch(asked.path))

    def add(self, name: str, stars: int, text: str, at: datetime) -> None:
        self.reviews[name] = {
            "id": name,
            "links": [],
            "consumer": {"id": "c1", "displayName": f"Guest {name}", "displayLocation": "Oslo, NO"},
            "businessUnit": {"id": UNIT},
            "stars": stars,
            "title": text[:20],
            "text": text,
            "language": "en",
            "createdAt": _stamp(at),
            "updatedAt": None,
            "experiencedAt": _stamp(at),
            "referralEmail": f"guest{name}@mail.example",
            "referenceId": f"order-{name}",
            "source": "InvitationApi",
            "companyReply": None,
            "isVerified": True,
            "status": "active",
            "tags": [{"group": "Generic", "value": "vip"}],
            "invitation": {"businessUnitId": UNIT},
            "reviewVerificationLevel": "invited",
        }

    def edit(self, name: str, text: str, at: datetime) -> None:
        self.reviews[name] |= {"text": text, "updatedAt": _stamp(at)}

    def delete(self, name: str) -> None:
        del self.reviews[name]

    def replies(self, name: str) -> list[str]:
        return self.posted.get(name, [])

    def expire_tokens(self) -> None:
        self.tokens.clear()

    def handle(self, asked: Asked) -> Answer:
        if asked.path == TOKEN_PATH and asked.method == "POST":
            return self._grant(asked)
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return Answer(401, {"fault": {"faultstring": "Invalid Access Token"}})
        if _LIST.fullmatch(asked.path):
            return self._list(asked)
        if found := _REPLY.fullmatch(asked.path):
            return self._reply(found[1], asked)
        if (found := _ONE.fullmatch(asked.path)) and found[1] in self.reviews:
            return Answer(200, self.reviews[found[1]])
        return Answer(404, {"message": "Not found"})

    def _grant(self, asked: Asked) -> Answer:
        fields = self.fields
        keys = base64.b64encode(f"{fields['api_key']}:{fields['api_secret']}".encode()).decode()
        wanted = {"grant_type": "client_credentials"}
        if self.as_user:
            wanted = {
                "grant_type": "password",
                "username": fields["username"],
                "password": fields["password"],
            }
        if asked.headers.get("authorization") != f"Basic {keys}" or asked.form != wanted:
            return Answer(401, {"reason": "Invalid credentials"})
        self.granted += 1
        token = f"token-{self.granted}"
        self.tokens.add(token)
        return Answer(200, {"access_token": token, "refresh_token": "r", "expires_in": "359999"})

    def _list(self, asked: Asked) -> Answer:
        size, number = int(asked.query.get("perPage", "20")), int(asked.query.get("page", "1"))
        order = asked.query.get("orderBy", "createdat.desc")
        if not 1 <= size <= 100 or number < 1 or order not in ("createdat.asc", "createdat.desc"):
            return Answer(400, {"message": "Bad request"})
        since = asked.query.get("startDateTime", "")
        found = [each for each in self.reviews.values() if each["createdAt"] >= since]
        found.sort(key=lambda each: each["createdAt"], reverse=order.endswith("desc"))
        return Answer(200, {"links": [], "reviews": found[(number - 1) * size : number * size]})

    def _reply(self, name: str, asked: Asked) -> Answer:
        if name not in self.reviews:
            return Answer(404, {"message": "Not found"})
        told = asked.json
        if not told.get("message") or not (self.as_user or told.get("authorBusinessUserId")):
            return Answer(400, {"message": "authorBusinessUserId is required"})
        self.posted.setdefault(name, []).append(told["message"])
        reply = {"text": told["message"], "createdAt": _stamp(datetime.now(UTC)), "updatedAt": None}
        self.reviews[name]["companyReply"] = reply
        return Answer(201, b"")
