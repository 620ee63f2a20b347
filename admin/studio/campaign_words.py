"""A campaign in words: what it means, when, and how much it gives at most; pure."""

from collections.abc import Iterator, Mapping

from core.design.formats import formats
from core.i18n import Translator, mark
from loyalty.campaigns.rules import Campaign, rules_of
from loyalty.rules.sentence import Words

LIMITS: Mapping[str, str] = {
    "points_total": mark("Points in all"),
    "points_per_member": mark("Points for each member"),
    "points_per_period": mark("Points in each period"),
    "points_per_member_period": mark("Points for each member in each period"),
}
PERIODS: Mapping[str, str] = {
    "day": mark("a day"),
    "week": mark("a week"),
    "month": mark("a month"),
    "quarter": mark("a quarter"),
    "year": mark("a year"),
}


def period_options(words: Translator) -> tuple[tuple[str, str], ...]:
    """Periods of a budget by code, in words."""
    return tuple((code, words.gettext(text)) for code, text in PERIODS.items())


def facts(campaign: Campaign, say: Words, time_zone: str) -> Iterator[tuple[str, str]]:
    """All that somebody approves: each with its label."""
    words, shown, budget = say.words, formats(say.locale), campaign.budget
    for rule in rules_of(campaign):
        yield words.gettext("What it means"), say.rule(rule)
    for label, at in (
        (words.gettext("Begins"), campaign.schedule.start),
        (words.gettext("Ends"), campaign.schedule.end),
    ):
        if at:
            yield label, shown.date_time(at, time_zone)
    if budget is None:
        yield words.gettext("Budget"), words.gettext("no limit")
        return
    for name, text in LIMITS.items():
        if (most := getattr(budget, name)) is not None:
            yield words.gettext(text), shown.number(most)
    if budget.period:
        yield words.gettext("A period is"), words.gettext(PERIODS[budget.period])
