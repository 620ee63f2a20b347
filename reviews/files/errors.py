"""What can be wrong with a file, and with one row of it."""

from core.errors import DomainError, Kind


class FileUnreadable(DomainError):
    """Nothing of the file can be read; the detail names line and byte where that helps."""

    code = "review_file_unreadable"
    kind = Kind.INVALID
    title = "The file cannot be read"


class UnknownFormat(DomainError):
    """No such format; the detail names those there are."""

    code = "review_format_unknown"
    kind = Kind.INVALID
    title = "There is no such file format"


class RowRejected(Exception):
    """One row cannot be taken in. `column` is its name in the file, or '' for the whole row."""

    def __init__(self, line: int, column: str, code: str, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.column = column
        self.code = code
        self.reason = reason
