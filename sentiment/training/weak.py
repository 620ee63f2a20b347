"""What words alone say of aspects: labels for complaints whose annotators looked at the whole text only.

weak.toml holds the words. A clause of a complaint that names an aspect and praises nothing complains about
it; an aspect whose words are nowhere is not mentioned; where a clause praises it, nothing is known.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from sentiment.rows import Row

WORDS_FILE = Path(__file__).parent / "weak.toml"
# Longer complaints tell stories, in which a word says little about what the complaint is about.
LONGEST_CHARACTERS = 200
_CLAUSE = re.compile(r"[,.!?;:，。！？；：、~…\n]+|\bbut\b|\bhowever\b|但是|不过|可是|但")


@dataclass(frozen=True)
class Words:
    """For each language (Chinese of both scripts is "zh"): a pattern of each aspect, and one of praise."""

    aspects: dict[str, dict[str, re.Pattern[str]]]
    praise: dict[str, re.Pattern[str]]

    def annotate(self, row: Row) -> Row:
        """The row with what its words say of aspects, if it is a short complaint in a language with words."""
        language = row.lang.partition("-")[0]
        if row.label != "neg" or language not in self.aspects:
            return row
        text = f"{row.title}. {row.text}".lower()
        if len(text) > LONGEST_CHARACTERS:
            return row
        clauses = _CLAUSE.split(text)
        praise, found, annotated = self.praise[language], {}, []
        for aspect, pattern in self.aspects[language].items():
            naming = [clause for clause in clauses if pattern.search(clause)]
            if not naming:
                annotated.append(aspect)
            elif not all(praise.search(clause) for clause in naming):
                annotated.append(aspect)
                found[aspect] = "neg"
        return msgspec.structs.replace(row, aspects=found, annotated=annotated)


def read_words() -> Words:
    """The words that are shipped."""
    file = tomllib.loads(WORDS_FILE.read_text(encoding="utf-8"))
    praise = {language: _any_of(words) for language, words in file.pop("praise").items()}
    aspects: dict[str, dict[str, re.Pattern[str]]] = {language: {} for language in praise}
    for aspect, languages in file.items():
        for language, words in languages.items():
            aspects[language][aspect] = _any_of(words)
    return Words(aspects, praise)


def _any_of(words: list[str]) -> re.Pattern[str]:
    latin = "|".join(rf"\b{re.escape(word)}" for word in words if word.isascii())
    others = "|".join(re.escape(word) for word in words if not word.isascii())
    return re.compile("|".join(filter(None, (latin, others))))
