"""The simulator: one order of one member, rule by rule; a rule over what has happened."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import MediaType, Request, Response, get, post
from litestar.params import FromPath, URLEncodedBody

from admin.studio import simulator_present as present
from admin.studio.reward_forms import Typed
from admin.studio.rule_words import refusal
from admin.studio.rules import name_of, shop_of
from admin.studio.simulator_present import PATH, OrderTyped
from api.auth import StaffUser, requires_permission
from api.forms import key_of, once_to, said_of
from api.pages import locale_of, page, page_text
from core import clock, db
from core.days import start_of_day
from core.design import simulator_views as views
from core.errors import DomainError, NotFound
from core.i18n import in_language, translator
from core.ids import new_id
from loyalty.backtests import service as backtests
from loyalty.backtests.service import BacktestInvalid, Run
from loyalty.earning import trial
from loyalty.earning.trial import Somebody, WalletTrial
from loyalty.programme import service as programme
from loyalty.programme.service import ProgrammeMissing
from loyalty.rules import service as rules
from loyalty.wallets import service as wallets

Staff = Request[StaffUser, Any, Any]

NEEDED = "programme.edit"
DEFAULT_DAYS = 90


@get("/simulator", guards=[requires_permission("studio.read")])
async def overview(request: Staff) -> Response[Any]:
    """The form of an order, what it would give and why; the form of a back-test, and those that were run."""
    typed = {name: str(value) for name, value in request.query_params.items()}
    return await _page(request, typed)


@post("/simulator/backtests", guards=[requires_permission(NEEDED)], status_code=303)
async def ask(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Run a rule over what has happened: at once, or by a worker where that takes long."""
    now, user, words = clock.now(), request.user, translator(locale_of(request))

    async def effect() -> str:
        code, _, number = data.get("rule", "").partition(":")
        version = await rules.numbered(code, int(number) if number.isdecimal() else 0)
        start, end = _span(data, user, now)
        run = await backtests.ask(version, start, end, data.get("wallet", ""), user.member.id, now)
        return f"{PATH}/{run.id}"

    try:
        return await once_to(request, key_of(data), said_of(data), effect, now)
    except (BacktestInvalid, NotFound):
        text = words.gettext("Choose a rule, one of its wallets, and days that are over.")
        return await _page(request, {}, text, data)
    except DomainError as error:
        return await _page(request, {}, refusal(error, words), data)


@get("/simulator/{run_id:uuid}", guards=[requires_permission("studio.read")])
async def one(request: Staff, run_id: FromPath[UUID]) -> Response[Any]:
    """What a back-test says, month by month, or how far it is. Raises NotFound."""
    async with db.transaction(request.user.merchant_id):
        view = await _backtest(request, await backtests.find(run_id))
    return page(request, "staff/backtest.html", view, section="studio")


@get("/simulator/{run_id:uuid}/progress", guards=[requires_permission("studio.read")])
async def progress(request: Staff, run_id: FromPath[UUID]) -> Response[Any]:
    """How far it is; the whole page anew when it is over. Raises NotFound."""
    async with db.transaction(request.user.merchant_id):
        view = await _backtest(request, await backtests.find(run_id))
    text = page_text(request, "staff/backtest_progress.html", view, clock.now())
    headers = {} if view.progress_href else {"HX-Refresh": "true"}
    return Response(text, media_type=MediaType.HTML, headers=headers)


handlers = [overview, ask, one, progress]


async def _page(
    request: Staff,
    typed: Mapping[str, str],
    run_problem: str = "",
    run_typed: Mapping[str, str] | None = None,
) -> Response[Any]:
    now, user, locale = clock.now(), request.user, locale_of(request)
    words = translator(locale)
    about, problem, found = "", "", list[WalletTrial]()
    async with db.transaction(user.merchant_id):
        shop, known = await shop_of(request)
        order = present.read(Typed(typed, shop), known)
        if typed and order:
            try:
                who, about = await _who(order, shop.words.gettext, now)
                found = await trial.try_out(order.facts, who, now, locale)
            except NotFound:
                problem = words.gettext("No member has this id.")
            except ProgrammeMissing:
                problem = words.gettext("There is no programme yet.")
        listed = await rules.page(limit=200)
        names = {each.code: name_of(each.code, each.name, words) for each in listed}
        kinds = {each.code: in_language(each.name, locale) for each in await wallets.every()}
        runs = await backtests.newest()
    fields = present.fields(typed, shop, known)
    last = now.astimezone(shop.zone).date()
    start = {"start": str(last - timedelta(days=DEFAULT_DAYS)), "end": str(last)}
    view = views.Simulator(
        fields=fields,
        traces=present.traces(found, names, kinds, shop),
        tried=bool(typed) and not problem and order is not None,
        problem=problem or (words.gettext("Something does not fit.") if typed and order is None else ""),
        about=about,
        form=present.run_fields(listed, names, kinds, start | dict(run_typed or {}), words),
        runs=tuple(present.line(each, names, kinds, words) for each in runs),
        key=str(new_id()) if NEEDED in user.permissions else "",
        run_problem=run_problem,
    )
    status = 422 if run_problem else 200
    return page(request, "staff/simulator.html", view, section="studio", status=status)


async def _who(order: OrderTyped, gettext: Any, now: datetime) -> tuple[Somebody, str]:
    """Whom it is tried with: a member as they are, with their limits, or anybody in a tier."""
    if order.customer:
        segments = await rules.segments_in_force(now)
        who = await trial.somebody(order.customer, segments, now, limits=True)
    else:
        who = Somebody(tier=order.tier or None, joined_at=now - timedelta(days=365))
    terms = (await programme.live()).tiers
    tier = next((each for each in terms if each.code == who.tier), terms[0])
    name = in_language(tier.name, order.locale)
    percent = tier.multiplier_percent
    return who, gettext("In %(tier)s, whose factor is %(percent)s %%.", tier=name, percent=percent)


def _span(data: Mapping[str, str], user: StaffUser, now: datetime) -> tuple[datetime, datetime]:
    """From the first day to the end of the last, but not into the future. Raises BacktestInvalid."""
    zone = present.zone_of(user.shop.time_zone)
    try:
        first, last = (date.fromisoformat(data.get(name, "")) for name in ("start", "end"))
        return start_of_day(first, zone), min(start_of_day(last + timedelta(days=1), zone), now)
    except (ValueError, OverflowError):
        raise BacktestInvalid("no days") from None


async def _backtest(request: Staff, run: Run) -> views.BacktestPage:
    locale, shop = locale_of(request), request.user.shop
    say = await rules.words(locale)
    names = {each.code: name_of(each.code, each.name, say.words) for each in await rules.page(limit=200)}
    kinds = {each.code: in_language(each.name, locale) for each in await wallets.every()}
    cost = (await programme.live()).point_cost_micros if run.wallet == "points" else 0
    return present.backtest(run, names, kinds, say, cost, shop.currency, locale)
