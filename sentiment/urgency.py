"""Finds what should not wait: safety, legal threats, fraud, discrimination, customers about to leave.

The words are in urgency.toml, which says how they are written.
"""

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple, get_args

from sentiment.text import joined
from sentiment.types import Text, Urgency, UrgencyKind

PATTERNS_FILE = Path(__file__).parent / "urgency.toml"

_LATIN = "A-Za-z0-9\u00c0-\u024f"
_CJK = "\u3005\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff"
_SYNTAX = re.compile(r"\s*\.\.\.\s*|[()|* ']")
_MARKS = {
    "(": "(?:",
    ")": ")",
    "|": "|",
    "*": f"[{_LATIN}]*",
    # A space beside an optional word that is left out was matched already.
    " ": r"(?:[\s-]+|(?<=[\s'-])|^)",
    "'": "'?",
}
_WORDS_BETWEEN = rf"[\s-]+(?:[{_LATIN}']+[\s,-]+){{0,3}}"
_CHARACTERS_BETWEEN = f"[{_CJK}{_LATIN}]{{0,6}}"


class _Patterns(NamedTuple):
    urgent: re.Pattern[str]
    harmless: re.Pattern[str]


def find_urgency(text: Text) -> list[Urgency]:
    """The kinds of urgency that the words of a text show, at most one of each kind; any language."""
    line = joined(text)
    even = folded(line)
    found = []
    for kind, patterns in _patterns().items():
        if patterns.urgent.search(even):
            spans = [match.span() for match in patterns.urgent.finditer(patterns.harmless.sub(_blank, even))]
            if spans:
                found.append(
                    Urgency(kind, tuple(dict.fromkeys(line[start:end].strip() for start, end in spans)))
                )
    return found


def expression(phrase: str) -> str:
    """A phrase of urgency.toml as a regular expression for folded text, without the limits of a word."""
    even = folded(phrase)
    gap = _CHARACTERS_BETWEEN if _is_chinese_or_japanese(even) else _WORDS_BETWEEN
    parts, position = [], 0
    for mark in _SYNTAX.finditer(even):
        parts.append(re.escape(even[position : mark.start()]))
        parts.append(_MARKS.get(mark[0], gap))
        position = mark.end()
    return "".join([*parts, re.escape(even[position:])])


@cache
def _patterns() -> dict[UrgencyKind, _Patterns]:
    file = tomllib.loads(PATTERNS_FILE.read_text(encoding="utf-8"))
    compiled = {}
    for kind in get_args(UrgencyKind):
        languages = dict(file[kind])
        harmless = languages.pop("except")
        compiled[kind] = _Patterns(one_of(languages), one_of(harmless))
    return compiled


def one_of(languages: dict[str, list[str]]) -> re.Pattern[str]:
    """Any of the phrases in folded text; by script, so that most positions of a text are passed at once."""
    phrases = dict.fromkeys(phrase for listed in languages.values() for phrase in listed)
    spelt = [folded(each) for phrase in phrases for each in spelt_out(phrase)]
    cjk = [phrase for phrase in spelt if _is_chinese_or_japanese(phrase)]
    latin = [phrase for phrase in spelt if not _is_chinese_or_japanese(phrase)]
    begin = "".join(sorted({phrase[0] for phrase in cjk}))
    return re.compile(
        f"(?<![{_LATIN}])(?:{by_beginning(latin)})(?![{_LATIN}])|(?=[{begin}])(?:{by_beginning(cjk)})"
    )


def by_beginning(phrases: Sequence[str]) -> str:
    """Any of the phrases; those that begin alike are one branch, so that one look passes all of them."""
    branches: dict[str, dict[str, list[str]]] = {}
    for phrase in phrases:
        first, second = (_plain(character) for character in f"{phrase}  "[:2])
        branches.setdefault(first, {}).setdefault(first and second, []).append(expression(phrase))
    return "|".join(
        f"(?:{'|'.join(f'(?:{alternatives})' for alternatives in map('|'.join, within.values()))})"
        for within in branches.values()
    )


def spelt_out(phrase: str) -> list[str]:
    """A phrase that begins with "(a|b)" as one for each; any other as it is."""
    if not phrase.startswith("("):
        return [phrase]
    depth, start, found = 0, 1, []
    for place, character in enumerate(phrase):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0 or (depth == 1 and character == "|"):
            found.append(phrase[start:place])
            start = place + 1
        if depth == 0:
            break
    return [spelt for each in found for spelt in spelt_out(each + phrase[start:])]


def _plain(character: str) -> str:
    """A character that stands for itself alone; nothing for a sign of the syntax."""
    return "" if character in "()|*' ." else character


def _is_chinese_or_japanese(phrase: str) -> bool:
    return re.search(f"[{_CJK}]", phrase) is not None


def _blank(match: re.Match[str]) -> str:
    """As long as what it replaces, so that positions stay; no pattern and no gap reaches across it."""
    return "#" * len(match[0])


@cache
def _unaccented() -> dict[int, str]:
    table = {0x2019: "'", 0x2018: "'", 0x02BC: "'", 0x2013: "-", 0x2010: "-", 0x2011: "-"}
    for code in range(0xC0, 0x250):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base.isascii():
            table[code] = base
    return table


def folded(text: str) -> str:
    """Without accents or capitals, one character for each character."""
    return text.translate(_unaccented()).lower()
