"""Trustpilot, private API v1: the service reviews of one business unit.

https://developers.trustpilot.com/business-units-api (private reviews)
https://developers.trustpilot.com/service-reviews-api (one review, replies)
https://developers.trustpilot.com/get-started/authentication/
https://developers.trustpilot.com/get-started/rate-limiting
"""

import hmac
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import ClassVar
from urllib.parse import quote

import msgspec

from reviews.connectors.failures import ReviewGone
from reviews.connectors.model import About, AccountUnfit, Delivery, Field, Given, HintUnsigned, Page
from reviews.connectors.quotas import Budget
from reviews.connectors.reading import convert, each, rest
from reviews.connectors.wire import Basic, Bearer, Token, Wire, base_url, grant, read
from reviews.intake import IncomingReview
from reviews.sources import TRUSTPILOT

API = "https://api.trustpilot.com"
GRANT = "/v1/oauth/oauth-business-users-for-applications/accesstoken"
PAGE_SIZE = 100
CALLS_IN_5_MINUTES = 833
CALLS_AN_HOUR = 10_000
SHOWN = frozenset({"", "active", "reported"})

_UNIT = re.compile(r"[0-9a-f]{24}")
_REVIEW = re.compile(r"[0-9A-Za-z]{1,64}")


class _Consumer(msgspec.Struct, rename="camel"):
    display_name: str | None = None


class _Reply(msgspec.Struct, rename="camel"):
    text: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class _Review(msgspec.Struct, rename="camel"):
    id: str
    created_at: datetime
    updated_at: datetime | None = None
    stars: int | None = None
    title: str | None = None
    text: str | None = None
    language: str | None = None
    consumer: _Consumer | None = None
    referral_email: str | None = None
    reference_id: str | None = None
    company_reply: _Reply | None = None
    status: str | None = None


class _Told(msgspec.Struct):
    """Whether it was invited: a field that is absent says nothing, one that is null says no."""

    invitation: object = msgspec.UNSET


class _List(msgspec.Struct):
    reviews: list[msgspec.Raw] | None = None


class _EventData(msgspec.Struct):
    id: str = ""


class _Event(msgspec.Struct, rename="camel"):
    event_name: str = ""
    event_data: _EventData = msgspec.field(default_factory=_EventData)


class _Webhook(msgspec.Struct):
    events: list[_Event] = []


def _account(given: Given) -> str:
    unit = given.get("business_unit", "")
    if not _UNIT.fullmatch(unit):
        raise AccountUnfit("business_unit", "is not the id of a business unit: 24 digits and letters a to f")
    if bool(given.get("username")) != bool(given.get("password")):
        raise AccountUnfit("password", "goes with the user name: both or neither")
    if not given.get("username") and not given.get("business_user"):
        raise AccountUnfit("business_user", "is needed for replies unless a user signs in")
    return unit


def _budgets(given: Given) -> tuple[Budget, ...]:
    subject = f"trustpilot:{given.get('api_key', '')}"
    return Budget(subject, CALLS_IN_5_MINUTES, 300), Budget(subject, CALLS_AN_HOUR, 3600)


def _hints(delivery: Delivery, secret: str) -> list[str]:
    """Trustpilot signs nothing: the address that it was told holds the secret, and all it says is a hint."""
    if not hmac.compare_digest(delivery.token.encode(), secret.encode()):
        raise HintUnsigned()
    try:
        told = msgspec.json.decode(delivery.body, type=_Webhook)
    except msgspec.MsgspecError:
        return []
    about_service = [event for event in told.events if event.event_name.startswith("service-review-")]
    return [event.event_data.id for event in about_service if _REVIEW.fullmatch(event.event_data.id)]


class Trustpilot:
    """One business unit. The list knows times of writing alone: edits come by webhook or by listing all."""

    about: ClassVar = About(
        source=TRUSTPILOT,
        fields=(
            Field("business_unit"),
            Field("api_key", secret=True),
            Field("api_secret", secret=True),
            Field("username", required=False),
            Field("password", secret=True, required=False),
            Field("business_user", required=False),
        ),
        account_of=_account,
        budgets=_budgets,
        hints=_hints,
        tells_replies=True,
        hook_token=True,
    )

    def __init__(self, given: Given, wire: Wire) -> None:
        self._given = given
        self._wire = wire
        self._account = _account(given)
        self._base = base_url("trustpilot", API)
        self._sign_in = Bearer(self._token)

    async def page(self, since: datetime | None, cursor: str) -> Page:
        """A hundred reviews, the oldest first: what is written meanwhile comes behind and moves nothing."""
        number = int(cursor or "1")
        asked: dict[str, str | int] = {"page": number, "perPage": PAGE_SIZE, "orderBy": "createdat.asc"}
        if since:
            asked["startDateTime"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        url = f"{self._base}/v1/private/business-units/{self._account}/reviews"
        found = read(await self._wire.call("GET", url, self._sign_in, params=asked), _List)
        told = found.reviews or []
        reviews, rejects = each(told, self._review)
        # Past the last page the list is empty; a short page may be one from which something was taken.
        return Page(reviews, str(number + 1) if told else "", rejects)

    async def find(self, external_id: str) -> IncomingReview | None:
        """One review, with what only its business sees."""
        try:
            answer = await self._wire.call("GET", self._one(external_id), self._sign_in)
        except ReviewGone:
            return None
        return self._review(msgspec.Raw(answer.content))

    async def reply(self, external_id: str, text: str) -> None:
        """Post the reply unless it stands there already."""
        now = await self.find(external_id)
        if now is None:
            raise ReviewGone()
        if now.reply.strip() == text.strip():
            return
        told = {"message": text}
        if user := self._given.get("business_user"):
            told["authorBusinessUserId"] = user
        await self._wire.call("POST", f"{self._one(external_id)}/reply", self._sign_in, json=told)

    def _one(self, external_id: str) -> str:
        return f"{self._base}/v1/private/reviews/{quote(external_id, safe='')}"

    def _review(self, raw: msgspec.Raw) -> IncomingReview:
        told = convert(raw, _Review)
        invited = convert(raw, _Told).invitation
        reply = told.company_reply
        return IncomingReview(
            source=TRUSTPILOT.code,
            account=self._account,
            external_id=told.id,
            written_at=_utc(told.created_at),
            edited_at=_utc(told.updated_at) if told.updated_at else None,
            rating=Decimal(told.stars) if told.stars else None,
            title=told.title or "",
            body=told.text or "",
            lang=told.language or "",
            author=(told.consumer.display_name or "") if told.consumer else "",
            email=told.referral_email or "",
            order=told.reference_id or "",
            hidden=(told.status or "") not in SHOWN,
            solicited=None if invited is msgspec.UNSET else invited is not None,
            reply=(reply.text or "") if reply else "",
            replied_at=_utc(reply.updated_at or reply.created_at) if reply and reply.created_at else None,
            extra=rest(raw, _Review, "businessUnit", "links"),
        )

    async def _token(self, wire: Wire) -> Token:
        given = self._given
        keys = Basic(given["api_key"], given["api_secret"])
        if not given.get("username"):
            form = {"grant_type": "client_credentials"}
        else:
            user = {"username": given["username"], "password": given["password"]}
            form = {"grant_type": "password"} | user
        return await grant(wire, self._base + GRANT, form, keys)


def _utc(at: datetime) -> datetime:
    """Trustpilot writes some times without their zone; they are all UTC."""
    return at if at.tzinfo else at.replace(tzinfo=UTC)
