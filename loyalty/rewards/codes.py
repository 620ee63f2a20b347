"""Voucher codes that people can read out, and nobody can guess; pure but for the dice."""

import re
import secrets
from collections.abc import Iterator

import msgspec

from core.errors import DomainError, Kind

# Without the letters and digits that people mistake for one another.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12
WILDCARD = "?"
GUESSES_A_HIT = 10**6
"""Whoever guesses codes of a pattern needs so many for one hit, on average."""
LINE_LIMIT_BYTES = 4096

_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._~+*@:-]{3,99}")
_PATTERN = re.compile(r"[0-9A-Z?][0-9A-Z?._~-]{3,99}")
_END_OF_CELL = re.compile(r"[,;\t]")


class PatternInvalid(DomainError):
    """A pattern is 4 to 100 capital letters, digits, dots, hyphens and question marks."""

    code = "code_pattern_invalid"
    kind = Kind.INVALID
    title = "This is no pattern for codes"


class PatternTooShort(DomainError):
    """So many codes of this pattern could be guessed; `wildcards` would be enough."""

    code = "code_pattern_too_short"
    kind = Kind.INVALID
    title = "Codes of this pattern could be guessed"


def made_up() -> str:
    """A new code: one of 30^12, so that two never meet."""
    return made(WILDCARD * CODE_LENGTH)


def made(pattern: str) -> str:
    """A code of a pattern: each question mark becomes a letter or digit by chance."""
    return "".join(secrets.choice(ALPHABET) if each == WILDCARD else each for each in pattern)


def check_pattern(pattern: str, codes: int) -> None:
    """Raises PatternInvalid, or PatternTooShort for so many codes in all."""
    if not _PATTERN.fullmatch(pattern):
        raise PatternInvalid(pattern)
    needed = next(n for n in range(1, 101) if len(ALPHABET) ** n >= codes * GUESSES_A_HIT)
    if pattern.count(WILDCARD) < needed:
        raise PatternTooShort(f"{codes} codes take {needed} question marks", wildcards=needed)


def is_code(text: str) -> bool:
    """Whether it can be a code: it stands in addresses and spreadsheets, and is typed by people."""
    return _CODE.fullmatch(text) is not None


class _Line(msgspec.Struct, frozen=True):
    """A line of NDJSON; what else stands in it is of no interest."""

    code: str


def cell(line: bytes) -> str | None:
    """The code of a line of plain text, CSV (its first column) or NDJSON; None for what is none."""
    try:
        if line.lstrip().startswith(b"{"):
            return msgspec.json.decode(line, type=_Line).code
        text = line.decode("utf-8").removeprefix("\ufeff")
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return _END_OF_CELL.split(text, maxsplit=1)[0].strip().strip('"')


class Lines:
    """Numbered lines out of a stream of bytes, in bounded memory: a line that is too long is cut."""

    def __init__(self) -> None:
        self.count = 0
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """The lines that are whole by now; lines count from 1."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[: LINE_LIMIT_BYTES + 1]
        for line in whole:
            self.count += 1
            yield self.count, line[: LINE_LIMIT_BYTES + 1]

    def end(self) -> Iterator[tuple[int, bytes]]:
        """The last line, where nothing ends it."""
        if self._rest:
            yield from self.feed(b"\n")
