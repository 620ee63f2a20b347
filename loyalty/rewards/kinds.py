"""What a reward can be. A closed set: each kind says what the shop owes for its voucher.

Money is in minor units of its currency (cents, fen).
"""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

Text = Annotated[str, Meta(min_length=1, max_length=200)]
AmountMinor = Annotated[int, Meta(ge=1, le=10**12)]
Points = Annotated[int, Meta(ge=1, le=10**12)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]


class Money(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount in minor units."""

    amount_minor: AmountMinor
    currency: Currency


class Kind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """Common to all: in JSON the field `kind` tells which it is."""


class PercentOff(Kind, frozen=True, kw_only=True, tag="percent_off"):
    """A share off one order."""

    percent: Annotated[int, Meta(ge=1, le=100)]
    at_most: Money | None = None
    """The discount is never more than this."""
    order_from: Money | None = None
    """Only for orders of at least this."""


class AmountOff(Kind, frozen=True, kw_only=True, tag="amount_off"):
    """A fixed amount off one order."""

    amount: Money
    order_from: Money | None = None
    """Only for orders of at least this."""


class Product(Kind, frozen=True, kw_only=True, tag="product"):
    """Goods, by the shop's own article number."""

    sku: Text
    quantity: Annotated[int, Meta(ge=1, le=1000)] = 1


class Shipping(Kind, frozen=True, kw_only=True, tag="shipping"):
    """Delivery without charge."""

    at_most: Money | None = None
    """The shop pays up to this; without it, all."""


class GiftCard(Kind, frozen=True, kw_only=True, tag="gift_card"):
    """A card with an amount that can be used in parts."""

    amount: Money


class StoreCredit(Kind, frozen=True, kw_only=True, tag="store_credit"):
    """An amount into the member's wallet `store_credit`, at once."""

    amount: Money


class Experience(Kind, frozen=True, kw_only=True, tag="experience"):
    """Something to attend."""

    place: Annotated[str, Meta(max_length=200)] = ""
    starts_at: Annotated[datetime, Meta(tz=True)] | None = None


class Donation(Kind, frozen=True, kw_only=True, tag="donation"):
    """The shop gives this amount to somebody else."""

    recipient: Text
    amount: Money


class CashBack(Kind, frozen=True, kw_only=True, tag="cash_back"):
    """Points for money at a rate: the member chooses how many, in steps from the least to the most."""

    step_points: Points
    step_amount: Money
    """What each step is worth."""
    min_points: Points
    max_points: Points


Terms = (
    PercentOff | AmountOff | Product | Shipping | GiftCard | StoreCredit | Experience | Donation | CashBack
)
KINDS: tuple[type[Kind], ...] = (
    PercentOff,
    AmountOff,
    Product,
    Shipping,
    GiftCard,
    StoreCredit,
    Experience,
    Donation,
    CashBack,
)


def kind_of(terms: Kind) -> str:
    """The code of a kind, as JSON has it."""
    tag: Any = terms.__struct_config__.tag
    return str(tag)
