"""From a review as it was written to the one line that the model reads."""

import html
import re

from sentiment.types import Text

# No review needs more to be understood, and no poisoned text may cost more.
RAW_CHARACTERS = 20_000
SEAM = ". "
"""What joined() puts between title and body."""

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


# What clean() turns into one space, or into nothing where it is invisible signs alone.
_BETWEEN = re.compile(rf"(?:\s|{_TAG.pattern}|{_CONTROL.pattern}|{_INVISIBLE.pattern})++")


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
        return f"{title}{SEAM}{body}"
    return title or body


class Placed:
    """A text with decoded entities, as clean() reads it but for drawn stars, and where each character stood.

    Made once for all words that are looked for: a page is waiting meanwhile.
    """

    def __init__(self, raw: str) -> None:
        raw = raw[:RAW_CHARACTERS]
        pieces: list[str] = []
        self._at: list[int] = []
        kept = 0
        for gap in _BETWEEN.finditer(raw):
            pieces.append(raw[kept : gap.start()])
            self._at += range(kept, gap.start())
            if _INVISIBLE.sub("", gap[0]):
                pieces.append(" ")
                self._at.append(gap.start())
            kept = gap.end()
        self._at += range(kept, len(raw))
        self._line = "".join(pieces) + raw[kept:]

    def find(self, words: str) -> tuple[int, int] | None:
        """Where words of the cleaned text stand first: first and end. None: nowhere, as are drawn stars."""
        wanted = " ".join(words.split())
        return self._span(self._line.find(wanted), wanted)

    def at_end(self, words: str) -> tuple[int, int] | None:
        """The same of words that the text ends with; None: it does not."""
        line = self._line.rstrip()
        return self._span(len(line) - len(words), words) if line.endswith(words) else None

    def at_start(self, words: str) -> tuple[int, int] | None:
        """The same of words that the text begins with; None: it does not."""
        first = len(self._line) - len(self._line.lstrip())
        return self._span(first, words) if self._line.startswith(words, first) else None

    def _span(self, first: int, words: str) -> tuple[int, int] | None:
        if first < 0 or not words:
            return None
        return self._at[first], self._at[first + len(words) - 1] + 1


def _whole_characters(text: str) -> str:
    """Surrogate pairs become their character; halves without their other half go."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
