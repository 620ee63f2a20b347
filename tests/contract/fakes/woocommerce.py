"""A shop's WooCommerce v3 and the comments of its WordPress, from their documentation and source:

- https://developer.woocommerce.com/docs/apis/rest-api/v3/product-reviews/ : `per_page` at most 100; `status`
  approved unless told otherwise, `all` is approved and hold; `orderby` date, date_gmt, id, …; `after` is of
  the time of writing; headers X-WP-Total and X-WP-TotalPages; keys by Basic authentication over HTTPS.
- https://developer.wordpress.org/rest-api/reference/comments/ : replies have a `parent`; an empty one is a
  400 (rest_comment_content_invalid), the same again of the same person a 409 (comment_duplicate).
- https://make.wordpress.org/core/2020/11/05/application-passwords-integration-guide/ : Basic authentication
  with an application password, for the routes of WordPress itself; WooCommerce's keys do not open those.
"""

import base64
import html
import re
from datetime import UTC, datetime
from typing import Any

from tests.contract.fakes.server import Answer, Asked, Fake

_LIST = re.compile(r"/wp-json/wc/v3/products/reviews")
_ONE = re.compile(r"/wp-json/wc/v3/products/reviews/(\d+)")
_COMMENTS = "/wp-json/wp/v2/comments"


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _fails(status: int, code: str) -> Answer:
    return Answer(status, {"code": code, "message": "No.", "data": {"status": status}})


class FakeWooCommerce(Fake):
    """One shop."""

    source = "woocommerce"

    def __init__(self) -> None:
        super().__init__()
        self.comments: list[dict[str, Any]] = []

    @property
    def account(self) -> str:
        return self.url.removeprefix("http://")

    @property
    def fields(self) -> dict[str, str]:
        return {
            "url": self.url,
            "consumer_key": "ck_1",
            "consumer_secret": "cs_very-secret",
            "wordpress_user": "mina",
            "application_password": "abcd EFGH ijkl MNOP",
        }

    def is_list(self, asked: Asked) -> bool:
        return bool(_LIST.fullmatch(asked.path))

    def is_reply(self, asked: Asked) -> bool:
        return asked.method == "POST" and asked.path == _COMMENTS

    def add(self, name: str, stars: int, text: str, at: datetime) -> None:
        self.reviews[name] = {
            "id": int(name),
            "date_created": at.strftime("%Y-%m-%dT%H:%M:%S"),
            "date_created_gmt": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "product_id": 22,
            "product_name": "Mug &amp; saucer",
            "product_permalink": f"{self.url}/product/mug/",
            "status": "approved",
            "reviewer": f"Guest {name}",
            "reviewer_email": f"guest{name}@mail.example",
            "review": f"<p>{html.escape(text)}</p>\n",
            "rating": stars,
            "verified": True,
            "reviewer_avatar_urls": {"24": "https://secure.gravatar.com/avatar/1"},
            "_links": {},
        }

    def edit(self, name: str, text: str, at: datetime) -> None:
        self.reviews[name]["review"] = f"<p>{html.escape(text)}</p>\n"

    def delete(self, name: str) -> None:
        del self.reviews[name]

    def replies(self, name: str) -> list[str]:
        return [
            html.unescape(each["content"]["raw"]) for each in self.comments if each["parent"] == int(name)
        ]

    def expire_tokens(self) -> None:
        """Keys do not run out."""

    def handle(self, asked: Asked) -> Answer:
        given = asked.headers.get("authorization")
        if asked.path == _COMMENTS:
            if given != _basic("mina", "abcd EFGH ijkl MNOP"):
                return _fails(401, "rest_not_logged_in")
            return self._comment(asked) if asked.method == "POST" else self._comments(asked)
        if given != _basic("ck_1", "cs_very-secret"):
            return _fails(401, "woocommerce_rest_cannot_view")
        if _LIST.fullmatch(asked.path):
            return self._list(asked)
        if (found := _ONE.fullmatch(asked.path)) and found[1] in self.reviews:
            return Answer(200, self.reviews[found[1]])
        return _fails(404, "woocommerce_rest_review_invalid_id")

    def _list(self, asked: Asked) -> Answer:
        query = asked.query
        size, number = int(query.get("per_page", "10")), int(query.get("page", "1"))
        if not 1 <= size <= 100 or number < 1:
            return _fails(400, "rest_invalid_param")
        statuses = {"all": ("approved", "hold")}.get(status := query.get("status", "approved"), (status,))
        found = [each for each in self.reviews.values() if each["status"] in statuses]
        if after := query.get("after"):
            key = "date_created_gmt" if query.get("dates_are_gmt") == "true" else "date_created"
            found = [each for each in found if each[key] > after]
        by = {"id": "id"}.get(query.get("orderby", "date_gmt"), "date_created_gmt")
        found.sort(key=lambda each: each[by], reverse=query.get("order", "desc") == "desc")
        totals = {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(-(-len(found) // size))}
        return Answer(200, found[(number - 1) * size : number * size], totals)

    def _comments(self, asked: Asked) -> Answer:
        parent = int(asked.query["parent"])
        return Answer(200, [each for each in self.comments if each["parent"] == parent])

    def _comment(self, asked: Asked) -> Answer:
        told = asked.json
        text = told.get("content", "").strip()
        if not text:
            return _fails(400, "rest_comment_content_invalid")
        if str(told.get("parent")) not in self.reviews or told.get("post") != 22:
            return _fails(403, "rest_comment_invalid_post_id")
        if any(each["parent"] == told["parent"] and each["content"]["raw"] == text for each in self.comments):
            return _fails(409, "comment_duplicate")
        rendered = f"<p>{text}</p>\n"
        comment = {"id": 900 + len(self.comments), "post": 22, "parent": told["parent"], "status": "approved"}
        self.comments.append(comment | {"content": {"raw": text, "rendered": rendered}})
        return Answer(201, self.comments[-1])
