"""From the bytes of a file to its rows, in memory that does not grow with the file.

A row that cannot be read is yielded as RowRejected and reading goes on behind it: after a quote that
never ends, with the very next line.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import msgspec

from core.files.errors import FileUnreadable, RowRejected

MAX_LINE_BYTES = 1 << 20
DELIMITERS = ",;\t"
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Row:
    """One row: where it begins, and its cells by the file's own names."""

    line: int
    cells: dict[str, str]


@dataclass
class _BadByte:
    line: int
    offset: int
    byte: int

    def __str__(self) -> str:
        return f"byte {self.offset} of the file (line {self.line}, 0x{self.byte:02X}) is not UTF-8"


class Lines:
    """Physical lines as text, with their places; a csv reader draws from it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.offset = 0
        self.line = 0
        self.bad: _BadByte | None = None
        self._first_end = (0, 0)

    def begin(self) -> int:
        """The next record begins here; answers its line."""
        self.bad = None
        self._first_end = (0, 0)
        return self.line + 1

    def skip_first(self) -> None:
        """Go on with the line after the first one of this record."""
        self.offset, self.line = self._first_end
        self.file.seek(self.offset)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        raw = self.file.readline(MAX_LINE_BYTES)
        if not raw:
            raise StopIteration
        start, self.line, self.offset = self.offset, self.line + 1, self.offset + len(raw)
        too_long = len(raw) == MAX_LINE_BYTES and not raw.endswith(b"\n")
        if too_long:
            self._skip_rest()
        if self._first_end == (0, 0):
            self._first_end = (self.offset, self.line)
        if too_long:
            raise RowRejected(
                self.line, "", "line_too_long", f"the line has more than {MAX_LINE_BYTES} bytes"
            )
        return self._text(raw, start)

    def _skip_rest(self) -> None:
        while rest := self.file.readline(MAX_LINE_BYTES):
            self.offset += len(rest)
            if rest.endswith(b"\n"):
                return

    def _text(self, raw: bytes, start: int) -> str:
        if start == 0:
            raw, start = raw.removeprefix(_BOM), start + len(_BOM) * raw.startswith(_BOM)
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            if self.bad is None:
                self.bad = _BadByte(self.line, start + error.start, raw[error.start])
            return raw.decode(errors="surrogateescape")


def check_text(file: BinaryIO) -> None:
    """Refuse what is no UTF-8 text file from its very start. Raises FileUnreadable."""
    head = file.read(4096)
    file.seek(0)
    if not head.strip():
        raise FileUnreadable("the file is empty")
    if head.startswith(_UTF16) or b"\0" in head:
        place = head.find(b"\0") if b"\0" in head else 0
        raise FileUnreadable(f"line 1, byte {place}: this is UTF-16 or no text; save it as UTF-8")


def csv_header(lines: Lines) -> tuple[list[str], str]:
    """The names of the columns and the delimiter, which is whichever gives most columns."""
    lines.begin()
    try:
        first = next(lines)
    except RowRejected as rejected:
        raise FileUnreadable(f"line 1: {rejected.reason}") from rejected
    if lines.bad:
        raise FileUnreadable(f"the header: {lines.bad}")
    splits = {delimiter: next(csv.reader([first], delimiter=delimiter), []) for delimiter in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda each: len(splits[each]))
    return _distinct([name.strip() for name in splits[delimiter]]), delimiter


def _distinct(names: list[str]) -> list[str]:
    """A name that comes again gets its number: no column hides another."""
    return [
        f"{name} ({before + 1})" if (before := names[:n].count(name)) else name
        for n, name in enumerate(names)
    ]


def csv_rows(lines: Lines, header: list[str], delimiter: str) -> Iterator[Row | RowRejected]:
    """The rows behind the header."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except RowRejected as rejected:
            yield rejected
            continue
        except csv.Error as error:
            lines.skip_first()
            yield RowRejected(line, "", "malformed", str(error))
            continue
        if any(cell.strip() for cell in cells):
            yield _csv_row(lines, line, header, cells)


def _csv_row(lines: Lines, line: int, header: list[str], cells: list[str]) -> Row | RowRejected:
    if lines.bad:
        column = next((n for n, cell in enumerate(cells) if not cell.isascii() and _is_broken(cell)), 0)
        name = header[column] if column < len(header) else ""
        return RowRejected(line, name, "encoding", str(lines.bad))
    if len(cells) > len(header):
        return RowRejected(line, "", "too_many_cells", f"{len(cells)} cells, but {len(header)} columns")
    return Row(line, dict(zip(header, cells, strict=False)))


def _is_broken(text: str) -> bool:
    return any("\udc80" <= char <= "\udcff" for char in text)


def ndjson_rows(lines: Lines) -> Iterator[Row | RowRejected]:
    """One row a line; what is not text in it is given as JSON text."""
    while True:
        number = lines.begin()
        try:
            text = next(lines)
        except StopIteration:
            return
        except RowRejected as rejected:
            yield rejected
            continue
        if text.strip():
            yield _json_row(lines, number, text)


def _json_row(lines: Lines, line: int, text: str) -> Row | RowRejected:
    if lines.bad:
        return RowRejected(line, "", "encoding", str(lines.bad))
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        return RowRejected(line, "", "malformed", f"not JSON: {error}")
    if not isinstance(found, dict):
        return RowRejected(line, "", "malformed", "not a JSON object")
    return Row(line, {name: _cell(value) for name, value in found.items()})


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
