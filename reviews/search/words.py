"""Words of a text, the same for what is looked for and what is looked in. Pure.

Letters and digits between others are a word: without case, without accents. Chinese and Japanese have no
spaces: there each character begins a "word" of two, itself and the next, and the last stands alone; so any
two characters are found, and longer words as a phrase of pairs. Traditional Chinese counts as Simplified,
character by character.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from opencc import OpenCC

from core.errors import DomainError, Kind
from sentiment.text import clean

QUERY_LIMIT_CHARS = 500
QUERY_LIMIT_WORDS = 40
WORD_LIMIT_CHARS = 64
"""Longer ones are found by their first characters."""

_PAIRED = "\u3005\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_TOKEN = re.compile(rf"(?:(?=[^\W_])[{_PAIRED}])+|[^\W_{_PAIRED}]+(?:['’][^\W_{_PAIRED}]+)*")
_PART = re.compile(r'(-?)"([^"]*)"|(-?)(\S+)')
_OR = frozenset({"or", "或"})
_APOSTROPHE = re.compile("['’]")


class QueryEmpty(DomainError):
    """Nothing to look for: no word, or only such as must not be there."""

    code = "query_empty"
    kind = Kind.INVALID
    title = "There is no word to look for"


class QueryTooLong(DomainError):
    """More than anybody types."""

    code = "query_too_long"
    kind = Kind.INVALID
    title = "This is too much to look for"


@dataclass(frozen=True)
class Term:
    """Words that follow each other; the last may be the beginning of one."""

    words: tuple[str, ...]
    prefix: bool = False
    excluded: bool = False

    def __str__(self) -> str:
        """As PostgreSQL's to_tsquery() reads it."""
        words = list(self.words)
        if self.prefix:
            words[-1] += ":*"
        phrase = f"({' <-> '.join(words)})" if len(words) > 1 else words[0]
        return f"!{phrase}" if self.excluded else phrase


@dataclass(frozen=True)
class Query:
    """Any of these, each of which wants all of its terms."""

    alternatives: tuple[tuple[Term, ...], ...]

    def __str__(self) -> str:
        return " | ".join(" & ".join(map(str, terms)) for terms in self.alternatives)

    @property
    def wanted(self) -> tuple[Term, ...]:
        """What is to be found, to mark it."""
        return tuple(term for terms in self.alternatives for term in terms if not term.excluded)


@dataclass(frozen=True)
class Token:
    """A stretch of a text: one word, or a run of characters that have no spaces between them."""

    text: str
    """Folded."""
    start: int
    end: int
    """Where it stands in the text, as Python counts."""

    @property
    def paired(self) -> bool:
        """Whether it is a run of Chinese or Japanese."""
        return re.match(f"[{_PAIRED}]", self.text) is not None


def indexed(raw: str) -> str:
    """The words of a review's title or body with spaces between, for PostgreSQL's to_tsvector()."""
    return " ".join(_words(_fold(clean(raw))))


def parse(text: str) -> Query:
    """What somebody typed: words, "phrases", -without, this or that, begin*.

    Raises QueryEmpty or QueryTooLong.
    """
    if len(text) > QUERY_LIMIT_CHARS:
        raise QueryTooLong(f"at most {QUERY_LIMIT_CHARS} characters")
    alternatives: list[list[Term]] = [[]]
    for found in _PART.finditer(text):
        minus, phrase, bare_minus, bare = found.groups()
        if bare and not bare_minus and bare.lower() in _OR:
            alternatives.append([])
        elif term := _term(phrase if bare is None else bare, bool(minus or bare_minus), bare is not None):
            alternatives[-1].append(term)
    kept = tuple(tuple(terms) for terms in alternatives if terms)
    if not kept or not all(any(not term.excluded for term in terms) for terms in kept):
        raise QueryEmpty("a word that is to be found, besides those that are not")
    if sum(len(term.words) for terms in kept for term in terms) > QUERY_LIMIT_WORDS:
        raise QueryTooLong(f"at most {QUERY_LIMIT_WORDS} words")
    return Query(kept)


def tokens(text: str) -> list[Token]:
    """The words of a text as it is shown, each with its place."""
    folded, places = [], []
    for place, char in enumerate(text):
        for each in _fold(char):
            folded.append(each)
            places.append(place)
    line = "".join(folded)
    return [
        Token(_plain(found[0]), places[found.start()], places[found.end() - 1] + 1)
        for found in _TOKEN.finditer(line)
    ]


def _term(text: str, excluded: bool, bare: bool) -> Term | None:
    runs = [_plain(found[0]) for found in _TOKEN.finditer(_fold(text))]
    if not runs:
        return None
    # A single character of a run stands at the beginning of the pair that the text has there.
    alone = Token(runs[-1], 0, 0).paired and len(runs[-1]) == 1
    words = [word for n, run in enumerate(runs) for word in _pairs(run, last=n == len(runs) - 1)]
    return Term(tuple(words), alone or (bare and text.endswith("*")), excluded)


def _pairs(run: str, last: bool) -> Iterator[str]:
    """The words of one run of a query: its last character stands alone only if no other precedes it."""
    if not Token(run, 0, 0).paired:
        yield run[:WORD_LIMIT_CHARS]
    elif len(run) == 1:
        yield run
    else:
        yield from (run[n : n + 2] for n in range(len(run) - 1))
        if not last:
            yield run[-1]


def _words(folded: str) -> Iterator[str]:
    for found in _TOKEN.finditer(folded):
        run = _plain(found[0])
        if Token(run, 0, 0).paired:
            yield from (run[n : n + 2] for n in range(len(run)))
        else:
            yield run[:WORD_LIMIT_CHARS]


def _fold(text: str) -> str:
    """Without width, case, script of Chinese and accents."""
    even = unicodedata.normalize("NFKC", text).casefold().translate(_simplified())
    if even.isascii():
        return even
    return "".join(map(_without_accent, even))


def simplified(text: str) -> str:
    """Traditional Chinese as Simplified, character by character: the text keeps its length."""
    return text.translate(_simplified())


@cache
def _without_accent(char: str) -> str:
    """A letter's base; kana keep their marks, and syllables of Hangul stay whole."""
    if unicodedata.combining(char):
        return ""
    if "\u3040" <= char <= "\u30ff" or "\uac00" <= char <= "\ud7a3":
        return char
    base = unicodedata.normalize("NFD", char)
    return "".join(each for each in base if not unicodedata.combining(each))


def _plain(word: str) -> str:
    return _APOSTROPHE.sub("", word)


@cache
def _simplified() -> dict[int, str]:
    """Each Traditional character's Simplified one."""
    han = [chr(code) for code in (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000))]
    # One character a line, so that no phrase is converted: a text keeps its length.
    converted = OpenCC("t2s").convert("\n".join(han)).split("\n")
    return {ord(a): b for a, b in zip(han, converted, strict=True) if a != b and len(b) == 1}
