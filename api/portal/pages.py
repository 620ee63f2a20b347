"""The customer's points: home, the reason of one entry, and joining."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from api.forms import KeyedForm, once_to
from api.pages import locale_of, page, see_other
from api.portal import balances, offers, present, words
from api.portal.common import Customer, member_of, reader_of
from api.portal.reviews import latest
from core import clock, db
from core.design import portal_views
from core.ids import new_id
from loyalty.earning import why
from loyalty.intake.service import join as enrol
from loyalty.ledger import reading as ledger
from loyalty.members import service as members
from loyalty.members.service import Profile
from loyalty.programme import service as programme
from loyalty.programme.service import ProgrammeMissing
from loyalty.rewards import quotes
from loyalty.rules import service as rules
from loyalty.tiers import standing
from reviews.points import service as points

LATEST = 5


@get("/")
async def home(request: Customer, notice: FromQuery[str] = "") -> Response[Any]:
    """Points, tier, a reward in reach, the last entries and review; for others the invitation to join."""
    now, locale = clock.now(), locale_of(request)
    async with db.transaction(request.user.merchant_id):
        member = await members.by_customer(request.user.profile.id)
        if member is None:
            return await _invitation(request)
        held = await members.balances(member.id)
        balance = present.points(held)
        if member.left_at is not None:
            return await _invitation(request, balance.points_active)
        view = await _home(request, member, held, now)
    said = words.notices(notice, locale)
    if balance.points_debt:
        said = (*said, words.debt(balance.points_debt, locale))
    return page(request, "portal/home.html", view, section="home", notices=said, now=now)


@post("/join", status_code=303)
async def join(request: Customer, data: URLEncodedBody[KeyedForm]) -> Response[Any]:
    """Enrol the customer; earlier orders are claimed by the programme's policy."""
    now = clock.now()

    async def effect() -> str:
        live = await programme.live()
        await enrol(request.user.profile.external_id, live.terms_version, now)
        return "/portal?notice=joined"

    return await once_to(request, data.idempotency_key, "join", effect, now)


@post("/leave", status_code=303)
async def leave(request: Customer, data: URLEncodedBody[KeyedForm]) -> Response[Any]:
    """End the membership; it can begin again. Somebody who is no member is shown the invitation."""
    now = clock.now()

    async def effect() -> str:
        await members.go((await member_of(request)).id, now)
        return "/portal"

    return await once_to(request, data.idempotency_key, "leave", effect, now)


@get("/activity/{entry_id:uuid}")
async def entry(request: Customer, entry_id: FromPath[UUID]) -> Response[Any]:
    """Why an entry was made. Raises NotFound for another member's."""
    now = clock.now()
    async with db.transaction(request.user.merchant_id):
        member = await member_of(request)
        [found] = await points.named([(await ledger.explain(member.id, entry_id)).line])
        lots = await ledger.lots_now([entry_id])
        moves = await ledger.lot_moves(entry_id)
        to = await reader_of(request, now)
        because = await why.why(found.reason, to.locale)
        currency = balances.currency_of(await ledger.wallet_of(entry_id), request.user.shop.currency)
    view = present.entry(found, lots.get(entry_id), moves, because, to, currency)
    return page(request, "portal/entry.html", view, section="activity", now=now)


async def _home(
    request: Customer, member: Profile, held: list[members.Balance], now: datetime
) -> portal_views.PortalHome:
    balance = present.points(held)
    to = await reader_of(request, now)
    entries = await points.named(await ledger.statement(member.id, "points", None, LATEST))
    lots = await ledger.lots_now([each.journal_id for each in entries])
    found = await quotes.quotes(member.id, now)
    offered = offers.rewards(found, [str(new_id()) for _ in found], to.tiers, to.locale, now)
    return portal_views.PortalHome(
        name=request.user.profile.name,
        points_active=balance.points_active,
        points_pending=balance.points_pending,
        tier=present.tier(
            await standing.primary(member.id, now),
            request.user.shop.currency,
            request.user.shop.time_zone,
            to,
        ),
        expiry=present.expiry(await ledger.next_expiry(member.id, now)),
        wallets=await balances.further(request, member.id, held, now),
        reward=offers.nearest(offered),
        member_qr=offers.member_picture(member.external_id, to.locale),
        activity=present.lines(entries, lots, to),
        review=await latest(request, now),
    )


async def _invitation(request: Customer, points_kept: int | None = None) -> Response[Any]:
    try:
        live = await programme.live()
    except ProgrammeMissing:
        live = None
    user, locale = request.user, locale_of(request)
    currency = user.shop.currency
    rate = await rules.order_rate(currency, clock.now())
    view = present.invitation(user.profile.name, live, rate, currency, str(new_id()), locale)
    view = replace(view, points_kept=points_kept)
    return page(request, "portal/join.html", view, section="home")


def to_invitation(_: Customer, __: Exception) -> Response[Any]:
    """Where somebody goes who has not joined."""
    return see_other("/portal")


handlers = [home, join, leave, entry]
