"""What describes a format: which of its columns is which of our fields, and how it is written."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol
from xml.etree.ElementTree import Element

from reviews.files.outgoing import Outgoing

Field = Literal[
    "source", "account", "external_id", "kind", "written_at", "edited_at", "removed_at", "rating",
    "scale_min", "scale_max", "title", "body", "lang", "author", "customer", "email", "store", "product_sku",
    "product_name", "order", "photo_urls", "hidden", "published", "solicited", "incentivised", "reply",
    "replied_at",
]  # fmt: skip
DateOrder = Literal["dmy", "mdy", "ymd"]
Container = Literal["csv", "json", "xml"]
Fields = dict[str, str]
Cells = Mapping[str, str]

OWN: Mapping[Field, str] = {
    "source": "regulars_source",
    "account": "regulars_account",
    "external_id": "regulars_id",
}
"""Columns that our own files have besides those of the format: what names a review for ever."""


NAME_LIMIT_CHARS = 200
"""No longer name of a column means anything to us."""


def normal(name: str) -> str:
    """A column's name as formats write it: lower-case words joined by `_`."""
    return _normal(name) if len(name) <= NAME_LIMIT_CHARS else ""


@lru_cache(maxsize=10_000)
def _normal(name: str) -> str:
    return re.sub(r"[^\w]+", "_", name.strip().lower()).strip("_")


class Writer(Protocol):
    """Writes reviews in a format: begin(), row() for each, end()."""

    def begin(self) -> bytes:
        """What stands before the first review."""

    def row(self, review: Outgoing, first: bool, /) -> bytes:
        """One review; empty: the format has no place for it."""

    def end(self) -> bytes:
        """What stands behind the last one."""


def as_they_are(fields: Fields, cells: Cells) -> Fields:
    """Nothing of this format needs a second look."""
    return fields


@dataclass(frozen=True, kw_only=True)
class Format:
    """A file format. Names of columns are lower-case words joined by `_`, in order of preference."""

    code: str
    source: str
    """Where its reviews are said to live."""
    container: Container
    columns: Mapping[Field, tuple[str, ...]]
    writer: Callable[[], Writer]
    marks: tuple[str, ...] = ()
    """Columns, or elements, that all stand in a file of this format and together in no other."""
    date_order: DateOrder | None = None
    """Of dates such as 05/03/2024; None: the file has to declare it."""
    private: frozenset[str] = frozenset()
    """Columns about a person that nothing here needs: they are not kept."""
    adapt: Callable[[Fields, Cells], Fields] = as_they_are
    """What only this format does, from our fields and the file's cells to our fields.

    What it adds under other names is kept as a field of the source.
    """
    items: str = ""
    """Where the reviews of a JSON document are."""
    elements: Mapping[str, Callable[[Element], dict[str, str]]] | None = None
    """The elements of an XML document that are rows, and their cells."""
    complete: bool = False
    """A file has all reviews that there are: what is left out is deleted."""
    limit_bytes: int = 0
    """Of a file; 0: any size."""
    own_only: bool = False
    """It has no place for our names of reviews: only those of its own source are written, unless asked."""
