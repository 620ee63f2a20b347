"""The ONNX network and its tokenizer: lines of text in, raw outputs out."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from sentiment.model_file import MODEL_FILE, TOKENIZER_FILE, ModelFile
from sentiment.pieces import Pieces

Floats = NDArray[np.float32]


class RawOutputs(NamedTuple):
    """Logits of the stars [n, 5] and of the aspects [n, 2 x aspects], in the order of the texts.

    `embeddings` [n, width] have length 1, so that their products are cosines; None for models without.
    """

    stars: Floats
    aspects: Floats
    embeddings: Floats | None


STAR_OUTPUTS = 5
EMBEDDING = "embedding"


class Network:
    """Runs one model; holds one session of `threads` threads."""

    def __init__(self, model: Path, tokenizer: Path, max_tokens: int, aspects: int, threads: int) -> None:
        self._session = onnxruntime.InferenceSession(
            str(model), session_options(threads), providers=["CPUExecutionProvider"]
        )
        self._pieces = Pieces(tokenizer, max_tokens)
        self._outputs = {"stars": STAR_OUTPUTS, "aspects": 2 * aspects}
        for output in self._session.get_outputs():
            if output.name == EMBEDDING:
                self._outputs[output.name] = int(output.shape[-1])

    def visible(self, line: str) -> str:
        """The start of a line that is not truncated."""
        return self._pieces.visible(line)

    def run(self, lines: Sequence[str]) -> RawOutputs:
        """What the network says of each line."""
        arrays = [np.zeros((len(lines), width), np.float32) for width in self._outputs.values()]
        for batch in self._pieces.batches(lines):
            feed = {"input_ids": batch.tokens, "attention_mask": batch.mask}
            for array, found in zip(arrays, self._session.run([*self._outputs], feed), strict=True):
                array[batch.rows] = found
        return RawOutputs(arrays[0], arrays[1], arrays[2] if len(arrays) > 2 else None)


def session_options(threads: int) -> onnxruntime.SessionOptions:
    """One batch at a time, on so many threads."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return options


def open_network(settings: ModelFile, folder: Path, threads: int) -> Network:
    """The network of a model folder whose settings were read."""
    return Network(
        folder / MODEL_FILE,
        folder / TOKENIZER_FILE,
        settings.max_tokens,
        len(settings.aspects),
        threads,
    )
