"""Members: find one, read every entry with its reason, adjust points."""

from dataclasses import replace
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.studio import adjustments as forms
from api.auth import StaffUser, requires_permission
from api.forms import KeyedForm, once_to
from api.pages import locale_of, page
from api.portal import present
from api.portal.balances import currency_of
from core import clock, db
from core.design import ledger_views as views
from core.design.formats import formats
from core.design.portal_views import Input
from core.errors import DomainError
from core.i18n import Locale, in_language, translator
from core.people import customers
from loyalty.adjustments import service as adjustments
from loyalty.earning import why
from loyalty.households import service as households
from loyalty.ledger import reading as ledger
from loyalty.ledger.reading import StatementLine
from loyalty.members import service as members
from loyalty.members.service import Profile
from loyalty.programme import service as programme
from loyalty.rewards import catalogue
from loyalty.wallets import service as wallets
from reviews.points import service as points

Staff = Request[StaffUser, Any, Any]

PATH = "/staff/studio/members"
FOUND_LIMIT = 25
PAGE_SIZE = 25
ADJUSTMENTS_LIMIT = 10


class AskForm(KeyedForm):
    """An adjustment, as typed."""

    points: str
    note: str
    cause: str
    wallet: str = "points"


@get("/members", guards=[requires_permission("members.read")])
async def search(request: Staff, q: FromQuery[str] = "") -> Response[Any]:
    """Find members by name, e-mail address or customer number."""
    q = q.strip()[:200]
    async with db.transaction(request.user.merchant_id):
        found = await members.search(q, FOUND_LIMIT + 1) if q else []
        tiers = (await _reader(request)).tiers if found else {}
    view = views.MemberSearch(
        query=q,
        members=tuple(
            views.FoundMember(
                href=f"{PATH}/{each.id}",
                name=each.name,
                customer_id=each.external_id,
                tier=tiers.get(each.tier_code, each.tier_code),
                joined_at=each.joined_at,
                left=each.left_at is not None,
            )
            for each in found[:FOUND_LIMIT]
        ),
        limit=FOUND_LIMIT if len(found) > FOUND_LIMIT else 0,
    )
    return page(request, "staff/members.html", view, section="studio")


@get("/members/{member_id:uuid}", guards=[requires_permission("members.read")])
async def member(
    request: Staff,
    member_id: FromPath[UUID],
    before: FromQuery[int | None] = None,
    notice: FromQuery[str] = "",
) -> Response[Any]:
    """What a member has and why. Raises NotFound."""
    said = forms.notices(notice, locale_of(request))
    return page(
        request, "staff/member.html", await _view(request, member_id, before), section="studio", notices=said
    )


async def _view(
    request: Staff,
    member_id: UUID,
    before: int | None = None,
    typed: AskForm | None = None,
    problem: str = "",
) -> views.StaffMemberPage:
    """The page; with what was typed and why it was refused."""
    user = request.user
    async with db.transaction(user.merchant_id):
        profile = await members.get(member_id)
        to = await _reader(request)
        found = await points.named(await ledger.statement(member_id, "points", before, PAGE_SIZE + 1))
        lots = await ledger.lots_now([each.journal_id for each in found])
        balances = await members.balances(member_id)
        asked = await adjustments.newest(member_id=member_id, limit=ADJUSTMENTS_LIMIT)
        limits = await adjustments.limits()
        name = await _name(profile)
        household = await households.of_member(member_id)
        wallet_names = {each.code: in_language(each.name, to.locale) for each in await wallets.every()}
    shown, path = found[:PAGE_SIZE], f"{PATH}/{member_id}"
    may_ask = "adjustments.ask" in user.permissions
    adjust = forms.form(user, member_id, wallet_names, limits) if may_ask else None
    if adjust and typed:
        kept = {name: getattr(typed, name) for name in ("points", "note", "cause", "wallet")}
        adjust = replace(adjust, **kept, problem=problem)
    return views.StaffMemberPage(
        name=name,
        customer_id=profile.external_id,
        tiers_href=f"/staff/studio/tiers/members/{quote(profile.external_id, safe='')}",
        tier=to.tiers.get(profile.tier_code, profile.tier_code),
        joined_at=profile.joined_at,
        left_at=profile.left_at,
        wallets=tuple(
            views.WalletBalance(
                wallet_names[b.wallet],
                b.points_active,
                b.points_pending,
                b.points_held,
                b.points_debt,
                currency_of(b.wallet, user.shop.currency),
            )
            for b in balances
        ),
        lines=present.lines(shown, lots, to),
        entry_href=f"{path}/entries",
        next_href=f"{path}?before={shown[-1].seq}" if len(found) > PAGE_SIZE else "",
        first_href=path if before else "",
        adjustments=forms.lines(asked, user, wallet_names),
        adjust=adjust,
        household=tuple(
            views.SharesWith(each.customer_id, f"{PATH}/{each.member_id}", each.points_active)
            for each in (household.members if household else ())
            if each.member_id != member_id
        ),
    )


@get("/members/{member_id:uuid}/entries/{entry_id:uuid}", guards=[requires_permission("members.read")])
async def entry(request: Staff, member_id: FromPath[UUID], entry_id: FromPath[UUID]) -> Response[Any]:
    """Why an entry was made, as the member reads it, and what the ledger keeps of it."""
    async with db.transaction(request.user.merchant_id):
        profile = await members.get(member_id)
        kept = (await ledger.explain(member_id, entry_id)).line
        [found] = await points.named([kept])
        currency = currency_of(await ledger.wallet_of(entry_id), request.user.shop.currency)
        lots = await ledger.lots_now([entry_id])
        moves = await ledger.lot_moves(entry_id)
        to = await _reader(request)
        name = await _name(profile)
        because = await why.why(found.reason, to.locale, staff=True)
    view = views.StaffEntryPage(
        member=name or profile.external_id,
        member_href=f"{PATH}/{member_id}",
        entry=present.entry(found, lots.get(entry_id), moves, because, to, currency),
        facts=_facts(kept, to.locale, request.user.shop.time_zone),
    )
    return page(request, "staff/member_entry.html", view, section="studio")


@post("/members/{member_id:uuid}/adjust", guards=[requires_permission("adjustments.ask")], status_code=303)
async def adjust(request: Staff, member_id: FromPath[UUID], data: URLEncodedBody[AskForm]) -> Response[Any]:
    """Post an adjustment, or let it wait for a second person; a refused one stays in the form."""
    now, path = clock.now(), f"{PATH}/{member_id}"

    async def effect() -> str:
        await members.get(member_id)
        asked = forms.asked(member_id, data.points, data.wallet, data.cause, data.note)
        done = await adjustments.ask(asked, request.user.member.id, now)
        return f"{path}?notice={done.state}"

    said = [data.points, data.note, data.cause, data.wallet]
    try:
        return await once_to(request, data.idempotency_key, said, effect, now)
    except DomainError as error:
        problem = forms.problem(error, locale_of(request))
    view = await _view(request, member_id, None, data, problem)
    return page(request, "staff/member.html", view, section="studio", status=422)


handlers = [search, member, entry, adjust]


async def _name(profile: Profile) -> str:
    """The member's name; empty: none is known, or it was erased."""
    person = await customers.find(profile.customer_id)
    return person.name if person else ""


_SAID = ("rules", "not")
"""Parts of a reason that the page says in words."""


def _facts(entry: StatementLine, locale: Locale, time_zone: str) -> tuple[Input, ...]:
    words, shown = translator(locale), formats(locale)
    return (
        Input(words.gettext("Happened"), shown.date_time(entry.effective_at, time_zone)),
        Input(words.gettext("Recorded"), shown.date_time(entry.recorded_at, time_zone)),
        Input(words.gettext("Posting"), str(entry.journal_id)),
        *(Input(name, str(value)) for name, value in sorted(entry.reason.items()) if name not in _SAID),
    )


async def _reader(request: Staff) -> present.Reader:
    live = await programme.live()
    tiers = [tier for each in live.sets for tier in each.tiers]
    return present.reader(locale_of(request), clock.now(), tiers, await catalogue.names())
