"""Google Business Profile, API v4: the reviews of one location.

https://developers.google.com/my-business/reference/rest/v4/accounts.locations.reviews
https://developers.google.com/my-business/content/limits
"""

import re
from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from urllib.parse import quote

import msgspec

from reviews.connectors.failures import CursorLost, ReviewGone, SourceRefused
from reviews.connectors.model import About, AccountUnfit, Field, Given, Page
from reviews.connectors.quotas import Budget
from reviews.connectors.reading import Unreadable, convert, each, rest
from reviews.connectors.wire import Bearer, Token, Wire, base_url, grant, read
from reviews.intake import IncomingReview
from reviews.sources import GOOGLE

API = "https://mybusiness.googleapis.com"
TOKENS = "https://oauth2.googleapis.com"
PAGE_SIZE = 50
CALLS_A_MINUTE = 300
"""Of one Google Cloud project."""
EDITS_A_MINUTE = 10
"""Of one location."""

_LOCATION = re.compile(r"accounts/[^/\s]{1,100}/locations/[^/\s]{1,100}")
_STARS = {"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5}


class _Reviewer(msgspec.Struct, rename="camel"):
    display_name: str = ""


class _Reply(msgspec.Struct, rename="camel"):
    comment: str = ""
    update_time: datetime | None = None
    state: str = ""
    review_reply_state: str = ""

    @property
    def rejected(self) -> bool:
        """Google looks at replies before it shows them; the field has two names in its documents."""
        return "REJECTED" in (self.state, self.review_reply_state)


class _Picture(msgspec.Struct, rename="camel"):
    thumbnail_url: str = ""


class _Review(msgspec.Struct, rename="camel"):
    review_id: str
    create_time: datetime
    update_time: datetime | None = None
    reviewer: _Reviewer | None = None
    star_rating: str = ""
    comment: str | None = None
    review_reply: _Reply | None = None
    review_media_items: list[_Picture] | None = None


class _List(msgspec.Struct, rename="camel"):
    reviews: list[msgspec.Raw] | None = None
    next_page_token: str | None = None
    total_review_count: int | None = None


def _account(given: Given) -> str:
    location = given.get("location", "")
    if not _LOCATION.fullmatch(location):
        raise AccountUnfit("location", "is not of the form accounts/…/locations/…")
    return location


def _budgets(given: Given) -> tuple[Budget, ...]:
    return (Budget(f"google:{given.get('client_id', '')}", CALLS_A_MINUTE, 60),)


class Google:
    """One location. Its list comes with the latest change first, so edits are found without listing all."""

    about: ClassVar = About(
        source=GOOGLE,
        fields=(
            Field("location"),
            Field("client_id"),
            Field("client_secret", secret=True),
            Field("refresh_token", secret=True),
        ),
        account_of=_account,
        budgets=_budgets,
        tells_replies=True,
    )

    def __init__(self, given: Given, wire: Wire) -> None:
        self._given = given
        self._wire = wire
        self._account = _account(given)
        self._url = f"{base_url('google', API)}/v4/{self._account}/reviews"
        self._sign_in = Bearer(self._token)

    async def page(self, since: datetime | None, cursor: str) -> Page:
        """Fifty reviews, the latest change first; the last page is the one that reaches `since`."""
        asked = {"pageSize": PAGE_SIZE, "orderBy": "updateTime desc"} | (
            {"pageToken": cursor} if cursor else {}
        )
        try:
            found = read(await self._wire.call("GET", self._url, self._sign_in, params=asked), _List)
        except SourceRefused as error:
            if cursor:
                raise CursorLost(error.detail) from error
            raise
        reviews, rejects = each(found.reviews or [], self._review)
        reached = since and any((one.edited_at or one.written_at) < since for one in reviews)
        following = "" if reached else found.next_page_token or ""
        return Page(reviews, following, rejects, found.total_review_count)

    async def find(self, external_id: str) -> IncomingReview | None:
        """One review; NOT_FOUND is Google's word for one that was deleted."""
        try:
            answer = await self._wire.call("GET", self._one(external_id), self._sign_in)
        except ReviewGone:
            return None
        return self._review(msgspec.Raw(answer.content))

    async def reply(self, external_id: str, text: str) -> None:
        """Put the reply, which replaces an earlier one: the same twice is one."""
        edits = Budget(f"google:edits:{self._account}", EDITS_A_MINUTE, 60)
        answer = await self._wire.call(
            "PUT", f"{self._one(external_id)}/reply", self._sign_in, more=[edits], json={"comment": text}
        )
        if read(answer, _Reply).rejected:
            raise SourceRefused("Google does not show this reply")

    def _one(self, external_id: str) -> str:
        return f"{self._url}/{quote(external_id, safe='')}"

    def _review(self, raw: msgspec.Raw) -> IncomingReview:
        told = convert(raw, _Review)
        if not told.review_id:
            raise Unreadable("a review without an id")
        stars = _STARS.get(told.star_rating)
        reply = told.review_reply if told.review_reply and not told.review_reply.rejected else None
        pictures = [item.thumbnail_url for item in told.review_media_items or []]
        return IncomingReview(
            source=GOOGLE.code,
            account=self._account,
            external_id=told.review_id,
            written_at=told.create_time,
            edited_at=told.update_time,
            rating=Decimal(stars) if stars else None,
            body=told.comment or "",
            author=told.reviewer.display_name if told.reviewer else "",
            photo_urls=tuple(url for url in pictures if url),
            reply=reply.comment if reply else "",
            replied_at=reply.update_time if reply else None,
            extra=rest(raw, _Review, "name"),
        )

    async def _token(self, wire: Wire) -> Token:
        named = {name: self._given[name] for name in ("client_id", "client_secret", "refresh_token")}
        form = {"grant_type": "refresh_token"} | named
        return await grant(wire, f"{base_url('google', TOKENS)}/token", form)
