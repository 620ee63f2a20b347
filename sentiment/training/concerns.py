"""Fits what urgent texts are about (see sentiment.concerns): minutes, and numpy alone."""

import tomllib
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np

from sentiment.concerns import Head, Heads, heads_file
from sentiment.foreign import open_model
from sentiment.network import Floats
from sentiment.probability import logistic
from sentiment.rows import Bools, Row, read_file, rows_folder
from sentiment.text import joined
from sentiment.training import TrainingError
from sentiment.training.config import LICENSED, read_config
from sentiment.training.examples import own_examples
from sentiment.types import Text, UrgencyKind
from sentiment.urgency import find_urgency

EXAMPLES_FILE = Path(__file__).parents[1] / "urgent.toml"
KINDS: tuple[UrgencyKind, ...] = ("safety", "legal", "fraud", "discrimination")
OTHERS = 600
"""So many happy rows, and as many that are not, stand against the examples."""
_PENALTY = 0.1
_STEPS = 10
_DIGITS = 4


class NoEmbeddings(TrainingError):
    """A model gives no embeddings, so nothing can be fitted on them."""

    code = "no_embeddings"


def fit(model: Path, data: Path, out: Path, threads: int = 2) -> Path:
    """Writes the heads of a model into OUT and gives their file; see `concerns.heads_file`.

    Raises `ModelError`, `RowsInvalid`, `NoEmbeddings`.

    Against the examples stand training rows whose licence is stated and our own, without urgent words.
    """
    settings, network = open_model(model, threads)
    texts, kinds = examples()
    others = [Text(row.text, row.title) for row in ordinary(data)]
    embeddings = network.run([joined(text) for text in [*texts, *others]]).embeddings
    if embeddings is None:
        raise NoEmbeddings(f"{model} gives no embeddings")
    labels = np.array([*kinds, *[""] * len(others)], str)
    heads: Heads = {kind: regression(embeddings, labels == kind) for kind in KINDS}
    path = heads_file(out, settings.identity)
    path.write_bytes(msgspec.json.encode(heads) + b"\n")
    return path


def examples() -> tuple[list[Text], list[str]]:
    """Every text of urgent.toml with its kind."""
    file: dict[str, dict[str, list[str]]] = tomllib.loads(EXAMPLES_FILE.read_text(encoding="utf-8"))
    told = [(Text(text), kind) for kind, by in file.items() for texts in by.values() for text in texts]
    return [text for text, _ in told], [kind for _, kind in told]


def ordinary(data: Path) -> list[Row]:
    """Rows that nobody has to read at once."""
    names = read_config(LICENSED).rows
    rows = [row for name in names for row in read_file(rows_folder(data) / f"{name}.jsonl.gz", "train")]
    happy = [row for row in rows if row.label == "pos"]
    unhappy = [row for row in rows if row.label != "pos"]
    # Our own texts are full of what any shop hears: late, broken, rude. Without them those would be urgent.
    return [*_without_words(happy), *_without_words(unhappy), *_without_words(own_examples(), None)]


def _without_words(rows: Sequence[Row], most: int | None = OTHERS) -> list[Row]:
    order = np.random.default_rng(1).permutation(len(rows))
    chosen = (rows[place] for place in order if not find_urgency(Text(rows[place].text, rows[place].title)))
    return list(islice(chosen, most))


def regression(embeddings: Floats, true: Bools) -> Head:
    """Logistic regression with a penalty on the weights, by Newton's method."""
    inputs = np.column_stack([embeddings, np.ones(len(embeddings))]).astype(np.float64)
    penalty = np.full(inputs.shape[1], _PENALTY)
    penalty[-1] = 1e-6
    weights = np.zeros(inputs.shape[1])
    for _ in range(_STEPS):
        found = logistic(inputs @ weights)
        slope = inputs.T @ (found - true) + penalty * weights
        curve = (inputs.T * (found * (1 - found))) @ inputs + np.diag(penalty)
        weights -= np.linalg.solve(curve, slope)
    return Head(np.round(weights[:-1], _DIGITS).tolist(), round(float(weights[-1]), _DIGITS))
