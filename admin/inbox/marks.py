"""The words of a review that count, marked in the text as it is shown. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from core.design.staff_case_views import Run
from sentiment.text import place

MARKS_LIMIT = 40


class Phrase(NamedTuple):
    """Words to be found, why they are marked (negative, neutral, positive or urgent), their aspect or ""."""

    words: str
    mark: str
    aspect: str = ""


def runs(text: str, phrases: Sequence[Phrase]) -> tuple[Run, ...]:
    """The text in pieces; a phrase that is not there marks nothing.

    Where phrases overlap, the first that is asked for says how it looks: what is urgent hides no praise.
    What a phrase is about is said once, where it ends.
    """
    asked = [(place(phrase.words, text), phrase) for phrase in phrases[:MARKS_LIMIT]]
    spans = [(span, phrase) for span, phrase in asked if span]
    pieces: list[Run] = []
    for start, end in pairwise(sorted({0, len(text), *(edge for span, _ in spans for edge in span)})):
        over = [phrase.mark for (first, last), phrase in spans if first <= start and end <= last]
        about = [(phrase.aspect, phrase.mark) for (_, last), phrase in spans if phrase.aspect and last == end]
        piece = Run(text[start:end], over[0] if over else "", tuple(dict.fromkeys(about)))
        if pieces and pieces[-1].mark == piece.mark and not pieces[-1].aspects:
            piece = Run(pieces.pop().text + piece.text, piece.mark, piece.aspects)
        pieces.append(piece)
    return tuple(pieces)
