"""Scores texts with the shipped model; no network, no torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, get_args

import numpy as np

from sentiment.foreign import open_model
from sentiment.language import language_of
from sentiment.model_file import DEFAULT_FOLDER, ModelFile
from sentiment.network import Floats, RawOutputs
from sentiment.probability import STARS, UNDECIDED, Doubles, centred, logistic, predicted_stars, three_ways
from sentiment.text import joined
from sentiment.types import AspectScore, Probabilities, Score, Sentiment, Text

SENTIMENTS: tuple[Sentiment, ...] = get_args(Sentiment)


class Reading(NamedTuple):
    """Scores with what the same pass embeds: [width] of length 1 each.

    None for a text without content, and for all texts of a model that has no embeddings.
    """

    scores: list[Score]
    embeddings: list[Floats | None]


class Measured(NamedTuple):
    """Negative, neutral, positive [n, 3], and of each aspect whether it is mentioned [n, aspects].

    `embeddings` [n, width] have length 1; None for models without.
    """

    ways: Doubles
    mentioned: Doubles
    embeddings: Floats | None


class Reader(Protocol):
    """What a scorer needs of a network."""

    def run(self, lines: Sequence[str]) -> RawOutputs:
        """What the network says of each line."""
        ...

    def visible(self, line: str) -> str:
        """The start of a line that is not truncated."""
        ...


class Scorer:
    """One loaded model. Load it once a process; `score` may be called from several threads."""

    def __init__(self, settings: ModelFile, network: Reader, folder: Path) -> None:
        self.folder = folder
        self._settings = settings
        self._network = network

    @classmethod
    def load(cls, folder: Path | None = None, threads: int = 2) -> "Scorer":
        """Loads and verifies a model folder, the shipped one by default; raises `model_file.ModelError`.

        A folder of another kind of model (see `foreign`) has nothing to be verified with.
        """
        folder = folder or DEFAULT_FOLDER
        return cls(*open_model(folder, threads), folder)

    @property
    def model(self) -> str:
        """What every score carries: no two networks have the same."""
        return self._settings.identity

    @property
    def aspects(self) -> list[str]:
        """What the model looks for, in the order of `measure`."""
        return self._settings.aspects

    def negative_threshold(self, lang: str) -> float:
        """The probability of negative from which a review in `lang` is flagged."""
        return self._settings.calibration.negative_threshold.of(lang)

    def score(self, texts: Sequence[Text]) -> list[Score]:
        """One score a text, in the order of `texts`."""
        return self.read(texts).scores

    def read(self, texts: Sequence[Text]) -> Reading:
        """One score and one embedding a text, in the order of `texts`, in one pass of the network."""
        lines = [joined(text) for text in texts]
        languages = [language_of(line, text.lang) for line, text in zip(lines, texts, strict=True)]
        scores = [empty_score(language, self.model) for language in languages]
        filled = [index for index, line in enumerate(lines) if line]
        embeddings: list[Floats | None] = [None] * len(lines)
        if filled:
            outputs = self._network.run([lines[index] for index in filled])
            found = self._scores(outputs.stars, outputs.aspects, [languages[index] for index in filled])
            for row, index in enumerate(filled):
                scores[index] = found[row]
                embeddings[index] = None if outputs.embeddings is None else outputs.embeddings[row]
        return Reading(scores, embeddings)

    def visible(self, line: str) -> str:
        """As much of a cleaned line as the network reads."""
        return self._network.visible(line)

    def measure(self, lines: Sequence[str], lang: str) -> Measured:
        """The probabilities of cleaned lines in one language, as numbers; no thresholds."""
        outputs = self._network.run(lines)
        stars = self._settings.calibration.stars(outputs.stars, [lang] * len(lines))
        return Measured(three_ways(stars), logistic(outputs.aspects)[:, ::2], outputs.embeddings)

    def _scores(self, star_logits: Floats, aspect_logits: Floats, languages: Sequence[str]) -> list[Score]:
        stars = self._settings.calibration.stars(star_logits, languages)
        ways, predicted, expected = three_ways(stars), predicted_stars(stars), stars @ STARS
        aspects = self._aspects(aspect_logits)
        return [
            Score(
                stars=tuple(stars[row].tolist()),
                stars_expected=float(expected[row]),
                stars_predicted=int(predicted[row]),
                probabilities=Probabilities(*ways[row].tolist()),
                sentiment=SENTIMENTS[int(ways[row].argmax())],
                aspects=aspects[row],
                lang=language,
                model=self.model,
            )
            for row, language in enumerate(languages)
        ]

    def _aspects(self, logits: Floats) -> list[list[AspectScore]]:
        """For each text the aspects that it speaks about, in the order of the model's outputs."""
        outputs = logistic(logits).reshape(len(logits), len(self._settings.aspects), 2)
        scores: list[list[AspectScore]] = [[] for _ in logits]
        for column, aspect in enumerate(self._settings.aspects):
            threshold = self._settings.calibration.aspect_thresholds[aspect]
            mentioned = outputs[:, column, 0]
            positive = centred(outputs[:, column, 1], threshold.positive)
            for row in np.flatnonzero(mentioned >= threshold.mentioned):
                polarity, certainty = _polarity(float(positive[row]))
                scores[row].append(AspectScore(aspect, polarity, float(mentioned[row]) * certainty))
        return scores


def empty_score(lang: str, model: str) -> Score:
    """The score of a text without content: every number of stars is as likely, and the sentiment is neutral.

    The one score whose probabilities are not the sums of its stars: nothing was said, so nothing negative
    was, and no threshold may flag it.
    """
    return Score(
        stars=(0.2,) * 5,
        stars_expected=3.0,
        stars_predicted=3,
        probabilities=Probabilities(negative=0.0, neutral=1.0, positive=0.0),
        sentiment="neutral",
        aspects=[],
        lang=lang,
        model=model,
    )


def _polarity(positive: float) -> tuple[Sentiment, float]:
    if abs(positive - 0.5) < UNDECIDED:
        return "neutral", 1 - abs(2 * positive - 1)
    return ("positive", positive) if positive > 0.5 else ("negative", 1 - positive)
