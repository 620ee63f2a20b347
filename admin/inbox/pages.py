"""The pages of the inbox: lists, one case, and how far scoring is."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from admin.inbox import lists, live, present
from admin.inbox.lists import Asked
from admin.inbox.offers import offer, offers, translated
from admin.inbox.present import Reader, Refused
from api.auth import StaffUser, requires_permission
from api.pages import locale_of, page
from api.portal.review_form import pictures
from core import clock, db
from core.design import inbox_views, views
from core.design.desk_views import CaseNews, HappenedSince
from core.i18n import Locale, in_language, translator
from core.ids import new_id
from loyalty.programme import service as programme
from loyalty.programme.service import ProgrammeMissing
from reviews.cases import conversation, news, own_views, tags
from reviews.cases import reading as cases
from reviews.cases.inbound import service as inbound
from reviews.cases.reading import ViewName
from reviews.cases.remedies import holdout
from reviews.cases.routing import presence
from reviews.cases.views import Person
from reviews.photos import service as photos
from reviews.scoring import service as scoring
from reviews.sources import source_of
from reviews.surveys import service as surveys

Staff = Request[StaffUser, Any, Any]

PAGE_SIZE = 30
WITHIN_CHARS = 500
SCORING = "/staff/inbox/scoring"
reads = requires_permission("inbox.read")


@dataclass(frozen=True)
class Tried:
    """A deed on many that could not be done: why, which cases were ticked, and what was typed as a tag."""

    because: str
    ticked: frozenset[UUID]
    tag: str


@get("/", guards=[reads])
async def inbox(
    request: Staff,
    view: FromQuery[ViewName] = "open",
    own: FromQuery[UUID | None] = None,
    stars: FromQuery[lists.Stars] = "",
    language: FromQuery[str] = "",
    source: FromQuery[str] = "",
    tag: FromQuery[str] = "",
    owner: FromQuery[lists.Owner] = "",
    sign: FromQuery[lists.Signs] = "",
    after: FromQuery[str] = "",
    done: FromQuery[int | None] = None,
    refused: FromQuery[int] = 0,
    full: FromQuery[int] = 0,
    undo: FromQuery[UUID | None] = None,
) -> Response[str]:
    """One page of a view, narrowed by a filter or by one of one's own. Raises CursorInvalid or NotFound."""
    now, user = clock.now(), request.user
    async with db.transaction(user.merchant_id):
        kept = await own_views.find(own, user.member.id) if own else None
        narrowed = lists.filter_of(stars, language, source, tag, owner, sign)
        asked = Asked(kept.view, kept.filter, kept) if kept else Asked(view, narrowed)
        shown = await _inbox(request, asked, after, now)
    if undo and done:
        shown = replace(shown, undo=str(undo), undo_key=str(new_id()))
    said = _notices(locale_of(request), done, refused, full)
    return page(request, "staff/inbox.html", shown, section="inbox", now=now, notices=said)


async def list_again(request: Staff, query: str, tried: Tried, now: datetime) -> Response[str]:
    """The list that `query` leads to, as it is now, after `tried`. Raises CursorInvalid."""
    after = dict(parse_qsl(query[:500])).get("after", "")
    async with db.transaction(request.user.merchant_id):
        asked = await lists.asked_by(query, request.user.member.id)
        shown = await _inbox(request, asked, after, now)
    ticks = {str(each) for each in tried.ticked}
    rows = tuple(replace(row, ticked=row.id in ticks) for row in shown.rows)
    shown = replace(shown, rows=rows, problem=tried.because, tag=tried.tag)
    return page(request, "staff/inbox.html", shown, section="inbox", status=422, now=now)


async def _inbox(request: Staff, asked: Asked, after: str, now: datetime) -> inbox_views.Inbox:
    """The list, in the open transaction."""
    user, by, view = request.user, request.user.member.id, asked.view
    counts = await cases.counts(by, now)
    found = await cases.inbox(view, by, now, after, PAGE_SIZE, asked.filter)
    people = await cases.people()
    tagged = await tags.of_cases([row.id for row in found.rows])
    progress = await scoring.progress_if_any()
    to = _reader(request, {}, now)
    looking = await _looking(user, [row.id for row in found.rows], people, now)
    acts = "inbox.reply" in user.permissions
    plain = not asked.filter
    return inbox_views.Inbox(
        # A filter alone is no view of its own; that it narrows another one than the usual is to be seen.
        tabs=present.tabs(counts, view if plain or (view != "open" and not asked.own) else None),
        rows=tuple(
            replace(
                present.case_row(row, to),
                looking=", ".join(looking.get(row.id, ())),
                tags=tagged.get(row.id, ()),
            )
            for row in found.rows
        ),
        within="" if asked.query == "view=open" else urlencode({"within": asked.query}),
        asked=f"{asked.query}&{urlencode({'after': after})}" if after else asked.query,
        more=lists.more(asked, await own_views.of(by), to.words),
        filter=lists.fields(asked, await tags.known(), to.words),
        bulk_key=str(new_id()) if acts else "",
        people=tuple(inbox_views.Person(str(each.id), each.name) for each in people)
        if "inbox.assign" in user.permissions
        else (),
        scoring=inbox_views.Scoring(progress.scored, progress.total, SCORING) if progress else None,
        next_href=f"/staff/inbox?{asked.query}&after={found.next}" if found.next else "",
        first_href=f"/staff/inbox?{asked.query}" if after else "",
        live_href=live.href(await news.newest()),
        mails_parked=await inbound.parked(),
    )


@get("/scoring", guards=[reads])
async def show_scoring(request: Staff) -> Response[str]:
    """The strip alone, which asks for itself again while something is left."""
    async with db.transaction(request.user.merchant_id):
        progress = await scoring.progress_if_any() or scoring.Progress(0, 0)
    return page(request, "staff/scoring.html", inbox_views.Scoring(progress.scored, progress.total, SCORING))


@get("/cases/{case_id:uuid}/news", guards=[reads])
async def show_news(
    request: Staff, case_id: FromPath[UUID], after: FromQuery[UUID | None] = None, within: FromQuery[str] = ""
) -> Response[str]:
    """Who else looks, and what happened since an event; asked again and again. Raises NotFound."""
    now, user = clock.now(), request.user
    async with db.transaction(user.merchant_id):
        found = await news.on_case(case_id, after or UUID(int=0), user.member.id)
        people = await cases.people()
        on_its_way = await cases.on_its_way(case_id)
    others = (await _looking(user, [case_id], people, now)).get(case_id, ())
    await presence.seen(user.merchant_id, user.member.id, case_id, now)
    # That one's own words went out as they were meant to is no reason to stop.
    sent = bool(found) and all(each.kind == "sent" for each in found)
    since = () if sent else tuple(HappenedSince(each.kind, each.person, each.own, each.at) for each in found)
    delivery = present.delivery(case_id, on_its_way, _reader(request, {}, now), _new_key)
    view = CaseNews(_href(case_id, within), delivery, others, since, sent, within[:WITHIN_CHARS])
    return page(request, "staff/case_news.html", view, now=now)


@get("/cases/{case_id:uuid}", guards=[reads])
async def show_case(
    request: Staff, case_id: FromPath[UUID], taken: FromQuery[UUID | None] = None, within: FromQuery[str] = ""
) -> Response[str]:
    """One case; the text of a message that was `taken` back stands in its composer. Raises NotFound."""
    back = None
    if taken and "inbox.reply" in request.user.permissions:
        async with db.transaction(request.user.merchant_id):
            back = await conversation.taken_back(case_id, taken)
    return await case_page(request, case_id, clock.now(), within, present.again(back) if back else None)


async def case_page(
    request: Staff,
    case_id: UUID,
    now: datetime,
    within: str,
    tried: Refused | None = None,
    status: int = 200,
) -> Response[str]:
    """The page of a case, after `tried` with what was typed. Raises NotFound.

    `within`: the query of the list from which it was opened; "": the open cases.
    """
    within = within[:WITHIN_CHARS]
    async with db.transaction(request.user.merchant_id):
        found = await cases.case(case_id, request.user.member.id)
        asked = await lists.asked_by(within, request.user.member.id)
        before, behind = await cases.neighbours(
            case_id, asked.view, request.user.member.id, now, asked.filter
        )
        newest = await news.newest()
        to = _reader(request, await _tiers(request), now)
        review = found.row.review
        customer_id = found.row.customer_id
        said = await surveys.of_customer(customer_id) if customer_id else []
        held_out = await holdout.held_out(case_id)
        tagged = (await tags.of_cases([case_id])).get(case_id, ())
        offered = await offers(case_id, review.id if review else None, request.user.member.id)
        translation = await translated(review, locale_of(request), to.words)
        taken = await photos.of_reviews([review.id]) if review else {}
    others = (await _looking(request.user, [case_id], found.people, now)).get(case_id, ())
    await presence.seen(request.user.merchant_id, request.user.member.id, case_id, now)
    source = source_of(review.source if review else "")
    view = present.case(found, to, source, (_href(before, within), _href(behind, within)), _new_key, others)
    view = offer(view, offered, to.words)
    if review:
        seen = pictures(taken.get(review.id, ()))
        view = replace(view, review=replace(view.review, pictures=seen, translation=translation))
    told = tuple(map(present.survey, said))
    view = replace(
        view,
        live_href=live.href(newest),
        news_href=f"{path_of(case_id)}/news?{_query(within, after=str(newest or UUID(int=0)))}",
        list_href=f"{lists.PATH}?{asked.query}" if within else lists.PATH,
        href=_href(case_id, within),
        within=within,
        held_out=held_out,
        surveys=told,
        tags=tagged,
        tag_key=str(new_id()) if "inbox.reply" in request.user.permissions else "",
    )
    if tried:
        view = present.refused(view, tried)
    return page(request, "staff/case.html", view, section="inbox", status=status, now=now)


handlers = [inbox, show_scoring, show_news, show_case]


def _notices(locale: Locale, done: int | None, refused: int, full: int) -> tuple[views.Notice, ...]:
    """What became of a deed on many cases."""
    if done is None:
        return ()
    words = translator(locale)
    said = [views.Notice("good", words.ngettext("%(num)s case done.", "%(num)s cases done.", done, num=done))]
    if refused:
        left = words.ngettext(
            "%(num)s case was left alone: it is in another state by now.",
            "%(num)s cases were left alone: they are in another state by now.",
            refused,
            num=refused,
        )
        said.append(views.Notice("info", left))
    if full:
        told = words.ngettext(
            "%(num)s case has %(most)s tags already, and got no other.",
            "%(num)s cases have %(most)s tags already, and got no other.",
            full,
            num=full,
            most=tags.MOST,
        )
        said.append(views.Notice("info", told))
    return tuple(said)


async def _looking(
    user: StaffUser, ids: list[UUID], people: Iterable[Person], now: datetime
) -> dict[UUID, tuple[str, ...]]:
    """By case, the names of others who look at it now; and this person is known to be there."""
    await presence.seen(user.merchant_id, user.member.id, None, now)
    names = {person.id: person.name for person in people}
    found = await presence.looking(user.merchant_id, ids, now)
    return {
        case: tuple(sorted(names[person] for person in who if person != user.member.id and person in names))
        for case, who in found.items()
    }


def path_of(case_id: UUID) -> str:
    """The address of a case."""
    return f"/staff/inbox/cases/{case_id}"


def again(case_id: UUID, within: str, **more: str) -> str:
    """The address of a case after something was posted on its page, in the same list."""
    query = _query(within, **more)
    return f"{path_of(case_id)}?{query}" if query else path_of(case_id)


def _query(within: str, **more: str) -> str:
    said = more | {"within": within[:WITHIN_CHARS]}
    return urlencode({name: value for name, value in said.items() if value})


def _new_key() -> str:
    return str(new_id())


def _href(case_id: UUID | None, within: str) -> str:
    return again(case_id, within) if case_id else ""


def _reader(request: Staff, tiers: dict[str, str], now: datetime) -> Reader:
    user = request.user
    return Reader(user.member.id, user.permissions, translator(locale_of(request)), now, tiers)


async def _tiers(request: Staff) -> dict[str, str]:
    """Names of the tiers, in the open transaction; none without a programme."""
    try:
        live = await programme.live()
    except ProgrammeMissing:
        return {}
    return {tier.code: in_language(tier.name, locale_of(request)) for tier in live.tiers}
