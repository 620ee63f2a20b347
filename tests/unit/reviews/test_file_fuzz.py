"""Whatever is done to a file, it is read or refused, and each of its rows has a fate."""

import gzip
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.files.errors import FileUnreadable
from core.files.opening import Opened
from reviews.files.detection import look
from reviews.files.reading import Reading
from reviews.files.rules import NOTHING_SAID
from reviews.files.taking import Taking, chunks
from tests.fixtures.reviews.shop import NOW

FIXTURES = Path(__file__).parents[2] / "fixtures" / "reviews"
SAMPLES = sorted(path.read_bytes() for path in FIXTURES.iterdir() if path.suffix != ".py")
SPANNERS = st.sampled_from(
    [
        *(b"\0", b"\xff\xfe", b'"', b"\r", b"\n", b",", b"<", b"&x;", b"]]>", b"{", b"}"),
        *(b"1e999", b"\\ud800", b"9" * 400),
    ]
) | st.binary(max_size=4)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    content = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(content)))
        gone = draw(st.sampled_from([0, 0, 1, 7, 400]))
        content = content[:at] + draw(SPANNERS) + content[at + gone :]
    return (
        gzip.compress(content)[: draw(st.sampled_from([None, -3]))]
        if draw(st.integers(0, 9)) == 0
        else content
    )


@given(damaged())
@settings(max_examples=250, deadline=None, database=None)
def test_any_file_is_read_or_refused(content: bytes) -> None:
    try:
        file = Opened(BytesIO(content), len(content))
        taking = Taking(Reading(file, look(file), {}), NOTHING_SAID, NOW, dry_run=True)
        for chunk in chunks(taking, 7):
            assert chunk.rows == len(chunk.contents) + len(chunk.removals) + len(chunk.rejected)
            assert all(rejected.reason for rejected in chunk.rejected)
    except FileUnreadable as error:
        assert error.detail


@pytest.mark.parametrize(
    "content", [b"[" * 5000, b'[{"review_id": ' + b"[" * 5000, b'{"reviews": ' + b"[" * 5000]
)
def test_what_is_nested_without_end_is_refused_or_rejected(content: bytes) -> None:
    try:
        file = Opened(BytesIO(content), len(content))
        taking = Taking(Reading(file, look(file), {}), NOTHING_SAID, NOW, dry_run=True)
        assert all(chunk.rejected and not chunk.contents for chunk in chunks(taking, 7))
    except FileUnreadable as error:
        assert error.detail
