"""Tier sets and what members have in them, as sentences in the reader's language; pure."""

from core.design.formats import formats
from core.i18n import Locale, in_language, translator
from loyalty.tiers.rules import (
    Anniversary,
    Benefit,
    Calendar,
    Events,
    Lifetime,
    Metric,
    Orders,
    Points,
    RollingDays,
    RollingMonths,
    Spend,
    TierSet,
    Window,
)
from loyalty.tiers.standing import Standing


def summary(tier_set: TierSet, locale: Locale) -> tuple[str, ...]:
    """What a set counts, and how a tier is kept."""
    words = translator(locale)
    counts = words.gettext(
        "What counts: %(what)s %(when)s.",
        what=_what(tier_set.metric, locale),
        when=_when(tier_set.window, locale),
    )
    if tier_set.requalification == "always":
        return (counts, words.gettext("Members rise and fall with it at once."))
    falls = (
        words.gettext(
            "Members rise at once. A tier is kept to the end of the next period;"
            " who is not confirmed falls one tier."
        )
        if tier_set.downgrade == "one_step"
        else words.gettext(
            "Members rise at once. A tier is kept to the end of the next period;"
            " who is not confirmed falls to what that period was enough for."
        )
    )
    if not tier_set.grace_days:
        return (counts, falls)
    grace = words.ngettext(
        "The fall comes %(num)s day later.", "The fall comes %(num)s days later.", tier_set.grace_days
    )
    return (counts, falls, grace)


def _what(metric: Metric, locale: Locale) -> str:
    words = translator(locale)
    match metric:
        case Points("qualifying"):
            return words.gettext("qualifying points, once their orders are delivered,")
        case Points(wallet):
            return words.gettext("points of the wallet %(wallet)s", wallet=wallet)
        case Spend(currency):
            return words.gettext("money spent in %(currency)s and not paid back", currency=currency)
        case Orders():
            return words.gettext("orders that were paid and not paid back whole")
        case Events(kind):
            return words.gettext("events of the type %(type)s", type=kind)


def _when(window: Window, locale: Locale) -> str:
    words, number = translator(locale), formats(locale).number
    match window:
        case RollingDays(days):
            return words.ngettext(
                "of the last %(num)s day", "of the last %(num)s days", days, num=number(days)
            )
        case RollingMonths(months):
            return words.ngettext(
                "of the last %(num)s month", "of the last %(num)s months", months, num=number(months)
            )
        case Calendar("month"):
            return words.gettext("of the calendar month")
        case Calendar("quarter"):
            return words.gettext("of the calendar quarter")
        case Calendar():
            return words.gettext("of the calendar year")
        case Anniversary():
            return words.gettext("of the member's own year, which begins on the day of joining")
        case Lifetime():
            return words.gettext("of all time")


def benefit(found: Benefit, currency: str, locale: Locale) -> str:
    """One benefit in a few words."""
    words, shown, value = translator(locale), formats(locale), found.value or 0
    match found.kind:
        case "multiplier":
            return words.gettext("%(factor)s times the points", factor=shown.number(value / 100))
        case "free_shipping" if value:
            return words.gettext("Free shipping from %(amount)s", amount=shown.money(value, currency))
        case "free_shipping":
            return words.gettext("Free shipping")
        case "early_access":
            return words.ngettext(
                "Early access by %(num)s hour", "Early access by %(num)s hours", value, num=value
            )
        case "event_invitation" if value > 0:
            return words.ngettext(
                "Invitations with %(num)s guest", "Invitations with %(num)s guests", value, num=value
            )
        case "event_invitation":
            return words.gettext("Invitations to events")
        case "birthday_gift":
            return words.gettext("%(points)s on the birthday", points=shown.points(value))
        case _:
            return in_language(found.name, locale) if found.name else found.code


def metric_code(metric: Metric) -> str:
    """The code of kind "metric"."""
    match metric:
        case Points():
            return "points"
        case Spend():
            return "spend"
        case Orders():
            return "orders"
        case Events():
            return "events"


def amount(metric: Metric, value: int, locale: Locale) -> str:
    """So much of a metric, with its unit."""
    currency = metric.currency if isinstance(metric, Spend) else ""
    return formats(locale).metric(value, metric_code(metric), currency)


def next_step(found: Standing, time_zone: str, locale: Locale) -> str:
    """What the next tier takes."""
    words = translator(locale)
    if found.next_tier is None or found.next_missing is None:
        return words.gettext("The highest tier is reached.")
    left = amount(found.tier_set.metric, found.next_missing, locale)
    tier = in_language(found.next_tier.name, locale)
    if found.next_by is None:
        return words.gettext("%(left)s to go until %(tier)s.", left=left, tier=tier)
    by = formats(locale).date(found.next_by, time_zone)
    return words.gettext("%(left)s to go until %(tier)s, before %(date)s.", left=left, tier=tier, date=by)


def keep(found: Standing, time_zone: str, locale: Locale) -> str:
    """What keeps the tier; empty: everybody has it."""
    words = translator(locale)
    if found.tier.rank == 0 and found.basis != "override":
        return ""
    tier = in_language(found.tier.name, locale)
    if found.keep.until is None:
        return words.gettext("%(tier)s is kept for good.", tier=tier)
    until = formats(locale).date_time(found.keep.until, time_zone)
    if found.keep.missing == 0:
        return words.gettext("%(tier)s is kept until %(date)s.", tier=tier, date=until)
    return words.gettext(
        "%(tier)s is kept until %(date)s, and longer with %(left)s more by then.",
        tier=tier,
        date=until,
        left=amount(found.tier_set.metric, found.keep.missing, locale),
    )
