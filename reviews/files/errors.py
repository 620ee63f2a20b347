"""What can be wrong with the choice of a format."""

from core.errors import DomainError, Kind


class UnknownFormat(DomainError):
    """No such format; the detail names those there are."""

    code = "review_format_unknown"
    kind = Kind.INVALID
    title = "There is no such file format"
