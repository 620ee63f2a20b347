"""What describes a format: which of its columns is which of our fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

Field = Literal[
    "external_id", "written_at", "edited_at", "rating", "scale_min", "scale_max", "title", "body", "lang",
    "author", "customer", "email", "store", "product_sku", "product_name", "order", "solicited",
    "incentivised", "reply", "replied_at",
]  # fmt: skip
DateOrder = Literal["dmy", "mdy", "ymd"]
Fields = dict[str, str]


def as_they_are(fields: Fields) -> Fields:
    """Nothing of this format needs a second look."""
    return fields


@dataclass(frozen=True)
class Format:
    """A file format. Names of columns are lower-case words joined by `_`, in order of preference."""

    code: str
    source: str
    """Where its reviews are said to live."""
    container: Literal["csv", "ndjson"]
    columns: Mapping[Field, tuple[str, ...]]
    date_order: DateOrder | None = None
    """Of dates such as 05/03/2024; None: the file has to declare it."""
    private: frozenset[str] = frozenset()
    """Columns about a person that nothing here needs: they are not kept."""
    adapt: Callable[[Fields], Fields] = as_they_are
    """What only this format does; from our fields to our fields."""
