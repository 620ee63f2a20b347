"""Why rewards and vouchers are refused. The codes are part of the API, and of quotes."""

from core.errors import DomainError, Kind


class RewardInvalid(DomainError):
    """Its parts do not fit together; `field` says which."""

    code = "reward_invalid"
    kind = Kind.INVALID
    title = "The reward cannot be offered like this"


class RewardExists(DomainError):
    """The code belongs to a reward already."""

    code = "reward_exists"
    kind = Kind.CONFLICT
    title = "There is such a reward already"


class RewardChanged(DomainError):
    """Somebody changed it since it was looked at; `version` is the present one."""

    code = "reward_changed"
    kind = Kind.CONFLICT
    title = "The reward has changed meanwhile"


class PointsChoiceInvalid(DomainError):
    """How many points can be chosen for cash back alone, and there they must be."""

    code = "points_choice_invalid"
    kind = Kind.INVALID
    title = "So many points cannot be chosen"


class RedemptionKeyReused(DomainError):
    """The member bought something else under this key."""

    code = "redemption_key_reused"
    kind = Kind.INVALID
    title = "The key belongs to another redemption"


class RewardInactive(DomainError):
    """It was taken off the offer."""

    code = "reward_inactive"
    kind = Kind.CONFLICT
    title = "The reward is not on offer"


class RewardNotOnNow(DomainError):
    """It is offered at another time: `offered_from`, `offered_until`."""

    code = "reward_not_on_now"
    kind = Kind.CONFLICT
    title = "The reward is not on offer now"


class RewardTierLocked(DomainError):
    """It is for other tiers: `tiers`."""

    code = "reward_tier_locked"
    kind = Kind.CONFLICT
    title = "The reward is for members of other tiers"


class RewardSegmentLocked(DomainError):
    """It is for members of certain segments: `segments`."""

    code = "reward_segment_locked"
    kind = Kind.CONFLICT
    title = "The reward is for other members"


class RewardLimitReached(DomainError):
    """The member has had as many as one may; `period` is None when none will come again."""

    code = "reward_limit_reached"
    kind = Kind.CONFLICT
    title = "The member has had as many of this reward as one may"


class RewardSoldOut(DomainError):
    """None is left."""

    code = "reward_sold_out"
    kind = Kind.CONFLICT
    title = "The reward is sold out"


class CodePoolEmpty(DomainError):
    """The pool of its codes has run dry."""

    code = "code_pool_empty"
    kind = Kind.CONFLICT
    title = "There is no code left for the reward"


class VoucherSpent(DomainError):
    """A voucher can be used or cancelled once."""

    code = "voucher_spent"
    kind = Kind.CONFLICT
    title = "The voucher was used or cancelled before"


class VoucherExpired(DomainError):
    """Its time is over."""

    code = "voucher_expired"
    kind = Kind.CONFLICT
    title = "The voucher has expired"


class AmountInvalid(DomainError):
    """Only a gift card is used in parts, and no more of it than is left: `left_minor`."""

    code = "voucher_amount_invalid"
    kind = Kind.INVALID
    title = "So much of the voucher cannot be used"
