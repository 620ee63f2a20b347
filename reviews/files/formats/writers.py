"""The shapes of files that formats are written in."""

import csv
import io
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree.ElementTree import Element, tostring

import msgspec

from core.files.formulas import defused
from reviews.files.formats.form import OWN
from reviews.files.outgoing import Outgoing

Out = Mapping[str, Callable[[Outgoing], str]]
"""The columns of a file in their order, each with what stands in it."""

_OWN_CELLS: Out = {
    OWN["source"]: lambda out: out.review.source,
    OWN["account"]: lambda out: out.review.account,
    OWN["external_id"]: lambda out: out.review.external_id,
}


class CsvWriter:
    """CSV in UTF-8, our own columns last. A cell that begins like a formula has a quote before it."""

    def __init__(self, columns: Out, mentions: bool = False) -> None:
        self._columns = {**columns, **_OWN_CELLS}
        self._mentions = mentions

    def begin(self) -> bytes:
        """The header."""
        return _csv_line(list(self._columns))

    def row(self, out: Outgoing, first: bool) -> bytes:
        """One line. Most formats know no mentions."""
        if out.review.kind == "mention" and not self._mentions:
            return b""
        return _csv_line([defused(cell(out)) for cell in self._columns.values()])

    def end(self) -> bytes:
        """Nothing."""
        return b""


def _csv_line(cells: list[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()


class JsonWriter:
    """One JSON document with an array of reviews, or a line for each."""

    def __init__(
        self,
        value: Callable[[Outgoing], dict[str, Any]],
        begin: str = "",
        end: str = "",
        mentions: bool = False,
    ) -> None:
        self._value, self._begin, self._end, self._mentions = value, begin, end, mentions

    def begin(self) -> bytes:
        """Up to the array."""
        return self._begin.encode()

    def row(self, out: Outgoing, first: bool) -> bytes:
        """One object."""
        if out.review.kind == "mention" and not self._mentions:
            return b""
        value = msgspec.json.encode(self._value(out))
        if not self._begin:
            return value + b"\n"
        return value if first else b",\n" + value

    def end(self) -> bytes:
        """What closes the document."""
        return self._end.encode()


class XmlWriter:
    """One XML document with an element a review."""

    def __init__(self, element: Callable[[Outgoing], Element], begin: str, end: str) -> None:
        self._element, self._begin, self._end = element, begin, end

    def begin(self) -> bytes:
        """The head of the document."""
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{self._begin}\n'.encode()

    def row(self, out: Outgoing, first: bool) -> bytes:
        """One element."""
        if out.review.kind == "mention":
            return b""
        written = tostring(self._element(out), encoding="utf-8", xml_declaration=False)
        # A parser would take a bare carriage return for a newline.
        return written.replace(b"\r", b"&#13;") + b"\n"

    def end(self) -> bytes:
        """What closes the document."""
        return f"{self._end}\n".encode()
