"""Why a change does not go on."""

from core.errors import DomainError, Kind


class ChangeState(DomainError):
    """It is not in a state from which this can be done."""

    code = "change_state"
    kind = Kind.CONFLICT
    title = "The change is in another state by now"


class ChangeInvalid(DomainError):
    """It has no name, or its date is not to come."""

    code = "change_invalid"
    kind = Kind.INVALID
    title = "The change cannot be like this"


class ChangeStale(DomainError):
    """What it was made on is no longer live: to publish it would undo what somebody else has published."""

    code = "change_stale"
    kind = Kind.CONFLICT
    title = "Something else was published since this change was made"


class ChangeUnseen(DomainError):
    """It says something else by now than whoever takes the step was shown."""

    code = "change_unseen"
    kind = Kind.CONFLICT
    title = "The change says something else by now"


class ChangeOnce(DomainError):
    """A campaign begins once, with its schedule and its budget: nothing of it is repeated or comes back."""

    code = "change_once"
    kind = Kind.CONFLICT
    title = "A campaign begins once"


class ApprovalNeeded(DomainError):
    """The shop asks for a second person, and none has approved it."""

    code = "approval_needed"
    kind = Kind.FORBIDDEN
    title = "Somebody else must approve this change first"
