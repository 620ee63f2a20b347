"""Texts in their encodings, rows with their lines, cells that look like formulas."""

import csv
import io
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.files import reader
from core.files.encodings import encoding_of
from core.files.errors import FileUnreadable, RowRejected
from core.files.formulas import defused, restored
from core.files.reader import Lines, Place, Row, lines_of

HANS = "物流很快，质量不错，下次还会再来。客服也很好。"
HANT = "物流很快，品質不錯，下次還會再來。客服也很好。"
KANA = "商品が届きました。とても良いです。また買います。ありがとう。"
HANGUL = "안녕하세요 상품이 아주 좋아요 배송도 빨라요 감사합니다"


@pytest.mark.parametrize(
    ("text", "written", "found"),
    [
        (HANS, "gb18030", "gb18030"),
        (HANS, "utf-8", "utf-8"),
        (HANT, "big5", "big5hkscs"),
        (KANA, "euc_jp", "euc_jp"),
        (HANGUL, "euc_kr", "euc_kr"),
        ("très bien, déjà là, où êtes-vous, ça m'a plu énormément", "latin-1", "utf-8"),
        ("plain", "ascii", "utf-8"),
        (HANS, "utf-16", "utf-16-le"),
        (HANS[:5], "gb18030", "utf-8"),
    ],
)
def test_encodings_are_told_apart_or_not_guessed(text: str, written: str, found: str) -> None:
    assert (
        encoding_of(("id,text\n1," if written != "utf-16" else "").encode() + text.encode(written)) == found
    )


def test_a_declared_encoding_goes_before_what_looks_likely() -> None:
    assert encoding_of(HANS.encode("gb18030"), "cp1252") == "cp1252"
    assert encoding_of("\ufeffé".encode(), "cp1252") == "utf-8", "a mark is surer than a person"


def test_a_character_that_the_head_cuts_is_no_mistake() -> None:
    head = ("a" * 65_535 + "é").encode()[: 1 << 16]
    assert encoding_of(head) == "utf-8"


def rows(content: bytes, encoding: str = "") -> list[Row | RowRejected]:
    lines = lines_of(BytesIO(content), encoding)
    return list(reader.csv_rows(lines, *reader.csv_header(lines)))


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-be", "utf-8-sig", "gb18030", "cp932"])
def test_rows_in_each_encoding(codec: str) -> None:
    # U+0A0A and U+0D0A have a newline's byte in them; one row goes over two lines.
    strange = "ਊഊ" if codec.startswith("utf") else "良い"
    text = f'id,text\r\n1,"{strange}\nsecond line"\r\n2,{strange}\r\n'
    mark = b"\xfe\xff" if codec == "utf-16-be" else b""
    declared = {"gb18030": "gb18030", "cp932": "shift_jis"}.get(codec, "")
    assert rows(mark + text.encode(codec), declared) == [
        Row(2, {"id": "1", "text": f"{strange}\nsecond line"}),
        Row(4, {"id": "2", "text": strange}),
    ]


def test_a_byte_that_is_no_text_is_named_with_its_place() -> None:
    lines = Lines(BytesIO(b"id,text\n1,a\0b\n2,ok\n3,\xff\n"))
    first, second, third = reader.csv_rows(lines, *reader.csv_header(lines))
    assert isinstance(first, RowRejected) and isinstance(third, RowRejected)
    assert (first.line, first.column, first.reason) == (
        2,
        "text",
        "byte 11 of the file (line 2, 0x00) is no text",
    )
    assert second == Row(3, {"id": "2", "text": "ok"})
    assert (third.column, third.reason) == ("text", "byte 21 of the file (line 4, 0xFF) is not UTF-8")


def test_a_row_that_never_ends_takes_no_neighbour_with_it_and_no_memory() -> None:
    many = b"".join(b'%d,"x' % n + b"y" * 60_000 + b'"\n' for n in range(3))
    endless = b'0,"' + (b"z" * 900 + b'""\n') * 3_000
    lines = Lines(BytesIO(b"id,text\n" + many[:-2] + b"\n" + endless))
    found = []
    for row in reader.csv_rows(lines, *reader.csv_header(lines)):
        found.append(row)
        if len(found) > 5:
            break
    assert [row.line for row in found[:3]] == [2, 3, 4]
    assert isinstance(found[2], RowRejected)
    assert len(lines._again) < 4_000


def test_reading_goes_on_at_a_place() -> None:
    content = b'id,text\n1,one\n2,"two\nlines"\n3,three\n'
    lines = Lines(BytesIO(content))
    header, delimiter = reader.csv_header(lines)
    reading = reader.csv_rows(lines, header, delimiter)
    next(reading), next(reading)
    place = lines.place
    assert place == Place(content.index(b"3,"), 4)
    rest = reader.csv_rows(Lines(BytesIO(content), start=place), header, delimiter)
    assert list(rest) == [Row(5, {"id": "3", "text": "three"})]


TRICKY = st.text("'=+-@\t\r\nab1.,＝", max_size=6) | st.text(max_size=6)


@given(TRICKY)
@settings(max_examples=500, database=None)
def test_a_defused_cell_is_no_formula_and_comes_back(cell: str) -> None:
    out = defused(cell)
    assert restored(out) == cell
    is_number = cell.lstrip("+-").replace(",", ".", 1).replace(".", "", 1).isdecimal()
    assert is_number or not out.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
            min_size=3,
            max_size=3,
        ),
        max_size=6,
    )
)
@settings(max_examples=100, database=None, deadline=None)
def test_what_is_written_as_csv_is_read_as_it_was(table: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["a", "b", "c"], *table])
    lines = Lines(BytesIO(out.getvalue().encode()))
    found = list(reader.csv_rows(lines, *reader.csv_header(lines)))
    assert [list(row.cells.values()) for row in found if isinstance(row, Row)] == [
        row for row in table if any(cell.strip() for cell in row)
    ]
    assert not any(isinstance(row, RowRejected) for row in found)


@pytest.mark.parametrize(
    ("content", "names", "delimiter"),
    [
        (b"sep=;\r\nid;a,b\r\n", ["id", "a,b"], ";"),
        (b'"sep=,"\nid,text\n', ["id", "text"], ","),
        (b'id,"Review\ntext",x\n1,ok,y\n', ["id", "Review\ntext", "x"], ","),
        (b"id,id,text\n", ["id", "id (2)", "text"], ","),
    ],
)
def test_headers(content: bytes, names: list[str], delimiter: str) -> None:
    assert reader.csv_header(lines_of(BytesIO(content))) == (names, delimiter)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,text\r1,one\r2,two\r", "no header of CSV"),
        (b"x" * 200_000 + b"\n", "no header of CSV"),
        (b"a," * 1001 + b"\n", "more than 1000 columns"),
        (b"x" * (1 << 20) + b"\n", "line 1: the line has more than"),
        ("größe;text\n".encode("latin-1"), "the header: byte 2"),
    ],
)
def test_what_is_no_header(content: bytes, said: str) -> None:
    with pytest.raises(FileUnreadable, match=said):
        reader.csv_header(lines_of(BytesIO(content)))


def test_an_object_of_too_many_fields_is_rejected_alone() -> None:
    wide = "{" + ",".join(f'"k{n}":1' for n in range(1001)) + "}\n"
    first, second = reader.ndjson_rows(Lines(BytesIO(wide.encode() + b'{"a": 1}\n')))
    assert isinstance(first, RowRejected) and first.code == "too_many_cells"
    assert second == Row(2, {"a": "1"})
