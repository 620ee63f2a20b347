"""The words that are called evidence are those that the reading rests on."""

import gzip
import json
import re
from collections.abc import Sequence
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
# Our own idea of a clause: what is tried here is not asked what a part is.
CLAUSE = re.compile(r"[^\s,.;:!?，。；：！？、…][^,.;:!?，。；：！？、…]*")
FEWEST_CLAUSES = 3


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


def test_chance_takes_other_clauses_as_long_as_the_evidence() -> None:
    line, rng = "Bought in May, the zip broke, nobody answers! It was a present.", Random(1)
    drawn = {tuple(cut_by_chance(line, ["the zip broke"], rng)) for _ in range(30)}
    assert len(drawn) > 1
    for spans in drawn:
        assert sum(end - start for start, end in spans) == len("the zip broke")
        assert "the zip broke" in without(line, spans)
    [(start, end)] = cut_by_chance("It broke on the first day", ["broke"], rng)
    assert end - start == len("broke")


def test_evidence_weighs_more_than_as_many_other_words(scorer: Scorer) -> None:
    """Over a thousand real reviews: cut out, it takes more from the probability of negative than chance."""
    rng = Random(1)
    found = [(text, explain(scorer, text)) for text in unhappy_texts()]
    cases = [(text, each) for text, each in found if each.sentiment == "negative" and each.words]
    assert len(found) == REVIEWS and len(cases) > REVIEWS * 0.6
    lost = np.array([each.probability - each.without for _, each in cases])
    by_chance = np.array([lost_by_chance(scorer, text, each, rng) for text, each in cases])
    # Without what is not the evidence a text may even read worse.
    assert lost.mean() > 2 * abs(by_chance.mean())
    assert (lost >= by_chance).mean() > 0.85


def unhappy_texts() -> list[Text]:
    """The demo's reviews that their authors did not call good."""
    with gzip.open(DEMO) as lines:
        rows = [json.loads(line) for line in lines]
    texts = [Text(row["text"][:CHARACTERS], lang=row["lang"]) for row in rows if row["label"] != "pos"]
    return Random(2).sample(texts, REVIEWS)


def lost_by_chance(scorer: Scorer, text: Text, found: Evidence, rng: Random) -> float:
    """What the same reading loses without as many other characters."""
    line = scorer.visible(joined(text))
    rest = without(line, cut_by_chance(line, found.words, rng))
    whole, left = scorer.measure([line, rest], text.lang or "en").ways[:, 0]
    return float(whole - left)


def cut_by_chance(line: str, words: Sequence[str], rng: Random) -> list[tuple[int, int]]:
    """Other clauses, together as long as the words if there are so many; of a line of few clauses any run."""
    left = sum(map(len, words))
    clauses = [match.span() for match in CLAUSE.finditer(line)]
    taken = [(line.index(each), line.index(each) + len(each)) for each in words]
    others = [span for span in clauses if not any(span[0] < end and start < span[1] for start, end in taken)]
    if len(clauses) < FEWEST_CLAUSES or not others:
        start = rng.randrange(max(1, len(line) - left))
        return [(start, start + left)]
    spans = []
    for start, end in rng.sample(others, len(others)):
        spans.append((start, min(end, start + left)))
        left -= spans[-1][1] - start
    return [span for span in spans if span[0] < span[1]]
