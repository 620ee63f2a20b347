"""From a review as it was written to the one line that the model reads."""

import html
import re

from sentiment.types import Text

# No review needs more to be understood, and no poisoned text may cost more.
RAW_CHARACTERS = 20_000

_TAG = re.compile(r"<!--[^<>]*-->|</?[A-Za-z][^<>]*>")
_SPACE = re.compile(r"\s+")
# Zero-width marks, direction marks, soft hyphens, byte-order marks and tag characters. The zero-width joiner
# and the variation selector go too: the vocabulary has single emoji only.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe0f\ufeff"
    "\U000e0000-\U000e007f]"
)
# Two to five stars, the full ones first; the vocabulary has no such signs.
_DRAWN_STARS = re.compile("(?<![★⭐🌟☆✩])(?=[★⭐🌟☆✩]{2,5}(?![★⭐🌟☆✩]))([★⭐🌟]{1,5})[☆✩]{0,4}")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffd-\uffff]")


_INSIDE = rf"{_INVISIBLE.pattern}*+"
_BETWEEN = rf"(?:\s|{_TAG.pattern}|{_CONTROL.pattern}|{_INVISIBLE.pattern})++"


def clean(raw: str) -> str:
    """Plain text on one line: no HTML, no control, invisible or broken characters; drawn stars counted."""
    text = _whole_characters(raw[:RAW_CHARACTERS])
    # Decoded before stripped: shops often send tags that were escaped on the way.
    text = _TAG.sub(" ", html.unescape(text))
    text = _CONTROL.sub(" ", _INVISIBLE.sub("", _whole_characters(text)))
    text = _DRAWN_STARS.sub(lambda stars: f" {len(stars[1])} stars ", text)
    return _SPACE.sub(" ", text).strip()


def joined(text: Text) -> str:
    """Title and body as the model saw them in training: "title. text"."""
    title, body = clean(text.title), clean(text.text)
    if title and body:
        return f"{title}. {body}"
    return title or body


def place(words: str, raw: str) -> tuple[int, int] | None:
    """Where words of a cleaned text stand in the text that was cleaned, entities decoded: first and end.

    What clean() takes out may stand between them. None: they are not there, as are drawn stars.
    """
    pieces = (_INSIDE.join(map(re.escape, piece)) for piece in words.split())
    pattern = _BETWEEN.join(pieces)
    found = re.search(pattern, raw[:RAW_CHARACTERS]) if pattern else None
    return found.span() if found else None


def _whole_characters(text: str) -> str:
    """Surrogate pairs become their character; halves without their other half go."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
