"""Words that count are marked where they stand, in the text as it is shown."""

import pytest

from admin.inbox.marks import Phrase, in_review, runs
from core.design.staff_case_views import Run
from sentiment.text import clean, joined
from sentiment.types import Text


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
        ('<i class="broke">It broke</i>', "broke", "broke"),
    ],
)
def test_what_the_model_does_not_see_may_stand_between_the_words(raw: str, words: str, marked: str) -> None:
    assert words in clean(raw), "that is what the model read"
    found = runs(raw, [Phrase(words, "negative", "quality")])
    assert [run.text for run in found if run.mark] == [marked]
    assert "".join(run.text for run in found) == raw


@pytest.mark.parametrize(
    ("title", "text", "words", "marked"),
    [
        ("Slow. It<b> broke</b> ", " at\u200b once!", "It broke. at once", ("It<b> broke", "at\u200b once")),
        ("Bad!", "No. 2 broke", "Bad!. No. 2", ("Bad!", "No. 2")),
        ("a. b", "c. d", "a. b. c", ("a. b", "c")),
        ("bad, bad", "bad", "bad. bad", ("bad", "bad")),
        ("broke", "It broke", "broke", ("broke", "broke")),
        ("", "a. b", "a. b", (None, "a. b")),
        ("It broke", "at once", "at once. It broke", (None, None)),
        ("It broke", "at once", "It. once", (None, None)),
    ],
)  # fmt: skip
def test_what_runs_from_the_title_into_the_text_is_marked_in_both(
    title: str, text: str, words: str, marked: tuple[str | None, str | None]
) -> None:
    assert marked == (None, None) or words in joined(Text(title=title, text=text, lang="en"))
    found = in_review(title, text, [Phrase(words, "negative", "quality")])
    assert tuple(next((run.text for run in each if run.mark), None) for each in found) == marked
    assert ["".join(run.text for run in each) for each in found] == [title, text]


def test_it_is_the_titles_end_and_what_it_is_about_is_said_once() -> None:
    title, text = in_review("bad, bad", "bad, bad", [Phrase("bad. bad", "negative", "quality")])
    assert title == (Run("bad, "), Run("bad", "negative"))
    assert text == (Run("bad", "negative", (("quality", "negative"),)), Run(", bad"))


def test_a_whole_review_of_many_sentences_is_found_through_its_tags() -> None:
    raw = "It <b>\u200bbroke.</b>\n" * 150
    found = runs(raw, [Phrase(clean(raw), "negative")])
    assert found == (Run(raw.removesuffix("</b>\n"), "negative"), Run("</b>\n"))
