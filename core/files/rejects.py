"""The file of rows that could not be taken in, with line, column and reason."""

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Self

from core.files.errors import RowRejected
from core.files.formulas import defused

HEADER = ("line", "column", "code", "reason")


class Rejects:
    """Writes `<file>.rejects.csv`; without rejects there is none, not even of an earlier run.

    A run that goes on says how many bytes of the file were written and kept before it.
    """

    def __init__(self, source: Path, kept_bytes: int = 0) -> None:
        self.path = source.with_name(f"{source.name}.rejects.csv")
        self.count = 0
        """Of this run."""
        self._kept_bytes = kept_bytes
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        if self._kept_bytes and self.path.exists():
            self._file = self.path.open("r+b")
            self._file.truncate(self._kept_bytes)
            self._file.seek(0, os.SEEK_END)
        else:
            self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def add(self, rejected: RowRejected) -> None:
        """Write one row down."""
        if self._file is None:
            self._file = self.path.open("wb")
            self._file.write(as_csv([HEADER]))
        self._file.write(as_csv([cells(rejected)]))
        self.count += 1

    def kept(self) -> int:
        """Bytes that will be there whatever happens to this process and this machine."""
        if self._file is None:
            return 0
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()


def cells(rejected: RowRejected) -> tuple[str, ...]:
    """One line of the file, as HEADER names it; no spreadsheet takes a part of it for a formula."""
    said = (rejected.column, rejected.code, rejected.reason)
    return (str(rejected.line), *(defused(cell.encode("utf-8", "replace").decode()) for cell in said))


def as_csv(rows: Iterable[Iterable[str]]) -> bytes:
    """Rows as lines of CSV."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()
