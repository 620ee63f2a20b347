"""Files as they lie there: packed ones and bombs, what is no text, what changes while it is read."""

import gzip
import io
import zipfile
import zlib
from pathlib import Path

import pytest

from core.files import opening
from core.files.errors import FileUnreadable
from core.files.opening import fingerprint, opened
from core.files.reader import lines_of

TEXT = b"id,text\n1,one\n2,two\n"


def written(folder: Path, content: bytes) -> Path:
    path = folder / "in.csv"
    path.write_bytes(content)
    return path


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "packed",
    [
        TEXT,
        gzip.compress(TEXT, mtime=0),
        zipped(a=TEXT),
        zipped(**{"d/": b"", "d/a.csv": TEXT, "__MACOSX/a": b"x"}),
    ],
)
def test_plain_and_packed_files_are_read_alike(tmp_path: Path, packed: bytes) -> None:
    with opened(written(tmp_path, packed)) as file:
        assert file.stream.read() == TEXT
        assert file.size == len(packed)
        assert file.done(len(TEXT)) == len(packed)
        file.stream.seek(8)
        assert file.stream.readline() == b"1,one\n"


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (zipped(a=TEXT, b=TEXT), "must hold one file, it holds 2"),
        (zipped(), "must hold one file, it holds 0"),
        (zipped(**{"[Content_Types].xml": b"x", "xl/workbook.xml": b"x"}), "workbook"),
        (gzip.compress(TEXT, mtime=0)[:-9], "damaged"),
        (gzip.compress(TEXT * 999, mtime=0)[:40] + bytes(99), "damaged"),
        (b"PK\x03\x04" + bytes(50), "damaged"),
    ],
)
def test_archives_that_are_none_of_ours(tmp_path: Path, packed: bytes, said: str) -> None:
    with pytest.raises(FileUnreadable, match=said), opened(written(tmp_path, packed)) as file:
        file.stream.read()


def test_an_archive_with_a_password(tmp_path: Path) -> None:
    locked = bytearray(zipped(a=TEXT))
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(FileUnreadable, match="password"), opened(written(tmp_path, bytes(locked))) as file:
        file.stream.read()


def bomb(unpacked_bytes: int) -> bytes:
    """Zeros in gzip, made without having them all at once."""
    packer, block = zlib.compressobj(9, zlib.DEFLATED, 31), b"0" * (1 << 20)
    return b"".join(packer.compress(block) for _ in range(unpacked_bytes >> 20)) + packer.flush()


@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_a_bomb_ends_early(tmp_path: Path, kind: str) -> None:
    packed = bomb(64 << 20) if kind == "gzip" else zipped(a=b"0" * (64 << 20))
    read = 0
    with (
        pytest.raises(FileUnreadable, match="unpacks to far more"),
        opened(written(tmp_path, packed)) as file,
    ):
        while block := file.stream.read(1 << 16):
            read += len(block)
    assert read <= opening.RATIO_FROM_BYTES


def test_the_limit_of_what_comes_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "UNPACKED_LIMIT_BYTES", 10)
    with (
        pytest.raises(FileUnreadable, match="unpacks to far more"),
        opened(written(tmp_path, gzip.compress(TEXT, mtime=0))) as file,
    ):
        file.stream.read()


def test_what_is_added_while_it_is_read_is_not_read(tmp_path: Path) -> None:
    path = written(tmp_path, TEXT)
    with opened(path) as file:
        path.write_bytes(TEXT + b"3,three\n")
        assert file.stream.read() == TEXT
    assert fingerprint(path, len(TEXT)) == fingerprint(written(tmp_path, TEXT), len(TEXT))


def test_a_file_that_becomes_shorter_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, TEXT * 100_000)
    with pytest.raises(FileUnreadable, match="became shorter"), opened(path) as file:
        with path.open("r+b") as other:
            other.truncate(1_500_000)
        file.stream.read()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n\t\n", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "a picture"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "a picture"),
        (b"%PDF-1.7 ...", "PDF"),
        (gzip.compress(gzip.compress(TEXT, mtime=0), mtime=0), "archive inside an archive"),
        (b"id,text\n1,\0\n", "byte 10"),
        ("id,text\n1,one\n".encode("utf-16-be"), "UTF-16 without a mark"),
    ],
)
def test_what_is_no_text(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(FileUnreadable, match=said), opened(written(tmp_path, content)) as file:
        lines_of(file.stream)
