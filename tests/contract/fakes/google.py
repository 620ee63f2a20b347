"""Google Business Profile v4, from its reference:

- https://developers.google.com/my-business/reference/rest/v4/accounts.locations.reviews/list : `pageSize` is
  at most 50; `orderBy` is rating, rating desc or updateTime desc; `nextPageToken` is not there at the end.
- https://developers.google.com/my-business/reference/rest/v4/accounts.locations.reviews/updateReply : a PUT
  that makes or replaces the reply and answers with it; at most 4096 bytes.
- https://developers.google.com/identity/protocols/oauth2/web-server#offline : a refresh token for an access
  token by POST; `invalid_grant` once it was revoked.
- Errors have a status word: UNAUTHENTICATED (401), NOT_FOUND (404), INVALID_ARGUMENT (400).
"""

import base64
import re
import secrets
from datetime import UTC, datetime
from typing import Any

from tests.contract.fakes.server import Answer, Asked, Fake

WORDS = ("STAR_RATING_UNSPECIFIED", "ONE", "TWO", "THREE", "FOUR", "FIVE")
_LOCATION = r"/v4/accounts/101/locations/\d+"
_LIST = re.compile(rf"{_LOCATION}/reviews")
_ONE = re.compile(rf"{_LOCATION}/reviews/([^/]+)")
_REPLY = re.compile(rf"{_LOCATION}/reviews/([^/]+)/reply")


def _error(status: int, word: str) -> Answer:
    return Answer(status, {"error": {"code": status, "message": word.lower(), "status": word}})


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


class FakeGoogle(Fake):
    """One location, with a number of its own."""

    source = "google"

    def __init__(self) -> None:
        super().__init__()
        self.number = secrets.randbelow(10**12)
        self.tokens: set[str] = set()
        self.granted = 0
        self.refresh_token = "1//refresh"
        self.null_tokens = False
        """The token of the next page is there, and null, on the last page."""
        self.rejects_replies = False

    @property
    def account(self) -> str:
        return f"accounts/101/locations/{self.number}"

    @property
    def fields(self) -> dict[str, str]:
        return {
            "location": self.account,
            "client_id": f"client-{self.number}",
            "client_secret": "very-secret",
            "refresh_token": "1//refresh",
        }

    def is_list(self, asked: Asked) -> bool:
        return bool(_LIST.fullmatch(asked.path))

    def is_reply(self, asked: Asked) -> bool:
        return asked.method == "PUT"

    def add(self, name: str, stars: int, text: str, at: datetime) -> None:
        self.reviews[name] = {
            "name": f"{self.account}/reviews/{name}",
            "reviewId": name,
            "reviewer": {"displayName": f"Guest {name}", "profilePhotoUrl": "https://lh3.example/p"},
            "starRating": WORDS[stars],
            "createTime": _stamp(at),
            "updateTime": _stamp(at),
        } | ({"comment": text} if text else {})

    def edit(self, name: str, text: str, at: datetime) -> None:
        self.reviews[name] |= {"comment": text, "updateTime": _stamp(at)}

    def delete(self, name: str) -> None:
        del self.reviews[name]

    def replies(self, name: str) -> list[str]:
        reply = self.reviews[name].get("reviewReply")
        return [reply["comment"]] if reply else []

    def expire_tokens(self) -> None:
        self.tokens.clear()

    def handle(self, asked: Asked) -> Answer:
        if asked.path == "/token":
            return self._grant(asked)
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return _error(401, "UNAUTHENTICATED")
        if _LIST.fullmatch(asked.path):
            return self._list(asked)
        if (found := _REPLY.fullmatch(asked.path)) and asked.method == "PUT":
            return self._reply(found[1], asked)
        if (found := _ONE.fullmatch(asked.path)) and found[1] in self.reviews:
            return Answer(200, self.reviews[found[1]])
        return _error(404, "NOT_FOUND")

    def _grant(self, asked: Asked) -> Answer:
        form = asked.form
        wanted = {
            "grant_type": "refresh_token",
            "client_secret": "very-secret",
            "refresh_token": self.refresh_token,
        }
        if any(form.get(name) != value for name, value in wanted.items()):
            return Answer(400, {"error": "invalid_grant", "error_description": "Token has been revoked."})
        self.granted += 1
        token = f"ya29.{self.granted}"
        self.tokens.add(token)
        return Answer(200, {"access_token": token, "expires_in": 3599, "token_type": "Bearer"})

    def _list(self, asked: Asked) -> Answer:
        size = int(asked.query.get("pageSize", "50"))
        if not 0 < size <= 50 or asked.query.get("orderBy", "updateTime desc") != "updateTime desc":
            return _error(400, "INVALID_ARGUMENT")
        try:
            start = int(base64.b64decode(asked.query.get("pageToken", "")) or b"0")
        except ValueError:
            return _error(400, "INVALID_ARGUMENT")
        found = sorted(self.reviews.values(), key=lambda each: each["updateTime"], reverse=True)
        # An empty list is no list at all.
        body: dict[str, Any] = {"totalReviewCount": len(found), "averageRating": 3.5}
        if page := found[start : start + size]:
            body["reviews"] = page
        if start + size < len(found):
            body["nextPageToken"] = base64.b64encode(str(start + size).encode()).decode()
        elif self.null_tokens:
            body["nextPageToken"] = None
        return Answer(200, body)

    def _reply(self, name: str, asked: Asked) -> Answer:
        if name not in self.reviews:
            return _error(404, "NOT_FOUND")
        comment = asked.json["comment"]
        if not comment or len(comment.encode()) > 4096:
            return _error(400, "INVALID_ARGUMENT")
        reply = {"comment": comment, "updateTime": _stamp(datetime.now(UTC))}
        if self.rejects_replies:
            return Answer(200, reply | {"reviewReplyState": "REJECTED"})
        self.reviews[name]["reviewReply"] = reply
        return Answer(200, reply | {"reviewReplyState": "PENDING"})
