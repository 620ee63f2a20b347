"""Codes as pictures for a till's scanner: SVG made here, without a style or a script."""

import segno
from markupsafe import Markup

QUIET_MODULES = 4


def svg(code: str, title: str) -> Markup:
    """A QR code that says `code`; `title` is what screen readers say instead."""
    drawn = segno.make(code, error="m", micro=False)
    return Markup(
        drawn.svg_inline(
            border=QUIET_MODULES, omitsize=True, title=title, svgclass="qr", lineclass=None, light="#fff"
        )
    )
