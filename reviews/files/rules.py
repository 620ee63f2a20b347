"""From the cells of a row to a review. Pure."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Literal, get_args

import msgspec

from core.files.errors import FieldInvalid
from core.files.formulas import restored
from reviews.files.formats.form import OWN, Cells, DateOrder, Field, Fields, Format, normal
from reviews.intake.model import IncomingReview

FIELDS: tuple[Field, ...] = get_args(Field)
RAW: frozenset[Field] = frozenset({"title", "body", "reply"})
"""What people wrote, kept to the last blank."""
OURS_ALONE = "first_party"
"""Reviews that customers write with us: no file says what is in them."""

_DATE = re.compile(
    r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})"
    r"(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
    r"(?: ?(?P<zone>[+-]\d{2}:?\d{2}))?)?"
)
_ZONE = re.compile(r" ?(UTC|GMT|Z)$")
_OUT_OF = re.compile(r"\s*(-?[\d.,]+)\s*(?:/|out of|of)\s*(\d+)\s*")
_SCALE = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*(?:\.\.|to|-|–)\s*(-?\d+(?:\.\d+)?)\s*")
_URLS = re.compile(r"(?<![\s,;|])[\s,;|]++(?=(?:https?:)?//)")
_YES, _NO = {"yes", "true", "1", "y", "t", "是"}, {"no", "false", "0", "n", "f", "否"}
_SHOWN = {"published", "active", "approved", "ok", "live", "visible", "publish"}
_HIDDEN = {
    *("hidden", "unpublished", "spam", "pending", "rejected", "inactive", "hold", "held", "trash", "draft"),
    *("blocked", "archived", "deleted", "reported"),
}


class Choices(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is said about a file besides what is in it."""

    account: str = ""
    """Of the source; rows that name one go before it."""
    columns: dict[str, str] = {}
    """Column by field, before what is found by name; '': none."""
    date_order: DateOrder | None = None
    """Of dates such as 05/03/2024."""
    scale: tuple[Decimal, Decimal] | None = None
    """Of ratings whose rows do not say it; None: 1 to 5."""
    mentions: bool = False
    """Posts, mails and chats, which have no rating."""


NOTHING_SAID = Choices()


@dataclass(frozen=True)
class Columns:
    """Which column of a file is which field, and which are none."""

    columns: dict[str, str]
    """Column by field."""
    unmapped: tuple[str, ...]
    kept: tuple[str, ...]
    """Those of them that are kept with a review: not what is about a person and not needed."""
    ours: bool
    """We wrote the file: cells that looked like formulas have a quote before them."""


@dataclass(frozen=True)
class Removal:
    """A row that says that a review is no more; `at` None: nobody knows since when."""

    source: str
    account: str
    external_id: str
    at: datetime | None


def mapping(form: Format, names: Sequence[str], chosen: Mapping[str, str]) -> Columns:
    """Find the columns; `chosen` (field to column, '' for none) goes before what is found.

    Raises FieldInvalid for a choice that the file or the fields do not have.
    """
    for field, column in chosen.items():
        if field not in FIELDS:
            raise FieldInvalid(field, f"is none of {', '.join(FIELDS)}")
        if column and column not in names:
            raise FieldInvalid(field, f"the file has no column {column!r}")
    by_name = {normal(name): name for name in reversed(names)}
    columns: dict[str, str] = dict(chosen)
    for wanted, own in OWN.items():
        if own in by_name:
            columns.setdefault(wanted, by_name[own])
    for wanted, candidates in form.columns.items():
        if wanted not in columns:
            free = (by_name[each] for each in candidates if each in by_name)
            if found := next((name for name in free if name not in columns.values()), None):
                columns[wanted] = found
    columns = {field: column for field, column in columns.items() if column}
    unmapped = tuple(name for name in names if name not in columns.values())
    kept = tuple(name for name in unmapped if name and normal(name) not in form.private)
    return Columns(columns, unmapped, kept, OWN["external_id"] in by_name)


def review_of(cells: Cells, found: Columns, form: Format, choices: Choices) -> IncomingReview | Removal:
    """The review that a row tells of. Raises FieldInvalid."""
    if found.ours and form.container == "csv":
        cells = {name: restored(cell) for name, cell in cells.items()}
    fields = form.adapt(_fields(cells, found), cells)
    source = fields.get("source") or form.source
    if source == OURS_ALONE:
        raise FieldInvalid("source", f"reviews of {OURS_ALONE} come from our own form alone")
    account = fields.get("account") or choices.account
    order = choices.date_order or form.date_order
    if removed := fields.get("removed_at"):
        at = None if removed == "now" else _date("removed_at", fields, order)
        return Removal(source, account, fields.get("external_id", ""), at)
    return _review(fields, source, account, order, choices, _extra(cells, fields, found))


def _fields(cells: Cells, found: Columns) -> Fields:
    return {
        field: cells.get(column, "") if field in RAW else cells.get(column, "").strip()
        for field, column in found.columns.items()
    }


def _review(
    fields: Fields,
    source: str,
    account: str,
    order: DateOrder | None,
    choices: Choices,
    extra: dict[str, str],
) -> IncomingReview:
    written_at = _date("written_at", fields, order)
    if written_at is None:
        raise FieldInvalid("written_at", "the date is missing")
    rating, low, high = _rating(fields, choices.scale)
    get = fields.get
    reply = get("reply", "")
    return IncomingReview(
        source=source,
        account=account,
        external_id=get("external_id") or derived_id(fields, written_at),
        kind=_kind(fields, choices.mentions),
        written_at=written_at,
        edited_at=_date("edited_at", fields, order),
        rating=rating,
        scale_min=low,
        scale_max=high,
        title=get("title", ""),
        body=get("body", ""),
        lang=get("lang", ""),
        author=get("author", ""),
        customer=get("customer", ""),
        email=get("email", ""),
        store=get("store", ""),
        product_sku=get("product_sku", ""),
        product_name=get("product_name", ""),
        order=get("order", ""),
        photo_urls=photos(get("photo_urls", "")),
        hidden=_hidden(fields),
        solicited=_bool("solicited", fields),
        incentivised=bool(_bool("incentivised", fields)),
        reply=reply,
        replied_at=(_date("replied_at", fields, order) or written_at) if reply else None,
        extra=extra,
    )


def derived_id(fields: Fields, written_at: datetime) -> str:
    """A name for a review whose source gives none, the same in every export of it.

    Author, product, order and time make it; without the author's address also the text, since two people
    may share a name; without any of these also the stars.
    """
    email = fields.get("email", "").lower()
    who = [email] if email else [fields.get(name, "").strip() for name in ("author", "title", "body")]
    if not any(who):
        who.append(fields.get("rating", ""))
    what = [fields.get("product_sku", ""), fields.get("product_name", ""), fields.get("order", "")]
    whole = "\n".join((*who, *what, written_at.isoformat()))
    return hashlib.sha256(whole.encode(errors="surrogatepass")).hexdigest()[:32]


def date_of(text: str, order: DateOrder | None) -> datetime:
    """A time in UTC; one without a zone is taken as UTC. Raises ValueError with the reason.

    Without a declared order only dates that can be read in one way are accepted.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = _in_words(_ZONE.sub("+00:00", text), order)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _in_words(text: str, order: DateOrder | None) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _by_order(text, order)


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
    hour, minute, seconds = (int(part or 0) for part in match.groups()[3:6])
    try:
        zone = datetime.strptime(match["zone"], "%z").tzinfo if match["zone"] else None
        return datetime(year, month, day, _hour(hour, match["half"]), minute, seconds, tzinfo=zone)
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is no date: {error}") from error


def _hour(hour: int, half: str | None) -> int:
    """Of 24: "12 am" is the day's first hour, "12 pm" its thirteenth; 24, which is none, for "14 pm"."""
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        return 24
    return hour % 12 + (12 if half in "Pp" else 0)


def _day_and_month(first: int, second: int, order: DateOrder | None, text: str) -> tuple[int, int]:
    if order == "mdy":
        return second, first
    if order == "dmy" or first > 12 or first == second:
        return first, second
    if second > 12:
        return second, first
    raise ValueError(f"{text[:40]!r} can be read in two ways: declare the order of day and month")


def _date(field: str, fields: Fields, order: DateOrder | None) -> datetime | None:
    text = fields.get(field)
    if not text:
        return None
    try:
        return date_of(text, order)
    except ValueError as error:
        raise FieldInvalid(field, str(error)) from error
    except OverflowError as error:
        raise FieldInvalid(field, f"{text[:40]!r} is beyond all times") from error


def scale_of(text: str) -> tuple[Decimal, Decimal]:
    """What is declared as "0-5", "1 to 10" or "-100..100". Raises ValueError."""
    if not (match := _SCALE.fullmatch(text)):
        raise ValueError(f"{text[:40]!r} is no scale such as 1-5, 0-10 or -100..100")
    low, high = Decimal(match[1]), Decimal(match[2])
    if low >= high:
        raise ValueError(f"the scale {text[:40]!r} has no extent")
    return low, high


_ONE, _FIVE = Decimal(1), Decimal(5)


def _rating(fields: Fields, scale: tuple[Decimal, Decimal] | None) -> tuple[Decimal | None, Decimal, Decimal]:
    """Rating and scale; "88/100" brings its own, which begins at 1 unless it goes beyond 10."""
    text = fields.get("rating", "")
    low, high = _number("scale_min", fields), _number("scale_max", fields)
    if ("/" in text or "of" in text) and (out_of := _OUT_OF.fullmatch(text)):
        fields = fields | {"rating": out_of[1]}
        high = high if high is not None else Decimal(out_of[2])
        low = low if low is not None else Decimal(1 if high <= 10 else 0)
    low_else, high_else = scale or (_ONE, _FIVE)
    return (
        _number("rating", fields),
        low_else if low is None else low,
        high_else if high is None else high,
    )


def _number(field: str, fields: Fields) -> Decimal | None:
    text = fields.get(field, "")
    if not text:
        return None
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation as error:
        raise FieldInvalid(field, f"{text[:40]!r} is not a number") from error


def _kind(fields: Fields, mentions: bool) -> Literal["review", "mention"]:
    kind = fields.get("kind") or ("mention" if mentions else "review")
    if kind not in ("review", "mention"):
        raise FieldInvalid("kind", f"{kind[:40]!r} is neither review nor mention")
    return "mention" if kind == "mention" else "review"


def _bool(field: str, fields: Fields) -> bool | None:
    text = fields.get(field, "").lower()
    if not text:
        return None
    if text not in _YES | _NO:
        raise FieldInvalid(field, f"{text[:40]!r} is neither yes nor no")
    return text in _YES


def _hidden(fields: Fields) -> bool:
    """Whether the source does not show it; `hidden` and `published` say so in words or with yes and no."""
    return any(_is_hidden(field, fields[field]) for field in ("hidden", "published") if fields.get(field))


def _is_hidden(field: str, text: str) -> bool:
    word = text.lower()
    if word in _HIDDEN or word in _SHOWN:
        return word in _HIDDEN
    if word in _YES or word in _NO:
        return (word in _YES) == (field == "hidden")
    raise FieldInvalid(field, f"{text[:40]!r} does not say whether it is shown")


def photos(text: str) -> tuple[str, ...]:
    """Addresses in one cell, as a JSON array or with commas, blanks or bars between them."""
    if not text:
        return ()
    if text.startswith("["):
        try:
            return tuple(msgspec.json.decode(text, type=list[str]))
        except (msgspec.DecodeError, RecursionError) as error:
            raise FieldInvalid("photo_urls", f"{text[:40]!r} is no list of addresses") from error
    return tuple(f"https:{url}" if url.startswith("//") else url for url in _URLS.split(text.strip(" ,;|")))


def _extra(cells: Cells, fields: Fields, found: Columns) -> dict[str, str]:
    extra = {name: cell for name in found.kept if (cell := cells.get(name))}
    if len(fields) > len(found.columns):  # a format has added something, perhaps a name of its own
        extra |= {name: text for name, text in fields.items() if text and name not in _KNOWN}
    return extra


_KNOWN = frozenset(FIELDS)
