"""How soon we are: medians and ninth deciles out of the raw events, never averages."""

from dataclasses import dataclass
from datetime import datetime

from core import db

# Working time as it was counted when the clock was satisfied; percentile_disc answers a case that there was.
_MET = """
    SELECT detail ->> 'clock' AS clock, count(*)::int AS count,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY (detail ->> 'worked_s')::int) AS p50_s,
           percentile_disc(0.9) WITHIN GROUP (ORDER BY (detail ->> 'worked_s')::int) AS p90_s,
           count(*) FILTER (WHERE NOT (detail ->> 'late')::bool)::int AS in_time
    FROM case_events
    WHERE merchant_id = $1 AND kind = 'clock_satisfied' AND at > $2 AND at <= $3 AND detail ? 'worked_s'
    GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True)
class Met:
    """A clock over some time: how often it was satisfied, after how much working time, how often in time."""

    clock: str
    count: int
    p50_s: int
    p90_s: int
    in_time: int


async def met(start: datetime, end: datetime) -> list[Met]:
    """Each clock that was satisfied after `start` and up to `end`, in the open transaction."""
    return [Met(**row) for row in await db.fetch(_MET, db.merchant_id(), start, end)]
