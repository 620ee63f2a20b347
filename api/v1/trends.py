"""What more reviews complain about than before."""

from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency

from api.auth import Integrator, requires_scope
from api.openapi import problems
from core import clock, db
from reviews.trends import rules, service
from reviews.trends.rules import Dimension


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """Complaints about one product, store, carrier or aspect; `key` is its SKU, external id, name or code.

    `recent` and `before` count reviews, `…_negative` those that complain. `p`: how likely chance alone brings
    so many lately (Fisher's exact test); null: too few reviews to say. `spike`: more than chance explains,
    all that is looked at taken into account. `evidence`: ids of recent complaints, the most certain first.
    """

    dimension: Dimension
    key: str
    name: str
    recent: int
    recent_negative: int
    before: int
    before_negative: int
    p: float | None
    spike: bool
    evidence: list[UUID]


class Trends(msgspec.Struct, frozen=True, kw_only=True):
    """Spikes first. The last `days` are compared with the `days_before` in front of them."""

    days: int
    days_before: int
    trends: list[Trend]


@get(
    "/review-trends", guards=[requires_scope("reviews:read")], responses=problems(401, 403), tags=["Reviews"]
)
async def list_trends(user: NamedDependency[Integrator]) -> Trends:
    """What complaints rise about, as of now."""
    async with db.transaction(user.merchant_id):
        found = await service.trends(clock.now())
    trends = [
        Trend(
            dimension=each.trend.count.dimension,
            key=each.trend.count.key,
            name=each.trend.count.name,
            recent=each.trend.count.recent,
            recent_negative=each.trend.count.recent_negative,
            before=each.trend.count.before,
            before_negative=each.trend.count.before_negative,
            p=each.trend.p,
            spike=each.trend.spike,
            evidence=[complaint.review.id for complaint in each.evidence],
        )
        for each in found
    ]
    return Trends(days=rules.RECENT.days, days_before=rules.BEFORE.days, trends=trends)
