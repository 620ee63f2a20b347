"""Rules, reasons and notices as sentences in the reader's language.

A reason is what a posting says of itself (loyalty.orders.rules, loyalty.rewards.service and others):
its `rule` and the facts that the rule looked at.
"""

from collections.abc import Mapping
from typing import Any

from core.design import portal_views, views
from core.design.formats import formats
from core.i18n import Locale, in_language, mark, translator
from loyalty.rules.sentence import Words

Reason = Mapping[str, Any]
Names = Mapping[str, str]
"""Names by code, in the reader's language."""

_SENTENCES = {
    "reward": mark("You chose this reward, and your points paid for its code"),
    "voucher_cancelled": mark("The code was not used, so the same points came back with the expiry they had"),
    "voucher_expired": mark("The code was not used in time, and the shop gives its points back"),
    "store_credit": mark("You chose this reward, and its amount is in your account"),
    "checkout": mark("You used these points at a checkout"),
    "checkout_returned": mark("What these points paid for came back, and so did they, with their expiry"),
    "hold_released": mark("The checkout did not need these points, so they can be spent again"),
    "hold_ended": mark("The checkout was not finished in time, so these points can be spent again"),
    "settling": mark("Your order is final, so its points can be spent now"),
    "expiry": mark("The time in which these points could be spent was over"),
    "household": mark("Somebody in your household spent points, and yours paid a part of it"),
    "transfer": mark("One member gave points to another; they keep the expiry that they had"),
    "merge": mark("Two accounts became one, with all their points and the expiry they had"),
    "unmerge": mark("The two accounts are separate again, each with what is left of its own points"),
    "goodwill": mark("The shop gave you these points to make up for the trouble you had"),
    "api": mark("The shop gave you these points"),
    "adjustment": mark("The shop corrected your points by hand"),
    "birthday": mark("A present for your birthday"),
    "enrolment": mark("You joined the programme"),
    "profile_completed": mark("You completed your profile"),
    "custom_event": mark("You did something that the shop gives points for"),
    "review": mark("You wrote a review: the points are the same whatever it says"),
    "review_removed": mark("The review that these points were for is gone"),
    "referral": mark("A friend's first order was kept"),
    "referral_withdrawn": mark("The friend's first order was given back"),
    "achievement": mark("You reached this goal"),
    "achievement_withdrawn": mark("An order that had counted towards this goal was given back"),
}

_NOTICES = {
    "joined": ("good", mark("Welcome! From now on your orders bring you points.")),
    "written": ("good", mark("Thank you! Your review is being checked, which takes a moment.")),
    "edited": ("good", mark("Saved. The new wording is being checked, which takes a moment.")),
    "deleted": ("good", mark("Your review is deleted, with its pictures.")),
    "redeemed": ("good", mark("This reward is yours. Here is your code.")),
    "cancelled": ("good", mark("The code no longer works, and your points are back.")),
    "points_insufficient": (
        "problem",
        mark("You do not have enough points for this reward. Nothing was changed."),
    ),
    "reward_sold_out": (
        "problem",
        mark("Somebody else took the last one of this reward. Your points are all there."),
    ),
    "code_pool_empty": (
        "problem",
        mark("Somebody else took the last one of this reward. Your points are all there."),
    ),
    "reward_inactive": ("problem", mark("This reward is no longer on offer. Your points are all there.")),
    "reward_not_on_now": ("problem", mark("This reward is not on offer now. Your points are all there.")),
    "reward_tier_locked": (
        "problem",
        mark("This reward is for members of another tier. Your points are all there."),
    ),
    "reward_segment_locked": (
        "problem",
        mark("This reward is for other members. Your points are all there."),
    ),
    "reward_limit_reached": (
        "problem",
        mark("You have had as many of this reward as one may. Your points are all there."),
    ),
    "reward_changed": (
        "problem",
        mark("This reward has just been changed. Please look at it again. Nothing was changed for you."),
    ),
    "points_choice_invalid": (
        "problem",
        mark("So many points cannot be chosen for this reward. Nothing was changed."),
    ),
    "member_left": ("problem", mark("You have left the programme, so points cannot be spent.")),
    "voucher_expired": ("problem", mark("The time of this code is over. Nothing was changed.")),
    "voucher_spent": ("problem", mark("This code was used or taken back before. Nothing was changed.")),
}


def notices(code: str, locale: Locale) -> tuple[views.Notice, ...]:
    """What a page says after an action; nothing for a code that there are no words for."""
    if code not in _NOTICES:
        return ()
    kind, text = _NOTICES[code]
    return (views.Notice(kind, translator(locale).gettext(text)),)


def debt(points: int, locale: Locale) -> views.Notice:
    """Points were taken back that had been spent already."""
    words = translator(locale)
    text = words.gettext(
        "%(points)s were taken back for a return after you had spent them."
        " The next points you earn make up for it.",
        points=formats(locale).points(points),
    )
    return views.Notice("info", text)


def rule_of(reason: Reason) -> str:
    """Which rule made a posting; empty: it does not say."""
    return str(reason.get("rule") or "")


def earning(points_per_100_units: int, currency: str, locale: Locale) -> str:
    """The earn rate in its lowest terms: 3 points for every $2.00."""
    return Words(locale, "UTC").rate(points_per_100_units, currency)


def rule(reason: Reason, tiers: Names, locale: Locale) -> str:
    """Why a posting was made; empty: there is nothing to say."""
    words = translator(locale)
    code = rule_of(reason)
    if code == "order":
        return _order_rule(reason, tiers, locale)
    if code == "refund":
        return words.gettext(
            "%(amount)s of this order was paid back, and with it went the points for that part",
            amount=formats(locale).money(reason["amount_minor"], reason["currency"]),
        )
    return words.gettext(_SENTENCES[code]) if code in _SENTENCES else ""


def about(reason: Reason, rewards: Names, locale: Locale) -> str:
    """The order, reward, product of a review, case or note that a posting belongs to."""
    if "order" in reason:
        return str(reason["order"])
    if "reward" in reason:
        return rewards.get(reason["reward"], str(reason["reward"]))
    if "achievement" in reason:
        return in_language(reason["name"], locale)
    if "product" in reason:
        return str(reason["product"])
    if "number" in reason:
        return translator(locale).gettext("Case %(number)s", number=reason["number"])
    return str(reason.get("note", ""))


def inputs(reason: Reason, tiers: Names, locale: Locale) -> tuple[portal_views.Input, ...]:
    """The facts that the rule looked at."""
    words, shown = translator(locale), formats(locale)
    found: list[portal_views.Input] = []
    if "amount_minor" in reason:
        name = words.gettext("Paid back") if rule_of(reason) == "refund" else words.gettext("Order total")
        found.append(portal_views.Input(name, shown.money(reason["amount_minor"], reason["currency"])))
    if "tier" in reason:
        name = tiers.get(reason["tier"], str(reason["tier"]))
        found.append(portal_views.Input(words.gettext("Your tier at that time"), name))
    return tuple(found)


def _order_rule(reason: Reason, tiers: Names, locale: Locale) -> str:
    """What each rule gave; an earn from before there were rules names its rate itself."""
    return " · ".join(_gave(each, reason, tiers, locale) for each in reason.get("rules", [reason]))


def _gave(rule: Reason, reason: Reason, tiers: Names, locale: Locale) -> str:
    words, shown = translator(locale), formats(locale)
    if "fixed" in rule:
        return shown.points(rule["fixed"] * rule["times"])
    if "percent" in rule:
        return words.gettext("%(factor)s times the points", factor=shown.number(rule["percent"] / 100))
    rate = earning(rule["points_per_100_units"], reason["currency"], locale)
    percent = int(rule["multiplier_percent"])
    if percent == 100:
        return rate
    return translator(locale).gettext(
        "%(rate)s, and %(factor)s times as many in the tier %(tier)s",
        rate=rate,
        factor=formats(locale).number(percent / 100),
        tier=tiers.get(reason["tier"], str(reason["tier"])),
    )
