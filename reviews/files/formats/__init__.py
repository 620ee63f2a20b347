"""The formats, one small file a vendor."""

from reviews.files.errors import UnknownFormat
from reviews.files.formats import (
    generic,
    google,
    google_business,
    judgeme,
    loox,
    meta,
    ndjson,
    okendo,
    powerreviews,
    shopify,
    trustpilot,
    yotpo,
)
from reviews.files.formats.form import Format

FORMATS: dict[str, Format] = {
    each.code: each
    for each in (
        judgeme.EXPORT,
        judgeme.IMPORT,
        loox.EXPORT,
        loox.IMPORT,
        shopify.FORMAT,
        yotpo.FORMAT,
        okendo.FORMAT,
        powerreviews.FORMAT,
        meta.FORMAT,
        google.PRODUCT,
        google.MERCHANT,
        trustpilot.FORMAT,
        google_business.FORMAT,
        generic.FORMAT,
        ndjson.FORMAT,
    )
}
"""Those whose marks say most come first."""


def format_of(code: str) -> Format:
    """A format by its code. Raises UnknownFormat."""
    if code not in FORMATS:
        raise UnknownFormat(f"{code!r} is none of {', '.join(sorted(FORMATS))}")
    return FORMATS[code]
