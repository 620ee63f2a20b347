"""What can be given, and up to how much one person may give alone. Pure."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from core.errors import DomainError, Kind

Kinds = Literal["points", "voucher", "refund", "replacement"]

AUTHORITY_MINOR: Mapping[str, int] = {"owner": 1_000_000, "community_manager": 20_000, "agent": 5_000}
"""Money that a role may give back on one case alone, until the merchant says otherwise."""
MOST_MINOR = 10**12


class RemedyUnfit(DomainError):
    """Not a positive amount, no currency, or no such reward."""

    code = "remedy_unfit"
    kind = Kind.INVALID
    title = "The remedy cannot be like this"


class Remedy(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be given.

    `points` of a gift; `reward` (code) of a voucher; `amount_minor` and `currency` of a refund, or what a
    replacement is worth; `order_line` says which goods; `message` is read by the customer.
    """

    kind: Kinds
    points: int = 0
    reward: str = ""
    amount_minor: int = 0
    currency: str = ""
    order_line: str = ""
    message: str = ""

    @property
    def in_money(self) -> bool:
        """Counted in money, not in points."""
        return self.kind in ("refund", "replacement")


def check(remedy: Remedy, currency: str) -> None:
    """`currency`: the shop's, in which its budget and authorities are. Raises RemedyUnfit."""
    if remedy.in_money:
        if not 0 < remedy.amount_minor <= MOST_MINOR or remedy.currency != currency:
            raise RemedyUnfit(f"an amount in {currency}")
        if remedy.kind == "replacement" and not remedy.order_line.strip():
            raise RemedyUnfit("what is replaced")
    elif remedy.kind == "voucher" and not remedy.reward:
        raise RemedyUnfit("which reward")
