"""Other ways to read reviews: each says why it was not run, and they count as the evaluation does."""

import gzip
import json
from pathlib import Path

import pytest

from sentiment.rows import Label, Row, in_fitting_half
from tests.benchmarks import baselines
from tests.benchmarks.baselines import COUNTING, OURS, VADER, Way, leads, read_by, table, won
from tests.benchmarks.registry import NotRun, load

WORDS = {"bad": "neg", "good": "pos", "fine": "neu"}


def way(title: str, figures: baselines.BySet, module: str = "json", lead: float = 0.1) -> Way:
    return Way(title, module, lead, lambda _: figures)


def write_rows(folder: Path) -> None:
    folder.mkdir()
    with gzip.open(folder / "few.jsonl.gz", "wt", encoding="utf-8") as file:
        for number in range(60):
            text, label = list(WORDS.items())[number % 3]
            row = {"id": str(number), "lang": "en", "text": text, "label": label, "source": "few"}
            file.write(json.dumps(row | {"split": "dev"}) + "\n")


def test_without_rows_or_packages_it_is_not_run(tmp_path: Path) -> None:
    with pytest.raises(NotRun, match="DATA"):
        read_by(COUNTING, None)
    with pytest.raises(NotRun, match=r"no_such_module is not installed: pip install -e '\.\[train\]'"):
        read_by(way("none", {}, "no_such_module"), tmp_path)
    with pytest.raises(NotRun, match="dev row"):
        read_by(OURS, tmp_path)


def test_each_way_has_its_row_in_the_table_of_benchmarks() -> None:
    for name in ("counting", "vader", "textblob", "snownlp"):
        assert load()[f"sentiment.{name}"].bound.holds(1) and not load()[f"sentiment.{name}"].bound.holds(
            0.99
        )


def test_a_set_is_won_by_the_lead_that_is_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert leads(COUNTING, 0.9, 0.89) and not leads(COUNTING, 0.9, 0.9)
    assert leads(VADER, 0.9, 0.8) and not leads(VADER, 0.9, 0.801)
    monkeypatch.setattr(baselines, "OURS", way("ours", {"a en": 0.9, "b en": 0.85, "c zh": 0.9}))
    assert won(way("words", {"a en": 0.7, "b en": 0.8}), tmp_path) == (1, 2)


def test_the_table_of_a_folder_with_rows_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_rows(tmp_path / "rows")
    [(name, rows)] = baselines.clear_sets(tmp_path).items()
    assert name == "few en" and {row.label for row in rows} == {"neg", "pos"}
    assert not any(in_fitting_half(row) for row in rows)
    close, far = way("close", {name: 0.95}), way("far", {name: 0.5})
    missing, other = way("missing", {name: 0.1}, "no_such_module"), way("other", {"some zh": 0.1})
    monkeypatch.setattr(baselines, "WAYS", (close, far, missing, other))
    found = table(tmp_path)
    assert [str(column.header) for column in found.columns][2:] == [
        "regulars",
        "close",
        "far",
        "missing",
        "other",
    ]
    assert [next(iter(column.cells)) for column in found.columns] == [
        name, str(len(rows)), "100.0", "(95.0)", "50.0", "-", "-",
    ]  # fmt: skip


def test_macro_f1_of_moods() -> None:
    def row(label: Label, text: str) -> Row:
        return Row("r", "en", text, "s", "dev", label=label)

    rows = [row("neg", "bad"), row("neg", "good"), row("pos", "good"), row("pos", "good")]
    # Negative: precision 1, recall 1/2; positive: precision 2/3, recall 1.
    expected = (2 * 0.5 / 1.5 + 2 * (2 / 3) / (1 + 2 / 3)) / 2
    assert baselines.macro_f1(rows, lambda text: -1.0 if text == "bad" else 1.0) == pytest.approx(expected)
