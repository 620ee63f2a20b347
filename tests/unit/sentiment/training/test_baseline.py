"""Counting words, where the words tell everything. Needs scikit-learn."""

import gzip
import json
from pathlib import Path

import msgspec
import pytest

pytest.importorskip("sklearn", reason="the baseline needs scikit-learn: pip install 'regulars[train]'")

from sentiment.training.baseline import evaluate_baseline
from tests.unit.sentiment.training.tiny import tiny


def write_rows(folder: Path) -> None:
    """English with stars, Chinese with labels; every word of praise and complaint occurs in training."""
    words = {
        "en": ["broken", "poor", "medium", "fine", "superb"],
        "zh": ["坏了", "太差", "一般", "不错", "极好"],
    }
    with gzip.open(folder / "few.jsonl.gz", "wt", encoding="utf-8") as file:
        for lang, by_star in words.items():
            for number in range(200):
                stars = number % 5 + 1
                known = {"id": f"{lang}{number}", "lang": lang, "text": f"{by_star[stars - 1]} {number}"}
                label = "neg" if stars < 3 else "pos" if stars > 3 else "neu"
                known |= {"source": "few", "split": "dev" if number % 3 == 0 else "train", "label": label}
                file.write(json.dumps(known | ({"stars": stars} if lang == "en" else {})) + "\n")


def test_words_that_tell_everything_are_learnt(tmp_path: Path) -> None:
    write_rows(tmp_path)
    figures = evaluate_baseline(tmp_path, msgspec.structs.replace(tiny(), rows={"few": 266}))
    assert set(figures.languages) == {"en", "zh"}
    assert figures.languages["zh"].accuracy.value == 1.0
    stars = figures.languages["en"].stars
    assert stars is not None and stars.exact.value > 0.95
    assert figures.languages["zh"].stars is None
