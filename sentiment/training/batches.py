"""Puts texts of similar length together, in an order that depends on the seed alone. Pure."""

from collections.abc import Sequence

import numpy as np

# Sorted by length within such a window only, so that a batch stays a mixture.
WINDOW_ROWS = 4_096


def batches_of_pass(lengths: Sequence[int], tokens: int, seed: Sequence[int]) -> list[list[int]]:
    """Every index once, in batches of at most `tokens` tokens with padding (or of one row), shuffled."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(lengths)).tolist()
    found: list[list[int]] = []
    for start in range(0, len(order), WINDOW_ROWS):
        found += _within(order[start : start + WINDOW_ROWS], lengths, tokens)
    return [found[index] for index in random.permutation(len(found))]


def _within(window: list[int], lengths: Sequence[int], tokens: int) -> list[list[int]]:
    found: list[list[int]] = [[]]
    for index in sorted(window, key=lambda i: lengths[i]):
        if found[-1] and (len(found[-1]) + 1) * lengths[index] > tokens:
            found.append([])
        found[-1].append(index)
    return found
