"""The studio's first page: what the programme owes and does, members by tier, versions."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromQuery

from admin.studio import present
from api.auth import StaffUser, requires_permission
from api.pages import locale_of, page
from core import clock, db
from core.days import day_of, zone_of
from core.design import studio_views
from loyalty.figures import service as figures
from loyalty.ledger import reading as ledger
from loyalty.liability import service as liability
from loyalty.programme import service as programme
from loyalty.tiers import service as tiers
from reviews.compliance import service as compliance
from reviews.compliance.service import Period

Staff = Request[StaffUser, Any, Any]

OVERVIEW = "/staff/studio"
DRAFT = "/staff/studio/tiers"


@get("/", guards=[requires_permission("studio.read")])
async def overview(request: Staff, published: FromQuery[int | None] = None) -> Response[Any]:
    """Points as a liability, what was earned and redeemed, members by tier, and the versions of the terms."""
    now, locale, user = clock.now(), locale_of(request), request.user
    period = timedelta(days=present.PERIOD_DAYS)
    async with db.transaction(user.merchant_id):
        versions = await programme.versions()
        live = next((version for version in versions if version.state == "published"), None)
        view = present.studio(
            user.shop.name(locale),
            user.shop.currency,
            live,
            await ledger.totals(now + period),
            await tiers.counts(),
            versions,
            await programme.authors(),
            live is not None and "studio.publish" in user.permissions,
            locale,
            "programme.edit" in user.permissions,
        )
        hides = await compliance.hide_rates(Period(now - period, now))
        if live:
            view = await _with_figures(view, now, user.shop.time_zone)
    view = replace(view, hide_rate_low=hides.low, hide_rate_high=hides.high, reviews_hidden=hides.hidden)
    new = live is not None and live.number == published
    said = [present.published_notice(live, locale)] if live and new else []
    return page(request, "staff/studio.html", view, section="studio", notices=said, now=now)


async def _with_figures(view: studio_views.Studio, now: datetime, time_zone: str) -> studio_views.Studio:
    """With what the ledger says of time: liability, the last days and the last months."""
    today = day_of(now, zone_of(time_zone))
    worth = await liability.running(now)
    over = await figures.stretch(today, present.MONTHS)
    last, months = await figures.lately(over, today - timedelta(days=present.PERIOD_DAYS), today)
    return present.with_figures(view, worth, last, months)


handlers = [overview]
