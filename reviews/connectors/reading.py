"""From what a source writes to reviews: one that cannot be read does not spoil its page."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec

from reviews.connectors.failures import SourceFailure
from reviews.intake import IncomingReview

S = TypeVar("S", bound=msgspec.Struct)


class Unreadable(SourceFailure):
    """A review that the source describes in a way that we do not understand."""

    code = "source_unreadable"
    title = "The source describes the review in a way that cannot be read"
    again = False


def convert(raw: msgspec.Raw, shape: type[S]) -> S:
    """One object of a source. Raises Unreadable."""
    try:
        return msgspec.json.decode(raw, type=shape, strict=False)
    except msgspec.MsgspecError as error:
        raise Unreadable(str(error)) from error


def each(
    told: Iterable[msgspec.Raw], review: Callable[[msgspec.Raw], IncomingReview | None]
) -> tuple[tuple[IncomingReview, ...], tuple[str, ...]]:
    """The reviews of a page, without those that are none (None), and why others could not be read."""
    reviews, rejects = [], []
    for raw in told:
        try:
            found = review(raw)
        except Unreadable as error:
            rejects.append(error.detail)
            continue
        if found is not None:
            reviews.append(found)
    return tuple(reviews), tuple(rejects)


def rest(raw: msgspec.Raw, shape: type[msgspec.Struct], *more: str) -> dict[str, Any]:
    """The fields of an object that `shape` and `more` do not name, as they came."""
    told = msgspec.json.decode(raw)
    known = {*shape.__struct_encode_fields__, *more}
    return {
        name: value for name, value in told.items() if name not in known and value not in (None, [], {}, "")
    }
