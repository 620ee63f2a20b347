"""Which words of a text made the model read it as it did: it is read again without each of its parts.

What the reading loses most from is the evidence. That costs as much as several scores, so only flagged
reviews are explained.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from msgspec import Struct

from sentiment.probability import Doubles
from sentiment.scorer import SENTIMENTS, Scorer
from sentiment.text import joined
from sentiment.types import Score, Sentiment, Text

MOST_PARTS = 8
MOST_SHOWN = 3
# In log odds: a smaller loss is noise of the rounded network.
LEAST_LOSS = 0.15
# A part that counts less than this share of the strongest one is left out.
LEAST_SHARE = 0.4

_SHORTEST_CLAUSE = 4
_FEWEST_CLAUSES = 3
_CJK = "\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff"
# Ends of clauses; 11:30 and 4.5 have none. Where scripts set no spaces, one that is there ends something.
_END = re.compile(
    rf"[。！？，；：、…～]+[\"”’)）」』]*\s*|[.!?,;:]+[\"'”’)]*(?:\s+|$)|(?<=[{_CJK}])\s+(?=[{_CJK}])"
)
# A character of a script that sets no spaces, or a word with what follows it.
_WORD = re.compile(rf"[{_CJK}]|[^\s{_CJK}]+\s*|\s+")

Span = tuple[int, int]


class Evidence(Struct, frozen=True):
    """Why a text reads as it does.

    `words`: the parts of the cleaned text without which `sentiment` loses most, in the order of the text;
    `without`: the probability that is left of it when all of them are missing. `aspects`: for each aspect
    that the text speaks about the part that says so. Empty where no part stands out.
    """

    sentiment: Sentiment
    probability: float
    words: tuple[str, ...]
    without: float
    aspects: dict[str, str]


def explain(scorer: Scorer, text: Text) -> Evidence:
    """The evidence in one text; its parts have their batches to themselves, so nothing else moves it."""
    [score] = scorer.score([text])
    sentiment = explained(score, scorer.negative_threshold(score.lang))
    column = SENTIMENTS.index(sentiment)
    line = scorer.visible(joined(text))
    spans = parts(line)
    if len(spans) < 2:
        probability = float(getattr(score.probabilities, sentiment))
        return Evidence(sentiment, probability, (line,) if line else (), 0.0, {})
    found = scorer.measure([line, *(without(line, [span]) for span in spans)], score.lang)
    odds = log_odds(found.ways[:, column])
    chosen = strongest(odds[0] - odds[1:])
    rest = without(line, [spans[n] for n in chosen])
    # Together once more: alone, a line comes out a little different.
    whole, left = scorer.measure([line, rest], score.lang).ways[:, column].tolist()
    lost = log_odds(found.mentioned)
    speaks = {name: int((lost[0] - lost[1:])[:, n].argmax()) for n, name in enumerate(scorer.aspects)}
    said = {each.aspect: _words(line, spans[speaks[each.aspect]]) for each in score.aspects}
    return Evidence(sentiment, whole, phrases(line, spans, chosen), left, said)


def explained(score: Score, threshold: float) -> Sentiment:
    """What there is to explain: that it is negative, unless it is plainly the opposite."""
    flagged = score.probabilities.negative >= threshold
    return "positive" if score.sentiment == "positive" and not flagged else "negative"


def parts(line: str) -> list[Span]:
    """Clauses, or groups of words where there are hardly any; at most MOST_PARTS, and together the line."""
    clauses: list[Span] = []
    ends = [match.end() for match in _END.finditer(line)]
    for start, end in pairwise(sorted({0, *ends, len(line)})):
        if clauses and len(line[start:end].strip()) < _SHORTEST_CLAUSE:
            clauses[-1] = (clauses[-1][0], end)
        else:
            clauses.append((start, end))
    if len(clauses) < _FEWEST_CLAUSES:
        clauses = [match.span() for match in _WORD.finditer(line)]
    return grouped(clauses)


def grouped(spans: Sequence[Span]) -> list[Span]:
    """Neighbours joined, so that at most MOST_PARTS are left."""
    size = -(-len(spans) // MOST_PARTS)
    groups = [spans[n : n + size] for n in range(0, len(spans), size or 1)]
    return [(group[0][0], group[-1][1]) for group in groups]


def without(line: str, spans: Sequence[Span]) -> str:
    """The line with these parts cut out."""
    kept, end = [], 0
    for start, stop in sorted(spans):
        kept.append(line[end:start])
        end = stop
    return "".join([*kept, line[end:]]).strip()


def strongest(losses: Doubles) -> list[int]:
    """The parts whose loss stands out, in the order of the text."""
    order = [int(n) for n in np.argsort(-losses, kind="stable")[:MOST_SHOWN]]
    least = max(LEAST_LOSS, LEAST_SHARE * float(losses[order[0]]))
    return sorted(n for n in order if losses[n] >= least)


def phrases(line: str, spans: Sequence[Span], chosen: Sequence[int]) -> tuple[str, ...]:
    """The chosen parts as words, those that touch as one."""
    joined_up: list[list[int]] = []
    for n in chosen:
        if joined_up and joined_up[-1][-1] == n - 1:
            joined_up[-1].append(n)
        else:
            joined_up.append([n])
    return tuple(_words(line, (spans[group[0]][0], spans[group[-1]][1])) for group in joined_up)


def log_odds(probability: Doubles) -> Doubles:
    """Probabilities of any shape to log odds, bounded."""
    inside = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(inside / (1 - inside)))


def _words(line: str, span: Span) -> str:
    return line[span[0] : span[1]].strip(" ,;:，；：、")
