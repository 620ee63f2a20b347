"""Documents of one piece, JSON and XML, read one item after the other.

A document that is malformed at some place cannot be read beyond it: that place is yielded as the last
RowRejected. One that declares entities is not read at all.
"""

import codecs
from collections import deque
from collections.abc import Callable, Collection, Iterator
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

import ijson
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from core.files.errors import FileUnreadable, RowRejected
from core.files.reader import Row, row_of

BLOCK_BYTES = 1 << 16
MAX_ITEM_BYTES = 4 << 20
"""Between two items."""
MAX_NESTING = 64


class _Metered:
    """A file that refuses to give more than one item may have, until it is told that one has come."""

    def __init__(self, file: Any) -> None:
        self._file, self._bytes = file, 0

    def read(self, size: int = BLOCK_BYTES) -> bytes:
        if self._bytes > MAX_ITEM_BYTES:
            raise FileUnreadable(
                f"more than {MAX_ITEM_BYTES} bytes without a review: this is no such document"
            )
        data: bytes = self._file.read(min(size, BLOCK_BYTES) if size >= 0 else BLOCK_BYTES)
        self._bytes += len(data)
        return data

    def item_came(self) -> None:
        self._bytes = 0


class _AsUtf8:
    """A file of text in another encoding, or with a mark at its start, as UTF-8 without one."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file, self._decoder = file, codecs.getincrementaldecoder(encoding)()
        self._begun = False

    def read(self, size: int = BLOCK_BYTES) -> bytes:
        while size and (data := self._file.read(size)):
            text: str = self._decoder.decode(data)
            if not self._begun:
                text = text.removeprefix("\ufeff")
            self._begun = True
            if text:
                return text.encode()
        return b""


def json_items(file: BinaryIO, path: str, encoding: str = "utf-8") -> Iterator[Row | RowRejected]:
    """The objects at `path` ("item" of an array, "reviews.item" of an object); `line` counts them from 1."""
    metered, number = _Metered(_AsUtf8(file, encoding)), 0
    try:
        for number, value in enumerate(ijson.items(metered, path, buf_size=BLOCK_BYTES), 1):
            metered.item_came()
            yield row_of(number, value)
    except (ijson.JSONError, UnicodeDecodeError, RecursionError) as error:
        yield RowRejected(number + 1, "", "malformed", f"not JSON, and not read from here on: {error}")


class _Items:
    """A parser's target that keeps the wanted elements alone, each until it is fetched."""

    def __init__(self, names: Collection[str]) -> None:
        self.names = names
        self.found: deque[tuple[int, Element]] = deque()
        self.line: Callable[[], int] = lambda: 0
        self._builder: Any = None
        self._depth = 0
        self._item_depth = 0
        self._item_line = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local(tag)
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise FileUnreadable(f"line {self.line()}: more than {MAX_NESTING} elements inside each other")
        if self._builder is None and name in self.names:
            self._builder, self._item_depth, self._item_line = TreeBuilder(), self._depth, self.line()
        if self._builder:
            self._builder.start(name, attributes)

    def end(self, tag: str) -> None:
        if self._builder:
            self._builder.end(local(tag))
            if self._depth == self._item_depth:
                self.found.append((self._item_line, self._builder.close()))
                self._builder = None
        self._depth -= 1

    def data(self, text: str) -> None:
        if self._builder:
            self._builder.data(text)

    def close(self) -> None:
        """Nothing to hand over: items are fetched one by one."""


def xml_items(file: BinaryIO, names: Collection[str]) -> Iterator[tuple[int, Element] | RowRejected]:
    """The elements of these names, wherever they are, with the line where each begins, without namespaces."""
    target, metered = _Items(names), _Metered(file)
    parser: Any = DefusedXMLParser(target=target, forbid_dtd=True)
    target.line = lambda: int(parser.parser.CurrentLineNumber)
    try:
        while block := metered.read():
            parser.feed(block)
            yield from _fetched(target, metered)
        parser.close()
    except DefusedXmlException as error:
        raise FileUnreadable(
            "the document declares a type or entities of its own, which is not allowed"
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        yield from _fetched(target, metered)
        yield RowRejected(target.line(), "", "malformed", f"not XML, and not read from here on: {error}")


def _fetched(target: _Items, metered: _Metered) -> Iterator[tuple[int, Element]]:
    while target.found:
        metered.item_came()
        yield target.found.popleft()


def local(tag: str) -> str:
    """The name of an element or attribute without its namespace."""
    return tag.rpartition("}")[2]
