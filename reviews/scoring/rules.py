"""Which reviews are negative. Pure.

The stars that a customer gave flag a review by themselves; they are no input of the score of its text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from sentiment.types import Probabilities, Score, Text, Urgency

Reason = Literal["rating", "sentiment", "urgency", "mismatch"]

LOW_RATING = Decimal(2)
"""Stars of 1-5 up to which a review is flagged."""
HIGH_RATING = Decimal(4)
"""Stars from which an angry text is a surprise."""
# Chosen on reviews that nothing was fitted on: of those with high stars one in a hundred is told from this
# probability of negative on, of those with low stars at most three from this probability of positive on.
ANGRY_FROM = 0.7
HAPPY_FROM = 0.9


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
    embedding: list[float] | None = None
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
    if mismatch := disagreement(rating_norm, reading.score.probabilities):
        found.append(Flag("mismatch", mismatch | {"model": reading.score.model}))
    if reading.urgencies:
        kinds = [{"kind": each.kind, "words": list(each.words)} for each in reading.urgencies]
        found.append(Flag("urgency", {"kinds": kinds}))
    return found


def disagreement(rating_norm: Decimal | None, text: Probabilities) -> dict[str, Any] | None:
    """Many stars with an angry text, or few with a happy one; None: they agree, or one of them is silent."""
    if rating_norm is None:
        return None
    if rating_norm >= HIGH_RATING and text.negative >= ANGRY_FROM:
        return {"rating_norm": float(rating_norm), "negative": text.negative}
    if rating_norm <= LOW_RATING and text.positive >= HAPPY_FROM:
        return {"rating_norm": float(rating_norm), "positive": text.positive}
    return None
