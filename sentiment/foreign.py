"""Models of others: any sequence-classification model in Hugging Face's format, without a network.

A folder with config.json and tokenizer.json (or the older files of one, which transformers reads), and
model.onnx (or onnx/model.onnx), which onnxruntime runs; without it the weights, which torch runs (the
`train` extra). Its labels become stars: five of them as they are, three or two as negative, neutral and
positive. Such a model knows no aspects and gives no embeddings. No code that a folder brings is run.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
import onnxruntime
from msgspec import Struct
from tokenizers import Tokenizer

from sentiment.model_file import (
    MODEL_FILE,
    TOKENIZER_FILE,
    ByLanguage,
    Calibration,
    ModelError,
    ModelFile,
    ModelInvalid,
    ModelMissing,
    read,
)
from sentiment.network import STAR_OUTPUTS, Floats, Network, RawOutputs, open_network, session_options
from sentiment.pieces import Batch, Pieces

CONFIG_FILE = "config.json"
ONNX_FILES = ("model.onnx", "onnx/model.onnx")
MOST_TOKENS = 512
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
# RoBERTa counts positions from here on.
_OFFSET_OF_POSITIONS = 2
_STAR = re.compile(r"(?:label[_ ]?)?([1-5])(?:[_ ]?stars?)?|star[_ ]?([1-5])")
_NEGATIVE, _NEUTRAL, _POSITIVE = (0.5, 0.5, 0, 0, 0), (0, 0, 1, 0, 0), (0, 0, 0, 0.5, 0.5)
_WORDS: Mapping[str, Sequence[float]] = {
    **dict.fromkeys(("negative", "neg", "bad"), _NEGATIVE),
    **dict.fromkeys(("neutral", "neu", "mixed"), _NEUTRAL),
    **dict.fromkeys(("positive", "pos", "good"), _POSITIVE),
}
_EXTREMES = {"very negative", "very positive"}
# Beside "very negative", "negative" is two stars and no more one.
_WORDS_BESIDE_EXTREMES: Mapping[str, Sequence[float]] = {
    "very negative": (1, 0, 0, 0, 0),
    **dict.fromkeys(("negative", "neg", "bad"), (0, 1, 0, 0, 0)),
    **dict.fromkeys(("neutral", "neu", "mixed"), _NEUTRAL),
    **dict.fromkeys(("positive", "pos", "good"), (0, 0, 0, 1, 0)),
    "very positive": (0, 0, 0, 0, 1),
}
_NAMELESS = {
    2: ("negative", "positive"),
    3: ("negative", "neutral", "positive"),
    5: ("1", "2", "3", "4", "5"),
}


class Config(Struct, frozen=True):
    """What is read of config.json. Older ones leave out labels that have no names."""

    id2label: dict[int, str] = {}
    max_position_embeddings: int = MOST_TOKENS
    pad_token_id: int | None = 0
    model_type: str = ""


Logits = Callable[[Batch], Floats]


class ForeignNetwork:
    """Runs a model of another kind; its answers are written as stars."""

    def __init__(self, folder: Path, config: Config, threads: int) -> None:
        self._pieces = Pieces(_tokenizer(folder), max_tokens(config), config.pad_token_id or 0)
        onnx = _onnx_file(folder)
        self._logits = _onnx(onnx, threads) if onnx else _torch(folder, threads)
        labels = [label for _, label in sorted(config.id2label.items())]
        self._stars = star_shares(labels or [f"LABEL_{n}" for n in range(self._width())])
        # A model whose outputs are not as many as its labels fails here, and not at the first review.
        self.run(["."])

    def visible(self, line: str) -> str:
        """The start of a line that is not truncated."""
        return self._pieces.visible(line)

    def _width(self) -> int:
        """How many outputs the network has: no file says it but its own."""
        [batch] = self._pieces.batches(["."])
        return int(self._logits(batch).shape[1])

    def run(self, lines: Sequence[str]) -> RawOutputs:
        """Logits of the stars whose softmax is what the model's own labels say."""
        stars = np.zeros((len(lines), STAR_OUTPUTS), np.float32)
        for batch in self._pieces.batches(lines):
            logits = self._logits(batch).astype(np.float64)
            powers = np.exp(logits - logits.max(axis=1, keepdims=True))
            shares = powers / powers.sum(axis=1, keepdims=True) @ self._stars
            stars[batch.rows] = np.log(np.maximum(shares, 1e-9))
        return RawOutputs(stars, np.zeros((len(lines), 0), np.float32), None)


def open_model(folder: Path, threads: int) -> tuple[ModelFile, Network | ForeignNetwork]:
    """A model of ours, verified, or one of another kind. Raises `ModelError`."""
    try:
        if (folder / CONFIG_FILE).is_file():
            return open_foreign(folder, threads)
        settings = read(folder)
        return settings, open_network(settings, folder, threads)
    except ModelError:
        raise
    except Exception as error:  # onnxruntime and tokenizers have no common class of errors
        raise ModelInvalid(f"{folder}: {error}") from error


def open_foreign(folder: Path, threads: int) -> tuple[ModelFile, ForeignNetwork]:
    """Raises `ModelMissing` and `ModelInvalid`; nothing of it is calibrated."""
    try:
        config = msgspec.json.decode((folder / CONFIG_FILE).read_bytes(), type=Config)
    except (OSError, msgspec.DecodeError) as error:
        raise ModelInvalid(f"{folder / CONFIG_FILE}: {error}") from error
    plain = Calibration(ByLanguage(1.0, {}), ByLanguage(0.5, {}), {})
    network = ForeignNetwork(folder, config, threads)
    checksums = {MODEL_FILE: checksum(folder)}
    name = folder.resolve().name
    return ModelFile(name, checksums, max_tokens(config), [1, 2, 3, 4, 5], [], plain), network


def checksum(folder: Path) -> str:
    """The sha256 of the network that is run, in hex: of its one file, or of all that hold its numbers."""
    digest = hashlib.sha256()
    for path in _network_files(folder):
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                digest.update(part)
    return digest.hexdigest()


def _onnx_file(folder: Path) -> Path | None:
    return next((folder / name for name in ONNX_FILES if (folder / name).is_file()), None)


def _network_files(folder: Path) -> list[Path]:
    """A large ONNX file has its numbers beside it (model.onnx_data); large weights are in several files."""
    if onnx := _onnx_file(folder):
        return sorted(onnx.parent.glob(f"{onnx.name}*"))
    return sorted(folder.glob("*.safetensors")) or sorted(folder.glob("*.bin"))


def max_tokens(config: Config) -> int:
    """How much of a text it reads."""
    offset = _OFFSET_OF_POSITIONS if "roberta" in config.model_type else 0
    return min(config.max_position_embeddings - offset, MOST_TOKENS)


def star_shares(labels: Sequence[str]) -> Floats:
    """[labels, 5]: how each label is dealt out over one to five stars. Raises `ModelInvalid`."""
    names = [label.strip().lower().replace("_", " ") for label in labels]
    if all(re.fullmatch(r"label \d+", name) for name in names) and len(names) in _NAMELESS:
        names = list(_NAMELESS[len(names)])
    words = _WORDS if _EXTREMES.isdisjoint(names) else _WORDS_BESIDE_EXTREMES
    shares = [_shares(name, words) for name in names]
    if not shares or any(share is None for share in shares):
        raise ModelInvalid(f"no stars and no negative, neutral, positive in the labels {list(labels)}")
    if not np.all(np.sum(np.array(shares), axis=0)[[0, 4]]):
        raise ModelInvalid(f"nothing negative or nothing positive in the labels {list(labels)}")
    return np.array(shares, np.float32)


def _shares(name: str, words: Mapping[str, Sequence[float]]) -> Sequence[float] | None:
    found = _STAR.fullmatch(name)
    return _of_star(int(found[1] or found[2])) if found else words.get(name)


def _of_star(star: int) -> Sequence[float]:
    return [float(star == each) for each in range(1, STAR_OUTPUTS + 1)]


def _tokenizer(folder: Path) -> Path | Tokenizer:
    """Its file, else one that is made of the files that older models have. Raises `ModelMissing`."""
    path = folder / TOKENIZER_FILE
    if path.is_file():
        return path
    try:
        from transformers import AutoTokenizer

        found = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # whatever the files are: it cannot be made of them
        raise ModelMissing(f"{path} is not there, and cannot be made of other files: {error}") from error
    if len(found) <= len(found.all_special_tokens):
        raise ModelMissing(f"{path} is not there, and neither are the words of another tokenizer")
    made: Tokenizer = found.backend_tokenizer
    return made


def _onnx(path: Path, threads: int) -> Logits:
    session = onnxruntime.InferenceSession(
        str(path), session_options(threads), providers=["CPUExecutionProvider"]
    )
    asked = [each.name for each in session.get_inputs()]
    if unknown := sorted(set(asked) - set(_INPUTS)):
        raise ModelInvalid(f"{path} asks for {', '.join(unknown)}")

    def logits(batch: Batch) -> Floats:
        known = dict(zip(_INPUTS, (batch.tokens, batch.mask, np.zeros_like(batch.tokens)), strict=True))
        found: Floats = session.run(None, {name: known[name] for name in asked})[0]
        return found

    return logits


def _torch(folder: Path, threads: int) -> Logits:
    try:
        import torch
        from transformers import AutoModelForSequenceClassification
    except ImportError as error:
        raise ModelInvalid(f"{folder} has no model.onnx; to run its weights: regulars[train]") from error
    torch.set_num_threads(threads)
    model = AutoModelForSequenceClassification.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    ).eval()

    def logits(batch: Batch) -> Floats:
        with torch.inference_mode():
            output = model(torch.from_numpy(batch.tokens), attention_mask=torch.from_numpy(batch.mask))
        found: Floats = output.logits.numpy()
        return found

    return logits
