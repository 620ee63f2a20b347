"""The benchmarks' frame, on tiny sizes: it runs, it measures both sides, its databases are sound."""

from pathlib import Path

import msgspec
import pytest

from tests.benchmarks import report
from tests.benchmarks.__main__ import outcome
from tests.benchmarks.registry import Benchmark, Figures, NotRun, at_least, at_most, load
from tests.benchmarks.rig import Rig, rig


def _unavailable(_: Rig) -> Figures:
    raise NotRun("no such program here")


def test_every_name_has_its_bound() -> None:
    bounds = {name: str(each.bound) for name, each in load().items()}
    assert bounds["ledger.post"] == "≥ 0.45"
    assert at_most(4).holds(3.9) and not at_most(4).holds(4.1)
    assert at_least(0.5).holds(0.6) and not at_least(0.5).holds(0.4)


def test_a_cheap_benchmark_from_the_filled_database_to_bench_json(tmp_path: Path) -> None:
    missing = Benchmark("none", "what", "against", "1/s", at_least(1), _unavailable)
    with rig(scale=0.0005) as made:
        outcomes = [outcome(load()["ledger.post"], made), outcome(missing, made)]
    assert outcomes[0].figures and min(outcomes[0].figures) > 0
    assert outcomes[1].verdict == "not run: no such program here"
    report.write_json(outcomes, tmp_path / "bench.json")
    (row,) = msgspec.json.decode((tmp_path / "bench.json").read_bytes())
    assert set(row) == {"name", "value", "baseline", "unit", "ratio"}
    assert row["ratio"] == pytest.approx(row["value"] / row["baseline"], rel=0.01)
    document = tmp_path / "performance.md"
    document.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", "utf-8")
    report.write_document(outcomes, "Here and now.", document)
    text = document.read_text("utf-8")
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "old" not in text
    assert "| ledger.post |" in text and "not run: no such program here" in text
