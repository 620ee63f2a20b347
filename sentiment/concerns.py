"""Urgent texts that use none of the words: what they are about is near to what urgent ones were about.

For each kind one weight for each number of the embedding, fitted on the texts of urgent.toml by
sentiment.training.concerns, one file a model in its folder: embeddings of two models do not compare, so of a
model without a file only the words count. Whoever says goodbye speaks of nothing of its own: that kind has
words alone.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from sentiment.evidence import parts
from sentiment.model_file import DEFAULT_FOLDER
from sentiment.network import Floats
from sentiment.probability import Doubles, logistic
from sentiment.scorer import Reading, Scorer
from sentiment.text import joined
from sentiment.types import Text, Urgency, UrgencyKind
from sentiment.urgency import find_urgency

LEAST = 0.3
"""From this probability on; docs/decisions/0012-sentiment.md says what it finds."""


class Head(Struct, frozen=True, forbid_unknown_fields=True):
    """How much each number of an embedding speaks for a kind."""

    weights: list[float]
    bias: float


Heads = dict[UrgencyKind, Head]


def heads_file(folder: Path, model: str) -> Path:
    """Where a model (`Scorer.model`) has its heads: named after it, a folder may be exported into again."""
    return folder / f"{model}.concerns.json"


@cache
def heads(folder: Path, model: str) -> Heads:
    """What was fitted for a model, in its folder or in the one that ships; empty when nothing was."""
    for path in (heads_file(folder, model), heads_file(DEFAULT_FOLDER, model)):
        if path.is_file():
            return msgspec.json.decode(path.read_bytes(), type=Heads)
    return {}


def find(scorer: Scorer, texts: Sequence[Text], reading: Reading) -> list[list[Urgency]]:
    """The kinds of urgency in texts that this scorer has read: by their words, and by what they are about.

    The second for texts that read negative only, each with the part of the text that is nearest to it.
    """
    return [
        _of_text(scorer, text, score.lang, embedding if _unhappy(scorer, reading, place) else None)
        for place, (text, score, embedding) in enumerate(
            zip(texts, reading.scores, reading.embeddings, strict=True)
        )
    ]


def probabilities(scorer: Scorer, embeddings: Floats) -> dict[UrgencyKind, Doubles]:
    """[n] probabilities of each kind for embeddings [n, width]; of no kind where they do not fit."""
    return {
        kind: logistic(embeddings @ np.array(head.weights, np.float32) + head.bias)
        for kind, head in heads(scorer.folder, scorer.model).items()
        if len(head.weights) == embeddings.shape[1]
    }


def _unhappy(scorer: Scorer, reading: Reading, place: int) -> bool:
    score = reading.scores[place]
    return score.probabilities.negative >= scorer.negative_threshold(score.lang)


def _of_text(scorer: Scorer, text: Text, lang: str, embedding: Floats | None) -> list[Urgency]:
    found = {urgency.kind: urgency for urgency in find_urgency(text)}
    if embedding is not None:
        likely = probabilities(scorer, embedding.reshape(1, -1))
        kinds = [kind for kind, share in likely.items() if share[0] >= LEAST and kind not in found]
        found |= {
            kind: Urgency(kind, (words,)) for kind, words in _nearest(scorer, text, lang, kinds).items()
        }
    return list(found.values())


def _nearest(scorer: Scorer, text: Text, lang: str, kinds: Sequence[UrgencyKind]) -> dict[UrgencyKind, str]:
    """For each kind the part of the text that speaks most for it."""
    if not kinds:
        return {}
    line = scorer.visible(joined(text))
    said = [line[start:end].strip() for start, end in parts(line)]
    said = [part for part in said if part]
    embeddings = scorer.measure(said, lang).embeddings
    assert embeddings is not None
    shares = probabilities(scorer, embeddings)
    return {kind: said[int(shares[kind].argmax())] for kind in kinds}
