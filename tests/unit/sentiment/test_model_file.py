import shutil
from pathlib import Path

import msgspec
import pytest

from sentiment.model_file import (
    DEFAULT_FOLDER,
    MODEL_FILE,
    SETTINGS_FILE,
    TOKENIZER_FILE,
    ModelChanged,
    ModelError,
    ModelInvalid,
    ModelMissing,
    read,
    write_calibration,
)
from sentiment.scorer import Scorer
from sentiment.types import ASPECTS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (MODEL_FILE, TOKENIZER_FILE, SETTINGS_FILE):
        shutil.copy(DEFAULT_FOLDER / name, tmp_path)
    return tmp_path


def test_the_shipped_model_is_complete() -> None:
    settings = read(DEFAULT_FOLDER)
    assert settings.identity == settings.name == DEFAULT_FOLDER.name
    assert tuple(settings.aspects) == ASPECTS
    assert (DEFAULT_FOLDER / MODEL_FILE).stat().st_size <= 45_000_000
    assert (DEFAULT_FOLDER / "CARD.md").is_file()


def test_another_network_of_the_same_name_is_another_model() -> None:
    settings = read(DEFAULT_FOLDER)
    others = [
        msgspec.structs.replace(settings, sha256=settings.sha256 | {MODEL_FILE: digit * 64}) for digit in "ab"
    ]
    assert [other.identity for other in others] == ["regulars-3@aaaaaaaa", "regulars-3@bbbbbbbb"]
    # Only under its own name does the shipped network stand alone.
    assert msgspec.structs.replace(settings, name="mine").identity == "mine@520da190"


@pytest.mark.parametrize("name", [MODEL_FILE, TOKENIZER_FILE])
def test_a_changed_file_is_refused(folder: Path, name: str) -> None:
    with (folder / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(ModelChanged, match="sha256") as error:
        Scorer.load(folder)
    assert error.value.code == "model_changed"


@pytest.mark.parametrize("name", [MODEL_FILE, TOKENIZER_FILE, SETTINGS_FILE])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelMissing, match=name) as error:
        Scorer.load(folder)
    assert error.value.code == "model_missing"


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"\xff", b'{"name": 1}'])
def test_invalid_settings_are_refused(folder: Path, content: bytes) -> None:
    (folder / SETTINGS_FILE).write_bytes(content)
    with pytest.raises(ModelInvalid) as error:
        Scorer.load(folder)
    assert error.value.code == "model_invalid"


def test_an_aspect_without_thresholds_is_refused(folder: Path) -> None:
    settings = read(folder)
    changed = msgspec.structs.replace(settings, aspects=[*settings.aspects, "website"])
    (folder / SETTINGS_FILE).write_bytes(msgspec.json.encode(changed))
    with pytest.raises(ModelError, match="aspect"):
        Scorer.load(folder)


def test_a_written_calibration_is_read_back(folder: Path) -> None:
    before = read(folder)
    thresholds = msgspec.structs.replace(before.calibration.negative_threshold, fallback=0.42)
    calibration = msgspec.structs.replace(before.calibration, negative_threshold=thresholds)
    write_calibration(folder, calibration)
    assert read(folder) == msgspec.structs.replace(before, calibration=calibration)
    assert Scorer.load(folder, threads=1).negative_threshold("it") == 0.42
