"""The ONNX network and its tokenizer: lines of text in, raw outputs out."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from sentiment.graph import with_output
from sentiment.model_file import MODEL_FILE, TOKENIZER_FILE, ModelFile

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
PAD_ID = 1
# Larger batches leave the processor's cache and are slower.
TOKENS_PER_BATCH = 1_024
ROWS_PER_BATCH = 64


class Network:
    """Runs one model; holds one session of `threads` threads.

    `states` names a tensor inside of it, [n, tokens, width], whose mean over the tokens is the embedding: for
    networks without an output of that name.
    """

    def __init__(
        self, model: Path, tokenizer: Path, max_tokens: int, aspects: int, threads: int, states: str = ""
    ) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        source = with_output(model.read_bytes(), states) if states else str(model)
        self._session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        longest = max(len(piece) for piece in self._tokenizer.get_vocab(with_added_tokens=False))
        # What lies behind can only be truncated, so it need not be tokenized.
        self._max_characters = max_tokens * longest
        self._outputs = {"stars": STAR_OUTPUTS, "aspects": 2 * aspects}
        for output in self._session.get_outputs():
            if output.name in (EMBEDDING, states):
                self._outputs[output.name] = int(output.shape[-1])

    def visible(self, line: str) -> str:
        """The start of a line that is not truncated."""
        offsets = self._tokenizer.encode(line[: self._max_characters]).offsets
        return line[: max(end for _, end in offsets)]

    def run(self, lines: Sequence[str]) -> RawOutputs:
        """What the network says of each line."""
        arrays = [np.zeros((len(lines), width), np.float32) for width in self._outputs.values()]
        ids = [e.ids for e in self._tokenizer.encode_batch([line[: self._max_characters] for line in lines])]
        for rows in batches([len(row) for row in ids]):
            tokens, mask = padded([ids[row] for row in rows])
            feed = {"input_ids": tokens, "attention_mask": mask}
            for array, found in zip(arrays, self._session.run([*self._outputs], feed), strict=True):
                array[rows] = mean_direction(found, mask) if found.ndim == 3 else found
        return RawOutputs(arrays[0], arrays[1], arrays[2] if len(arrays) > 2 else None)


def open_network(settings: ModelFile, folder: Path, threads: int) -> Network:
    """The network of a model folder whose settings were read."""
    return Network(
        folder / MODEL_FILE,
        folder / TOKENIZER_FILE,
        settings.max_tokens,
        len(settings.aspects),
        threads,
        settings.states,
    )


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indexes of similar length, shortest first, in batches whose padded size stays within the budget."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if batch and (len(batch) == ROWS_PER_BATCH or (len(batch) + 1) * lengths[index] > TOKENS_PER_BATCH):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def mean_direction(states: Floats, mask: NDArray[np.int64]) -> Floats:
    """[rows, tokens, width] to the mean over the tokens of the mask, as vectors of length 1."""
    sums = np.einsum("rtw,rt->rw", states, mask.astype(np.float32))
    return np.asarray(sums / np.linalg.norm(sums, axis=1, keepdims=True))


def padded(ids: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Token ids and attention mask, both [rows, longest row]."""
    shape = (len(ids), max(len(row) for row in ids))
    tokens, mask = np.full(shape, PAD_ID, np.int64), np.zeros(shape, np.int64)
    for number, row in enumerate(ids):
        tokens[number, : len(row)] = row
        mask[number, : len(row)] = 1
    return tokens, mask
