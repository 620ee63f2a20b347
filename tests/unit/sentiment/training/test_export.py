"""A run becomes a model folder that the scorer loads. Needs torch."""

import os
from pathlib import Path

import msgspec
import numpy as np
import pytest

REASON = "training needs torch: pip install 'regulars[train]'"
torch = pytest.importorskip("torch", reason=REASON)
pytest.importorskip("onnx", reason=REASON)

from sentiment.model_file import MODEL_FILE, read  # noqa: E402
from sentiment.network import Network, RawOutputs  # noqa: E402
from sentiment.rows import Label, Row, Sample  # noqa: E402
from sentiment.scorer import Scorer, Text  # noqa: E402
from sentiment.training.encoder import read_base  # noqa: E402
from sentiment.training.export import (  # noqa: E402
    Exported,
    ExportFailed,
    compare,
    export,
    fitted,
    newest_checkpoint,
    write_network,
)
from sentiment.training.run import Run  # noqa: E402
from sentiment.types import ASPECTS  # noqa: E402
from tests.unit.sentiment.training.tiny import tiny  # noqa: E402

LINES = ["Broke on the first day.", "Lovely, and it came quickly", "It is all right I suppose. " * 9]


@pytest.fixture(scope="module")
def exported(data: Path, base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Exported]:
    folder = tmp_path_factory.mktemp("exported")
    Run(data, base, folder / "run", tiny(steps=6)).train(lambda *_: None, lambda: False)
    return folder / "model", export(folder / "run", base, data, folder / "model", tiny())


def test_the_exported_network_says_what_the_trained_one_says(base: Path, tmp_path: Path) -> None:
    network = read_base(base, 2, len(ASPECTS), seed=1)
    write_network(network, tmp_path / MODEL_FILE)
    session = Network(tmp_path / MODEL_FILE, base / "tokenizer.json", 128, len(ASPECTS), 1)
    found = session.run(LINES)
    tokenizer = session._pieces._tokenizer
    for row, line in enumerate(LINES):
        ids = torch.tensor([tokenizer.encode(line).ids])
        with torch.no_grad():
            wanted = RawOutputs(*(output[0].numpy() for output in network(ids, torch.ones_like(ids))))
        for one, other in zip(found, wanted, strict=True):
            assert one is not None and other is not None
            np.testing.assert_allclose(one[row], other, atol=1e-4)


def test_the_scorer_reads_stars_aspects_and_embeddings_in_one_pass(exported: tuple[Path, Exported]) -> None:
    scorer = Scorer.load(exported[0], threads=1)
    reading = scorer.read([Text(LINES[0]), Text(""), Text(LINES[1], "Five stars")])
    network = read(exported[0]).sha256[MODEL_FILE]
    assert [score.model for score in reading.scores] == [f"regulars-2@{network[:8]}"] * 3
    assert reading.scores == scorer.score([Text(LINES[0]), Text(""), Text(LINES[1], "Five stars")])
    first, empty, last = reading.embeddings
    assert empty is None and first is not None and last is not None
    assert first.shape == last.shape == (32,)
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-3)


def test_what_is_exported_is_calibrated_and_measured(exported: tuple[Path, Exported]) -> None:
    folder, report = exported
    settings = read(folder)
    assert settings.aspects == list(ASPECTS) and settings.calibration.temperature.fallback != 1.0
    assert report.steps == 6 and report.bytes == (folder / MODEL_FILE).stat().st_size
    assert set(report.figures.languages) == {"en"}
    assert report.parity.accuracy is not None and report.parity.accuracy.lang == "en"
    assert abs(report.parity.accuracy.points) < 50 and 0 <= report.parity.stars_moved <= 100


def sample_of(languages: dict[str, float], scale: float) -> Sample:
    """Two hundred rows a language, of which so large a share reads as it is labelled."""
    rows, stars = [], []
    for lang, right in languages.items():
        for number in range(200):
            label: Label = "neg" if number % 4 < 2 else "pos"
            star = 1 if label == "neg" else 5
            rows.append(Row(f"{lang}{number}", lang, "x", "s", "dev", stars=star, label=label))
            read_as_labelled = number % 100 < 100 * right
            low = (label == "neg") == read_as_labelled
            stars.append([scale * (2.0 - place if low else place - 2.0) for place in range(5)])
    return Sample(rows, np.array(stars, np.float32), np.zeros((len(rows), 2 * len(ASPECTS)), np.float32))


def test_the_language_that_loses_most_is_told_and_each_network_has_its_own_calibration() -> None:
    before = fitted(sample_of({"en": 0.8, "de": 0.9, "fr": 0.7}, 1.0), list(ASPECTS))
    after = fitted(sample_of({"en": 0.9, "de": 0.8, "fr": 0.7}, 1.0), list(ASPECTS))
    lost = compare(before, after, list(ASPECTS))
    # What English gains does not make up for it.
    assert lost.accuracy is not None and lost.accuracy.lang == "de" and lost.accuracy.points > 5
    assert lost.exact is not None and lost.exact.lang == "de" and lost.aspects is None
    # Outputs that are only larger say the same once they are scaled.
    larger = fitted(sample_of({"en": 0.8, "de": 0.9, "fr": 0.7}, 2.0), list(ASPECTS))
    assert larger.calibration.temperature != before.calibration.temperature
    same = compare(before, larger, list(ASPECTS))
    assert same.accuracy is not None and same.accuracy.points == 0 and same.stars_moved == 0


def test_a_run_without_a_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportFailed, match="no checkpoint"):
        newest_checkpoint(tmp_path)


def test_the_checkpoint_written_last_is_exported(tmp_path: Path) -> None:
    for time_s, name in enumerate(("checkpoint.pt", "cooling.pt", "checkpoint.pt"), 1):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time_s, time_s))
        assert newest_checkpoint(tmp_path).name == name


def test_a_model_that_is_too_large_is_refused(
    data: Path, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Run(data, base, tmp_path / "run", tiny(steps=5, cool_down_steps=1)).train(lambda *_: None, lambda: False)
    monkeypatch.setattr("sentiment.training.export.LARGEST_BYTES", 1_000)
    with pytest.raises(ExportFailed, match="bytes"):
        export(tmp_path / "run", base, data, tmp_path / "model", msgspec.structs.replace(tiny()))
