"""The words of a review that count, marked in the text as it is shown. Pure."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from core.design.staff_case_views import Run

# The first that is asked for wins where two overlap: what is urgent hides no praise.
MARKS_LIMIT = 20


class Phrase(NamedTuple):
    """Words to be found, and why: negative, positive or urgent."""

    words: str
    mark: str


def runs(text: str, phrases: Sequence[Phrase]) -> tuple[Run, ...]:
    """The text in pieces, those that a phrase covers with its mark; a phrase that is not there has none.

    The model reads a cleaned line, so white space may differ.
    """
    taken: list[tuple[int, int, str]] = []
    for phrase in phrases[:MARKS_LIMIT]:
        found = re.search(r"\s+".join(map(re.escape, phrase.words.split())), text) if phrase.words else None
        if found and all(found.end() <= start or end <= found.start() for start, end, _ in taken):
            taken.append((*found.span(), phrase.mark))
    pieces, place = [], 0
    for start, end, mark in sorted(taken):
        pieces += [Run(text[place:start]), Run(text[start:end], mark)]
        place = end
    return tuple(piece for piece in [*pieces, Run(text[place:])] if piece.text)
