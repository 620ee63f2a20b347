"""Reviews by month, in the open transaction; each figure counts a set of reviews.compliance.queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from core import db
from reviews.compliance.queries import SETS

# Reviews of a stretch of time by a number of it: $2 from, $3 until; {by} says which.
_OURS = f"{SETS['all']} AND ({SETS['hidden_there']}) IS NOT TRUE"
_BY = f"""
    SELECT {{by}} AS part, count(*) FILTER (WHERE {SETS["all"]})::int AS reviews,
           avg(r.stars) FILTER (WHERE {SETS["all"]})::float8 AS stars,
           count(*) FILTER (WHERE {SETS["answered"]})::int AS answered,
           count(*) FILTER (WHERE {SETS["shown"]})::int AS shown,
           percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (
               ORDER BY extract(epoch FROM r.replied_at - r.received_at)::float8 / 3600)
               FILTER (WHERE {SETS["answered"]} AND r.replied_at >= r.received_at) AS hours,
           count(*) FILTER (WHERE {SETS["hidden"]} AND r.stars <= 2)::int AS hidden_low,
           count(*) FILTER (WHERE {_OURS} AND r.stars <= 2)::int AS low,
           count(*) FILTER (WHERE {SETS["hidden"]} AND r.stars >= 4)::int AS hidden_high,
           count(*) FILTER (WHERE {_OURS} AND r.stars >= 4)::int AS high
    FROM reviews r
    WHERE r.merchant_id = $1 AND r.version > 0 AND r.kind = 'review'
      AND r.received_at >= $2 AND r.received_at < $3
    GROUP BY 1
"""
_MONTHS = _BY.format(by="date_trunc('month', r.received_at AT TIME ZONE $4)::date")
_WHOLE = _BY.format(by="1")


@dataclass(frozen=True)
class Reviews:
    """Reviews that were received in a stretch of time; low have 1 and 2 stars, high 4 and 5."""

    reviews: int = 0
    stars: float | None = None
    """The average; None: none has any."""
    shown: int = 0
    answered: int = 0
    """Of those shown."""
    hours_half: float | None = None
    """Within which half of the answers came, after the receipt."""
    hours_most: float | None = None
    """Within which nine of ten came."""
    hidden_low: int = 0
    low: int = 0
    hidden_high: int = 0
    high: int = 0

    @property
    def hide_rate_low(self) -> float | None:
        """Of bad ones that we could have shown, the share that we hid."""
        return self.hidden_low / self.low if self.low else None

    @property
    def hide_rate_high(self) -> float | None:
        """The same of good ones."""
        return self.hidden_high / self.high if self.high else None


async def by_month(start: datetime, end: datetime, time_zone: str) -> Mapping[date, Reviews]:
    """By the first day of the month; months without reviews are left out."""
    rows = await db.fetch(_MONTHS, db.merchant_id(), start, end, time_zone)
    return {row["part"]: _reviews(row) for row in rows}


async def whole(start: datetime, end: datetime) -> Reviews:
    """All of the stretch together."""
    row = await db.fetchrow(_WHOLE, db.merchant_id(), start, end)
    return _reviews(row) if row else Reviews()


def _reviews(row: db.Row) -> Reviews:
    half, most = row["hours"] or (None, None)
    counted = {name: value for name, value in dict(row).items() if name not in ("part", "hours")}
    return Reviews(**counted, hours_half=half, hours_most=most)
