"""What the network should say of each row, as arrays. Pure numpy."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sentiment.network import Floats
from sentiment.rows import Bools, Row, allowed_stars
from sentiment.training.config import Loss

_POSITIVE = {"neg": 0.0, "neu": 0.5, "pos": 1.0}


@dataclass(frozen=True)
class Example:
    """A row, and how much what it says of aspects counts (less than 1 where words alone said so)."""

    row: Row
    aspects_weight: float = 1.0


@dataclass(frozen=True)
class Targets:
    """For n rows and k aspects: `allowed` [n, 5] stars; the rest [n, k].

    `looked` weighs whether the aspect is `mentioned` (0 or 1), `said` weighs how `positive` it is (0, 0.5 or
    1); both weights are 0 where nobody looked.
    """

    allowed: Bools
    looked: Floats
    mentioned: Floats
    said: Floats
    positive: Floats

    def take(self, rows: Sequence[int] | NDArray[np.int64]) -> "Targets":
        """The targets of some rows, in their order."""
        return Targets(*(getattr(self, field.name)[rows] for field in fields(self)))


def targets(examples: Sequence[Example], aspects: Sequence[str], loss: Loss) -> Targets:
    """The targets of examples under the weights of a configuration."""
    shape = (len(examples), len(aspects))
    looked, mentioned = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    said, positive = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for number, example in enumerate(examples):
        opinions = example.row.aspects or {}
        for name in example.row.annotated or ():
            if name not in aspects:
                continue
            column, weights = aspects.index(name), loss.aspects.get(name)
            looked[number, column] = example.aspects_weight
            if opinion := opinions.get(name):
                mentioned[number, column] = 1
                looked[number, column] *= weights.mentioned if weights else 1
                said[number, column] = example.aspects_weight
                positive[number, column] = _POSITIVE[opinion]
                if opinion == "neg" and weights:
                    said[number, column] *= weights.negative
    return Targets(allowed_stars([example.row for example in examples]), looked, mentioned, said, positive)
