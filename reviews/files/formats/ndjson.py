"""One JSON object a line, or an array of them, with the names of the generic format."""

from functools import partial
from itertools import chain
from typing import Any

from reviews.files.formats import generic
from reviews.files.formats.form import OWN, Format, normal
from reviews.files.formats.writers import JsonWriter
from reviews.files.outgoing import Outgoing

_TAKEN = frozenset(chain(OWN.values(), *generic.COLUMNS.values()))
"""Names that mean something here: a field of the source that has one of them stays behind."""


def _value(out: Outgoing) -> dict[str, Any]:
    """Everything, with the fields of the source that have no place of their own."""
    review = out.review
    cells: dict[str, Any] = {name: cell(out) for name, cell in generic.OUT.items()}
    extra = {name: value for name, value in review.extra.items() if normal(name) not in _TAKEN}
    cells = extra | cells | {"photo_urls": list(review.photo_urls)}
    return cells | {
        OWN["source"]: review.source,
        OWN["account"]: review.account,
        OWN["external_id"]: review.external_id,
    }


FORMAT = Format(
    code="ndjson",
    source="import",
    container="json",
    columns=generic.COLUMNS,
    private=generic.PRIVATE,
    items="item",
    writer=partial(JsonWriter, _value, mentions=True),
)
