"""What a source answers when it does not do what it was asked. The code is a word for staff's pages."""

from core.errors import DomainError, Kind


class SourceFailure(DomainError):
    """Base of them all; `again`: the same may succeed later."""

    code = "source_failed"
    kind = Kind.UNAVAILABLE
    title = "The source did not do what it was asked"
    again = True


class SourceAway(SourceFailure):
    """It cannot be reached, is out of order, or answers what cannot be read."""

    code = "source_away"
    title = "The source cannot be reached at this moment"


class SourceLimited(SourceFailure):
    """It was called as often as it allows."""

    code = "source_limited"
    kind = Kind.LIMITED
    title = "The source was called as often as it allows"

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"again in {wait_s:.0f} s", wait_s=wait_s)
        self.wait_s = wait_s


class CursorLost(SourceFailure):
    """It knows the place in its list no longer: the list begins anew."""

    code = "source_cursor_lost"
    title = "The source has forgotten where we were in its list"


class CredentialsRefused(SourceFailure):
    """Its keys are not valid (any more), or do not allow this: a person has to act."""

    code = "source_credentials_refused"
    kind = Kind.CONFLICT
    title = "The source refuses the credentials of this account"
    again = False


class SourceRefused(SourceFailure):
    """It understood and will not do it."""

    code = "source_refused"
    kind = Kind.CONFLICT
    title = "The source refuses this"
    again = False


class ReviewGone(SourceFailure):
    """It has no such review any more."""

    code = "source_review_gone"
    kind = Kind.CONFLICT
    title = "The source has no such review any more"
    again = False
