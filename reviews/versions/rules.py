"""What a correction may say, and what it is as a labelled row. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args
from uuid import UUID

from core.errors import DomainError, Kind
from sentiment.language import language_of
from sentiment.text import joined
from sentiment.types import ASPECTS, Sentiment, Text

LABELS = {"negative": "neg", "neutral": "neu", "positive": "pos"}
Split = Literal["dev", "train"]
SOURCE = "corrections"
_ONE_IN = 5
"""So many corrected reviews are never trained on."""


class CorrectionUnfit(DomainError):
    """Stars and sentiment contradict each other, or an aspect is unknown."""

    code = "correction_unfit"
    kind = Kind.INVALID
    title = "This correction cannot be kept"


@dataclass(frozen=True)
class Correction:
    """What a text says to a person: how it reads, not what stars were given.

    `aspects`: all that it speaks about, with polarity; None: nobody looked.
    """

    sentiment: Sentiment
    stars: int | None = None
    aspects: Mapping[str, Sentiment] | None = None


def checked(correction: Correction) -> Correction:
    """The correction. Raises CorrectionUnfit."""
    if correction.sentiment not in LABELS:
        raise CorrectionUnfit("the sentiment is negative, neutral or positive")
    if correction.stars is not None and sentiment_of(correction.stars) != correction.sentiment:
        raise CorrectionUnfit("1 and 2 stars are negative, 3 neutral, 4 and 5 positive")
    for aspect, polarity in (correction.aspects or {}).items():
        if aspect not in ASPECTS or polarity not in LABELS:
            raise CorrectionUnfit(f"{aspect}: {polarity} is none of the aspects with a polarity")
    return correction


def sentiment_of(stars: int) -> Sentiment:
    """How so many stars read. Raises CorrectionUnfit."""
    if not 1 <= stars <= 5:
        raise CorrectionUnfit("stars go from 1 to 5")
    return get_args(Sentiment)[0 if stars < 3 else 1 if stars == 3 else 2]


def split_of(review_id: UUID) -> Split:
    """Whether a review measures models or trains them: always the same, for all its wordings."""
    digest = hashlib.sha256(f"{SOURCE}:{review_id}".encode()).digest()
    return "train" if int.from_bytes(digest) % _ONE_IN else "dev"


def row(stored: Mapping[str, Any]) -> dict[str, Any]:
    """A corrected wording as a line of the files that `sentiment evaluate` and `train` read."""
    aspects = stored["aspects"]
    return {
        "id": f"{SOURCE}-{stored['review_id']}-{stored['version']}",
        "lang": language_of(joined(Text(stored["body"], stored["title"])), stored["lang"] or None),
        "title": stored["title"],
        "text": stored["body"],
        "stars": stored["stars"],
        "label": LABELS[stored["sentiment"]],
        "aspects": None if aspects is None else {name: LABELS[way] for name, way in aspects.items()},
        "annotated": None if aspects is None else list(ASPECTS),
        "source": SOURCE,
        "split": split_of(stored["review_id"]),
    }
