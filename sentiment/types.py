"""What goes into the sentiment package and what comes out."""

from typing import Literal

from msgspec import Struct

Sentiment = Literal["negative", "neutral", "positive"]
UrgencyKind = Literal["safety", "legal", "fraud", "discrimination", "leaving"]

LANGUAGES: tuple[str, ...] = ("en", "zh", "zh-Hant", "ja", "es", "fr", "de")
ASPECTS: tuple[str, ...] = (
    "quality",
    "price",
    "shipping",
    "service",
    "packaging",
    "accuracy",
    "usability",
    "design",
)


class Text(Struct, frozen=True):
    """A review as written. `lang` is a language tag, or None to have it detected."""

    text: str
    title: str = ""
    lang: str | None = None


class AspectScore(Struct, frozen=True):
    """One aspect that the text speaks about.

    `confidence` is 0-1: the probability that it is mentioned times the probability of its polarity; for a
    neutral one times how near that polarity is to the middle.
    """

    aspect: str
    polarity: Sentiment
    confidence: float


class Probabilities(Struct, frozen=True):
    """Three calibrated probabilities that sum to 1."""

    negative: float
    neutral: float
    positive: float


class Score(Struct, frozen=True):
    """What the model reads in one text; the stars that a customer gave are never an input.

    `stars` are the calibrated probabilities of one to five stars and `stars_expected` their mean (1-5).
    `stars_predicted` is the star of least expected cost, where a miss costs its distance and one more: as
    near as their median, and nearly as often right as the single most likely star (the card has all three).
    `probabilities.negative` is P(1) + P(2), neutral P(3), positive P(4) + P(5); `sentiment` is the most
    probable of these three. Whether a review is flagged is another question, answered by
    `Scorer.negative_threshold`. A text without content has the score that `scorer.empty_score` describes.
    """

    stars: tuple[float, ...]
    stars_expected: float
    stars_predicted: int
    probabilities: Probabilities
    sentiment: Sentiment
    aspects: list[AspectScore]
    lang: str
    model: str


class Urgency(Struct, frozen=True):
    """A reason to read a text first, with the words of the text that gave it, in their order."""

    kind: UrgencyKind
    words: tuple[str, ...]
