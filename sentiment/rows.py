"""Labelled rows to calibrate and evaluate with, and what the network says about them.

A folder of rows holds *.jsonl.gz files, itself or in a folder "rows", one object a line: id, lang, title,
text, stars (1-5 or null), label (neg, neu, pos or null), aspects ({name: neg | neu | pos} or null), annotated
(what was looked for, or null), source, split (train or dev), and for translated texts a `pair` that
the translations share.
"""

import gzip
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec
import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from sentiment.foreign import open_model
from sentiment.model_file import ModelFile
from sentiment.network import Floats
from sentiment.text import joined
from sentiment.training import TrainingError
from sentiment.types import Text

Bools = NDArray[np.bool_]

# Changing it changes which half every published figure was measured on.
SPLIT_SEED = "regulars-1"
Label = Literal["neg", "neu", "pos"]
LABELS: tuple[Label, ...] = get_args(Label)


class RowsInvalid(TrainingError):
    """A folder of rows cannot be used; the message names the file and the line."""

    code = "rows_invalid"


class Row(Struct, frozen=True):
    """One labelled text; the fields are described above."""

    id: str
    lang: str
    text: str
    source: str
    split: str
    title: str = ""
    stars: Annotated[int, Meta(ge=1, le=5)] | None = None
    label: Label | None = None
    aspects: dict[str, Label] | None = None
    annotated: list[str] | None = None
    pair: str | None = None


@dataclass(frozen=True)
class Sample:
    """Rows with the network's raw outputs: stars [n, 5], aspects [n, 2 x aspects], embeddings [n, width]."""

    rows: list[Row]
    stars: Floats
    aspects: Floats
    embeddings: Floats | None = None

    def where(self, chosen: Bools) -> "Sample":
        """The rows for which `chosen` [n] holds."""
        rows = [row for row, keep in zip(self.rows, chosen, strict=True) if keep]
        embeddings = None if self.embeddings is None else self.embeddings[chosen]
        return Sample(rows, self.stars[chosen], self.aspects[chosen], embeddings)

    def of_language(self, language: str) -> "Sample":
        """The rows in one language."""
        return self.where(np.array([row.lang == language for row in self.rows], bool))


def rows_folder(data: Path) -> Path:
    """Where the files are: in the folder itself, or in "rows" inside it."""
    inner = data / "rows"
    return inner if inner.is_dir() and not any(data.glob("*.jsonl.gz")) else data


def read_rows(data: Path, split: str) -> Iterator[Row]:
    """The rows of one split, file by file in the order of their names; raises `RowsInvalid`."""
    for path in sorted(rows_folder(data).glob("*.jsonl.gz")):
        yield from read_file(path, split)


def dev_rows(data: Path) -> list[Row]:
    """The rows that nothing is trained on, of all files; raises `RowsInvalid` when there are none."""
    if not (rows := list(read_rows(data, "dev"))):
        raise RowsInvalid(f"{data} holds no *.jsonl.gz with a dev row")
    return rows


def read_file(path: Path, split: str) -> Iterator[Row]:
    """The rows of one split in one file; raises `RowsInvalid`."""
    decoder = msgspec.json.Decoder(Row)
    with gzip.open(path) as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise RowsInvalid(f"{path}, line {number}: {error}") from error
            if row.split == split:
                yield row


def run_network(rows: Sequence[Row], model: Path, threads: int = 2) -> tuple[ModelFile, Sample]:
    """The model's settings and its outputs for the rows: minutes for ten thousand."""
    settings, network = open_model(model, threads)
    outputs = network.run([joined(Text(row.text, row.title)) for row in rows])
    return settings, Sample(list(rows), *outputs)


def halves(sample: Sample) -> tuple[Sample, Sample]:
    """A half to fit on and one to measure on; always the same, and translations of a text stay together."""
    fit = np.array([in_fitting_half(row) for row in sample.rows], bool)
    return sample.where(fit), sample.where(~fit)


def in_fitting_half(row: Row) -> bool:
    """Whether a dev row may be fitted on; the others only measure."""
    key = f"{SPLIT_SEED}:{row.source}:{row.pair or row.id}"
    return hashlib.sha256(key.encode()).digest()[0] % 2 == 0


def allowed_stars(rows: Sequence[Row]) -> Bools:
    """[n, 5]: the stars that agree with what is known of each row; all five when nothing is."""
    by_label = {"neg": [1, 1, 0, 0, 0], "neu": [0, 0, 1, 0, 0], "pos": [0, 0, 0, 1, 1]}
    known = [
        [star == row.stars for star in range(1, 6)] if row.stars else by_label.get(row.label or "", [1] * 5)
        for row in rows
    ]
    return np.array(known, bool).reshape(len(rows), 5)


def labels(rows: Sequence[Row]) -> NDArray[np.int64]:
    """[n]: 0 negative, 1 neutral, 2 positive, -1 unknown."""
    return np.array([LABELS.index(row.label) if row.label in LABELS else -1 for row in rows], np.int64)
