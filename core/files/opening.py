"""Open what somebody brought: plain, gzip, or a zip with one file in it; never a bomb."""

import gzip
import hashlib
import io
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from core.files.errors import FileUnreadable

UNPACKED_LIMIT_BYTES = 20 << 30
RATIO_LIMIT = 200
"""How many times its packed size a file may have; CSV of people's texts has 3 to 20."""
RATIO_FROM_BYTES = 32 << 20
"""Below it the ratio does not matter."""
BLOCK = 1 << 20

_GZIP, _ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")
_DAMAGED = (EOFError, OSError, zipfile.BadZipFile, zlib.error, NotImplementedError)


class Opened:
    """A file that can be read from its first byte, as it was when it was opened."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._whole = _Whole(file, size)
        self.size = size
        """Bytes as it lies there, packed or not."""
        self._buffered: BinaryIO = io.BufferedReader(self._whole, BLOCK)
        self.stream: BinaryIO = _unpacked(self._buffered, self._whole)

    def done(self, offset: int) -> int:
        """How many of these bytes are done when `offset` bytes of the content are; about, in an archive."""
        return offset if self.stream is self._buffered else self._whole.tell()


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """What the file has now; what is added to it meanwhile is not read. Raises FileUnreadable or OSError."""
    with path.open("rb") as file:
        yield Opened(file, os.fstat(file.fileno()).st_size)


def fingerprint(path: Path, size: int) -> bytes:
    """Equal for equal files: of the first `size` bytes."""
    digest, left = hashlib.sha256(), size
    with path.open("rb") as file:
        while block := file.read(min(BLOCK, left)):
            digest.update(block)
            left -= len(block)
    return digest.digest()


class _Whole(io.RawIOBase):
    """Exactly the bytes that the file had when it was opened."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size, self._at = file, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = self._file.seek(max(base + offset, 0))
        return self._at

    def readinto(self, buffer: Any) -> int:
        left = self._size - self._at
        data = self._file.read(min(len(buffer), left)) if left > 0 else b""
        if left > 0 and len(buffer) and not data:
            raise FileUnreadable(f"the file became shorter while it was read: it ends at byte {self._at}")
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


class _Guarded(io.RawIOBase):
    """What comes out of an archive, up to the limits."""

    def __init__(self, unpacked: Any, packed: _Whole) -> None:
        self._unpacked, self._packed = unpacked, packed

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return int(self._unpacked.tell())

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return int(self._unpacked.seek(offset, whence))

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._unpacked.read(len(buffer))
        except FileUnreadable:
            raise
        except _DAMAGED as error:
            raise FileUnreadable(f"the archive is damaged: {error}") from error
        at = self.tell()
        if at > UNPACKED_LIMIT_BYTES or at > max(RATIO_FROM_BYTES, RATIO_LIMIT * self._packed.tell()):
            raise FileUnreadable(f"the archive unpacks to far more than it holds: over {at} bytes")
        buffer[: len(data)] = data
        return len(data)


def _unpacked(file: BinaryIO, packed: _Whole) -> BinaryIO:
    head = file.read(4)
    file.seek(0)
    if head.startswith(_GZIP):
        unpacked: Any = gzip.GzipFile(fileobj=file)
    elif head in _ZIP:
        unpacked = _only_member(file)
    else:
        return file
    return io.BufferedReader(_Guarded(unpacked, packed), BLOCK)


def _only_member(file: BinaryIO) -> Any:
    try:
        archive = zipfile.ZipFile(file)
        names = archive.namelist()
        if "[Content_Types].xml" in names:
            raise FileUnreadable("this is a workbook or document of an office program; save it as CSV")
        inside = [name for name in names if not name.endswith("/") and not name.startswith("__MACOSX/")]
        if len(inside) != 1:
            raise FileUnreadable(f"the archive must hold one file, it holds {len(inside)}")
        return archive.open(inside[0])
    except RuntimeError as error:
        raise FileUnreadable("the archive is locked with a password") from error
    except _DAMAGED as error:
        raise FileUnreadable(f"the archive is damaged: {error}") from error
