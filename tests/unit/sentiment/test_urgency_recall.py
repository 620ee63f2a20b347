"""How much of what should not wait is found (as docs/sentiment.md says), and how often for nothing."""

import gzip
import json
import tomllib
from pathlib import Path
from random import Random

import msgspec
import pytest

from sentiment import concerns
from sentiment.concerns import Head
from sentiment.model_file import DEFAULT_FOLDER, read
from sentiment.scorer import Scorer
from sentiment.text import joined
from sentiment.training.concerns import EXAMPLES_FILE, KINDS
from sentiment.types import LANGUAGES, Text
from sentiment.urgency import find_urgency

ROOT = Path(__file__).parents[3]
MENDED_WITH, UNSEEN = (
    tomllib.loads(path.read_text(encoding="utf-8"))
    for path in (EXAMPLES_FILE, Path(__file__).parent / "urgency_unseen.toml")
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
LEAST_OF_UNSEEN = {"safety": 0.75, "legal": 0.7, "fraud": 0.38, "discrimination": 0.7, "leaving": 0.13}
FOR_NOTHING_AT_MOST = 0.02
"""Of real reviews that are happy: by words, and by what they are about."""


def kinds(scorer: Scorer, texts: list[Text]) -> list[set[str]]:
    found = concerns.find(scorer, texts, scorer.read(texts))
    return [{urgency.kind for urgency in each} for each in found]


@pytest.mark.parametrize("kind", NAMES)
def test_what_the_words_were_mended_with_is_found_by_words(kind: str) -> None:
    languages = MENDED_WITH[kind]
    assert tuple(languages) == LANGUAGES
    assert all(len(set(texts)) == 20 for texts in languages.values())
    found = [find_urgency(Text(text)) for texts in languages.values() for text in texts]
    assert sum(kind in {urgency.kind for urgency in each} for each in found) >= LEAST_OF_MENDED * len(found)


@pytest.mark.parametrize("kind", NAMES)
def test_how_much_is_found_of_what_nobody_mended_with_is_told(kind: str, scorer: Scorer) -> None:
    languages = UNSEEN[kind]
    assert tuple(languages) == LANGUAGES
    assert all(len(set(texts)) == 10 for texts in languages.values())
    found = [
        sum(kind in each for each in kinds(scorer, [Text(text, lang=lang) for text in texts]))
        for lang, texts in languages.items()
    ]
    assert sum(found) >= LEAST_OF_UNSEEN[kind] * 10 * len(LANGUAGES)
    document = DOCUMENT.read_text(encoding="utf-8")
    [line] = [line for line in document.splitlines() if line.startswith(f"| {NAMES[kind]} |")]
    told = [int(cell) for cell in line.strip("|").split("|")[1:]]
    # Batches of other texts, and other processors, move a score near its limit.
    assert all(abs(a - b) <= 2 for a, b in zip(told, found, strict=True)), found


def test_happy_reviews_hardly_ever_call_anybody(scorer: Scorer) -> None:
    with gzip.open(DEMO) as lines:
        happy = [row for row in map(json.loads, lines) if row["label"] == "pos"]
    texts = [Text(row["text"], row["title"], row["lang"]) for row in happy]
    called = sum(bool(find_urgency(text)) for text in texts)
    assert len(texts) > 2_000
    assert called <= FOR_NOTHING_AT_MOST * len(texts)
    some = Random(1).sample([text for text in texts if not find_urgency(text)], 150)
    assert sum(map(bool, kinds(scorer, some))) <= FOR_NOTHING_AT_MOST * len(some)


def test_what_is_told_without_any_of_the_words_is_found_with_the_part_that_tells_it(scorer: Scorer) -> None:
    text = Text(
        "The ladder folded while I was on the top rung. I ended up with a cast on my leg. Never mind."
    )
    assert find_urgency(text) == []
    [[found]] = concerns.find(scorer, [text], scorer.read([text]))
    assert found.kind == "safety"
    assert found.words[0] and found.words[0] in joined(text)


def test_what_any_shop_hears_waits_its_turn(scorer: Scorer) -> None:
    ordinary = [
        "Terrible quality, it broke after two days and nobody answered my mails.",
        "It broke on the first day.",
        "The zip broke. Customer service was rude and useless.",
        "Waste of money, arrived late and the box was crushed.",
        "质量太差了，用了两天就坏了，客服还不理人。",
        "Pésimo servicio, el pedido nunca llegó y nadie responde.",
    ]
    assert kinds(scorer, [Text(text) for text in ordinary]) == [set()] * len(ordinary)


def test_every_model_that_ships_has_its_weights(scorer: Scorer) -> None:
    assert set(concerns.heads(DEFAULT_FOLDER, scorer.model)) == set(KINDS)
    assert concerns.heads(DEFAULT_FOLDER, "some other model") == {}


def test_a_model_has_its_own_weights_first_and_never_those_of_another(tmp_path: Path) -> None:
    shipped = read(DEFAULT_FOLDER).identity
    # A copy of the shipped model needs none beside it.
    assert set(concerns.heads(tmp_path / "copy", shipped)) == set(KINDS)
    own = {"safety": Head([1.0], 0.5)}
    for model in (shipped, f"{shipped}@12345678"):
        assert concerns.heads(tmp_path / "none", f"{shipped}@12345678") == {}
        concerns.heads_file(tmp_path, model).write_bytes(msgspec.json.encode(own))
        assert concerns.heads(tmp_path, model) == own
