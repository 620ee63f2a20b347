"""The journal of erasures: a file outside of the database, so that a restored database can be told again.

One JSON object a line, `{"format": "regulars.erasure/1", "merchant": uuid, "customer": uuid, "at": time,
"keeps_reviews": bool}`. Opaque ids alone: the file says nothing of anybody. Lines may repeat, and empty
ones mean nothing.
"""

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

import msgspec

from core.settings import settings

FILE_NAME = "erasures.ndjson"


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One erasure that was asked for."""

    merchant: UUID
    customer: UUID
    at: datetime
    keeps_reviews: bool = False
    format: Literal["regulars.erasure/1"] = "regulars.erasure/1"


def path() -> Path:
    """Where this installation keeps it: the setting, or in the data folder."""
    return settings().erasure_journal or settings().data_dir / FILE_NAME


def is_other(file: Path) -> bool:
    """Whether a file is not this installation's own journal."""
    return path().resolve() != file.resolve()


def append(lines: Iterable[Line], file: Path) -> None:
    """Add lines, and return when the disk has them. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    # What a crash may have left of an earlier line ends before ours.
    written = b"\n" + b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    with file.open("ab") as journal:
        journal.write(written)
        journal.flush()
        os.fsync(journal.fileno())


def read(file: Path) -> tuple[list[Line], list[int]]:
    """Its lines in their order, and the numbers of those that are none. Raises OSError.

    A line that a crash cut off is none: the erasure had not begun, and is written again when it does.
    """
    found, faults = [], []
    with file.open("rb") as journal:
        for number, text in enumerate(journal, 1):
            try:
                if text.strip():
                    found.append(msgspec.json.decode(text, type=Line))
            except msgspec.MsgspecError:
                faults.append(number)
    return found, faults
