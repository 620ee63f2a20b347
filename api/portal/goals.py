"""Achievements in words: what is asked, how far a member is.."""

from typing import Any

from litestar import Response, get

from api.pages import locale_of, page
from api.portal.common import Customer, member_of
from core import clock, db
from core.design import goal_views as views
from core.design.formats import formats
from core.i18n import Locale, in_language, mark, translator
from loyalty.achievements import service as achievements
from loyalty.achievements.rules import Challenge, Entries, Events, Metric, Orders, Spend, Streak
from loyalty.achievements.service import Award, Progress
from loyalty.referrals import service as referrals

_WITHIN = {
    "week": mark("%(goal)s in a week"),
    "month": mark("%(goal)s in a month"),
    "quarter": mark("%(goal)s in a quarter"),
    "year": mark("%(goal)s in a year"),
}


@get("/achievements")
async def goals(request: Customer) -> Response[Any]:
    """How far the member is, and what they have reached."""
    now, locale = clock.now(), locale_of(request)
    async with db.transaction(request.user.merchant_id):
        member = await member_of(request)
        open_ones = await achievements.progress(member.id, now)
        reached = await achievements.reached(member.id)
        friends = await referrals.are_open()
    view = views.PortalGoals(
        goals=tuple(present(each, locale) for each in open_ones),
        reached=tuple(_reached(each, locale) for each in reached),
        friends=friends,
    )
    return page(request, "portal/goals.html", view, section="achievements", now=now)


handlers = [goals]


def present(progress: Progress, locale: Locale) -> views.Goal:
    """One achievement as a member sees it."""
    definition = progress.definition
    return views.Goal(
        name=in_language(definition.name, locale),
        description=in_language(definition.description, locale) if definition.description else "",
        sentence=sentence(definition.goal, locale),
        value=progress.value,
        target=progress.target,
        standing=_standing(progress, locale),
        points=definition.points,
        times=progress.times,
        ends_at=definition.ends_at,
    )


def sentence(goal: Challenge | Streak, locale: Locale) -> str:
    """What must be done, such as: 3 orders in a month."""
    words = translator(locale)
    if isinstance(goal, Challenge):
        asked = amount(goal.metric, goal.target, locale)
        return words.gettext(_WITHIN[goal.period], goal=asked) if goal.period != "ever" else asked
    asked = amount(goal.metric, goal.each, locale)
    shown = formats(locale).number(goal.periods)
    if goal.period == "week":
        return words.gettext("%(goal)s a week, %(num)s weeks in a row", goal=asked, num=shown)
    return words.gettext("%(goal)s a month, %(num)s months in a row", goal=asked, num=shown)


def amount(metric: Metric, value: int, locale: Locale) -> str:
    """So many of what a metric counts."""
    words, shown = translator(locale), formats(locale)
    match metric:
        case Orders():
            return words.ngettext("%(num)s order", "%(num)s orders", value, num=shown.number(value))
        case Spend(currency):
            return words.gettext("%(amount)s spent", amount=shown.money(value, currency))
        case Entries("review"):
            return words.ngettext("%(num)s review", "%(num)s reviews", value, num=shown.number(value))
        case Entries():
            return words.ngettext(
                "%(num)s friend brought", "%(num)s friends brought", value, num=shown.number(value)
            )
        case Events(type):
            name = type.removeprefix("custom.").replace("_", " ")
            return words.gettext("%(num)s × %(name)s", num=shown.number(value), name=name)


def _standing(progress: Progress, locale: Locale) -> str:
    words, goal = translator(locale), progress.definition.goal
    if isinstance(goal, Challenge):
        have = amount(goal.metric, min(progress.value, goal.target), locale)
        return words.gettext("%(have)s so far", have=have)
    shown = formats(locale)
    return words.gettext(
        "%(have)s of %(need)s in a row; this time %(now)s of %(each)s",
        have=shown.number(progress.value),
        need=shown.number(progress.target),
        now=amount(goal.metric, min(progress.step or 0, goal.each), locale),
        each=amount(goal.metric, goal.each, locale),
    )


def _reached(award: Award, locale: Locale) -> views.ReachedGoal:
    return views.ReachedGoal(in_language(award.name, locale), award.reached_at, award.points)
