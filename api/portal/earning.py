"""Tiers and ways to earn, written from the rules in force, and an amount to try them on."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get
from litestar.params import FromQuery

from api.pages import locale_of, page
from api.portal import tier_words
from api.portal.common import Customer, member_of
from core import amounts, clock, db
from core.design import earning_views as views
from core.i18n import Locale, in_language, translator
from loyalty.earning import trial, ways
from loyalty.earning.trial import Gave, Somebody
from loyalty.orders import service as orders
from loyalty.programme import service as programme
from loyalty.rules import service as rules
from loyalty.rules.facts import OrderFacts
from loyalty.tiers import standing
from loyalty.tiers.rules import TierSet


@get("/earning")
async def earning(request: Customer, amount: FromQuery[str] = "") -> Response[Any]:
    """What earns points now, all tiers, and what an order of `amount` would earn this member."""
    now, locale, currency = clock.now(), locale_of(request), request.user.shop.currency
    async with db.transaction(request.user.merchant_id):
        member = await member_of(request)
        live = await programme.live()
        mine = {each.tier_set.code: each.tier.code for each in await standing.standings(member.id, now)}
        who = await trial.somebody(member.external_id, await rules.segments_in_force(now), now)
        told = await ways.ways(who.segments, locale, now)
        view = views.PortalEarning(
            ways=tuple(told.values()),
            ladders=tuple(ladder(each, mine.get(each.code, ""), currency, locale) for each in live.sets),
            currency=currency,
            amount=amount.strip()[:40],
        )
        if view.amount:
            number = await orders.next_number(member.customer_id)
            view = await _with_trial(view, number, live.primary, told, who, locale, now)
    return page(request, "portal/earning.html", view, section="earning", now=now)


handlers = [earning]


def ladder(tier_set: TierSet, mine: str, currency: str, locale: Locale) -> views.Ladder:
    """A set of tiers in words; `mine`: the code of the member's own."""
    return views.Ladder(
        name=in_language(tier_set.name, locale),
        rules=tier_words.summary(tier_set, locale),
        steps=tuple(
            views.TierStep(
                name=in_language(tier.name, locale),
                takes=tier_words.amount(tier_set.metric, tier.threshold, locale) if tier.rank else "",
                benefits=tuple(tier_words.benefit(each, currency, locale) for each in tier.all_benefits),
                mine=tier.code == mine,
            )
            for tier in tier_set.tiers
        ),
    )


async def _with_trial(
    view: views.PortalEarning, number: int, tier_set: TierSet, told: Mapping[str, str], who: Somebody,
    locale: Locale, now: datetime,
) -> views.PortalEarning:  # fmt: skip
    words = translator(locale)
    amount_minor = amounts.minor(view.amount.replace(",", ""), view.currency)
    if not amount_minor:
        return replace(view, problem=words.gettext("Write an amount such as 25 or 12.50."))
    order = OrderFacts(
        currency=view.currency, amount_minor=amount_minor, store="", channel=None, number=number, lines=()
    )
    tier = tier_set.at(who.tier or "")
    above = tier_set.above(tier)
    gave = await _gave(order, who, locale, now)
    higher = await _gave(order, msgspec.structs.replace(who, tier=above.code), locale, now) if above else []
    offer = words.gettext("An offer for you")
    return replace(
        view,
        tried=views.TriedAmount(
            amount_minor=amount_minor,
            tier=in_language(tier.name, locale),
            points=sum(each.points for each in gave),
            shares=tuple(views.Share(each.points, told.get(each.code, offer)) for each in gave),
            next_tier=in_language(above.name, locale) if above else "",
            next_points=sum(each.points for each in higher),
        ),
    )


async def _gave(order: OrderFacts, who: Somebody, locale: Locale, now: datetime) -> list[Gave]:
    """What each rule would give of points to be spent."""
    found = await trial.try_out(order, who, now, locale)
    return next((each.rules for each in found if each.wallet == ways.SPENDABLE), [])
