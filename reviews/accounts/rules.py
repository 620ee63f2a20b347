"""When an account is read again, and when a source answers too little to be believed. Pure."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

OVERLAP = timedelta(hours=1)
"""Read again of what was read before: for clocks that differ, and what a source lists a little late."""
FULL_EVERY = timedelta(days=1)
STALE = timedelta(days=2)
"""A pass that has not ended by then is given up; another begins."""
KEPT = timedelta(days=30)
"""So long passes are shown."""

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)

MISSING_ALWAYS = 10
"""So many may vanish at once from any account."""
MISSING_SHARE = 0.2
"""So many of all that were known may."""
EMPTY_FROM = 3
"""An empty list is not believed where so many reviews were known."""


@dataclass(frozen=True)
class Reconciled:
    """A full list beside what was known before it began."""

    seen: int
    known: int
    missing: int


def is_suspicious(found: Reconciled) -> bool:
    """Whether so much is missing that a person should look before anything is removed."""
    if found.seen == 0:
        return found.known >= EMPTY_FROM
    return found.missing > max(MISSING_ALWAYS, MISSING_SHARE * found.known)


def pause(failures: int) -> timedelta:
    """How long to leave a source alone after so many failures in a row; varied, up to half of it less."""
    longest = min(FIRST_PAUSE * 2.0 ** min(failures - 1, 20), LONGEST_PAUSE)
    return longest * random.uniform(0.5, 1.0)


def next_look(now: datetime, interval: timedelta) -> datetime:
    """When to look again; varied by a tenth, so that accounts do not all come at once."""
    return now + interval * random.uniform(0.9, 1.1)
