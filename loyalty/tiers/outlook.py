"""Pure: what other terms would do, out of members counted by where they are and where they would be.

A year is the last 365 days: what members earned and spent in it, they are taken to earn and spend again.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from loyalty.tiers.rules import Tier, TierSet


class Cell(msgspec.Struct, frozen=True):
    """Members who are in one tier and would be in another, or stay.

    `points`: what they earned in a year by rules that multiply by tier, without the multiplier;
    `spend_minor`: what they spent in it, in the merchant's currency.
    """

    from_code: str
    to_code: str
    members: int
    points: int = 0
    spend_minor: int = 0


class Year(msgspec.Struct, frozen=True):
    """Points of the whole programme that can be spent: outstanding now, and earned in a year."""

    points_outstanding: int = 0
    points_earned: int = 0


class Upto(msgspec.Struct, frozen=True):
    """Of the members in one tier: those who have less than a threshold."""

    members: int = 0
    points: int = 0
    spend_minor: int = 0


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What a draft would do. Amounts are of a year but for the liability, and can be below zero.

    `points_more`: points that members get more, by multipliers and birthday gifts. `cost_micros`: these at a
    point's cost, as if all were spent. `liability_micros`: what is outstanding grows in proportion to what is
    earned. `at_risk_minor`: what those who fall spent.
    """

    members: int
    up: int
    down: int
    points_more: int
    cost_micros: int
    liability_micros: int
    at_risk_minor: int


def outlook(
    old: TierSet, new: TierSet, cells: Sequence[Cell], year: Year, point_cost_micros: int, multiplies: bool
) -> Outlook:
    """What the new terms of a set would do; `multiplies`: whether earning looks at this set."""
    more = sum(_points_more(each, old, new, multiplies) for each in cells) // 100
    cost = more * point_cost_micros
    growth = cost * year.points_outstanding // year.points_earned if year.points_earned else cost
    down = [each for each in cells if falls(each, new)]
    return Outlook(
        members=sum(each.members for each in cells),
        up=sum(each.members for each in cells if rises(each, new)),
        down=sum(each.members for each in down),
        points_more=more,
        cost_micros=cost,
        liability_micros=growth,
        at_risk_minor=sum(each.spend_minor for each in down),
    )


def rises(cell: Cell, new: TierSet) -> bool:
    """Whether they go up. A tier that there is no more is below all others."""
    ranks = {tier.code: tier.rank for tier in new.tiers}
    return ranks[cell.to_code] > ranks.get(cell.from_code, -1)


def falls(cell: Cell, new: TierSet) -> bool:
    """Whether they go down."""
    return cell.to_code != cell.from_code and not rises(cell, new)


def _points_more(cell: Cell, old: TierSet, new: TierSet, multiplies: bool) -> int:
    """Hundredths of points."""
    before, after = old.at(cell.from_code), new.at(cell.to_code)
    percent = after.multiplier_percent - before.multiplier_percent if multiplies else 0
    return cell.points * percent + 100 * cell.members * (_gift(after) - _gift(before))


def _gift(tier: Tier) -> int:
    return sum(each.value or 0 for each in tier.benefits if each.kind == "birthday_gift")


def cells_of(
    tier_set: TierSet, counted: Mapping[str, Sequence[Upto]], pinned: Iterable[Cell]
) -> tuple[Cell, ...]:
    """Pure: cells out of cumulative counts.

    `counted` by tier: of each threshold the members who have less, in the order of the tiers, then all.
    `pinned`: who is in a tier by hand, whatever they have.
    """
    found = [
        Cell(code, tier.code, b.members - a.members, b.points - a.points, b.spend_minor - a.spend_minor)
        for code, steps in counted.items()
        for tier, a, b in zip(tier_set.tiers, steps, steps[1:], strict=False)
    ]
    sums: dict[tuple[str, str], Cell] = {}
    for each in [cell for cell in found if cell.members] + list(pinned):
        known = sums.get((each.from_code, each.to_code), Cell(each.from_code, each.to_code, 0))
        sums[each.from_code, each.to_code] = Cell(
            each.from_code,
            each.to_code,
            known.members + each.members,
            known.points + each.points,
            known.spend_minor + each.spend_minor,
        )
    return tuple(sums[key] for key in sorted(sums))


def say_moves(cells: Iterable[Cell]) -> str:
    """Who moves, in one line of text: what a form carries of a preview."""
    moves = (each for each in cells if each.from_code != each.to_code)
    return ";".join(f"{each.from_code}>{each.to_code}={each.members}" for each in moves)


def read_moves(said: str) -> dict[tuple[str, str], int]:
    """The same back, by from and to; what is no such text says nothing."""
    found: dict[tuple[str, str], int] = {}
    for each in said.split(";") if said else []:
        move, _, members = each.rpartition("=")
        before, arrow, after = move.partition(">")
        if not (arrow and members.isascii() and members.isdecimal() and len(members) <= 12):
            return {}
        found[before, after] = int(members)
    return found
