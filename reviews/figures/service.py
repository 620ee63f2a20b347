"""Reviews by month, in the open transaction; each figure counts a set of reviews.compliance.queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from core import db
from reviews.compliance.queries import SETS

# Reviews from $2 to before $4 in one pass: all of those before $3, all of those from $3 on, and these by
# month of the time zone $5.
_OURS = f"{SETS['all']} AND ({SETS['hidden_there']}) IS NOT TRUE"
_COMPARED = f"""
    SELECT recent, month, count(*) FILTER (WHERE {SETS["all"]})::int AS reviews,
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
    CROSS JOIN LATERAL (SELECT r.received_at >= $3 AS recent) x
    CROSS JOIN LATERAL (
        SELECT CASE WHEN recent THEN date_trunc('month', r.received_at AT TIME ZONE $5)::date END AS month) y
    WHERE r.merchant_id = $1 AND r.version > 0 AND r.kind = 'review'
      AND r.received_at >= $2 AND r.received_at < $4
    GROUP BY GROUPING SETS ((recent), (recent, month))
"""


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


@dataclass(frozen=True)
class Compared:
    """Reviews of a stretch by the first day of the month, where there are any, and of all of it; and of the
    stretch before it."""

    months: Mapping[date, Reviews]
    new: Reviews
    old: Reviews


async def compared(before: datetime, start: datetime, end: datetime, time_zone: str) -> Compared:
    """Reviews received from `start` to before `end`, and those from `before` to then."""
    rows = await db.fetch(_COMPARED, db.merchant_id(), before, start, end, time_zone)
    months = {row["month"]: _reviews(row) for row in rows if row["month"]}
    whole = {row["recent"]: _reviews(row) for row in rows if not row["month"]}
    return Compared(months, whole.get(True, Reviews()), whole.get(False, Reviews()))


def _reviews(row: db.Row) -> Reviews:
    half, most = row["hours"] or (None, None)
    counted = {name: value for name, value in dict(row).items() if name not in ("recent", "month", "hours")}
    return Reviews(**counted, hours_half=half, hours_most=most)
