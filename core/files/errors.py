"""What can be wrong with a file, with one row of it, and with one field."""

from core.errors import DomainError, Kind


class FileUnreadable(DomainError):
    """Nothing of the file can be read; the detail names line and byte where that helps."""

    code = "file_unreadable"
    kind = Kind.INVALID
    title = "The file cannot be read"


class RowRejected(Exception):
    """One row cannot be taken in. `column` is its name in the file, or '' for the whole row."""

    def __init__(self, line: int, column: str, code: str, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.column = column
        self.code = code
        self.reason = reason


class FieldInvalid(Exception):
    """One field of a row says nothing that we can use."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason
