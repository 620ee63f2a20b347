"""Why the ledger refuses. The codes are raised by ledger_post() and are part of the API."""

from core.errors import DomainError, Kind


class PointsInsufficient(DomainError):
    code = "points_insufficient"
    kind = Kind.CONFLICT
    title = "The member has not enough points"


class ClawbackExceedsEarn(DomainError):
    code = "clawback_exceeds_earn"
    kind = Kind.CONFLICT
    title = "More would be taken back than was earned"


class PostingKeyReused(DomainError):
    code = "posting_key_reused"
    kind = Kind.INVALID
    title = "The key belongs to another posting"


class PostingUnknown(DomainError):
    code = "posting_unknown"
    kind = Kind.NOT_FOUND
    title = "There is no such posting in this account"


class PostingUnfitting(DomainError):
    code = "posting_unfitting"
    kind = Kind.INVALID
    title = "A posting of that kind cannot be treated so"


class AlreadyReversed(DomainError):
    code = "already_reversed"
    kind = Kind.CONFLICT
    title = "The redemption was undone before"


class WalletUnknown(DomainError):
    code = "wallet_unknown"
    kind = Kind.NOT_FOUND
    title = "The programme has no such wallet"


class PointsOutOfRange(DomainError):
    code = "points_out_of_range"
    kind = Kind.INVALID
    title = "Points must be between 1 and 1,000,000,000,000"


class MemberUnknown(DomainError):
    code = "member_unknown"
    kind = Kind.NOT_FOUND
    title = "There is no such member"


class PostingRunning(DomainError):
    code = "posting_running"
    kind = Kind.CONFLICT
    title = "A posting with this key is being made right now"


BY_CODE: dict[str, type[DomainError]] = {
    error.code: error
    for error in (
        PointsInsufficient,
        ClawbackExceedsEarn,
        PostingKeyReused,
        PostingUnknown,
        PostingUnfitting,
        AlreadyReversed,
        WalletUnknown,
        PointsOutOfRange,
    )
}
