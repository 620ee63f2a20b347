"""Why the ledger refuses. The codes are raised by ledger_post() and are part of the API."""

from core.errors import DomainError, Kind


class PointsInsufficient(DomainError):
    """A redemption asks for more than is active."""

    code = "points_insufficient"
    kind = Kind.CONFLICT
    title = "The member has not enough points"


class ClawbackExceedsEarn(DomainError):
    """An earn can be taken back once, and no more than it brought."""

    code = "clawback_exceeds_earn"
    kind = Kind.CONFLICT
    title = "More would be taken back than was earned"


class PostingKeyReused(DomainError):
    """The same key came with another command."""

    code = "posting_key_reused"
    kind = Kind.INVALID
    title = "The key belongs to another posting"


class PostingUnknown(DomainError):
    """`parent` names no posting of this member in this wallet."""

    code = "posting_unknown"
    kind = Kind.NOT_FOUND
    title = "There is no such posting in this account"


class PostingUnfitting(DomainError):
    """`parent` is of another kind than the command undoes or settles."""

    code = "posting_unfitting"
    kind = Kind.INVALID
    title = "A posting of that kind cannot be treated so"


class AlreadyReversed(DomainError):
    """A redemption can be undone once."""

    code = "already_reversed"
    kind = Kind.CONFLICT
    title = "The redemption was undone before"


class ReverseExceedsRedemption(DomainError):
    """No more can be given back of a redemption than was spent and not given back before."""

    code = "reverse_exceeds_redemption"
    kind = Kind.CONFLICT
    title = "More would be given back than was spent"


class HoldEnded(DomainError):
    """The time of a hold is over; its points are the member's again."""

    code = "hold_ended"
    kind = Kind.CONFLICT
    title = "The hold has ended"


class HoldExceeded(DomainError):
    """More is asked of a hold than it still holds."""

    code = "hold_exceeded"
    kind = Kind.CONFLICT
    title = "The hold has not so many points left"


class HoldOpen(DomainError):
    """A hold made after a merge has points that would go back; capture or release it first."""

    code = "hold_open"
    kind = Kind.CONFLICT
    title = "A hold still needs these points"


class SameAccount(DomainError):
    """Points cannot go from an account to itself, nor to one that it was merged with."""

    code = "same_account"
    kind = Kind.INVALID
    title = "Both are the same account"


class AlreadyMerged(DomainError):
    """A wallet can be merged once, until that is undone."""

    code = "already_merged"
    kind = Kind.CONFLICT
    title = "The wallet was merged before"


class BudgetExhausted(DomainError):
    """A budget has not so many points left: in all, in this period, or for this member."""

    code = "budget_exhausted"
    kind = Kind.CONFLICT
    title = "The budget has not so many points left"


class BudgetUnknown(DomainError):
    """No budget of this merchant has this id."""

    code = "budget_unknown"
    kind = Kind.NOT_FOUND
    title = "There is no such budget"


class BudgetKindFixed(DomainError):
    """Limits of a budget can be changed, but none can come or go, and its periods stay as they are."""

    code = "budget_kind_fixed"
    kind = Kind.CONFLICT
    title = "A budget keeps the kinds of limits it was made with"


class BudgetBelowUse(DomainError):
    """A limit cannot be set below what was used of it."""

    code = "budget_below_use"
    kind = Kind.CONFLICT
    title = "More than that was used of the budget"


class WalletUnknown(DomainError):
    """No wallet has this code."""

    code = "wallet_unknown"
    kind = Kind.NOT_FOUND
    title = "The programme has no such wallet"


class PointsOutOfRange(DomainError):
    """Not a number of points that a posting can have."""

    code = "points_out_of_range"
    kind = Kind.INVALID
    title = "Points must be between 1 and 1,000,000,000,000"


class CommandInvalid(DomainError):
    """A command that no caller in Python can make: a side, a policy or a parent that its verb has not."""

    code = "command_invalid"
    kind = Kind.INVALID
    title = "The ledger knows no such command"


class MemberUnknown(DomainError):
    """No member of this merchant has this id."""

    code = "member_unknown"
    kind = Kind.NOT_FOUND
    title = "There is no such member"


class PostingRunning(DomainError):
    """Another transaction posts under this key and has not ended; try again."""

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
        ReverseExceedsRedemption,
        HoldEnded,
        HoldExceeded,
        HoldOpen,
        SameAccount,
        AlreadyMerged,
        BudgetExhausted,
        BudgetUnknown,
        BudgetKindFixed,
        BudgetBelowUse,
        WalletUnknown,
        PointsOutOfRange,
        CommandInvalid,
        PostingRunning,
        MemberUnknown,
    )
}
