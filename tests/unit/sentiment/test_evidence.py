"""The words that are called evidence are those that the reading rests on."""

import gzip
import json
from pathlib import Path
from random import Random

import numpy as np
import pytest

from sentiment.evidence import Evidence, explain, parts, phrases, strongest, without
from sentiment.scorer import Scorer
from sentiment.text import joined
from sentiment.types import Text

DEMO = Path(__file__).parents[3] / "admin" / "demo" / "data" / "reviews.jsonl.gz"
REVIEWS = 1_000
# Of each a sentence: the whole texts would take minutes.
CHARACTERS = 50


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Nice box. The lid broke, nobody answers!", ["Nice box. ", "The lid broke, ", "nobody answers!"]),
        ("Came at 11:30, cost 4.50. Broke. Sad.", ["Came at 11:30, ", "cost 4.50. ", "Broke. ", "Sad."]),
        ("质量很差，用了两天就坏了。客服不理人", ["质量很差，", "用了两天就坏了。", "客服不理人"]),
        ("味道好好 但係等好耐 唔會再嚟", ["味道好好 ", "但係等好耐 ", "唔會再嚟"]),
        ("It does not work", ["It ", "does ", "not ", "work"]),
        ("太难吃了", ["太", "难", "吃", "了"]),
        ("Great", ["Great"]),
        ("", []),
    ],
)
def test_parts(line: str, found: list[str]) -> None:
    assert [line[start:end] for start, end in parts(line)] == found


def test_a_long_text_has_few_parts_and_they_are_all_of_it() -> None:
    for line in ("It broke, sadly. " * 60, "word " * 500, "好" * 900):
        spans = parts(line)
        assert 2 <= len(spans) <= 8
        assert "".join(line[start:end] for start, end in spans) == line


def test_cutting_and_joining() -> None:
    line = "One, two, three, four."
    spans = parts(line)
    assert without(line, [spans[2], spans[0]]) == "two, four."
    assert phrases(line, spans, [0, 2, 3]) == ("One", "three, four.")


def test_only_what_stands_out_is_evidence() -> None:
    assert strongest(np.array([0.1, 2.0, 0.0, 1.0, 0.5])) == [1, 3]
    assert strongest(np.array([0.9, 1.0, 0.95, 1.1])) == [1, 2, 3]
    assert strongest(np.array([0.1, -2.0])) == []


def test_the_angry_clause_is_found_and_the_aspects_are_told_apart(scorer: Scorer) -> None:
    start, end = "I ordered it in May. The courier was friendly.", "It is a birthday present."
    text = f"{start} The zip broke on the first day. {end}"
    found = explain(scorer, Text(text))
    assert found.sentiment == "negative"
    assert found.words == ("The zip broke on the first day.",)
    assert found.without < found.probability / 2
    both = explain(scorer, Text("Lovely colour. Bought in May. Customer service was rude and useless."))
    assert both.aspects["service"] == "Customer service was rude and useless."


def test_a_happy_text_is_explained_by_what_is_happy(scorer: Scorer) -> None:
    found = explain(
        scorer, Text("Bought in May. I absolutely love it, the colour is perfect. It is a present.")
    )
    assert found.sentiment == "positive"
    assert "I absolutely love it" in " ".join(found.words)


@pytest.mark.parametrize("text", ["", "Bad", "😡", "x" * 50_000, "坏" * 5_000, "\ud83d", "!!! ... ???"])
def test_every_text_can_be_explained(text: str, scorer: Scorer) -> None:
    found = explain(scorer, Text(text))
    assert len(found.words) <= 3
    assert all(words in joined(Text(text)) for words in found.words)


def test_evidence_weighs_more_than_as_many_other_words(scorer: Scorer) -> None:
    """Over a thousand real reviews: cut out, it takes more from the probability of negative than chance."""
    rng = Random(1)
    found = [(text, explain(scorer, text)) for text in unhappy_texts()]
    cases = [(text, each) for text, each in found if each.sentiment == "negative" and each.words]
    assert len(found) == REVIEWS and len(cases) > REVIEWS * 0.6
    lost = np.array([each.probability - each.without for _, each in cases])
    by_chance = np.array([lost_by_chance(scorer, text, each, rng) for text, each in cases])
    assert lost.mean() > 2 * by_chance.mean() > 0
    assert (lost >= by_chance).mean() > 0.85


def unhappy_texts() -> list[Text]:
    """The demo's reviews that their authors did not call good."""
    with gzip.open(DEMO) as lines:
        rows = [json.loads(line) for line in lines]
    texts = [Text(row["text"][:CHARACTERS], lang=row["lang"]) for row in rows if row["label"] != "pos"]
    return Random(2).sample(texts, REVIEWS)


def lost_by_chance(scorer: Scorer, text: Text, found: Evidence, rng: Random) -> float:
    """What the same reading loses without as many characters that stand together anywhere."""
    line = scorer.visible(joined(text))
    length = sum(map(len, found.words))
    start = rng.randrange(max(1, len(line) - length))
    lang = text.lang or "en"
    whole, left = scorer.measure([line, without(line, [(start, start + length)])], lang).ways[:, 0]
    return float(whole - left)
