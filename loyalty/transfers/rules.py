"""Pure: what members may give each other."""

import msgspec

from core.errors import DomainError, Kind


class TransferTermsInvalid(DomainError):
    """The least is at least 1, the most at least that, and a day's at least one transfer's."""

    code = "transfer_terms_invalid"
    kind = Kind.INVALID
    title = "The limits of transfers contradict each other"


class TransfersOff(DomainError):
    """The programme has no terms for it."""

    code = "transfers_off"
    kind = Kind.CONFLICT
    title = "Members of this programme cannot give points to each other"


class TransferOutOfRange(DomainError):
    """`points_min` and `points_max` say what can be given at once."""

    code = "transfer_out_of_range"
    kind = Kind.INVALID
    title = "So many points cannot be given at once"


class TransferDayExceeded(DomainError):
    """`points_left` can still be given today."""

    code = "transfer_day_exceeded"
    kind = Kind.CONFLICT
    title = "The member has given away as much as they may in a day"


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In points: the least and the most at once, and the most that one member gives in a day."""

    points_min: int
    points_max: int
    points_per_day: int


def check_terms(terms: Terms) -> None:
    """Raises TransferTermsInvalid."""
    if not 1 <= terms.points_min <= terms.points_max <= terms.points_per_day <= 10**12:
        raise TransferTermsInvalid()


def check(terms: Terms, points: int, given_today: int) -> None:
    """Raises TransferOutOfRange or TransferDayExceeded."""
    if not terms.points_min <= points <= terms.points_max:
        raise TransferOutOfRange(points_min=terms.points_min, points_max=terms.points_max)
    if given_today + points > terms.points_per_day:
        raise TransferDayExceeded(points_left=max(0, terms.points_per_day - given_today))
