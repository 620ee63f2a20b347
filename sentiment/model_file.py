"""model.json: what a model folder holds beside the network, and the check that nothing was changed."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from sentiment.probability import WAYS, Doubles, star_probabilities

DEFAULT_FOLDER = Path(__file__).parent / "models" / "regulars-3"
MODEL_FILE = "model_int8.onnx"
TOKENIZER_FILE = "tokenizer.json"
SETTINGS_FILE = "model.json"

# Networks whose name stands for them alone, as in the scores that are stored already.
_SHIPPED = {
    "regulars-2": "2676305d90f960e9b2b909cce9f90a805d6ceaceb37612505418b8497eecb6e2",
    "regulars-3": "520da190b70a0ddfd5d3e5f8c6187bfce149dae3066e1d5b7a83a2040d549840",
}
_DIGITS_OF_NETWORK = 8

WayBias = tuple[float, float, float]


class ModelError(Exception):
    """A model folder cannot be used; `code` is stable."""

    code = "model_error"


class ModelMissing(ModelError):
    """A file is not there or cannot be read."""

    code = "model_missing"


class ModelInvalid(ModelError):
    """The files do not fit together or cannot be loaded."""

    code = "model_invalid"


class ModelChanged(ModelError):
    """A file is not the one that was published."""

    code = "model_changed"


class AspectThreshold(Struct, frozen=True, forbid_unknown_fields=True):
    """`mentioned`: the aspect is reported from this probability on. `positive`: the polarity output that is
    as likely to be negative as positive.
    """

    mentioned: float
    positive: float


class ByLanguage(Struct, frozen=True, forbid_unknown_fields=True):
    """One number for each language that was measured, and one for all others."""

    fallback: float
    languages: dict[str, float]

    def of(self, language: str) -> float:
        """The number of a language."""
        return self.languages.get(language, self.fallback)


class Calibration(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that was fitted on labelled rows; see the model's card.

    `way_bias`, for some languages, is added to the scaled logits of the negative, neutral, positive stars.
    """

    temperature: ByLanguage
    negative_threshold: ByLanguage
    aspect_thresholds: dict[str, AspectThreshold]
    way_bias: dict[str, WayBias] = {}

    def stars(self, logits: NDArray[np.floating], languages: Sequence[str]) -> Doubles:
        """Star probabilities [n, 5] of logits [n, 5], each in its language."""
        degrees = np.array([self.temperature.of(language) for language in languages], float)
        none: WayBias = (0.0, 0.0, 0.0)
        bias = np.array([self.way_bias.get(language, none) for language in languages], float)
        return star_probabilities(logits / degrees.reshape(-1, 1) + bias.reshape(-1, 3) @ WAYS, 1.0)


class ModelFile(Struct, frozen=True, forbid_unknown_fields=True):
    """`stars` and `aspects` are the order of the network's outputs; `sha256` is by file name."""

    name: str
    sha256: dict[str, str]
    max_tokens: int
    stars: list[int]
    aspects: list[str]
    calibration: Calibration

    @property
    def identity(self) -> str:
        """The name of a shipped network; of every other one the name and what tells it from its namesakes."""
        network = self.sha256[MODEL_FILE]
        if network == _SHIPPED.get(self.name):
            return self.name
        return f"{self.name}@{network[:_DIGITS_OF_NETWORK]}"


def read(folder: Path) -> ModelFile:
    """The settings of a model whose files are as they were published; raises `ModelError`."""
    try:
        settings = msgspec.json.decode((folder / SETTINGS_FILE).read_bytes(), type=ModelFile)
    except OSError as error:
        raise ModelMissing(f"{folder / SETTINGS_FILE} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ModelInvalid(f"{folder / SETTINGS_FILE}: {error}") from error
    _check_outputs(settings)
    for name in (MODEL_FILE, TOKENIZER_FILE):
        _check_file(folder / name, settings.sha256.get(name))
    return settings


def write_calibration(folder: Path, calibration: Calibration) -> None:
    """Replaces the calibration in the folder's model.json."""
    settings = msgspec.structs.replace(read(folder), calibration=calibration)
    text = msgspec.json.format(msgspec.json.encode(settings), indent=2)
    (folder / SETTINGS_FILE).write_bytes(text + b"\n")


def _check_outputs(settings: ModelFile) -> None:
    if settings.stars != [1, 2, 3, 4, 5]:
        raise ModelInvalid("stars must be 1 to 5 in this order")
    if set(settings.aspects) != set(settings.calibration.aspect_thresholds):
        raise ModelInvalid("every aspect needs thresholds, and no other aspect has any")


def _check_file(path: Path, expected: str | None) -> None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelMissing(f"{path} cannot be read: {error.strerror}") from error
    if found != expected:
        raise ModelChanged(f"{path} has sha256 {found}, expected {expected}")
