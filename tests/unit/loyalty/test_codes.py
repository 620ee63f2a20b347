"""Codes: what is one, what a pattern makes, and lines out of a stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.rewards import codes
from loyalty.rewards.codes import ALPHABET, Lines, PatternInvalid, PatternTooShort


def test_a_pattern_makes_codes_of_its_shape() -> None:
    made = {codes.made("TEA-????-????") for _ in range(500)}
    assert len(made) == 500
    for code in made:
        assert code.startswith("TEA-") and code[8] == "-" and len(code) == 13
        assert set(code[4:8] + code[9:]) <= set(ALPHABET)
        assert codes.is_code(code)
    assert not set("01OILU") & set(ALPHABET)


@pytest.mark.parametrize(
    "pattern", ["", "???", "tea-????????", "TEA ????????", "=????????", "?" * 101, "TEA/????"]
)
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(PatternInvalid):
        codes.check_pattern(pattern, 1)


@given(st.integers(1, 10**7))
def test_a_pattern_takes_enough_wildcards_for_so_many_codes(count: int) -> None:
    needed = next(n for n in range(30) if 30**n >= count * 10**6)
    codes.check_pattern("A" + "?" * max(needed, 3), count)
    with pytest.raises(PatternTooShort) as caught:
        codes.check_pattern("AAAA" + "?" * (needed - 1), count)
    assert caught.value.extra == {"wildcards": needed}


@pytest.mark.parametrize(
    ("line", "cell"),
    [
        (b"ABCD-1234\r", "ABCD-1234"),
        (b"\xef\xbb\xbf  ABCD ", "ABCD"),
        (b'"ABCD",used,2026', "ABCD"),
        (b"ABCD;x", "ABCD"),
        (b"ABCD\tx", "ABCD"),
        (b' {"code": "ABCD", "note": 1}', "ABCD"),
        (b'{"code": 5}', None),
        (b'{"cod', None),
        (b"\xff\xfe", None),
        (b"  ", ""),
    ],
)
def test_the_code_of_a_line(line: bytes, cell: str | None) -> None:
    assert codes.cell(line) == cell


@pytest.mark.parametrize(
    "text", ["ABC", "AB CD", "=ABCD", "-ABCD", "AB/CD", "AB,CD", "A" * 101, "ÄBCD", "AB\0CD", ""]
)
def test_what_is_no_code(text: str) -> None:
    assert not codes.is_code(text)


@given(st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"x"))), st.data())
def test_lines_are_the_same_however_the_stream_is_cut(lines: list[bytes], data: st.DataObject) -> None:
    whole = b"\n".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=5)))
    reader, found = Lines(), []
    for begin, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        found += list(reader.feed(whole[begin:end]))
    found += list(reader.end())
    expected = lines[:-1] if lines and not lines[-1] else lines
    assert found == list(enumerate(expected, 1))


def test_a_line_without_end_takes_no_memory() -> None:
    reader = Lines()
    for _ in range(100):
        assert list(reader.feed(b"A" * 100_000)) == []
        assert len(reader._rest) <= codes.LINE_LIMIT_BYTES + 1
    [(number, line)] = reader.feed(b"\n")
    assert number == 1
    assert not codes.is_code(codes.cell(line) or "")
