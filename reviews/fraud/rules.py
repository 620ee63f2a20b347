"""From counts to signals. Pure; no count here knows stars or sentiment."""

import math
from datetime import timedelta
from typing import Any, Literal

import msgspec

SignalKind = Literal[
    "burst", "near_duplicate", "shared_device", "shared_address", "shared_mailbox", "reward_farming"
]
TraceKind = Literal["device", "address", "mailbox"]

BURST_WINDOW = timedelta(days=1)
BURST_BEFORE = timedelta(days=90)
BURST_LEAST = 8
"""Fewer reviews in a day are none, however quiet the product was."""
BURST_CHANCE = 1e-5
"""So rarely a product with this rate would get so many by chance."""
LEAST_RATE = 0.3
"""Reviews a day assumed of something new."""
TRACE_DAYS = 7
DEVICE_HOLDS = 2
"""So many other people wrote from the same device: one may share it, two hardly do."""
ADDRESS_SHOWS = 4
"""A household or an office shares an address; it never holds."""
FARMING_UNPROVEN = 4
"""Reviews without an order of one member within a day."""
FARMING_ANY = 15


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that looks odd, with the numbers that it rests on."""

    kind: SignalKind
    holds: bool
    detail: dict[str, Any]


def burst(in_window: int, before: int) -> Signal | None:
    """`in_window` reviews within a day, after `before` in the 90 days before it: more than its own rate makes
    likely. It is shown and does not hold: a campaign or the weather may be the reason."""
    rate = max(before / BURST_BEFORE.days, LEAST_RATE)
    if in_window < BURST_LEAST or chance_of_so_many(in_window, rate) > BURST_CHANCE:
        return None
    return Signal(kind="burst", holds=False, detail={"in_a_day": in_window, "usual_a_day": round(rate, 2)})


def chance_of_so_many(count: int, rate: float) -> float:
    """How likely `count` or more are where `rate` are usual (Poisson)."""
    below = sum(math.exp(n * math.log(rate) - rate - math.lgamma(n + 1)) for n in range(count))
    return max(0.0, 1.0 - below)


def shared(kind: TraceKind, people: int) -> Signal | None:
    """So many other customers have left the same trace within a week."""
    if kind == "device" and people:
        return Signal(kind="shared_device", holds=people >= DEVICE_HOLDS, detail={"others": people})
    if kind == "mailbox" and people:
        return Signal(kind="shared_mailbox", holds=True, detail={"others": people})
    if kind == "address" and people >= ADDRESS_SHOWS:
        return Signal(kind="shared_address", holds=False, detail={"others": people})
    return None


def farming(in_a_day: int, unproven: int) -> Signal | None:
    """One member's reviews within a day that may earn points; `unproven` of them stand on no order."""
    if unproven < FARMING_UNPROVEN and in_a_day < FARMING_ANY:
        return None
    return Signal(kind="reward_farming", holds=True, detail={"in_a_day": in_a_day, "without_order": unproven})


def near_duplicate(other: str, distance: float) -> Signal:
    """Another customer's review has this text but for a few words."""
    return Signal(kind="near_duplicate", holds=True, detail={"of": other, "distance": round(distance, 4)})


def mailbox(address: str) -> str:
    """The mailbox behind an address: without what follows a plus, or dots where they mean nothing."""
    name, _, host = address.strip().lower().rpartition("@")
    name = name.partition("+")[0]
    if host in ("gmail.com", "googlemail.com"):
        return name.replace(".", "") + "@gmail.com"
    return f"{name}@{host}"
