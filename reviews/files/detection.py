"""What a file is: its encoding, its shape, its format. Told by its content, never by its name."""

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

import msgspec

from core.files import documents, encodings, reader
from core.files.errors import FileUnreadable, RowRejected
from core.files.opening import Opened
from reviews.files.formats import FORMATS, format_of, generic, ndjson
from reviews.files.formats.form import Container, Format, normal

AUTO = "auto"


@dataclass(frozen=True)
class Found:
    """What a file turned out to be."""

    form: Format
    container: Container
    encoding: str
    """Python's name of the codec."""
    items: str = ""
    """Of JSON: where the reviews are in the document; '': it is an object a line."""


def look(file: Opened, format: str = AUTO, encoding: str = "") -> Found:
    """Find out what a file is; a format that is named goes before what is found.

    The file is read from its start after that. Raises UnknownFormat, or FileUnreadable.
    """
    named = None if format == AUTO else format_of(format)
    if named and named.limit_bytes and file.size > named.limit_bytes:
        raise FileUnreadable(f"a file of this format has at most {named.limit_bytes} bytes")
    head = file.stream.read(encodings.HEAD_BYTES)
    file.stream.seek(0)
    codec = encodings.encoding_of(head, encoding)
    text = head.decode(codec, errors="replace").lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        found = Found(named or _xml_format(text), "xml", codec)
    elif text.startswith(("{", "[")):
        items = _items(text)
        found = Found(
            named or _by_marks("json", _json_names(head, codec, items), ndjson.FORMAT), "json", codec, items
        )
    else:
        found = Found(named or _by_marks("csv", _csv_names(head, codec), generic.FORMAT), "csv", codec)
    if found.container == "xml" and not found.form.elements:
        raise FileUnreadable(f"this is XML, which {found.form.code} is not")
    if found.form.limit_bytes and file.size > found.form.limit_bytes:
        raise FileUnreadable(f"a file of this format has at most {found.form.limit_bytes} bytes")
    return found


def _xml_format(text: str) -> Format:
    for form in FORMATS.values():
        if form.container == "xml" and all(mark in text for mark in form.marks):
            return form
    if "<html" in text.lower():
        raise FileUnreadable("this is a web page, not a file of reviews")
    raise FileUnreadable("this is XML, but no feed of reviews that we know")


def _items(text: str) -> str:
    """Where the reviews of a JSON file are; '': in each line one."""
    first, _, rest = text.partition("\n")
    try:
        value = msgspec.json.decode(first)
    except (msgspec.DecodeError, RecursionError):
        value = None
    if text.startswith("["):
        return "" if isinstance(value, list) and rest.strip() else "item"
    if isinstance(value, dict):
        return "reviews.item" if isinstance(value.get("reviews"), list) else ""
    named = '"reviews"' in first or ('"reviews"' in text and not rest.lstrip().startswith("{"))
    return "reviews.item" if named else ""


def _csv_names(head: bytes, codec: str) -> list[str]:
    return reader.csv_header(reader.Lines(BytesIO(head), codec))[0]


def _json_names(head: bytes, codec: str, items: str) -> Iterable[str]:
    file = BytesIO(head)
    if items:
        rows = documents.json_items(file, items, codec)
    else:
        rows = reader.ndjson_rows(reader.Lines(file, codec))
    return next((row.cells for row in rows if not isinstance(row, RowRejected)), {})


def _by_marks(container: Container, names: Iterable[str], otherwise: Format) -> Format:
    known = {normal(name) for name in names}
    for form in FORMATS.values():
        if form.container == container and form.marks and known.issuperset(form.marks):
            return form
    return otherwise
