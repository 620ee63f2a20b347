"""The formats, one small file each."""

from reviews.files.errors import UnknownFormat
from reviews.files.formats import generic, judgeme, ndjson
from reviews.files.formats.form import Format

FORMATS: dict[str, Format] = {each.code: each for each in (generic.FORMAT, judgeme.FORMAT, ndjson.FORMAT)}


def format_of(code: str) -> Format:
    """A format by its code. Raises UnknownFormat."""
    if code not in FORMATS:
        raise UnknownFormat(f"{code!r} is none of {', '.join(sorted(FORMATS))}")
    return FORMATS[code]
