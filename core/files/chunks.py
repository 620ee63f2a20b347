"""Rows by the thousand: as many as one transaction takes."""

from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")


def in_chunks(items: Iterator[T | None], rows: int) -> Iterator[list[T]]:
    """Lists of items out of `rows` rows each; None is a rejected row, which counts: progress shows anyway."""
    chunk: list[T] = []
    seen = 0
    for item in items:
        seen += 1
        if item is not None:
            chunk.append(item)
        if seen == rows:
            yield chunk
            chunk, seen = [], 0
    if seen:
        yield chunk
