"""Texts of our own for aspects that the rows hardly mention: one file of tab-separated lines a language."""

from collections.abc import Iterator
from pathlib import Path

from sentiment.rows import Label, Row
from sentiment.types import ASPECTS

_FOLDER = Path(__file__).parent
_OPINIONS: dict[str, Label] = {"-": "neg", "=": "neu", "+": "pos"}


def own_examples() -> list[Row]:
    """Every example as a training row; raises `ValueError` for a line that cannot be read."""
    return [row for path in sorted(_FOLDER.glob("*.tsv")) for row in _read(path)]


def _read(path: Path) -> Iterator[Row]:
    """A line is stars, aspects such as "price- quality+" (all the text mentions), and the text."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            stars, opinions, text = line.split("\t")
            aspects = {opinion[:-1]: _OPINIONS[opinion[-1]] for opinion in opinions.split()}
            if not set(aspects) <= set(ASPECTS) or not text or int(stars) not in range(1, 6):
                raise ValueError("unknown aspect, no such star, or no text")
        except (ValueError, KeyError) as error:
            raise ValueError(f"{path.name}, line {number}: {error}") from error
        yield Row(
            id=f"own-{path.stem}-{number}",
            lang=path.stem,
            text=text,
            source="own",
            split="train",
            stars=int(stars),
            label="neg" if int(stars) < 3 else "pos" if int(stars) > 3 else "neu",
            aspects=aspects,
            annotated=list(ASPECTS),
        )
