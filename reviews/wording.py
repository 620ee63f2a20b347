"""A review's text as people read it."""

import html

from reviews.moderation.redaction import redacted


def shown(raw: str) -> str:
    """The text with HTML entities decoded, since shops send them escaped; a page escapes it once more.

    For its author and for staff: personal data in it is still there.
    """
    return html.unescape(raw)


def public(raw: str) -> str:
    """The text as everybody may read it: personal data is covered."""
    return redacted(shown(raw))
