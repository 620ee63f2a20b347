"""The part of a text that was found, with the words marked. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from reviews.search.words import Query, Token

READ_CHARS = 20_000
EXCERPT_CHARS = 240
BEFORE_CHARS = 60
"""How much of an excerpt comes before the first word that was found."""

Place = tuple[int, int]


@dataclass(frozen=True)
class Piece:
    """Part of a text; `match`: it is what was looked for."""

    text: str
    match: bool = False


def single_words(query: Query) -> str:
    """A query for any of the wanted words with spaces around them; '': there are none."""
    found = []
    for term in query.wanted:
        for n, word in enumerate(term.words):
            if not Token(word, 0, 0).paired:
                found.append(f"{word}:*" if term.prefix and n == len(term.words) - 1 else word)
    return " | ".join(found)


def places(tokens: Sequence[Token], query: Query, fitting: set[str]) -> list[Place]:
    """Where the wanted words stand; `fitting`: words that PostgreSQL takes for wanted ones."""
    runs = {_run(term.words) for term in query.wanted} - {""}
    found: list[Place] = []
    for token in tokens:
        if not token.paired:
            if token.text in fitting:
                found.append((token.start, token.end))
            continue
        for run in runs:
            at = token.text.find(run)
            while at >= 0:
                found.append((token.start + at, token.start + at + len(run)))
                at = token.text.find(run, at + len(run))
    return _joined(sorted(found))


def excerpt(text: str, marks: Sequence[Place]) -> tuple[Piece, ...]:
    """The text around the first mark, on one line."""
    start = max(0, marks[0][0] - BEFORE_CHARS) if marks and marks[0][0] > EXCERPT_CHARS - BEFORE_CHARS else 0
    end = min(len(text), start + EXCERPT_CHARS)
    pieces = [Piece("…")] if start else []
    at = start
    for first, last in marks:
        if first >= end:
            break
        pieces += [Piece(_line(text[at:first])), Piece(_line(text[first : min(last, end)]), match=True)]
        at = min(last, end)
    pieces.append(Piece(_line(text[at:end])))
    if end < len(text):
        pieces.append(Piece("…"))
    return tuple(piece for piece in pieces if piece.text)


def beginning(text: str) -> tuple[Piece, ...]:
    """The first words, none of them marked."""
    return excerpt(text, ())


def _run(words: Sequence[str]) -> str:
    """The characters that a term's pairs stand for; '': they are words with spaces around them."""
    paired = [word for word in words if Token(word, 0, 0).paired]
    if not paired:
        return ""
    return "".join(word[0] for word in paired[:-1]) + paired[-1]


def _joined(found: Sequence[Place]) -> list[Place]:
    """Without overlaps."""
    joined: list[Place] = []
    for first, last in found:
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def _line(text: str) -> str:
    """Any white space is one space; what stands at the ends stays."""
    line = " ".join(text.split())
    if not line:
        return " " if text else ""
    return (" " if text[0].isspace() else "") + line + (" " if text[-1].isspace() else "")
