"""The table of other ways says why it was not made, and counts as the evaluation does."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from sentiment.rows import Label, Row
from tests.benchmarks import baselines
from tests.benchmarks.registry import NotRun


def test_without_rows_or_packages_it_is_not_run(tmp_path: Path) -> None:
    with pytest.raises(NotRun, match="DATA"):
        baselines.table(None)
    if not all(find_spec(name) for name in baselines.NEEDED):
        with pytest.raises(NotRun, match="train extra"):
            baselines.table(tmp_path)


def test_macro_f1_of_moods() -> None:
    def row(label: Label, text: str) -> Row:
        return Row("r", "en", text, "s", "dev", label=label)

    rows = [row("neg", "bad"), row("neg", "good"), row("pos", "good"), row("pos", "good")]
    # Negative: precision 1, recall 1/2; positive: precision 2/3, recall 1.
    expected = (2 * 0.5 / 1.5 + 2 * (2 / 3) / (1 + 2 / 3)) / 2
    assert baselines.macro_f1(rows, lambda text: -1.0 if text == "bad" else 1.0) == pytest.approx(expected)
