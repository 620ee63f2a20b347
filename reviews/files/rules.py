"""From the cells of a row to a review. Pure."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import get_args

from core.files.errors import FieldInvalid
from reviews.files.formats.form import DateOrder, Field, Fields, Format
from reviews.intake.model import IncomingReview

FIELDS: tuple[Field, ...] = get_args(Field)

_DATE = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?.*)?")
_ZONE = re.compile(r" ?(UTC|GMT|Z)$")
_OUT_OF = re.compile(r"\s*(-?[\d.,]+)\s*(?:/|out of|of)\s*(\d+)\s*")
_YES, _NO = {"yes", "true", "1", "y", "t", "是"}, {"no", "false", "0", "n", "f", "否"}


@dataclass(frozen=True)
class Columns:
    """Which column of a file is which field, and which are none."""

    columns: dict[str, str]
    """Column by field."""
    unmapped: tuple[str, ...]


def normal(name: str) -> str:
    """A column's name as formats write it: lower-case words joined by `_`."""
    return re.sub(r"[^\w]+", "_", name.strip().lower()).strip("_")


def mapping(form: Format, names: Sequence[str], chosen: Mapping[str, str]) -> Columns:
    """Find the columns; `chosen` (field to column) goes before what is found.

    Raises FieldInvalid for a choice that the file or the fields do not have.
    """
    for field, column in chosen.items():
        if field not in FIELDS:
            raise FieldInvalid(field, f"is none of {', '.join(FIELDS)}")
        if column not in names:
            raise FieldInvalid(field, f"the file has no column {column!r}")
    by_name = {normal(name): name for name in reversed(names)}
    columns: dict[str, str] = dict(chosen)
    for wanted, candidates in form.columns.items():
        if wanted not in columns:
            free = (by_name[each] for each in candidates if each in by_name)
            if found := next((name for name in free if name not in columns.values()), None):
                columns[wanted] = found
    return Columns(columns, tuple(name for name in names if name not in columns.values()))


def review_of(
    cells: Mapping[str, str], found: Columns, form: Format, account: str, date_order: DateOrder | None
) -> IncomingReview:
    """The review that a row tells of. Raises FieldInvalid."""
    fields: Fields = {field: cells.get(column, "").strip() for field, column in found.columns.items()}
    fields = form.adapt(fields)
    written_at = _date("written_at", fields, date_order)
    if written_at is None:
        raise FieldInvalid("written_at", "the date is missing")
    rating, low, high = _rating(fields)
    reply = fields.get("reply", "")
    return IncomingReview(
        source=form.source,
        account=account,
        external_id=fields.get("external_id") or derived_id(fields, written_at),
        written_at=written_at,
        edited_at=_date("edited_at", fields, date_order),
        rating=rating,
        scale_min=low,
        scale_max=high,
        order=fields.get("order", ""),
        solicited=_bool("solicited", fields),
        incentivised=bool(_bool("incentivised", fields)),
        reply=reply,
        replied_at=(_date("replied_at", fields, date_order) or written_at) if reply else None,
        extra=_extra(cells, found, form),
        title=fields.get("title", ""),
        body=fields.get("body", ""),
        lang=fields.get("lang", ""),
        author=fields.get("author", ""),
        customer=fields.get("customer", ""),
        email=fields.get("email", ""),
        store=fields.get("store", ""),
        product_sku=fields.get("product_sku", ""),
        product_name=fields.get("product_name", ""),
    )


def derived_id(fields: Fields, written_at: datetime) -> str:
    """A name for a review whose source gives none, the same in every export of it.

    Author, product, order and time make it; without the author's address also the text, since two people
    may share a name.
    """
    email = fields.get("email", "").lower()
    who = [email] if email else [fields.get("author", ""), fields.get("title", ""), fields.get("body", "")]
    what = [fields.get("product_sku", ""), fields.get("product_name", ""), fields.get("order", "")]
    whole = "\n".join((*who, *what, written_at.isoformat()))
    return hashlib.sha256(whole.encode()).hexdigest()[:32]


def date_of(text: str, order: DateOrder | None) -> datetime:
    """A time in UTC; one without a zone is taken as UTC. Raises ValueError with the reason.

    Without a declared order only dates that can be read in one way are accepted.
    """
    text = _ZONE.sub("+00:00", text)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = _by_order(text, order)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _by_order(text: str, order: DateOrder | None) -> datetime:
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r} is no date that we can read")
    first, second, third = (int(part) for part in match.groups()[:3])
    if len(match[1]) == 4:
        year, month, day = first, second, third
    elif len(match[3]) != 4:
        raise ValueError(f"{text[:40]!r} does not write its year in full")
    else:
        day, month = _day_and_month(first, second, order, text)
        year = third
    hour, minute, seconds = (int(part or 0) for part in match.groups()[3:])
    try:
        return datetime(year, month, day, hour, minute, seconds)
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is no date: {error}") from error


def _day_and_month(first: int, second: int, order: DateOrder | None, text: str) -> tuple[int, int]:
    if order == "mdy":
        return second, first
    if order == "dmy" or first > 12 or first == second:
        return first, second
    if second > 12:
        return second, first
    raise ValueError(f"{text[:40]!r} can be read in two ways: declare the order of day and month")


def _date(field: str, fields: Fields, order: DateOrder | None) -> datetime | None:
    if not fields.get(field):
        return None
    try:
        return date_of(fields[field], order)
    except ValueError as error:
        raise FieldInvalid(field, str(error)) from error


def _rating(fields: Fields) -> tuple[Decimal | None, Decimal, Decimal]:
    """Rating and scale; "88/100" brings its own, which begins at 1 unless it goes beyond 10."""
    text = fields.get("rating", "")
    low, high = _number("scale_min", fields), _number("scale_max", fields)
    if out_of := _OUT_OF.fullmatch(text):
        fields = fields | {"rating": out_of[1]}
        high = high if high is not None else Decimal(out_of[2])
        low = low if low is not None else Decimal(1 if high <= 10 else 0)
    return (
        _number("rating", fields),
        Decimal(1) if low is None else low,
        Decimal(5) if high is None else high,
    )


def _number(field: str, fields: Fields) -> Decimal | None:
    text = fields.get(field, "")
    if not text:
        return None
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation as error:
        raise FieldInvalid(field, f"{text[:40]!r} is not a number") from error


def _bool(field: str, fields: Fields) -> bool | None:
    text = fields.get(field, "").lower()
    if not text:
        return None
    if text not in _YES | _NO:
        raise FieldInvalid(field, f"{text[:40]!r} is neither yes nor no")
    return text in _YES


def _extra(cells: Mapping[str, str], found: Columns, form: Format) -> dict[str, str]:
    return {
        name: cells[name]
        for name in found.unmapped
        if name and cells.get(name) and normal(name) not in form.private
    }
