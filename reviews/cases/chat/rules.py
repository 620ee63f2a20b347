"""What a chat hands over, and how far it goes. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from reviews.cases import rules

QUESTION_LIMIT_CHARS = 500
LINES_LIMIT = 30
"""Then a person is asked for, or nobody."""
GOES_ON = timedelta(hours=24)
"""A question that comes later begins anew."""
OFFERED = 3
"""So many articles are offered where none answers for sure."""


class Source(Struct, frozen=True):
    """An article that was shown; `passage` is what was shown of it."""

    code: str
    version: int
    title: str
    passage: str


class Line(Struct, frozen=True):
    """A question and what the articles say; `sure`: the first is given as the answer."""

    question: str
    articles: tuple[Source, ...]
    sure: bool
    at: datetime


def transcript(lines: Sequence[Line], words: str) -> str:
    """What the person reads who takes it up: every question with what was shown, then the customer's words.

    The oldest questions are left out where it would be too long; "" where there is nothing to hand over.
    """
    parts = [_part(line) for line in lines] + ([words.strip()] if words.strip() else [])
    kept: list[str] = []
    left = rules.TEXT_LIMIT_CHARS
    for part in reversed(parts):
        left -= len(part) + 2
        if left < 0:
            break
        kept.insert(0, part)
    return "\n\n".join(kept)


def _part(line: Line) -> str:
    shown = line.articles[:1] if line.sure else line.articles
    return "\n".join([line.question, *(f"→ {each.title}" for each in shown)])
