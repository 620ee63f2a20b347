"""What a correction may say, and the labelled row that it becomes."""

from uuid import UUID

import msgspec
import pytest

from reviews.versions.rules import Correction, CorrectionUnfit, checked, row, sentiment_of, split_of
from sentiment.rows import Row


@pytest.mark.parametrize(
    "correction",
    [
        Correction("negative", 3),
        Correction("positive", 2),
        Correction("neutral", 4),
        Correction("negative", 0),
        Correction("angry"),  # type: ignore[arg-type]
        Correction("negative", None, {"weather": "negative"}),
        Correction("negative", None, {"price": "pos"}),  # type: ignore[dict-item]
    ],
)
def test_what_contradicts_itself_is_refused(correction: Correction) -> None:
    with pytest.raises(CorrectionUnfit):
        checked(correction)


def test_stars_say_the_sentiment() -> None:
    assert [sentiment_of(stars) for stars in range(1, 6)] == [
        "negative", "negative", "neutral", "positive", "positive",
    ]  # fmt: skip
    assert checked(Correction("negative", 1, {"price": "negative"})).stars == 1


@pytest.mark.parametrize(("aspects", "annotated"), [(None, None), ({}, 8), ({"price": "negative"}, 8)])
def test_a_row_is_what_evaluate_reads(aspects: dict[str, str] | None, annotated: int | None) -> None:
    stored = {
        "review_id": UUID(int=1), "version": 2, "lang": "de", "title": "", "body": "Zu teuer.",
        "stars": 2, "sentiment": "negative", "aspects": aspects,
    }  # fmt: skip
    found = msgspec.json.decode(msgspec.json.encode(row(stored)), type=Row)
    assert (found.label, found.stars, found.source) == ("neg", 2, "corrections")
    assert (None if found.annotated is None else len(found.annotated)) == annotated
    assert found.aspects == (None if aspects is None else dict.fromkeys(aspects, "neg"))


def test_a_fifth_of_the_reviews_measures_and_is_never_trained_on() -> None:
    reviews = [UUID(int=number) for number in range(2_000)]
    splits = [split_of(each) for each in reviews]
    assert 0.17 < splits.count("dev") / len(splits) < 0.23
    stored = {"lang": "en", "title": "", "body": "Bad.", "stars": 1, "sentiment": "negative", "aspects": None}
    for each, split in zip(reviews, splits, strict=True):
        wordings = [row(stored | {"review_id": each, "version": version})["split"] for version in (1, 2)]
        assert wordings == [split, split]
