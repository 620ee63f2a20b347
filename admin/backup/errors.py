"""Why there is no backup, or nothing is restored."""

from core.errors import DomainError, Kind


class ToolsMissing(DomainError):
    """No pg_dump, pg_restore and psql that are as new as the server."""

    code = "backup_tools_missing"
    kind = Kind.UNAVAILABLE
    title = "PostgreSQL's client programs are missing or older than the server"


class BackupFailed(DomainError):
    """One of PostgreSQL's programs failed; what it wrote is in the detail."""

    code = "backup_failed"
    kind = Kind.UNAVAILABLE
    title = "The backup could not be taken or brought back"


class BackupUnfit(DomainError):
    """The file is no backup of ours, not a whole one, changed, or of a newer version."""

    code = "backup_unfit"
    kind = Kind.INVALID
    title = "This file cannot be restored"


class NotEmpty(DomainError):
    """There is something that a restore would replace."""

    code = "restore_not_empty"
    kind = Kind.CONFLICT
    title = "There is data already"


class StillInUse(DomainError):
    """Processes of Regulars are connected to the database that is to be replaced."""

    code = "restore_in_use"
    kind = Kind.CONFLICT
    title = "The database is in use"
