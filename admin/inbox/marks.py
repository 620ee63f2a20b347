"""The words of a review that count, marked in the text as it is shown. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from core.design.staff_case_views import Run
from sentiment.text import SEAM, Placed

MARKS_LIMIT = 40
Span = tuple[int, int]
"""First and end."""


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
    placed = Placed(text)
    return _pieces(text, [(placed.find(phrase.words), phrase) for phrase in phrases[:MARKS_LIMIT]])


def in_review(title: str, text: str, phrases: Sequence[Phrase]) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    """The same of a title and of its text, where a phrase may run from the one into the other."""
    above, below = Placed(title), Placed(text)
    in_title, in_text = [], []
    for phrase in phrases[:MARKS_LIMIT]:
        begins, ends = above.find(phrase.words), below.find(phrase.words)
        if begins is None and ends is None:
            begins, ends = _over_the_seam(phrase.words, above, below)
            in_title.append((begins, phrase._replace(aspect="")))
        else:
            in_title.append((begins, phrase))
        in_text.append((ends, phrase))
    return _pieces(title, in_title), _pieces(text, in_text)


def _over_the_seam(words: str, above: Placed, below: Placed) -> tuple[Span | None, Span | None]:
    """Where the title's last words and the text's first ones stand, if these words are both; else neither."""
    cut = words.find(SEAM)
    while cut >= 0:
        begins, ends = above.at_end(words[:cut]), below.at_start(words[cut + len(SEAM) :])
        if begins and ends:
            return begins, ends
        cut = words.find(SEAM, cut + 1)
    return None, None


def _pieces(text: str, placed: Sequence[tuple[Span | None, Phrase]]) -> tuple[Run, ...]:
    spans = [(span, phrase) for span, phrase in placed if span]
    pieces: list[Run] = []
    for start, end in pairwise(sorted({0, len(text), *(edge for span, _ in spans for edge in span)})):
        over = [phrase.mark for (first, last), phrase in spans if first <= start and end <= last]
        about = [(phrase.aspect, phrase.mark) for (_, last), phrase in spans if phrase.aspect and last == end]
        piece = Run(text[start:end], over[0] if over else "", tuple(dict.fromkeys(about)))
        if pieces and pieces[-1].mark == piece.mark and not pieces[-1].aspects:
            piece = Run(pieces.pop().text + piece.text, piece.mark, piece.aspects)
        pieces.append(piece)
    return tuple(pieces)
