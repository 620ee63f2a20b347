"""A review's text as people read it."""

import html


def shown(raw: str) -> str:
    """The text with HTML entities decoded, since shops send them escaped; a page escapes it once more."""
    return html.unescape(raw)
