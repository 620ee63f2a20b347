"""Words that count are marked where they stand, in the text as it is shown."""

import pytest

from admin.inbox.marks import Phrase, runs
from core.design.staff_case_views import Run


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
         [Run("caught "), Run("fire", "urgent")]),
        ("a (b", [Phrase("(b", "negative"), Phrase("gone", "negative")], [Run("a "), Run("(b", "negative")]),
    ],
)  # fmt: skip
def test_runs(text: str, phrases: list[Phrase], found: list[Run]) -> None:
    assert list(runs(text, phrases)) == found
    assert "".join(run.text for run in runs(text, phrases)) == text
