"""Batches: every line once, none too large, and little of them padding."""

from random import Random

import pytest

from sentiment.pieces import ROWS_PER_BATCH, TOKENS_OF_A_BATCH, TOKENS_PER_BATCH, batches


def cost(found: list[list[int]], lengths: list[int]) -> int:
    return sum(len(rows) * max(1, max(lengths[row] for row in rows)) + TOKENS_OF_A_BATCH for rows in found)


@pytest.mark.parametrize("size", [0, 1, 2, 64, 256, 1_024])
def test_every_line_is_in_one_batch_within_the_budget(size: int) -> None:
    rng = Random(size)
    lengths = [rng.randint(0, 256) for _ in range(size)]
    found = list(batches(lengths))
    assert sorted(row for rows in found for row in rows) == list(range(size))
    for rows in found:
        assert (
            len(rows) <= ROWS_PER_BATCH and len(rows) * max(lengths[row] for row in rows) <= TOKENS_PER_BATCH
        )
    in_order = [lengths[row] for rows in found for row in rows]
    assert in_order == sorted(lengths)


def test_a_line_longer_than_the_budget_is_alone() -> None:
    assert list(batches([5, TOKENS_PER_BATCH + 1])) == [[0], [1]]


def test_few_lines_of_many_lengths_are_hardly_padded() -> None:
    """A message of the outbox: filling batches up one after the other would pad by a sixth."""
    rng = Random(3)
    lengths = [min(256, 3 + int(rng.expovariate(1 / 60))) for _ in range(64)]
    padded = sum(len(rows) * max(lengths[row] for row in rows) for rows in batches(lengths))
    assert padded < 1.08 * sum(lengths)


def test_alike_lines_fill_their_batch() -> None:
    assert [len(rows) for rows in batches([16] * 128)] == [64, 64]


@pytest.mark.parametrize("seed", range(20))
def test_no_other_cuts_cost_less(seed: int) -> None:
    rng = Random(seed)
    lengths = sorted(rng.randint(1, 256) for _ in range(9))
    cuts = [[n for n in range(1, 9) if pattern >> n & 1] for pattern in range(0, 512, 2)]
    ways = [[list(range(start, end)) for start, end in zip([0, *at], [*at, 9], strict=True)] for at in cuts]
    fitting = [way for way in ways if all(len(rows) * lengths[rows[-1]] <= TOKENS_PER_BATCH for rows in way)]
    assert cost(list(batches(lengths)), lengths) == min(cost(way, lengths) for way in fitting)
