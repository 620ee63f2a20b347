"""Which encoding a file of text is in: declared, marked, UTF-8, or Chinese that can be told apart."""

import codecs
import re
from typing import Literal

from core.files.errors import FileUnreadable

Encoding = Literal["utf-8", "utf-16", "gb18030", "big5", "euc_kr", "euc_jp", "shift_jis", "cp1252"]
"""What a file may be declared to be."""
HEAD_BYTES = 1 << 16

_CODECS = {"big5": "big5hkscs", "shift_jis": "cp932"}
"""Python's names, where those of people mean more than the standard."""
_SHOWN = {"big5hkscs": "Big5", "cp932": "Shift JIS", "cp1252": "Windows-1252", "euc_kr": "EUC-KR"}
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
# The characters that texts are mostly written with, and punctuation; the rest of each code is rare. Korean
# and Japanese stand here since they would look Chinese; of equal shares the first one is meant.
_COMMON = {
    "euc_kr": re.compile(rb"[\xa1-\xa3\xb0-\xc8][\xa1-\xfe]"),
    "euc_jp": re.compile(rb"[\xa1-\xa5\xb0-\xcf][\xa1-\xfe]"),
    "gb18030": re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]"),
    "big5hkscs": re.compile(rb"[\xa1-\xc6][\x40-\x7e\xa1-\xfe]"),
}
_HIRAGANA = re.compile(rb"\xa4[\xa1-\xf3]")
_CERTAIN = 0.85
_LEAST_CHARACTERS = 8
_MAGIC = (
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a picture or a recording"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "a workbook or document of an office program"),
    (b"PK\x03\x04", "an archive inside an archive"),
    (b"\x1f\x8b", "an archive inside an archive"),
)


def encoding_of(head: bytes, declared: str = "") -> str:
    """The name of Python's codec for a file that begins like this. Raises FileUnreadable if it is no text.

    A mark at the start goes first, then what is declared. What is for certain neither UTF-8 nor
    one of the codes of East Asia is read as UTF-8: rows that are not are rejected one by one.
    """
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise FileUnreadable("the file is empty")
    if what := next((what for magic, what in _MAGIC if head.startswith(magic)), ""):
        raise FileUnreadable(f"this is {what}, not a file of rows")
    if marked := next((name for mark, name in _MARKS.items() if head.startswith(mark)), ""):
        return marked
    if declared == "utf-16":
        return "utf-16-le"
    if b"\0" in head:
        raise FileUnreadable(
            f"byte {head.index(0)}: this is UTF-16 without a mark, or no text; save it as UTF-8"
        )
    return _CODECS.get(declared, declared) or _guessed(head)


def shown(codec: str) -> str:
    """The name of a codec for people."""
    return _SHOWN.get(codec, codec.upper())


def _guessed(head: bytes) -> str:
    if _decodes(head, "utf-8"):
        return "utf-8"
    shares = {codec: _share(head, codec) for codec in _COMMON if _decodes(head, codec)}
    best = max(shares, key=lambda codec: shares[codec], default="")
    return best if best and shares[best] >= _CERTAIN else "utf-8"


def _decodes(head: bytes, codec: str) -> bool:
    try:
        # The head may end within a character.
        codecs.getincrementaldecoder(codec)().decode(head, final=len(head) < HEAD_BYTES)
    except UnicodeDecodeError:
        return False
    return True


def _share(head: bytes, codec: str) -> float:
    """How much of what is not ASCII are common characters; 0 if there is too little to tell."""
    characters = _COMMON[codec].findall(head)
    if codec == "euc_jp" and 8 * len(_HIRAGANA.findall(head)) < len(characters):
        return 0.0
    beyond = sum(byte > 0x7F for byte in head)
    high = sum(byte > 0x7F for pair in characters for byte in pair)
    return high / beyond if len(characters) >= _LEAST_CHARACTERS else 0.0
