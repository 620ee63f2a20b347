"""How much of what should not wait is found (as docs/sentiment.md says), and how often for nothing."""

import gzip
import json
import tomllib
from pathlib import Path

import pytest

from sentiment.types import LANGUAGES, Text
from sentiment.urgency import find_urgency

ROOT = Path(__file__).parents[3]
EXAMPLES = tomllib.loads((Path(__file__).parent / "urgency_examples.toml").read_text(encoding="utf-8"))
DEMO = ROOT / "admin" / "demo" / "data" / "reviews.jsonl.gz"
DOCUMENT = ROOT / "docs" / "sentiment.md"
NAMES = {
    "safety": "Safety",
    "legal": "Legal matter",
    "fraud": "Suspected fraud",
    "discrimination": "Discrimination",
    "leaving": "About to leave",
}
LEAST_FOUND = 0.8
"""Of all kept examples of a kind."""
FOR_NOTHING_AT_MOST = 0.02
"""Of real reviews that are happy."""


def found(kind: str, texts: list[str]) -> int:
    return sum(kind in {urgency.kind for urgency in find_urgency(Text(text))} for text in texts)


@pytest.mark.parametrize("kind", NAMES)
def test_how_much_is_found_of_what_the_words_were_not_mended_with(kind: str) -> None:
    languages = EXAMPLES[kind]
    assert tuple(languages) == LANGUAGES
    assert all(len(set(texts)) == 20 for texts in languages.values())
    kept = [found(kind, texts[1::2]) for texts in languages.values()]
    assert sum(kept) >= LEAST_FOUND * 10 * len(LANGUAGES)
    assert f"| {NAMES[kind]} | {' | '.join(map(str, kept))} |" in DOCUMENT.read_text(encoding="utf-8")


def test_happy_reviews_hardly_ever_call_anybody() -> None:
    with gzip.open(DEMO) as lines:
        happy = [row for row in map(json.loads, lines) if row["label"] == "pos"]
    called = [row for row in happy if find_urgency(Text(row["text"], row["title"]))]
    assert len(happy) > 2_000
    assert len(called) <= FOR_NOTHING_AT_MOST * len(happy)
