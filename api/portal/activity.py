"""The member's entries: page by page, all of them or of one kind, as a file, and with their hashes."""

from collections.abc import AsyncIterator
from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromQuery

from api.pages import locale_of, page
from api.portal import present
from api.portal.common import Customer, member_of, reader_of
from api.portal.present import Reader
from core import clock, db
from core.days import zone_of
from core.design import portal_views
from core.design.words import word
from core.files.formulas import defused
from core.files.rejects import as_csv
from core.i18n import mark, translator
from loyalty.ledger import reading as ledger
from loyalty.members import service as members
from reviews.points import service as points

PATH = "/portal/activity"
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
    request: Customer, before: FromQuery[int | None] = None, show: FromQuery[Show] = "all"
) -> Response[Any]:
    """Entries, the newest first."""
    now = clock.now()
    async with db.transaction(request.user.merchant_id):
        member = await member_of(request)
        balance = present.points(await members.balances(member.id))
        to = await reader_of(request, now)
        found = await points.named(
            await ledger.statement(member.id, "points", before, PAGE_SIZE + 1, VERBS[show])
        )
        lots = await ledger.lots_now([each.journal_id for each in found])
    shown = found[:PAGE_SIZE]
    asked = f"show={show}"
    view = portal_views.PortalActivity(
        points_active=balance.points_active,
        points_pending=balance.points_pending,
        lines=present.lines(shown, lots, to),
        next_href=f"{PATH}?{asked}&before={shown[-1].seq}" if len(found) > PAGE_SIZE else "",
        first_href=f"{PATH}?{asked}" if before else "",
        show=show,
        shows=tuple(VERBS),
        csv_href=f"{PATH}.csv?{asked}",
        chain_href=f"{PATH}.json",
    )
    return page(request, "portal/activity.html", view, section="activity", now=now)


@get("/activity.csv")
async def as_file(request: Customer, show: FromQuery[Show] = "all") -> Response[bytes]:
    """The same in one file, in the reader's words; times are the shop's, points plain numbers."""
    now, zone = clock.now(), request.user.shop.time_zone
    words = translator(locale_of(request))
    heads = [words.gettext(each) for each in HEADS]
    async with db.transaction(request.user.merchant_id):
        member = await member_of(request)
        to = await reader_of(request, now)
        cells = [_cells(line, to, zone) async for line in _lines(member.id, show, to)]
    # The mark tells spreadsheets that it is UTF-8.
    content = b"\xef\xbb\xbf" + as_csv([heads, *cells])
    headers = {"Content-Disposition": 'attachment; filename="points.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


@get("/activity.json")
async def as_chain(request: Customer) -> Response[bytes]:
    """Every posting with its hash, the first one first: to be kept, and to compare with later."""
    async with db.transaction(request.user.merchant_id):
        links = await ledger.chain((await member_of(request)).id)
    content = msgspec.json.format(msgspec.json.encode(links))
    headers = {"Content-Disposition": 'attachment; filename="points-chain.json"'}
    return Response(content, media_type="application/json", headers=headers)


handlers = [activity, as_file, as_chain]


async def _lines(member_id: UUID, show: Show, to: Reader) -> AsyncIterator[portal_views.LedgerLine]:
    before: int | None = None
    while found := await ledger.statement(member_id, "points", before, FILE_PAGE, VERBS[show]):
        for line in present.lines(await points.named(found), {}, to):
            yield line
        before = found[-1].seq


def _cells(line: portal_views.LedgerLine, to: Reader, zone: str) -> list[str]:
    here = zone_of(zone)
    said = (word(translator(to.locale), "entry", line.kind), line.about, line.rule)
    ends = line.expires_at.astimezone(here).date().isoformat() if line.expires_at and line.points > 0 else ""
    at = line.at.astimezone(here).isoformat(timespec="minutes")
    return [at, *map(defused, said), str(line.points), str(line.balance_points), ends]
