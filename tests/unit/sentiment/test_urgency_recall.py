"""How much of what should not wait is found (as docs/sentiment.md says), and how often for nothing."""

import gzip
import json
import tomllib
from pathlib import Path

import pytest

from sentiment.types import LANGUAGES, Text
from sentiment.urgency import find_urgency

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
MENDED_WITH, UNSEEN = (
    tomllib.loads((HERE / f"urgency_{name}.toml").read_text(encoding="utf-8"))
    for name in ("examples", "unseen")
)
DEMO = ROOT / "admin" / "demo" / "data" / "reviews.jsonl.gz"
DOCUMENT = ROOT / "docs" / "sentiment.md"
NAMES = {
    "safety": "Safety",
    "legal": "Legal matter",
    "fraud": "Suspected fraud",
    "discrimination": "Discrimination",
    "leaving": "About to leave",
}
LEAST_OF_MENDED = 0.84
FOR_NOTHING_AT_MOST = 0.02
"""Of real reviews that are happy."""


def found(kind: str, texts: list[str]) -> int:
    return sum(kind in {urgency.kind for urgency in find_urgency(Text(text))} for text in texts)


@pytest.mark.parametrize("kind", NAMES)
def test_what_the_words_were_mended_with_is_found(kind: str) -> None:
    languages = MENDED_WITH[kind]
    assert tuple(languages) == LANGUAGES
    assert all(len(set(texts)) == 20 for texts in languages.values())
    assert sum(found(kind, texts) for texts in languages.values()) >= LEAST_OF_MENDED * 20 * len(LANGUAGES)


@pytest.mark.parametrize("kind", NAMES)
def test_how_much_is_found_of_what_nobody_mended_with_is_told(kind: str) -> None:
    languages = UNSEEN[kind]
    assert tuple(languages) == LANGUAGES
    assert all(len(set(texts)) == 10 for texts in languages.values())
    figures = " | ".join(str(found(kind, texts)) for texts in languages.values())
    assert f"| {NAMES[kind]} | {figures} |" in DOCUMENT.read_text(encoding="utf-8")


def test_happy_reviews_hardly_ever_call_anybody() -> None:
    with gzip.open(DEMO) as lines:
        happy = [row for row in map(json.loads, lines) if row["label"] == "pos"]
    called = [row for row in happy if find_urgency(Text(row["text"], row["title"]))]
    assert len(happy) > 2_000
    assert len(called) <= FOR_NOTHING_AT_MOST * len(happy)
