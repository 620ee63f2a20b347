"""The file of rows that could not be taken in, with line, column and reason."""

import csv
from pathlib import Path
from typing import Self, TextIO

from core.files.errors import RowRejected

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Rejects:
    """Writes `<file>.rejects.csv`; without rejects there is none, not even of an earlier run."""

    def __init__(self, source: Path) -> None:
        self.path = source.with_name(f"{source.name}.rejects.csv")
        self.count = 0
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def add(self, rejected: RowRejected) -> None:
        """Write one row down."""
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8", newline="")
            csv.writer(self._file).writerow(("line", "column", "code", "reason"))
        cells = (rejected.column, rejected.code, rejected.reason)
        csv.writer(self._file).writerow((rejected.line, *(harmless(cell) for cell in cells)))
        self.count += 1


def harmless(cell: str) -> str:
    """No spreadsheet takes it for a formula."""
    cell = cell.encode("utf-8", "replace").decode()
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
