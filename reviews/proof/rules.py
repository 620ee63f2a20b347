"""Shares with their intervals, differences of shares, and what a goal lacks. Pure.

Sources: R. G. Newcombe, Interval estimation for the difference between independent proportions: comparison of
eleven methods, Statistics in Medicine 17 (1998) 873-890, method 10; its single intervals are Wilson's, as in
Two-sided confidence intervals for the single proportion, the same volume, 857-872, method 3.
"""

import hashlib
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

Z_95 = 1.959963984540054
ENOUGH = 20
"""So many on a side, or nothing is said about it."""
Arm = Literal["remedy", "holdout"]


@dataclass(frozen=True)
class Share:
    """`count` of `of`, with an interval of 95 %."""

    count: int
    of: int

    @property
    def enough(self) -> bool:
        """Whether it is enough to say something."""
        return self.of >= ENOUGH

    @property
    def value(self) -> float | None:
        """From 0 to 1; None: of nothing."""
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's score interval; None: of nothing."""
        return wilson(self.count, self.of) if self.of else None


@dataclass(frozen=True)
class Difference:
    """The share of one side less that of the other, with an interval of 95 %."""

    remedy: Share
    holdout: Share

    @property
    def enough(self) -> bool:
        """Whether both sides are enough to say something."""
        return self.remedy.enough and self.holdout.enough

    @property
    def value(self) -> float | None:
        """From -1 to 1; None: a side is empty."""
        one, other = self.remedy.value, self.holdout.value
        return None if one is None or other is None else one - other

    @property
    def interval(self) -> tuple[float, float] | None:
        """Newcombe's hybrid score interval; None: a side is empty."""
        if not self.remedy.of or not self.holdout.of:
            return None
        return newcombe(self.remedy.count, self.remedy.of, self.holdout.count, self.holdout.of)


def wilson(count: int, of: int, z: float = Z_95) -> tuple[float, float]:
    """Where the true share lies that `count` of `of` come from. Raises ValueError for no share."""
    if not 0 <= count <= of or of == 0:
        raise ValueError(f"{count} of {of} is no share")
    share, square = count / of, z * z
    middle = share + square / (2 * of)
    half = z * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    low, high = (middle - half) / (1 + square / of), (middle + half) / (1 + square / of)
    # At the ends the formula is exact but for rounding.
    return (0.0 if count == 0 else low), (1.0 if count == of else high)


def newcombe(count: int, of: int, other_count: int, other_of: int, z: float = Z_95) -> tuple[float, float]:
    """Where the true difference of two shares lies. Raises ValueError for no shares."""
    low, high = wilson(count, of, z)
    other_low, other_high = wilson(other_count, other_of, z)
    share, other = count / of, other_count / other_of
    difference = share - other
    below = math.sqrt((share - low) ** 2 + (other_high - other) ** 2)
    above = math.sqrt((high - share) ** 2 + (other - other_low) ** 2)
    return difference - below, difference + above


def arm_of(seed: UUID, customer_id: UUID, share: Decimal) -> Arm:
    """On which side chance puts a customer: always the same one for the same seed."""
    drawn = int.from_bytes(hashlib.sha256(seed.bytes + customer_id.bytes).digest()[:8], "big")
    return "holdout" if drawn < int(share * 2**64) else "remedy"


def needed(share: Decimal, of: int) -> int:
    """How many of so many reach a share."""
    return math.ceil(share * of)


def shortfall(share: Decimal, count: int, of: int) -> int:
    """How many more it should have been; 0: it is reached."""
    return max(0, needed(share, of) - count)


def five_star_shortfall(share: Decimal, stars: int, of: int) -> int:
    """How many more reviews with five stars bring the average up to this share of five.

    `stars` were given, of at most `of`; the share is below 1.
    """
    return max(0, math.ceil((share * of - stars) / (5 * (1 - share))))
