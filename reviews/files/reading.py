"""The rows of a file, whatever its shape, from its start or from where an earlier run came to."""

from collections.abc import Iterator, Mapping, Sequence

from core.files import documents, reader
from core.files.errors import FieldInvalid, FileUnreadable, RowRejected
from core.files.opening import Opened
from core.files.reader import START, Lines, Place, Row
from reviews.files import rules
from reviews.files.detection import Found
from reviews.files.rules import Columns

Rows = Iterator[Row | RowRejected]

TOLD_NAMES = 1000
"""Of columns, for the report."""
KNOWN_SHAPES = 100
"""Of JSON objects: how many sets of names are remembered with their columns."""


class Reading:
    """One pass through a file. What is found on the way stands in `columns` and `unmapped`."""

    def __init__(self, file: Opened, found: Found, chosen: Mapping[str, str], start: Place = START) -> None:
        self.file, self.found = file, found
        self.columns: dict[str, str] = {}
        self.unmapped: dict[str, None] = {}
        self.names: dict[str, None] = {}
        """All columns, in their order."""
        self._chosen = chosen
        self._start = start
        self._lines: Lines | None = None
        self._done = 0
        self.skip_rows = start.line if found.container == "xml" or found.items else 0
        """Rows that come once more, since a document of one piece is read from its start."""

    @property
    def place(self) -> Place:
        """Behind the row that came last. In a document of one piece, `line` counts its items."""
        return self._lines.place if self._lines else Place(self.file.stream.tell(), self._done)

    @property
    def bytes_done(self) -> int:
        """Of the file as it lies there."""
        return self.file.done(self._lines.offset if self._lines else self.file.stream.tell())

    def rows(self) -> Iterator[tuple[Row | RowRejected, Columns]]:
        """Each row with its columns. Raises FileUnreadable."""
        if self.found.container == "csv":
            yield from self._csv()
        elif self.found.container == "json" and not self.found.items:
            self._lines = Lines(self.file.stream, self.found.encoding, self._start)
            yield from self._by_names(reader.ndjson_rows(self._lines))
        else:
            for row in self._by_names(self._items()):
                self._done += 1
                yield row

    def _csv(self) -> Iterator[tuple[Row | RowRejected, Columns]]:
        lines = Lines(self.file.stream, self.found.encoding)
        header, delimiter = reader.csv_header(lines)
        columns = self._mapping(header, self._chosen)
        if not {"rating", "body", "removed_at"} & columns.columns.keys():
            raise FileUnreadable(f"no column for a rating or a text among: {', '.join(header)[:500]}")
        self._lines = (
            Lines(self.file.stream, self.found.encoding, self._start) if self._start.offset else lines
        )
        for row in reader.csv_rows(self._lines, header, delimiter):
            yield row, columns

    def _items(self) -> Rows:
        if self.found.container == "json":
            return documents.json_items(self.file.stream, self.found.items, self.found.encoding)
        return self._elements()

    def _elements(self) -> Rows:
        elements, limit = self.found.form.elements or {}, self.found.form.limit_bytes
        for item in documents.xml_items(self.file.stream, elements):
            if limit and self.file.stream.tell() > limit:
                raise FileUnreadable(f"a file of this format has at most {limit} bytes, unpacked too")
            if isinstance(item, RowRejected):
                yield item
            else:
                line, element = item
                yield Row(line, elements[element.tag](element))

    def _by_names(self, rows: Rows) -> Iterator[tuple[Row | RowRejected, Columns]]:
        known: dict[tuple[str, ...], Columns] = {}
        nothing = Columns({}, (), (), False)
        for row in rows:
            if isinstance(row, RowRejected):
                yield row, nothing
                continue
            names = tuple(row.cells)
            if names not in known:
                known = {} if len(known) >= KNOWN_SHAPES else known
                chosen = {field: name for field, name in self._chosen.items() if not name or name in names}
                known[names] = self._mapping(names, chosen)
            yield row, known[names]

    def _mapping(self, names: Sequence[str], chosen: Mapping[str, str]) -> Columns:
        try:
            found = rules.mapping(self.found.form, names, chosen)
        except FieldInvalid as error:
            raise FileUnreadable(f"{error.field}: {error.reason}") from error
        self.columns |= found.columns
        if len(self.names) < TOLD_NAMES:
            self.names |= dict.fromkeys(names)
            self.unmapped |= dict.fromkeys(found.unmapped)
        return found
