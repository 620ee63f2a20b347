"""From what the policy and the staff said to what the pages of moderation show; pure."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from api.portal.review_form import pictures
from core.design import review_views as views
from core.design.formats import formats
from core.design.words import word
from core.i18n import Locale, translator
from reviews.moderation.queue import Decided, Waiting
from reviews.photos.service import Photo
from reviews.wording import shown

EXCERPT_CHARS = 160


def waiting(
    review: Waiting, photos: Mapping[UUID, Sequence[Photo]], keys: tuple[str, str], shop: str, locale: Locale
) -> views.HeldReview:
    """A review to decide on; `keys` are of approving and of hiding."""
    return views.HeldReview(
        id=str(review.id),
        version=review.version,
        at=review.edited_at,
        about=about(review, shop),
        author=review.author,
        text="\n".join(shown(part) for part in (review.title, review.body) if part),
        language=review.lang,
        verified=review.verified,
        incentivised=review.incentivised,
        evidence=tuple(_evidence(each, locale) for each in review.findings),
        signals=tuple(_signal(each, locale) for each in review.signals),
        covered=tuple(review.redacted),
        pictures=pictures(photos.get(review.id, ())),
        approve_key=keys[0],
        hide_key=keys[1],
    )


def decided(row: Decided, shop: str) -> views.Decided:
    """One decision."""
    text = shown(row.title or row.body)
    return views.Decided(
        at=row.at,
        by=row.by,
        moderation=row.moderation,
        reason=row.reason,
        about=about(row, shop),
        excerpt=text[:EXCERPT_CHARS] + ("…" if len(text) > EXCERPT_CHARS else ""),
        stars=stars(row.rating_norm),
        href=f"/staff/moderation/reviews/{row.review_id}",
    )


def about(review: Waiting | Decided, shop: str) -> str:
    """The product, or the shop itself."""
    return review.product_name or review.product_sku or shop


def stars(rating: Decimal | None) -> int | None:
    """Whole stars for show."""
    return None if rating is None else int(rating.quantize(Decimal(1), ROUND_HALF_UP))


def _signal(signal: Mapping[str, Any], locale: Locale) -> str:
    """What looks odd, in a sentence with its numbers."""
    words, detail = translator(locale), signal["detail"]
    match signal["kind"]:
        case "burst":
            return words.gettext(
                "%(count)s reviews of this within a day; %(usual)s a day are usual.",
                count=detail["in_a_day"],
                usual=formats(locale).number(detail["usual_a_day"]),
            )
        case "near_duplicate":
            return words.gettext("Another customer's review has the same words but for a few.")
        case "shared_device":
            return words.ngettext(
                "%(num)s other customer has written from this device within a week.",
                "%(num)s other customers have written from this device within a week.",
                detail["others"],
            )
        case "shared_address":
            return words.ngettext(
                "%(num)s other customer has written from this network address within a week.",
                "%(num)s other customers have written from this network address within a week.",
                detail["others"],
            )
        case "shared_mailbox":
            return words.ngettext(
                "%(num)s other customer has an address of the same mailbox.",
                "%(num)s other customers have addresses of the same mailbox.",
                detail["others"],
            )
    return words.gettext(
        "%(count)s reviews by this member within a day, %(unproven)s of them without an order.",
        count=detail["in_a_day"],
        unproven=detail["without_order"],
    )


def _evidence(finding: Mapping[str, Any], locale: Locale) -> views.Evidence:
    words, reason, found = translator(locale), finding["reason"], finding["evidence"]
    match reason:
        case "spam":
            text = ", ".join(found["signs"])
        case "profanity":
            text = ", ".join(found["words"])
        case "duplicate":
            text = words.gettext("an earlier review has the same words")
        case "edited":
            text = words.gettext(
                "an earlier wording was hidden for: %(reason)s",
                reason=word(words, "moderation_reason", found["hidden_for"]),
            )
        case "fraud":
            text = words.gettext("see what looks odd below")
        case "insider":
            text = words.gettext("the author belongs to the shop and does not say so")
        case _:
            text = str(found.get("text", ""))
    return views.Evidence(reason, text)
