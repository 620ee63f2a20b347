"""What is said about files and rows that cannot be taken in, in the reader's language.

Reject files and the API say it in English; so it is stored. Here each sentence finds its pattern again.
"""

import re
from functools import cache
from re import Pattern

from core.i18n import Locale, mark, translator

_SENTENCES = (
    # The whole file.
    mark("the file is empty"),
    mark("this is %(what)s, not a file of rows"),
    mark("a picture"),
    mark("a picture or a recording"),
    mark("a PDF document"),
    mark("a workbook or document of an office program"),
    mark("an archive inside an archive"),
    mark("byte %(byte)s: this is UTF-16 without a mark, or no text; save it as UTF-8"),
    mark("the file became shorter while it was read: it ends at byte %(byte)s"),
    mark("the archive unpacks to far more than it holds: over %(bytes)s bytes"),
    mark("the archive is damaged: %(error)s"),
    mark("the archive must hold one file, it holds %(files)s"),
    mark("the archive is locked with a password"),
    mark("this is a workbook or document of an office program; save it as CSV"),
    mark("more than %(bytes)s bytes without a review: this is no such document"),
    mark("line %(line)s: more than %(elements)s elements inside each other"),
    mark("the document declares a type or entities of its own, which is not allowed"),
    mark("line 1 is no header of CSV: %(error)s"),
    mark("line 1: %(reason)s"),
    mark("the header: %(reason)s"),
    mark("the file has more than %(columns)s columns"),
    mark("this is XML, but no feed of reviews that we know"),
    mark("this is XML, which %(format)s is not"),
    mark("this is a web page, not a file of reviews"),
    mark("a file of this format has at most %(bytes)s bytes"),
    mark("a file of this format has at most %(bytes)s bytes, unpacked too"),
    mark("no column for a rating or a text among: %(columns)s"),
    # A row.
    mark("not JSON, and not read from here on: %(error)s"),
    mark("not XML, and not read from here on: %(error)s"),
    mark("not JSON: %(error)s"),
    mark("not a JSON object"),
    mark("the line has more than %(bytes)s bytes"),
    mark("the row has more than %(bytes)s bytes"),
    mark("%(cells)s cells, but %(columns)s columns"),
    mark("more than %(fields)s fields"),
    mark("byte %(byte)s of the file (line %(line)s, %(value)s) is not %(encoding)s"),
    mark("byte %(byte)s of the file (line %(line)s, %(value)s) is no text"),
    mark("a review without an id"),
    mark("it has no rows"),
    mark("more than %(rows)s rows"),
    mark("no column %(name)s among: %(columns)s"),
    # A field.
    mark("%(field)s: %(reason)s"),
    mark("is none of %(names)s"),
    mark("the file has no column %(name)s"),
    mark("reviews of %(source)s come from our own form alone"),
    mark("the date is missing"),
    mark("%(text)s is no date that we can read"),
    mark("%(text)s does not write its year in full"),
    mark("%(text)s is no date: %(error)s"),
    mark("%(text)s can be read in two ways: declare the order of day and month"),
    mark("%(text)s is beyond all times"),
    mark("%(text)s is no scale such as 1-5, 0-10 or -100..100"),
    mark("the scale %(text)s has no extent"),
    mark("%(text)s is not a number"),
    mark("%(text)s is neither review nor mention"),
    mark("%(text)s is neither yes nor no"),
    # Of an opening balance: nothing of a cell is said again.
    mark("is missing"),
    mark("lies ahead"),
    mark("lies in the past"),
    mark("is no member"),
    mark("is no wallet of the programme"),
    mark("another opening balance has this id"),
    mark("is no whole number of points from 1 to %(points)s"),
    mark("is neither yes nor no"),
    mark("is no ISO date or time"),
    mark("the year must be %(first)s to %(last)s"),
    mark("has no offset, such as Z or +08:00"),
    mark("has more than %(characters)s characters, or the null character"),
    mark("%(text)s does not say whether it is shown"),
    mark("%(text)s is no list of addresses"),
    mark("is not a usable number"),
    mark("the scale %(low)s to %(high)s has no extent"),
    mark("%(rating)s is not on the scale %(low)s to %(high)s"),
    mark("a mention has none"),
    mark("is not a word of lower-case letters, digits and _"),
    mark("is empty"),
    mark("is longer than %(most)s characters"),
    mark("is longer than %(most)s characters, or no text"),
    mark("there is neither a rating nor a text"),
    mark("are more than %(most)s"),
    mark("is not an address that starts with http:// or https://"),
    mark("has no time zone"),
    mark("is in the future"),
    mark("is before 1990"),
)
_NESTED = frozenset({"reason", "what"})
"""Parts that are such sentences themselves."""
_SHAPES = {"field": r"\w+"}
_PART = re.compile(r"%\((\w+)\)s")


def in_words(reason: str, locale: Locale) -> str:
    """The reason in this language; one that is known nowhere (a parser's own words) as it is."""
    words = translator(locale)
    for pattern, sentence in _patterns():
        if match := pattern.fullmatch(reason):
            parts = {
                name: in_words(part, locale) if name in _NESTED else part
                for name, part in match.groupdict().items()
            }
            return words.gettext(sentence, **parts)
    return reason


@cache
def _patterns() -> tuple[tuple[Pattern[str], str], ...]:
    """Sentences that begin with what somebody wrote come last: they fit the most."""
    ordered = sorted(_SENTENCES, key=lambda sentence: (sentence.startswith("%"), -len(sentence)))
    return tuple((re.compile(_pattern(sentence), re.DOTALL), sentence) for sentence in ordered)


def _pattern(sentence: str) -> str:
    pieces = _PART.split(sentence)
    return "".join(
        f"(?P<{piece}>{_SHAPES.get(piece, '.+?')})" if number % 2 else re.escape(piece)
        for number, piece in enumerate(pieces)
    )
