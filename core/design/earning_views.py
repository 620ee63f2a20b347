"""View models of how points are earned, as a member reads it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TierStep:
    """One tier of a set: what it takes, as an amount with its unit, and what it brings, each in few words."""

    name: str
    takes: str
    benefits: tuple[str, ...]
    mine: bool
    """The member is in it now."""


@dataclass(frozen=True)
class Ladder:
    """One set of tiers, the lowest first; `rules`: sentences about what counts and how a tier is kept."""

    name: str
    rules: tuple[str, ...]
    steps: tuple[TierStep, ...]


@dataclass(frozen=True)
class Share:
    """What one rule gives, with the rule as a sentence."""

    points: int
    sentence: str


@dataclass(frozen=True)
class TriedAmount:
    """What an order of this amount would earn today. `next_tier` "": there is no higher one."""

    amount_minor: int
    tier: str
    points: int
    shares: tuple[Share, ...]
    next_tier: str = ""
    next_points: int = 0


@dataclass(frozen=True)
class PortalEarning:
    """`portal/earning.html`: the ways to earn, the tiers, and an amount to try (`amount`, in `currency`)."""

    ways: tuple[str, ...]
    ladders: tuple[Ladder, ...]
    currency: str
    amount: str
    """As it was typed."""
    tried: TriedAmount | None = None
    problem: str = ""
