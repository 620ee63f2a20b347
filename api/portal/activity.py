"""The member's entries: page by page, all of them or of one kind, as a file, and with their hashes."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec
from babel.numbers import get_currency_precision
from litestar import Response, get
from litestar.params import FromQuery

from api.pages import locale_of, page
from api.portal import balances, present
from api.portal.balances import ACTIVITY, POINTS, activity_href, currency_of
from api.portal.common import Customer, member_of, reader_of
from api.portal.present import Reader
from core import clock, db
from core.days import zone_of
from core.design import portal_views
from core.design.words import word
from core.errors import NotFound
from core.files.formulas import defused
from core.files.rejects import as_csv
from core.i18n import mark, translator
from loyalty.ledger import reading as ledger
from loyalty.members import service as members
from loyalty.wallets.service import WalletView
from reviews.points import service as points

PAGE_SIZE = 20
FILE_PAGE = 500
HEADS = (
    *(mark("Date"), mark("What"), mark("About"), mark("Why")),
    *(mark("Points"), mark("Balance afterwards"), mark("Valid until")),
)
Show = Literal["all", "earned", "spent", "lost", "moved"]
VERBS: dict[Show, tuple[str, ...]] = {
    "all": (),
    "earned": ("earn", "settle"),
    "spent": ("redeem", "hold", "capture", "release", "reverse"),
    "lost": ("expire", "clawback", "void", "deduct"),
    "moved": ("transfer", "merge", "unmerge"),
}


@get("/activity")
async def activity(
    request: Customer, before: FromQuery[int | None] = None, show: FromQuery[Show] = "all",
    wallet: FromQuery[str] = POINTS,
) -> Response[Any]:  # fmt: skip
    """Entries of a wallet, the newest first. Raises NotFound for one that the member has not used."""
    now, locale = clock.now(), locale_of(request)
    async with db.transaction(request.user.merchant_id):
        member = await member_of(request)
        used = await balances.used(member.id)
        _check(wallet, used)
        held = await members.balances(member.id)
        to = await reader_of(request, now)
        found = await points.named(
            await ledger.statement(member.id, wallet, before, PAGE_SIZE + 1, VERBS[show])
        )
        lots = await ledger.lots_now([each.journal_id for each in found])
    shown = found[:PAGE_SIZE]
    balance = next(each for each in held if each.wallet == wallet)
    currency = currency_of(wallet, request.user.shop.currency)
    first = activity_href(wallet, show=show)
    view = portal_views.PortalActivity(
        points_active=balance.points_active,
        points_pending=balance.points_pending,
        points_debt=balance.points_debt,
        currency=currency,
        lines=present.lines(shown, lots, to, currency),
        next_href=f"{first}&before={shown[-1].seq}" if len(found) > PAGE_SIZE else "",
        first_href=first if before else "",
        show=show,
        shows=tuple(VERBS),
        show_href=activity_href(wallet, show=""),
        wallets=tuple(
            (balances.name_of(each, locale), activity_href(each.code), each.code == wallet) for each in used
        )
        if len(used) > 1
        else (),
        csv_href=activity_href(wallet, f"{ACTIVITY}.csv", show=show),
        chain_href=activity_href(wallet, f"{ACTIVITY}.json"),
    )
    return page(request, "portal/activity.html", view, section="activity", now=now)


@get("/activity.csv")
async def as_file(
    request: Customer, show: FromQuery[Show] = "all", wallet: FromQuery[str] = POINTS
) -> Response[bytes]:
    """The same in one file, in the reader's words; times are the shop's, points and amounts plain numbers."""
    now, zone = clock.now(), request.user.shop.time_zone
    currency = currency_of(wallet, request.user.shop.currency)
    words = translator(locale_of(request))
    heads = [words.gettext(each) for each in HEADS]
    if currency:
        heads[4] = words.gettext("Amount in %(currency)s", currency=currency)
    async with db.transaction(request.user.merchant_id):
        member = await member_of(request)
        _check(wallet, await balances.used(member.id))
        to = await reader_of(request, now)
        cells = [_cells(line, to, zone) async for line in _lines(member.id, wallet, show, to, currency)]
    # The mark tells spreadsheets that it is UTF-8.
    content = b"\xef\xbb\xbf" + as_csv([heads, *cells])
    headers = {"Content-Disposition": f'attachment; filename="{wallet}.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


@get("/activity.json")
async def as_chain(request: Customer, wallet: FromQuery[str] = POINTS) -> Response[bytes]:
    """Every posting of a wallet with its hash, the first one first: to be kept, and to compare with later."""
    async with db.transaction(request.user.merchant_id):
        member = await member_of(request)
        _check(wallet, await balances.used(member.id))
        links = await ledger.chain(member.id, wallet)
    content = msgspec.json.format(msgspec.json.encode(links))
    headers = {"Content-Disposition": f'attachment; filename="{wallet}-chain.json"'}
    return Response(content, media_type="application/json", headers=headers)


handlers = [activity, as_file, as_chain]


def _check(wallet: str, used: list[WalletView]) -> None:
    """Raises NotFound unless it is one of these."""
    if wallet not in {each.code for each in used}:
        raise NotFound(f"nothing was posted to a wallet {wallet!r}")


async def _lines(
    member_id: UUID, wallet: str, show: Show, to: Reader, currency: str
) -> AsyncIterator[portal_views.LedgerLine]:
    before: int | None = None
    while found := await ledger.statement(member_id, wallet, before, FILE_PAGE, VERBS[show]):
        for line in present.lines(await points.named(found), {}, to, currency):
            yield line
        before = found[-1].seq


def _cells(line: portal_views.LedgerLine, to: Reader, zone: str) -> list[str]:
    here = zone_of(zone)
    said = (word(translator(to.locale), "entry", line.kind), line.about, line.rule)
    ends = line.expires_at.astimezone(here).date().isoformat() if line.expires_at and line.points > 0 else ""
    at = line.at.astimezone(here).isoformat(timespec="minutes")
    precision = get_currency_precision(line.currency) if line.currency else 0
    much = (str(Decimal(each).scaleb(-precision)) for each in (line.points, line.balance_points))
    return [at, *map(defused, said), *much, ends]
