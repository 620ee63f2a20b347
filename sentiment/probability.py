"""Raw outputs of the network to probabilities. Pure numpy; rows are texts."""

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

STARS = np.arange(1, 6)
# Which stars are negative, neutral and positive: [3, 5].
WAYS = np.array([[1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 1]])
# What it costs to say one star where another was given: the distance, and one more for every miss. [5, 5].
_COSTS = np.abs(STARS[:, None] - STARS) + (STARS[:, None] != STARS)
# Within this distance of one half the polarity of an aspect is neutral: praised and blamed, or neither.
UNDECIDED = 0.05


def star_probabilities(logits: NDArray[np.floating], temperature: float | Doubles) -> Doubles:
    """[n, 5] logits to probabilities, with one temperature or one a row; above 1 makes them less sure."""
    scaled = logits.astype(np.float64) / np.reshape(temperature, (-1, 1))
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def three_ways(stars: Doubles) -> Doubles:
    """[n, 5] star probabilities to [n, 3]: negative (1 and 2), neutral (3), positive (4 and 5)."""
    return np.asarray(stars @ WAYS.T)


def predicted_stars(stars: Doubles) -> Ints:
    """[n, 5] star probabilities to the star of least expected cost, where one star off costs 2, two cost 3,
    and so on: near counts, and exact counts more; of two, the lower.
    """
    # Sums are exact only up to rounding.
    return np.asarray((stars @ _COSTS).round(9).argmin(axis=1) + 1)


def logistic(logits: NDArray[np.floating]) -> Doubles:
    """Logits of any shape to probabilities."""
    return 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -30, 30)))


def centred(positive: Doubles, centre: float) -> Doubles:
    """Moves probabilities so that `centre` becomes one half, by adding a constant to their log odds."""
    odds = positive / np.maximum(1 - positive, 1e-12) * (1 - centre) / centre
    return np.asarray(odds / (1 + odds))
