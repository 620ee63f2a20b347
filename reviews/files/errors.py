"""What can be wrong with the choice of a format, and with a run."""

from core.errors import DomainError, Kind


class UnknownFormat(DomainError):
    """No such format; the detail names those there are."""

    code = "review_format_unknown"
    kind = Kind.INVALID
    title = "There is no such file format"


class ImportBusy(DomainError):
    """Two runs of one file at the same time: the other one was here first."""

    code = "review_import_busy"
    kind = Kind.CONFLICT
    title = "This file is being imported already"


class ExportTooLarge(DomainError):
    """The format allows no file of this size: export fewer sources or accounts."""

    code = "review_export_too_large"
    kind = Kind.INVALID
    title = "The file would be larger than its format allows"


class UploadTooLarge(DomainError):
    """A file that is sent to us is read whole, and so has a limit; the command has none."""

    code = "review_upload_too_large"
    kind = Kind.INVALID
    title = "The file is too large to be sent here"


class ImportNotReady(DomainError):
    """The run is not in a state in which this can be done: somebody was faster, or its file is gone."""

    code = "review_import_not_ready"
    kind = Kind.CONFLICT
    title = "This cannot be done with the file now"
