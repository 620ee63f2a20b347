"""From the bytes of a file to its rows, in memory that does not grow with the file.

A row that cannot be read is yielded as RowRejected and reading goes on behind it: after a quote that
never ends, with the very next line.
"""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Any, BinaryIO

import msgspec

from core.files import encodings
from core.files.errors import FileUnreadable, RowRejected

MAX_LINE_BYTES = 1 << 20
MAX_RECORD_BYTES = 2 << 20
"""Of a row that goes over several lines."""
MAX_DEPTH = 3
"""How deep objects in objects of JSON are told apart."""
MAX_COLUMNS = 1000
DELIMITERS = ",;\t"
_BOM = "\ufeff"
_SEP = re.compile(r'"?sep=([,;\t])"?\s*', re.IGNORECASE)
_NEWLINES = {"utf-16-le": b"\n\0", "utf-16-be": b"\0\n"}


@dataclass(frozen=True)
class Row:
    """One row: where it begins, and its cells by the file's own names."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Place:
    """Between two rows: bytes (of the unpacked file) and lines before it."""

    offset: int = 0
    line: int = 0


START = Place()


class Lines:
    """Physical lines as text, with their places; a csv reader draws from it."""

    def __init__(self, file: BinaryIO, encoding: str = "utf-8", start: Place = START) -> None:
        self.encoding = encoding
        self.bad = ""
        """Why the text of this record is none; empty: it is text."""
        self._file = file
        self._offset, self._line = start.offset, start.line
        self._record: list[bytes] = []
        self._record_bytes = 0
        self._again: deque[bytes] = deque()
        self._newline = _NEWLINES.get(encoding, b"")
        if start.offset:
            file.seek(start.offset)

    @property
    def offset(self) -> int:
        """Bytes before the next line."""
        return self._offset

    @property
    def place(self) -> Place:
        """Where the next line begins."""
        return Place(self._offset, self._line)

    def begin(self) -> int:
        """The next record begins here; answers its line."""
        self.bad = ""
        self._record.clear()
        self._record_bytes = 0
        return self._line + 1

    def skip_first(self) -> None:
        """Go on with the line after the first one of this record."""
        rest = self._record[1:]
        self._again.extendleft(reversed(rest))
        self._line -= len(rest)
        self._offset -= sum(map(len, rest))

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        raw = self._again.popleft() if self._again else self._read()
        if not raw:
            raise StopIteration
        start, self._line, self._offset = self._offset, self._line + 1, self._offset + len(raw)
        self._record.append(raw)
        self._record_bytes += len(raw)
        if self._record_bytes >= MAX_LINE_BYTES:
            self._check_length(raw)
        return self._text(raw, start)

    def _read(self) -> bytes:
        raw = self._file.readline(MAX_LINE_BYTES)
        if not self._newline:
            return raw
        line = raw
        while (
            raw and not (len(line) % 2 == 0 and line.endswith(self._newline)) and len(line) < MAX_LINE_BYTES
        ):
            # A byte like a newline may be half of a character.
            raw = self._file.read(1) if len(line) % 2 else self._file.readline(MAX_LINE_BYTES)
            line += raw
        return line

    def _check_length(self, raw: bytes) -> None:
        newline = self._newline or b"\n"
        if len(raw) >= MAX_LINE_BYTES and not raw.endswith(newline):
            while (rest := self._read()) and not rest.endswith(newline):
                self._offset += len(rest)
            self._offset += len(rest)
            raise RowRejected(
                self._line, "", "line_too_long", f"the line has more than {MAX_LINE_BYTES} bytes"
            )
        if self._record_bytes > MAX_RECORD_BYTES:
            self.skip_first()
            raise RowRejected(
                self._line, "", "row_too_long", f"the row has more than {MAX_RECORD_BYTES} bytes"
            )

    def _text(self, raw: bytes, start: int) -> str:
        try:
            text = raw.decode(self.encoding)
        except UnicodeDecodeError as error:
            self._note(start + error.start, raw[error.start], f"is not {encodings.shown(self.encoding)}")
            text = raw.decode(self.encoding, errors="replace")
        if "\0" in text:
            self._note(start + raw.index(0), 0, "is no text")
        return text.removeprefix(_BOM) if start == 0 else text

    def _note(self, offset: int, byte: int, what: str) -> None:
        self.bad = self.bad or f"byte {offset} of the file (line {self._line}, 0x{byte:02X}) {what}"


def lines_of(file: BinaryIO, encoding: str = "") -> Lines:
    """The lines of a file of text from its start. Raises FileUnreadable for what is none."""
    head = file.read(encodings.HEAD_BYTES)
    file.seek(0)
    return Lines(file, encodings.encoding_of(head, encoding))


def csv_header(lines: Lines) -> tuple[list[str], str]:
    """The names of the columns and the delimiter: as declared by a line `sep=;`, else whichever gives most.

    Raises FileUnreadable.
    """
    try:
        first = _first_line(lines)
        declared = _SEP.fullmatch(first)
        if declared:
            first = _first_line(lines)
        delimiter = declared[1] if declared else max(DELIMITERS, key=lambda each: len(_split([first], each)))
        # A name may go on behind a line's end.
        names = _split(chain([first], lines), delimiter)
    except RowRejected as rejected:
        raise FileUnreadable(f"line 1: {rejected.reason}") from rejected
    except csv.Error as error:
        raise FileUnreadable(f"line 1 is no header of CSV: {error}") from error
    if lines.bad:
        raise FileUnreadable(f"the header: {lines.bad}")
    if len(names) > MAX_COLUMNS:
        raise FileUnreadable(f"the file has more than {MAX_COLUMNS} columns")
    return _distinct([name.strip() for name in names]), delimiter


def _first_line(lines: Lines) -> str:
    lines.begin()
    return next(lines, "")


def _split(lines: Iterable[str], delimiter: str) -> list[str]:
    return next(csv.reader(lines, delimiter=delimiter), [])


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
        if lines.bad or len(cells) > len(header):
            yield _bad_row(lines, line, header, cells)
        elif any(cells) and any(cell.strip() for cell in cells):
            yield Row(line, dict(zip(header, cells, strict=False)))


def _bad_row(lines: Lines, line: int, header: list[str], cells: list[str]) -> RowRejected:
    if lines.bad:
        column = next((n for n, cell in enumerate(cells) if _is_broken(cell)), 0)
        name = header[column] if column < len(header) else ""
        return RowRejected(line, name, "encoding", lines.bad)
    return RowRejected(line, "", "too_many_cells", f"{len(cells)} cells, but {len(header)} columns")


def _is_broken(text: str) -> bool:
    return "\ufffd" in text or "\0" in text


def ndjson_rows(lines: Lines) -> Iterator[Row | RowRejected]:
    """One row a line; see cells_of() for what is no text in it."""
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
        return RowRejected(line, "", "encoding", lines.bad)
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        return RowRejected(line, "", "malformed", f"not JSON: {error}")
    return row_of(line, found)


def row_of(line: int, value: Any) -> Row | RowRejected:
    """An object of JSON as a row."""
    if not isinstance(value, dict):
        return RowRejected(line, "", "malformed", "not a JSON object")
    cells = cells_of(value)
    if len(cells) > MAX_COLUMNS:
        return RowRejected(line, "", "too_many_cells", f"more than {MAX_COLUMNS} fields")
    return Row(line, cells)


def cells_of(value: dict[str, Any], before: str = "", depth: int = MAX_DEPTH) -> dict[str, str]:
    """An object as cells: those of an object in it as `outer.inner`, a list as JSON text."""
    cells: dict[str, str] = {}
    for name, each in value.items():
        if isinstance(each, dict) and depth > 1:
            cells |= cells_of(each, f"{before}{name}.", depth - 1)
        else:
            cells[before + name] = _cell(each)
    return cells


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, str | Decimal) else msgspec.json.encode(value).decode()
