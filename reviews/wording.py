"""A review's text as people read it."""

import html
import re
from collections.abc import Iterable

from reviews.moderation.redaction import COVER, redacted

# Han, kana and Thai have no spaces between words.
_UNBOUNDED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")


def shown(raw: str) -> str:
    """The text with HTML entities decoded, since shops send them escaped; a page escapes it once more.

    For its author and for staff: personal data in it is still there.
    """
    return html.unescape(raw)


def public(raw: str) -> str:
    """The text as everybody may read it: personal data is covered."""
    return redacted(shown(raw))


def masked(text: str, names: Iterable[str]) -> str:
    """The text without personal data and these names; whole names first, then their parts."""
    said = redacted(text)
    parts = {part for name in map(shown, names) for part in (name, *name.split()) if len(part) > 1}
    for part in sorted(parts, key=lambda each: (-len(each), each)):
        bounded = re.escape(part) if _UNBOUNDED.search(part) else rf"(?<!\w){re.escape(part)}(?!\w)"
        said = re.sub(bounded, COVER, said, flags=re.IGNORECASE)
    return said
