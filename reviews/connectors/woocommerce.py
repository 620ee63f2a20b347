"""WooCommerce, REST API v3: the product reviews of one shop; replies are comments of its WordPress.

https://developer.woocommerce.com/docs/apis/rest-api/v3/product-reviews/
https://developer.woocommerce.com/docs/apis/rest-api/v3/webhooks/
https://developer.wordpress.org/rest-api/reference/comments/
"""

import base64
import hashlib
import hmac
import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import ClassVar
from urllib.parse import urlsplit

import msgspec

from core import outgoing
from core.settings import settings
from reviews.connectors.failures import CredentialsRefused, ReviewGone, SourceRefused
from reviews.connectors.model import About, AccountUnfit, Delivery, Field, Given, HintUnsigned, Page
from reviews.connectors.quotas import Budget
from reviews.connectors.reading import convert, each, rest
from reviews.connectors.wire import Basic, Wire, read
from reviews.intake import IncomingReview
from reviews.sources import WOOCOMMERCE

PAGE_SIZE = 100
CALLS_A_MINUTE = 120
"""A shop has no quota of its own; this one spares its server."""
GONE = frozenset({"spam", "trash"})

_TAG = re.compile(r"<[^<>]*>")


class _Review(msgspec.Struct):
    id: int
    date_created_gmt: datetime
    product_id: int = 0
    product_name: str = ""
    status: str = "approved"
    reviewer: str = ""
    reviewer_email: str = ""
    review: str = ""
    rating: int = 0


class _Content(msgspec.Struct):
    raw: str = ""
    rendered: str = ""


class _Comment(msgspec.Struct):
    id: int
    content: _Content


class _Argument(msgspec.Struct):
    comment_ID: int = 0


class _Webhook(msgspec.Struct):
    """A review as the API writes it, or the first argument of a hook: a comment, or its number."""

    id: int = 0
    arg: _Argument | int | None = None


def _shop(given: Given) -> str:
    try:
        return outgoing.check_url(given.get("url", ""), settings().private_hosts)
    except outgoing.AddressRefused as error:
        raise AccountUnfit("url", error.detail) from error


def _account(given: Given) -> str:
    parts = urlsplit(_shop(given))
    if bool(given.get("wordpress_user")) != bool(given.get("application_password")):
        raise AccountUnfit("application_password", "goes with the user name: both or neither")
    return f"{parts.netloc}{parts.path}"


def _budgets(given: Given) -> tuple[Budget, ...]:
    return (Budget(f"woocommerce:{_account(given)}", CALLS_A_MINUTE, 60),)


def _hints(delivery: Delivery, secret: str) -> list[str]:
    """Signed over the raw body with the webhook's secret. The first delivery is an unsigned ping."""
    if delivery.body.startswith(b"webhook_id="):
        return []
    signed = base64.b64encode(hmac.digest(secret.encode(), delivery.body, hashlib.sha256))
    if not hmac.compare_digest(delivery.headers.get("x-wc-webhook-signature", "").encode(), signed):
        raise HintUnsigned()
    try:
        told = msgspec.json.decode(delivery.body, type=_Webhook, strict=False)
    except msgspec.MsgspecError:
        return []
    found = told.arg.comment_ID if isinstance(told.arg, _Argument) else told.arg or told.id
    return [str(found)] if found > 0 else []


class WooCommerce:
    """One shop. The list knows times of writing alone: edits come by webhook or by listing all."""

    about: ClassVar = About(
        source=WOOCOMMERCE,
        fields=(
            Field("url"),
            Field("consumer_key", secret=True),
            Field("consumer_secret", secret=True),
            Field("wordpress_user", required=False),
            Field("application_password", secret=True, required=False),
        ),
        account_of=_account,
        budgets=_budgets,
        hints=_hints,
    )

    def __init__(self, given: Given, wire: Wire) -> None:
        self._given = given
        self._wire = wire
        self._account = _account(given)
        self._rest = f"{_shop(given)}/wp-json"
        self._sign_in = Basic(given["consumer_key"], given["consumer_secret"])

    async def page(self, since: datetime | None, cursor: str) -> Page:
        """A hundred reviews by their number: what is written meanwhile comes behind and moves nothing.

        Approved ones and those on hold; what is spam or in the bin is not listed.
        """
        number = int(cursor or "1")
        asked: dict[str, str | int] = {
            **{"status": "all", "page": number, "per_page": PAGE_SIZE},
            **{"orderby": "id", "order": "asc"},
        }
        if since:
            asked |= {"after": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"), "dates_are_gmt": "true"}
        url = f"{self._rest}/wc/v3/products/reviews"
        answer = await self._wire.call("GET", url, self._sign_in, params=asked)
        told = read(answer, list[msgspec.Raw])
        reviews, rejects = each(told, self._review)
        pages, total = _number(answer.headers, "x-wp-totalpages"), _number(answer.headers, "x-wp-total")
        more = number < pages if pages is not None else bool(told)
        return Page(reviews, str(number + 1) if more else "", rejects, total)

    async def find(self, external_id: str) -> IncomingReview | None:
        """One review; what is spam or in the bin counts as gone."""
        told = await self._told(external_id)
        return self._review(told) if told else None

    async def reply(self, external_id: str, text: str) -> None:
        """Comment on the review unless such a comment stands there already."""
        user, password = (self._given.get(name) for name in ("wordpress_user", "application_password"))
        if not (user and password):
            raise CredentialsRefused("a reply needs a WordPress user with an application password")
        told = await self._told(external_id)
        if told is None:
            raise ReviewGone()
        sign_in, url = Basic(user, password), f"{self._rest}/wp/v2/comments"
        asked = {"parent": external_id, "context": "edit", "per_page": 100}
        answer = await self._wire.call("GET", url, sign_in, params=asked)
        if any(_same(comment.content, text) for comment in read(answer, list[_Comment])):
            return
        # A comment is HTML: what was typed is text.
        content = html.escape(text, quote=False)
        comment = {"post": convert(told, _Review).product_id, "parent": int(external_id), "content": content}
        try:
            read(await self._wire.call("POST", url, sign_in, json=comment), _Comment)
        except SourceRefused as error:
            # 409: WordPress has this very comment of this very person.
            if "comment_duplicate" not in error.detail:
                raise

    async def _told(self, external_id: str) -> msgspec.Raw | None:
        if not external_id.isdecimal():
            return None
        url = f"{self._rest}/wc/v3/products/reviews/{external_id}"
        try:
            answer = await self._wire.call("GET", url, self._sign_in)
        except ReviewGone:
            return None
        raw = msgspec.Raw(answer.content)
        return None if convert(raw, _Review).status in GONE else raw

    def _review(self, raw: msgspec.Raw) -> IncomingReview | None:
        told = convert(raw, _Review)
        if told.status in GONE:
            return None
        return IncomingReview(
            source=WOOCOMMERCE.code,
            account=self._account,
            external_id=str(told.id),
            written_at=told.date_created_gmt.replace(tzinfo=UTC),
            rating=Decimal(told.rating),
            body=told.review,
            author=told.reviewer,
            email=told.reviewer_email,
            product_sku=str(told.product_id or ""),
            product_name=html.unescape(told.product_name),
            hidden=told.status != "approved",
            extra=rest(raw, _Review, "date_created", "reviewer_avatar_urls", "_links"),
        )


def _same(content: _Content, text: str) -> bool:
    """Whether a comment says this; WordPress puts it into paragraphs and cleans it."""
    shown = (html.unescape(_TAG.sub(" ", each)) for each in (content.raw, content.rendered))
    return " ".join(text.split()) in (" ".join(each.split()) for each in shown)


def _number(headers: Mapping[str, str], name: str) -> int | None:
    value = headers.get(name, "")
    return int(value) if value.isdecimal() else None
