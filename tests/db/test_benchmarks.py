"""The benchmarks' frame, on tiny sizes: it runs, it measures both sides, its databases are sound."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.benchmarks import report
from tests.benchmarks.__main__ import outcome
from tests.benchmarks.registry import Benchmark, Figures, NotRun, at_least, at_most, load
from tests.benchmarks.report import Outcome
from tests.benchmarks.rig import Rig

ROOT = Path(__file__).parents[2]
CHEAP = ("ledger.post",)


def _unavailable(_: Rig) -> Figures:
    raise NotRun("no such program here")


def _broken(_: Rig) -> Figures:
    raise RuntimeError("half-way")


def _bench(run: object, name: str = "some.name") -> Benchmark:
    return Benchmark(name, "what", "against", "1/s", at_least(0.5), run)  # type: ignore[arg-type]


def test_bounds() -> None:
    assert at_most(4).holds(3.9) and not at_most(4).holds(4.1)
    assert at_least(0.5).holds(0.6) and not at_least(0.5).holds(0.4)
    assert str(load()["http.earn"].bound) == "≥ 0.3"


def test_what_cannot_be_run_is_told_with_the_reason(tmp_path: Path) -> None:
    nowhere: Rig = object()  # type: ignore[assignment]
    missing, broken = outcome(_bench(_unavailable), nowhere), outcome(_bench(_broken), nowhere)
    assert missing.verdict == "not run: no such program here"
    assert broken.verdict == "not run: failed: RuntimeError"
    reached = Outcome(_bench(None), Figures(5, 10))
    missed = Outcome(_bench(None), Figures(4, 10))
    assert (reached.verdict, missed.verdict) == ("reached", "missed")
    report.write_json([missing, reached], tmp_path / "bench.json")
    (row,) = msgspec.json.decode((tmp_path / "bench.json").read_bytes())
    assert row == {"name": "some.name", "value": 5, "baseline": 10, "unit": "1/s", "ratio": 0.5}
    document = tmp_path / "performance.md"
    document.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", "utf-8")
    report.write_document([reached, missing], "Here and now.", document)
    text = document.read_text("utf-8")
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "old" not in text
    assert "| some.name |" in text and "not run: no such program here" in text


def test_cheap_benchmarks_from_the_filled_database_to_the_file(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "tests.benchmarks", "--scale=0.0005", f"--only={','.join(CHEAP)}"]
    done = subprocess.run(
        [*argv, f"--output={tmp_path / 'bench.json'}"], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = msgspec.json.decode((tmp_path / "bench.json").read_bytes())
    assert [row["name"] for row in rows] == list(CHEAP), done.stderr
    for row in rows:
        assert row["value"] > 0 and row["ratio"] == pytest.approx(row["value"] / row["baseline"], rel=0.01)
