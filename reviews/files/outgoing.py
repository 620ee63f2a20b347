"""A review on its way out into a file, and how its parts are written. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from reviews.intake.model import IncomingReview


@dataclass(frozen=True)
class Outgoing:
    """The current wording, in the form in which it would come in again, and what is only told."""

    review: IncomingReview
    stars: Decimal | None
    """The rating on 1 to 5; None: there is none."""
    verified: bool


def moment(at: datetime | None) -> str:
    """ISO 8601 in UTC; empty for none."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else ""


def is_day(at: datetime) -> bool:
    """A day without a time, as files have it."""
    return at.astimezone(UTC).time() == time()


def number(value: Decimal | None) -> str:
    """Without zeros that say nothing; empty for none."""
    return "" if value is None else f"{value.normalize():f}"


def stars(out: Outgoing, places: int = 2) -> str:
    """The rating as stars: itself if it lies on 1 to 5, else rounded to so many places."""
    review = out.review
    if out.stars is None:
        return ""
    if (review.scale_min, review.scale_max) == (1, 5) and review.rating is not None and places:
        return number(review.rating)
    return number(out.stars.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


def yes(value: bool) -> str:
    """As most formats write it."""
    return "true" if value else "false"


def joined(urls: tuple[str, ...]) -> str:
    """Addresses in one cell: with commas, or as JSON where an address has one itself."""
    if any("," in url for url in urls):
        return msgspec.json.encode(urls).decode()
    return ",".join(urls)
