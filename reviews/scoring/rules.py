"""Which reviews are negative. Pure.

The stars that a customer gave flag a review by themselves; they are no input of the score of its text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from sentiment.network import Floats
from sentiment.types import Score, Text, Urgency

Reason = Literal["rating", "sentiment", "urgency"]

LOW_RATING = Decimal(2)
"""Stars of 1-5 up to which a review is flagged."""


@dataclass(frozen=True)
class Flag:
    """One reason why a review is negative, with its evidence."""

    reason: Reason
    detail: dict[str, Any]


@dataclass(frozen=True)
class Reading:
    """What was found in one text, whoever wrote it and whatever stars came with it."""

    score: Score
    threshold: float
    """Probability of negative from which the shipped model's word counts."""
    urgencies: Sequence[Urgency]
    embedding: Floats | None = field(default=None, compare=False)
    """None: the text is empty, or the model has no embeddings."""


def text_of(title: str, body: str, lang: str) -> Text:
    """What the model gets to see of a review."""
    return Text(text=body, title=title, lang=lang or None)


def flags(rating_norm: Decimal | None, reading: Reading) -> list[Flag]:
    """Every reason why a review is negative; none: it is not. A rating without text counts."""
    found: list[Flag] = []
    if rating_norm is not None and rating_norm <= LOW_RATING:
        found.append(Flag("rating", {"rating_norm": float(rating_norm)}))
    negative = reading.score.probabilities.negative
    if negative >= reading.threshold:
        evidence = {"negative": negative, "threshold": reading.threshold, "model": reading.score.model}
        found.append(Flag("sentiment", evidence))
    if reading.urgencies:
        kinds = [{"kind": each.kind, "words": list(each.words)} for each in reading.urgencies]
        found.append(Flag("urgency", {"kinds": kinds}))
    return found
