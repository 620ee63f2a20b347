"""Which rows a pass of training sees. The choice depends on the rows and the seed alone."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentiment.rows import Row, read_file, rows_folder
from sentiment.training import TrainingError
from sentiment.training.config import Config
from sentiment.training.examples import own_examples
from sentiment.training.targets import Example
from sentiment.training.weak import WORDS_FILE, Words, read_words


class RowsMissing(TrainingError):
    """The folder of rows lacks a file that the configuration names."""

    code = "training_rows_missing"


@dataclass(frozen=True)
class Pool:
    """All rows that may be trained on, by file; `fingerprint` changes with any of them and the choice."""

    files: dict[str, list[Row]]
    words: Words
    fingerprint: str


def read_pool(data: Path, config: Config) -> Pool:
    """The training rows of the files that the configuration names; raises `RowsMissing`."""
    files: dict[str, list[Row]] = {}
    for name in config.rows:
        path = rows_folder(data) / f"{name}.jsonl.gz"
        if not path.is_file():
            raise RowsMissing(f"{path} is not there")
        files[name] = list(read_file(path, "train"))
    files["own"] = own_examples()
    digest = hashlib.sha256(repr((config.seed, config.rows, config.own_examples)).encode())
    digest.update(WORDS_FILE.read_bytes())
    for rows in files.values():
        digest.update(repr([(row.id, row.text, row.stars, row.label, row.aspects) for row in rows]).encode())
    return Pool(files, read_words(), digest.hexdigest())


def examples_of_pass(pool: Pool, config: Config, number: int) -> list[Example]:
    """The examples of one pass, well mixed: every part of it is like the whole."""
    random = np.random.default_rng([config.seed, number])
    chosen: list[Example] = []
    for name, rows in pool.files.items():
        quota = len(rows) * config.own_examples if name == "own" else config.rows[name]
        chosen += [_example(row, pool.words, config.loss.weak) for row in draw(rows, quota, random)]
    return [chosen[index] for index in random.permutation(len(chosen))]


def draw(rows: Sequence[Row], quota: int, random: np.random.Generator) -> list[Row]:
    """`quota` of the rows: every row equally often as far as that goes, and some of them once more."""
    if not rows:
        return []
    whole, rest = divmod(quota, len(rows))
    weights = star_weights(rows)
    picked = random.choice(len(rows), rest, replace=False, p=weights / weights.sum())
    return [*rows] * whole + [rows[index] for index in picked]


def star_weights(rows: Sequence[Row]) -> np.ndarray:
    """1 / square root of how often the row's star occurs: rare stars are drawn more often, not equally."""
    counts = Counter(row.stars for row in rows)
    return np.array([counts[row.stars] ** -0.5 for row in rows])


def _example(row: Row, words: Words, weight: float) -> Example:
    if row.annotated:
        return Example(row)
    return Example(words.annotate(row), weight)
