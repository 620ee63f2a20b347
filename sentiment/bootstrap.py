"""How sure a figure is: the same figure of many samples drawn from the sample. Pure numpy."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from sentiment.probability import Doubles
from sentiment.rows import Bools

SAMPLES = 400
_SEED = 20261126


class Figure(Struct, frozen=True):
    """A figure, and the interval that holds 95 % of its resamples."""

    value: float
    low: float
    high: float


class Bootstrap:
    """Weights of n rows in the sample itself and in SAMPLES resamples; rows of one group are drawn together.

    Counts and figures have one number for each of them, [1 + SAMPLES], the sample's own first.
    """

    def __init__(self, groups: Sequence[str], samples: int = SAMPLES) -> None:
        _, members = np.unique(np.array(groups, str), return_inverse=True)
        drawn = np.random.default_rng(_SEED).poisson(1.0, (samples, members.max(initial=-1) + 1))
        self._weights = np.vstack([np.ones(len(members)), drawn[:, members]])

    def where(self, chosen: Bools) -> "Bootstrap":
        """The same draws for the rows for which `chosen` [n] holds."""
        part = Bootstrap([], 0)
        part._weights = self._weights[:, chosen]
        return part

    def sum(self, values: Doubles | Bools) -> Doubles:
        """Weighted sums of values [n]."""
        return np.asarray(self._weights @ values.astype(np.float64))

    def mean(self, values: Doubles | Bools) -> Doubles:
        """Weighted means of values [n]; 0 of no rows."""
        return share(self.sum(values), self._weights.sum(axis=1))


def share(part: Doubles, whole: Doubles) -> Doubles:
    """part / whole, 0 where the whole is 0."""
    return np.asarray(np.divide(part, whole, out=np.zeros_like(whole), where=whole != 0))


def figure(values: Doubles) -> Figure:
    """A figure from its values [1 + samples]."""
    low, high = np.quantile(values[1:], [0.025, 0.975]) if len(values) > 1 else (values[0], values[0])
    return Figure(float(values[0]), float(low), float(high))
