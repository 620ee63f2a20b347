"""What an incoming review means. Pure: no clock, no database."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec

from core.errors import DomainError, Kind
from reviews.intake.model import IncomingReview, Status

BODY_LIMIT_CHARS = 100_000
TITLE_LIMIT_CHARS = 2_000
NAME_LIMIT_CHARS = 500
KEY_LIMIT_CHARS = 255
SCALE_LIMIT = Decimal(1_000_000)
MAX_DECIMALS = 12
PHOTO_LIMIT = 30
URL_LIMIT_CHARS = 2_000
CLOCK_SKEW = timedelta(days=1)
"""How far ahead of us a source's clock (or a date without a zone) may be."""

_WORDS = ("external_id", "account", "customer", "store", "order", "product_sku", "email", "product_name")
_words = attrgetter(*_WORDS)
_SOURCE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")
# PostgreSQL stores neither; in a text they say nothing.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_PICTURE = re.compile(r"https?://\S+")
_LANG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")


class ReviewInvalid(DomainError):
    """One review cannot be taken in; `extra["field"]` names the field."""

    code = "review_invalid"
    kind = Kind.INVALID
    title = "The review cannot be taken in"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}", field=name)
        self.field = name
        self.reason = reason


class ReviewOfItsAuthor(DomainError):
    """Its author, signed in, wrote the review here: nobody else can change their words."""

    code = "review_of_its_author"
    kind = Kind.CONFLICT
    title = "Its author wrote this review here, and alone can change it"


class Content(msgspec.Struct, frozen=True):
    """One wording, checked and ready to be stored."""

    review: IncomingReview
    rating: Decimal | None
    """As given; None also where the source writes 0 for "no rating"."""
    rating_norm: Decimal | None
    title: str
    body: str
    lang: str
    author: str
    edited_at: datetime
    fingerprint: bytes

    @property
    def key(self) -> tuple[str, str, str]:
        """What names the review for ever."""
        return self.review.source, self.review.account, self.review.external_id

    @property
    def by_author(self) -> bool:
        """Its author wrote it here, signed in."""
        return self.review.customer_id is not None


@dataclass
class Known:
    """What is stored of one review, before and after a plan."""

    versions: dict[bytes, int] = field(default_factory=dict)
    """Number of each wording, by fingerprint."""
    current: int = 0
    edited_at: datetime | None = None
    removed_at: datetime | None = None
    by_author: bool = False
    """Its author wrote it here, and alone can change it."""


@dataclass
class Plan:
    """What is to be written for one review, in the order in which its wordings came."""

    versions: list[tuple[int, Content]]
    current: tuple[int, Content] | None
    """The new current wording; None: it stays."""
    answers: list[tuple[int, Status]]
    state: str


def normalised(rating: Decimal, low: Decimal, high: Decimal) -> Decimal | None:
    """A rating on low..high as stars 1-5, to four places; None where 0 means that there is none.

    Raises ReviewInvalid for a scale without extent or a rating outside of it.
    """
    if not (rating.is_finite() and low.is_finite() and high.is_finite()):
        raise ReviewInvalid("rating", "is not a usable number")
    return _normalised(rating, low, high)


# A file has but a few ratings, a million times.
@lru_cache(maxsize=1024)
def _normalised(rating: Decimal, low: Decimal, high: Decimal) -> Decimal | None:
    if not (_is_usable(rating) and _is_usable(low) and _is_usable(high)):
        raise ReviewInvalid("rating", "is not a usable number")
    if low >= high:
        raise ReviewInvalid("scale_max", f"the scale {low} to {high} has no extent")
    if rating == 0 and low == 1:
        return None
    if not low <= rating <= high:
        raise ReviewInvalid("rating", f"{rating} is not on the scale {low} to {high}")
    return (1 + 4 * (rating - low) / (high - low)).quantize(Decimal("0.0001"))


def _is_usable(number: Decimal) -> bool:
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -MAX_DECIMALS and abs(number) <= SCALE_LIMIT


def masked(name: str) -> str:
    """A name for show: e-mail addresses in it keep their first letter only."""
    if "@" not in name:
        return name.strip()[:NAME_LIMIT_CHARS]
    # Cut first: the search for an address looks at each character's whole line.
    some = name[: 2 * NAME_LIMIT_CHARS]
    return _EMAIL.sub(lambda found: f"{found[0][0]}***", some).strip()[:NAME_LIMIT_CHARS]


def storable(text: str) -> str:
    """The raw text without the few characters that no database stores."""
    if text.isascii() and "\0" not in text:
        return text
    return _UNSTORABLE.sub("", text)


def storable_json(value: Any) -> Any:
    """The same for every text inside a JSON value."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(name): storable_json(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [storable_json(each) for each in value]
    return value


def content_of(review: IncomingReview, received_at: datetime) -> Content:
    """Check one review and bring it into the form that is stored. Raises ReviewInvalid."""
    _check_key(review)
    edited_at = written_at = _time("written_at", review.written_at, received_at)
    if review.edited_at:
        edited_at = max(_time("edited_at", review.edited_at, received_at), written_at)
    if review.reply and review.replied_at:
        _time("replied_at", review.replied_at, received_at)
    norm = None
    if review.rating is not None:
        norm = normalised(review.rating, review.scale_min, review.scale_max)
    title, body = storable(review.title), storable(review.body)
    _check_text(title, body, norm)
    _check_photos(review.photo_urls)
    if review.kind == "mention" and norm is not None:
        raise ReviewInvalid("rating", "a mention has none")
    rating = None if norm is None else review.rating
    return Content(
        review=review,
        rating=rating,
        rating_norm=norm,
        title=title,
        body=body,
        lang=_tag(review.lang) if review.lang else "",
        author=masked(storable(review.author)),
        edited_at=edited_at,
        fingerprint=_fingerprint(title, body, rating, review, edited_at),
    )


@lru_cache(maxsize=1024)
def _tag(lang: str) -> str:
    return lang.replace("_", "-") if _LANG.fullmatch(lang) else ""


@lru_cache(maxsize=1024)
def _is_source(word: str) -> bool:
    return _SOURCE.fullmatch(word) is not None


def _check_key(review: IncomingReview) -> None:
    if not _is_source(review.source):
        raise ReviewInvalid("source", "is not a word of lower-case letters, digits and _")
    if not review.external_id:
        raise ReviewInvalid("external_id", "is empty")
    words = _words(review)
    together = "".join(words)
    if len(together) <= KEY_LIMIT_CHARS and together == storable(together):
        return
    for name, word in zip(_WORDS, words, strict=True):
        if len(word) > KEY_LIMIT_CHARS or word != storable(word):
            raise ReviewInvalid(name, f"is longer than {KEY_LIMIT_CHARS} characters, or no text")


def _check_text(title: str, body: str, norm: Decimal | None) -> None:
    if len(title) > TITLE_LIMIT_CHARS:
        raise ReviewInvalid("title", f"is longer than {TITLE_LIMIT_CHARS} characters")
    if len(body) > BODY_LIMIT_CHARS:
        raise ReviewInvalid("body", f"is longer than {BODY_LIMIT_CHARS} characters")
    if norm is None and not title.strip() and not body.strip():
        raise ReviewInvalid("body", "there is neither a rating nor a text")


def _check_photos(urls: tuple[str, ...]) -> None:
    if len(urls) > PHOTO_LIMIT:
        raise ReviewInvalid("photo_urls", f"are more than {PHOTO_LIMIT}")
    for url in urls:
        if len(url) > URL_LIMIT_CHARS or url != storable(url) or not _PICTURE.fullmatch(url):
            raise ReviewInvalid("photo_urls", "is not an address that starts with http:// or https://")


def _time(name: str, at: datetime, received_at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ReviewInvalid(name, "has no time zone")
    if at > received_at + CLOCK_SKEW:
        raise ReviewInvalid(name, "is in the future")
    if at.year < 1990:
        raise ReviewInvalid(name, "is before 1990")
    return at.astimezone(UTC)


def _fingerprint(
    title: str, body: str, rating: Decimal | None, review: IncomingReview, edited_at: datetime
) -> bytes:
    """Equal for equal wordings: 4.5 and 4.50 are one rating; author and extra fields are no wording."""
    on_scale = None if rating is None else _on_scale(rating, review.scale_min, review.scale_max)
    whole: list[Any] = [title, body, on_scale, edited_at.isoformat()]
    if review.photo_urls:
        whole.append(review.photo_urls)
    return hashlib.sha256(msgspec.json.encode(whole)).digest()


@lru_cache(maxsize=1024)
def _on_scale(rating: Decimal, low: Decimal, high: Decimal) -> tuple[str, ...]:
    return tuple(f"{number.normalize():f}" for number in (rating, low, high))


def plan(known: Known, wordings: list[Content]) -> Plan:
    """What a review becomes when these wordings arrive in this order; changes `known` along.

    The wording that its author wrote last is the current one, in whatever order they arrive; of two
    with the same time, the one that arrived last.
    """
    made = Plan([], None, [], "live")
    for content in wordings:
        number = known.versions.get(content.fingerprint)
        if number is not None:
            made.answers.append((number, "unchanged"))
            continue
        if known.by_author and not content.by_author:
            made.answers.append((known.current, "refused"))
            continue
        number = len(known.versions) + 1
        known.versions[content.fingerprint] = number
        made.versions.append((number, content))
        if known.edited_at is not None and content.edited_at < known.edited_at:
            made.answers.append((number, "late"))
            continue
        made.answers.append((number, "changed" if known.current else "new"))
        known.current, known.edited_at = number, content.edited_at
        made.current = (number, content)
    made.state = state_of(known.edited_at, known.removed_at)
    return made


def state_of(edited_at: datetime | None, removed_at: datetime | None) -> str:
    """A removal holds until its author writes again."""
    if removed_at is None or (edited_at is not None and edited_at > removed_at):
        return "live"
    return "tombstone"
