"""The file of a backup: a tar with the database's dump, the files of the data folder, and a manifest.

The manifest comes last: a file that was cut off has none.
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO

import msgspec

from admin.backup.digests import Digest
from admin.backup.errors import BackupUnfit

DUMP = "database.dump"
FILES = "files/"
MANIFEST = "manifest.json"
FORMAT = 1
BLOCK_BYTES = 1 << 20


class Content(msgspec.Struct, frozen=True):
    """One member of the tar."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds."""

    format: int
    regulars: str
    """The version that took it."""
    taken_at: datetime
    server: str
    """PostgreSQL's version."""
    migrations: dict[str, list[str]]
    """What the schema has had, by package."""
    tables: dict[str, Digest]
    dump: Content
    files: dict[str, Content]
    """Of the data folder, by path in it."""


@contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """A file that only its owner can read, and that is there whole or not at all."""
    draft = path.with_name(path.name + ".part")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    try:
        with draft.open("r+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def put_stream(file: BinaryIO, name: str, blocks: Iterable[bytes], now: datetime) -> Content:
    """Add a member whose size is known at its end: its header is written last, in the place kept for it."""
    start, size, digest = file.tell(), 0, hashlib.sha256()
    file.write(bytes(tarfile.BLOCKSIZE))
    for block in blocks:
        file.write(block)
        digest.update(block)
        size += len(block)
    file.write(bytes(-size % tarfile.BLOCKSIZE))
    file.seek(start)
    file.write(_header(name, size, now).tobuf(tarfile.GNU_FORMAT))
    file.seek(0, os.SEEK_END)
    return Content(size, digest.hexdigest())


def put_rest(file: BinaryIO, files: dict[str, bytes], manifest: Manifest) -> None:
    """Add small files and the manifest, and end the tar."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    members = {FILES + name: data for name, data in files.items()} | {MANIFEST: text}
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, data in members.items():
            tar.addfile(_header(name, len(data), manifest.taken_at), io.BytesIO(data))


def content_of(data: bytes) -> Content:
    """Size and hash of a small file."""
    return Content(len(data), hashlib.sha256(data).hexdigest())


class Backup:
    """A backup that is whole and unchanged, until close(). Raises BackupUnfit."""

    def __init__(self, path: Path) -> None:
        try:
            self._tar = tarfile.open(path)  # noqa: SIM115
        except tarfile.TarError as error:
            raise BackupUnfit(f"{path} is no tar file") from error
        try:
            self.manifest = self._read_manifest(path)
            self._check()
        except BaseException:
            self.close()
            raise

    def dump(self) -> Iterator[bytes]:
        """The database's dump, block by block."""
        member = self._member(DUMP)
        while block := member.read(BLOCK_BYTES):
            yield block

    def file(self, name: str) -> bytes:
        """A file of the data folder, by its path there."""
        return self._member(FILES + name).read()

    def close(self) -> None:
        """Close the file."""
        self._tar.close()

    def _member(self, name: str) -> IO[bytes]:
        try:
            member = self._tar.extractfile(name)
        except (KeyError, tarfile.TarError) as error:
            raise BackupUnfit(f"it has no {name}: was it cut off?") from error
        if member is None:
            raise BackupUnfit(f"{name} in it is no file")
        return member

    def _read_manifest(self, path: Path) -> Manifest:
        try:
            manifest = msgspec.json.decode(self._member(MANIFEST).read(), type=Manifest)
        except (msgspec.MsgspecError, OSError) as error:
            raise BackupUnfit(f"{path} has no manifest that can be read: {error}") from error
        if manifest.format != FORMAT:
            raise BackupUnfit(f"its format is {manifest.format}, this version reads {FORMAT}")
        return manifest

    def _check(self) -> None:
        for name, expected in self.manifest.files.items():
            if content_of(self.file(name)) != expected:
                raise BackupUnfit(f"{name} in it is not as it was written")
        digest, size = hashlib.sha256(), 0
        for block in self.dump():
            digest.update(block)
            size += len(block)
        if Content(size, digest.hexdigest()) != self.manifest.dump:
            raise BackupUnfit(f"{DUMP} in it is not as it was written")


def _header(name: str, size: int, now: datetime) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size, header.mode, header.mtime = size, 0o600, int(now.timestamp())
    return header
