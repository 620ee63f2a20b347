"""When customers write and when they are answered, by hour of the week; in the open transaction."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core import db

WEEKS = 8
"""As far back as is looked."""
A_WEEK = timedelta(weeks=1)
DAYS = range(1, 8)
"""1 is Monday."""
HOURS = range(24)
Hour = tuple[int, int]
"""Weekday and hour of the shop's clock."""

# No answer is older than its case.
_FIRST = "SELECT min(opened_at) FROM cases WHERE merchant_id = $1 AND opened_at < $2"
# $1 merchant, $2 from, $3 until, $4 time zone. Somebody is there in an hour in which they answer something.
_HOURS = """
    WITH came AS (
        SELECT opened_at AS at FROM cases
        WHERE merchant_id = $1 AND opened_at >= $2 AND opened_at < $3 AND state NOT IN ('spam', 'duplicate')
        UNION ALL
        SELECT created_at FROM case_messages
        WHERE merchant_id = $1 AND created_at >= $2 AND created_at < $3 AND kind = 'customer_message'
    ), answered AS (
        SELECT created_at AS at, staff_id FROM case_messages
        WHERE merchant_id = $1 AND created_at >= $2 AND created_at < $3 AND staff_id IS NOT NULL
          AND kind IN ('public_reply', 'private_message', 'call') AND (state IS NULL OR state <> 'cancelled')
    ), all_of_it AS (
        SELECT at AT TIME ZONE $4 AS at, 1 AS came, 0 AS answered, NULL::uuid AS staff_id FROM came
        UNION ALL
        SELECT at AT TIME ZONE $4, 0, 1, staff_id FROM answered
    )
    SELECT extract(isodow FROM at)::int AS day, extract(hour FROM at)::int AS hour, sum(came)::int AS came,
           sum(answered)::int AS answered,
           count(DISTINCT (staff_id, at::date)) FILTER (WHERE staff_id IS NOT NULL)::int AS people
    FROM all_of_it GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Load:
    """One hour of the week, summed over the weeks: what came, what was answered, hours of people at work."""

    came: int = 0
    answered: int = 0
    people: int = 0


@dataclass(frozen=True)
class Week:
    """All hours in which something was; `weeks` says over how many each is summed.

    `whole`: they have all passed; else there is less than one week to look at.
    """

    hours: Mapping[Hour, Load]
    weeks: int = WEEKS
    whole: bool = True

    @property
    def per_person(self) -> float | None:
        """How many answers somebody gives in an hour of work; None: nobody gave any."""
        people = sum(each.people for each in self.hours.values())
        return sum(each.answered for each in self.hours.values()) / people if people else None

    def load(self, hour: Hour) -> Load:
        """Of one hour."""
        return self.hours.get(hour, Load())

    def needed(self, hour: Hour) -> int:
        """How many people answer in the hour what comes in it; 0 where it is not known how fast they are."""
        rate = self.per_person
        return math.ceil(self.load(hour).came / self.weeks / rate) if rate else 0

    def short(self, most: int) -> Sequence[tuple[Hour, float]]:
        """The hours that lack the most people: how many, as an average. Ties: the earlier in the week."""
        lacking = [
            (hour, self.needed(hour) - load.people / self.weeks) for hour, load in sorted(self.hours.items())
        ]
        return sorted((each for each in lacking if each[1] > 0), key=lambda each: -each[1])[:most]


async def week(now: datetime, time_zone: str) -> Week:
    """The whole weeks since the first case, by the shop's clock: the last eight of them, and at least one."""
    first: datetime | None = await db.fetchval(_FIRST, db.merchant_id(), now)
    passed = (now - first) // A_WEEK if first else 0
    weeks = min(max(passed, 1), WEEKS)
    rows = await db.fetch(_HOURS, db.merchant_id(), now - weeks * A_WEEK, now, time_zone)
    hours = {(row["day"], row["hour"]): Load(row["came"], row["answered"], row["people"]) for row in rows}
    return Week(hours, weeks, passed >= 1)
