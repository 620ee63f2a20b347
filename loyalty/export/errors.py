"""Why an export cannot be brought back."""

from core.errors import DomainError, Kind


class ExportUnreadable(DomainError):
    """A file is missing, was changed, or says what this version does not know; the detail names it."""

    code = "export_unreadable"
    kind = Kind.INVALID
    title = "This is no whole export of this version"


class MerchantNotEmpty(DomainError):
    """An export comes into an empty merchant, who has not even a store."""

    code = "merchant_not_empty"
    kind = Kind.CONFLICT
    title = "The merchant has something already"


class ExportIsHere(DomainError):
    """These rows are in this installation already, with this merchant or another."""

    code = "export_is_here"
    kind = Kind.CONFLICT
    title = "What was exported is still in this installation"


class FolderNotEmpty(DomainError):
    """An export is written into a new or an empty folder."""

    code = "export_folder_not_empty"
    kind = Kind.CONFLICT
    title = "The folder for the export is not empty"
