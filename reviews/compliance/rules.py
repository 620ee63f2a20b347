"""What the figures of the report say. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Rows = Literal[
    "all", "shown", "hidden", "hidden_there", "waiting", "removed", "verified", "unverified", "incentivised",
    "ledger", "insider", "answered", "unanswered",
]  # fmt: skip
"""Sets of reviews that a figure counts. hidden: by policy or staff; hidden_there: by their source; ledger:
their disclosure comes from the entry that gave points for them."""
ROWS: tuple[Rows, ...] = get_args(Rows)


@dataclass(frozen=True)
class ByStars:
    """Reviews received in the period that have so many stars (None: none), and what became of them."""

    stars: int | None
    live: int
    """Not removed by their author or source."""
    shown: int
    hidden: int
    """By the policy or by staff."""
    hidden_there: int
    """By the place where they live."""
    waiting: int
    removed: int
    verified: int
    """Of those shown, as is all that follows."""
    incentivised: int
    ledger: int
    insider: int
    answered: int
    answer_hours: float | None
    """Median time from receipt to the shop's public reply; None: there is none."""

    @property
    def hide_rate(self) -> float | None:
        """Of those that we could have shown, the share that we hid; None: there are none."""
        ours = self.live - self.hidden_there
        return self.hidden / ours if ours else None


@dataclass(frozen=True)
class HideRates:
    """The hide rate of bad reviews beside that of good ones; None: there are no such reviews."""

    low: float | None
    """1 and 2 stars."""
    high: float | None
    """4 and 5 stars."""
    hidden: int
    live: int


def total(parts: Sequence[ByStars], *stars: int | None) -> ByStars:
    """The sum of these, or of those with the stars that are named."""
    some = [part for part in parts if not stars or part.stars in stars]
    names = (
        *("live", "shown", "hidden", "hidden_there", "waiting", "removed", "verified"),
        *("incentivised", "ledger", "insider", "answered"),
    )
    return ByStars(
        stars=None, answer_hours=None, **{name: sum(getattr(part, name) for part in some) for name in names}
    )


def hide_rates(parts: Sequence[ByStars]) -> HideRates:
    """What the dashboard shows."""
    whole = total(parts)
    return HideRates(
        total(parts, 1, 2).hide_rate,
        total(parts, 4, 5).hide_rate,
        whole.hidden,
        whole.live - whole.hidden_there,
    )
