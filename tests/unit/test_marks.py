"""Words that count are marked where they stand, in the text as it is shown."""

import pytest

from admin.inbox.marks import Phrase, runs
from core.design.staff_case_views import Run
from sentiment.text import clean


@pytest.mark.parametrize(
    ("text", "phrases", "found"),
    [
        ("It broke.", [], [Run("It broke.")]),
        ("", [Phrase("broke", "negative")], []),
        ("It broke!", [Phrase("broke", "negative")], [Run("It "), Run("broke", "negative"), Run("!")]),
        ("It\n broke", [Phrase("It broke", "negative")], [Run("It\n broke", "negative")]),
        ("Ow! It broke", [Phrase("broke", "negative"), Phrase("Ow", "urgent")],
         [Run("Ow", "urgent"), Run("! It "), Run("broke", "negative")]),
        ("caught fire", [Phrase("fire", "urgent"), Phrase("caught fire", "negative")],
         [Run("caught ", "negative"), Run("fire", "urgent")]),
        ("It broke.", [Phrase("It broke.", "negative"), Phrase("It broke", "negative", "quality")],
         [Run("It broke", "negative", (("quality", "negative"),)), Run(".", "negative")]),
        ("slow, broken", [Phrase("slow, broken", "negative", "shipping"),
                          Phrase("broken", "positive", "quality"),
                          Phrase("slow, broken", "negative", "shipping")],
         [Run("slow, broken", "negative", (("shipping", "negative"), ("quality", "positive")))]),
        ("a b c", [Phrase("a b", "negative", "price"), Phrase("b c", "positive", "usability")],
         [Run("a b", "negative", (("price", "negative"),)),
          Run(" c", "positive", (("usability", "positive"),))]),
        ("ok & so-so", [Phrase("so-so", "neutral", "service")],
         [Run("ok & "), Run("so-so", "neutral", (("service", "neutral"),))]),
        ("Bad", [Phrase(" ", "negative", "price"), Phrase("", "urgent")], [Run("Bad")]),
        ("a (b", [Phrase("(b", "negative"), Phrase("gone", "negative")], [Run("a "), Run("(b", "negative")]),
    ],
)  # fmt: skip
def test_runs(text: str, phrases: list[Phrase], found: list[Run]) -> None:
    assert list(runs(text, phrases)) == found
    assert "".join(run.text for run in runs(text, phrases)) == text


@pytest.mark.parametrize(
    ("raw", "words", "marked"),
    [
        ("It <b>broke</b> at once", "It broke at once", "It <b>broke</b> at once"),
        (
            "So bad \u2764\ufe0f\u200d\U0001f525 never",
            "\u2764\U0001f525 never",
            "\u2764\ufe0f\u200d\U0001f525 never",
        ),
        ("המוצר \u202bנשבר\u202c מיד", "נשבר מיד", "נשבר\u202c מיד"),
        ("质量很\u200b差，坏了", "质量很差", "质量很\u200b差"),
        ("<script>alert(1)</script> broken", "alert(1) broken", "alert(1)</script> broken"),
        ("a\x00b", "a b", "a\x00b"),
    ],
)
def test_what_the_model_does_not_see_may_stand_between_the_words(raw: str, words: str, marked: str) -> None:
    assert words in clean(raw), "that is what the model read"
    found = runs(raw, [Phrase(words, "negative", "quality")])
    assert [run.text for run in found if run.mark] == [marked]
    assert "".join(run.text for run in found) == raw
