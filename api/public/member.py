"""What the member's widget shows in a shop's own page: points, tier, a reward in reach, the last entries."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import MediaType, Response, post
from litestar.params import FromPath, FromQuery

from api import member_token
from api.member_token import MemberTokenInvalid
from api.openapi import problems
from api.portal import offers, present, tier_words
from api.portal.present import Reader
from api.public.common import Visitor, shop_of
from core import clock, db, tenancy
from core.design import portal_views
from core.design.formats import Formats, formats
from core.design.words import word
from core.i18n import Locale, in_language, negotiate, translator
from core.settings import settings
from core.tenancy import Shop
from loyalty.earning import ways
from loyalty.ledger import reading as ledger
from loyalty.members import service as members
from loyalty.members.service import Profile
from loyalty.programme import service as programme
from loyalty.rewards import catalogue, quotes
from loyalty.tiers import standing
from loyalty.tiers.standing import Standing

LATEST = 3
TOKEN_LIMIT_BYTES = 1000


class Tier(msgspec.Struct, frozen=True, kw_only=True):
    """Where the member stands; `share` of the way to the next tier, null at the top."""

    name: str
    share: float | None
    next: str
    keep: str


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A reward in reach (`share` 1), or the nearest."""

    name: str
    price: str
    share: float
    missing: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One ledger entry in words. `path`: below `portal`, where it is explained."""

    what: str
    when: str
    points: str
    path: str


class MemberSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in words of `language`; an empty text: there is none. `portal`: where more can be done."""

    language: str
    shop: str
    points: str
    pending: str
    expiry: str
    tier: Tier | None
    reward: Offer | None
    entries: tuple[Entry, ...]
    ways: tuple[str, ...]
    portal: str


@post("/{shop:str}/member", status_code=200, responses=problems(401, 429))
async def show_member(
    request: Visitor, shop: FromPath[str], locale: FromQuery[str] = ""
) -> Response[MemberSummary]:
    """A member's points; the body is the token alone, as text/plain, so that no browser asks before it sends.

    Raises MemberTokenInvalid.
    """
    now, spoken = clock.now(), negotiate(locale, None)
    asked = await shop_of(request, shop)
    token = (await request.body())[:TOKEN_LIMIT_BYTES].decode("ascii", "replace").strip()
    customer_id = member_token.customer_of(token, asked.id, now)
    async with db.transaction(asked.id):
        member = await members.by_customer(customer_id)
        if member is None:
            raise MemberTokenInvalid()
        summary = await _summary(member, await tenancy.shop(), spoken, now)
    return Response(summary, media_type=MediaType.JSON, headers={"Cache-Control": "no-store"})


handlers = [show_member]


async def _summary(member: Profile, shop: Shop, locale: Locale, now: datetime) -> MemberSummary:
    shown, words = formats(locale), translator(locale)
    live = await programme.live()
    tiers = [tier for each in live.sets for tier in each.tiers]
    to = present.reader(locale, now, tiers, await catalogue.names())
    balance = present.points(await members.balances(member.id))
    expiring = await ledger.next_expiry(member.id, now)
    found = await quotes.quotes(member.id, now)
    nearest = offers.nearest(offers.rewards(found, [""] * len(found), to.tiers, locale, now))
    return MemberSummary(
        language=locale,
        shop=shop.name(locale),
        points=shown.points(balance.points_active),
        pending=words.gettext(
            "%(points)s more are pending and become available once your order is settled.",
            points=shown.number(balance.points_pending),
        )
        if balance.points_pending
        else "",
        expiry=words.gettext(
            "%(points)s expire on %(date)s (%(zone)s)",
            points=shown.points(expiring.points),
            date=shown.date_time(expiring.expires_at, shop.time_zone),
            zone=shown.zone(expiring.expires_at, shop.time_zone),
        )
        if expiring
        else "",
        tier=_tier(await standing.primary(member.id, now), shop.time_zone, locale),
        reward=_offer(nearest, shown, locale) if nearest else None,
        entries=await _entries(member, to, shop.time_zone),
        ways=tuple((await ways.ways((), locale, now)).values()),
        portal=f"{settings().public_url}/portal",
    )


def _tier(found: Standing, zone: str, locale: Locale) -> Tier:
    above = found.next_tier
    return Tier(
        name=in_language(found.tier.name, locale),
        share=min(1.0, found.value / above.threshold) if above and above.threshold else None,
        next=tier_words.next_step(found, zone, locale),
        keep=tier_words.keep(found, zone, locale),
    )


def _offer(reward: portal_views.Reward, shown: Formats, locale: Locale) -> Offer:
    have = max(0, reward.price_points - reward.short_points)
    missing = translator(locale).gettext("%(points)s short", points=shown.points(reward.short_points))
    return Offer(
        name=reward.name,
        price=shown.points(reward.price_points),
        share=have / reward.price_points if reward.price_points else 1.0,
        missing=missing if reward.short_points else "",
    )


async def _entries(member: Profile, to: Reader, zone: str) -> tuple[Entry, ...]:
    shown, words = formats(to.locale), translator(to.locale)
    lines: Any = present.lines(await ledger.statement(member.id, "points", None, LATEST), {}, to)
    return tuple(
        Entry(
            what=word(words, "entry", line.kind),
            when=shown.date(line.at, zone),
            points=shown.number(line.points) if line.kind == "settle" else shown.signed(line.points),
            path=f"/activity/{line.id}",
        )
        for line in lines
    )
