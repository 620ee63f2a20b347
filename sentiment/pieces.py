"""Lines of text to batches of token ids: what a long line costs is bounded before it is tokenized."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

PAD_ID = 1
# Larger batches leave the processor's cache and are slower.
TOKENS_PER_BATCH = 1_024
ROWS_PER_BATCH = 64
# What a batch costs beside its tokens, in tokens: as measured.
TOKENS_OF_A_BATCH = 40

Ids = NDArray[np.int64]


class Batch(NamedTuple):
    """Token ids and attention mask, both [rows, tokens]; `rows` are the places of the lines."""

    rows: list[int]
    tokens: Ids
    mask: Ids


class Pieces:
    """The tokenizer of a model: its file, or one that was made of other files."""

    def __init__(self, tokenizer: Path | Tokenizer, max_tokens: int, pad_id: int = PAD_ID) -> None:
        if isinstance(tokenizer, Path):
            tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        self._pad_id = pad_id
        longest = max(len(piece) for piece in self._tokenizer.get_vocab(with_added_tokens=False))
        # What lies behind can only be truncated, so it need not be tokenized.
        self._max_characters = max_tokens * longest

    def visible(self, line: str) -> str:
        """The start of a line that is not truncated."""
        offsets = self._tokenizer.encode(line[: self._max_characters]).offsets
        return line[: max((end for _, end in offsets), default=0)]

    def batches(self, lines: Sequence[str]) -> Iterator[Batch]:
        """All lines, those of similar length together, the shortest first."""
        ids = [e.ids for e in self._tokenizer.encode_batch([line[: self._max_characters] for line in lines])]
        for rows in batches([len(row) for row in ids]):
            yield Batch(rows, *padded([ids[row] for row in rows], self._pad_id))


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indexes of similar length, shortest first, in the batches that cost least in all.

    A batch costs its padded size, which stays within the budget, and as much as TOKENS_OF_A_BATCH more.
    """
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    costs, starts = [0], [0]
    for end, index in enumerate(order, start=1):
        longest = max(1, lengths[index])
        most = max(1, min(ROWS_PER_BATCH, TOKENS_PER_BATCH // longest, end))
        cost, start = min((costs[end - rows] + rows * longest, end - rows) for rows in range(1, most + 1))
        costs.append(cost + TOKENS_OF_A_BATCH)
        starts.append(start)
    ends, end = [], len(order)
    while end:
        ends.append(end)
        end = starts[end]
    for end in reversed(ends):
        yield order[starts[end] : end]


def padded(ids: Sequence[Sequence[int]], pad_id: int = PAD_ID) -> tuple[Ids, Ids]:
    """Token ids and attention mask, both [rows, longest row]."""
    shape = (len(ids), max(len(row) for row in ids))
    tokens, mask = np.full(shape, pad_id, np.int64), np.zeros(shape, np.int64)
    for number, row in enumerate(ids):
        tokens[number, : len(row)] = row
        mask[number, : len(row)] = 1
    return tokens, mask
