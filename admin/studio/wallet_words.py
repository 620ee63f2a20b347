"""A wallet's rules as sentences, as fields of a form, and back; pure."""

from collections.abc import Mapping
from typing import Any

import msgspec
from babel.dates import format_date

from core.i18n import Locale, Translator, babel_locale, mark, translator
from loyalty.wallets.rules import (
    AfterPayment,
    Anniversary,
    AtOnce,
    Expiry,
    Inactivity,
    Never,
    OnDate,
    OnDelivery,
    OnEvent,
    PeriodEnd,
    RollingDays,
    RollingMonths,
    Settling,
)
from loyalty.wallets.service import Rules

RULE_FIELDS = {
    "debt_policy": "debt", "expiry": "never", "expiry_number": "", "settling": "on_delivery",
    "settling_days": "0", "settling_day": "", "settling_event": "", "warn_days": "",
}  # fmt: skip

DEBT = {
    "debt": mark("A refund of spent points becomes a debt, which the next points pay."),
    "clamp": mark("A refund takes what points there are and lets the rest go."),
    "forbid": mark("A refund of spent points is refused."),
}
PERIODS = ("month", "quarter", "year")


def sentences(rules: Rules, locale: Locale) -> tuple[str, ...]:
    """All rules, one sentence each."""
    words = translator(locale)
    said = [settling_sentence(rules.settling, locale), expiry_sentence(rules.expiry, locale)]
    if rules.warn_days:
        said.append(
            words.ngettext(
                "Members hear %(num)s day before.", "Members hear %(num)s days before.", rules.warn_days
            )
        )
    return (*said, words.gettext(DEBT[rules.debt_policy]))


def expiry_sentence(rule: Expiry, locale: Locale) -> str:
    """When points expire."""
    words = translator(locale)
    match rule:
        case Never():
            return words.gettext("Points never expire.")
        case RollingDays(days):
            return words.ngettext(
                "Points expire %(num)s day after they were earned.",
                "Points expire %(num)s days after they were earned.",
                days,
            )
        case RollingMonths(months):
            return words.ngettext(
                "Points expire %(num)s month after they were earned.",
                "Points expire %(num)s months after they were earned.",
                months,
            )
        case Inactivity(days):
            return words.ngettext(
                "Points expire after %(num)s day in which the member neither earned nor spent.",
                "Points expire after %(num)s days in which the member neither earned nor spent.",
                days,
            )
        case PeriodEnd(period, later):
            end = {
                "month": words.gettext("Points expire with the calendar month in which they were earned."),
                "quarter": words.gettext("Points expire with the quarter in which they were earned."),
                "year": words.gettext("Points expire with the calendar year in which they were earned."),
            }[period]
            return end + _later(later, words)
        case Anniversary(later):
            return words.gettext("Points expire on the next anniversary of joining.") + _later(later, words)


def _later(periods: int, words: Translator) -> str:
    if not periods:
        return ""
    return " " + words.ngettext("%(num)s such period later.", "%(num)s such periods later.", periods)


def settling_sentence(rule: Settling, locale: Locale) -> str:
    """When points can be spent."""
    words = translator(locale)
    match rule:
        case AtOnce():
            return words.gettext("Points can be spent at once.")
        case OnDelivery(0):
            return words.gettext("Points can be spent once the order is delivered.")
        case OnDelivery(days):
            return words.ngettext(
                "Points can be spent %(num)s day after the delivery.",
                "Points can be spent %(num)s days after the delivery.",
                days,
            )
        case AfterPayment(days):
            return words.ngettext(
                "Points can be spent %(num)s day after the payment.",
                "Points can be spent %(num)s days after the payment.",
                days,
            )
        case OnDate(day):
            return words.gettext(
                "Points can be spent from %(day)s on.", day=format_date(day, locale=babel_locale(locale))
            )
        case OnEvent(event):
            return words.gettext("Points can be spent once this happens: %(event)s.", event=event)


def fields_of(rules: Rules) -> dict[str, str]:
    """The form's fields as they stand for these rules."""
    expiry, settling = msgspec.to_builtins(rules.expiry), msgspec.to_builtins(rules.settling)
    number = expiry.get("days", expiry.get("months", expiry.get("later", "")))
    return RULE_FIELDS | {
        "debt_policy": rules.debt_policy,
        "expiry": expiry.get("period", expiry["kind"]),
        "expiry_number": str(number),
        "settling": settling["kind"],
        "settling_days": str(settling.get("days", 0)),
        "settling_day": settling.get("day", ""),
        "settling_event": settling.get("event", ""),
        "warn_days": str(rules.warn_days or ""),
    }


def rules_of(typed: Mapping[str, str]) -> Rules:
    """The rules that a form asks for. Raises ValueError (msgspec.ValidationError is one)."""
    warn_days = int(typed["warn_days"]) if typed["warn_days"].strip() else None
    if warn_days is not None and not 1 <= warn_days <= 365:
        raise ValueError("warn_days")
    return Rules(
        debt_policy=msgspec.convert(typed["debt_policy"], Rules.__annotations__["debt_policy"]),
        expiry=msgspec.convert(_expiry(typed), Expiry),
        settling=msgspec.convert(_settling(typed), Settling),
        warn_days=warn_days,
    )


def _expiry(typed: Mapping[str, str]) -> dict[str, Any]:
    kind, number = typed["expiry"], typed["expiry_number"].strip()
    if kind == "never":
        return {"kind": kind}
    if kind in PERIODS:
        return {"kind": "period_end", "period": kind, "later": int(number or 0)}
    if kind == "anniversary":
        return {"kind": kind, "later": int(number or 0)}
    return {"kind": kind, "months" if kind == "rolling_months" else "days": int(number)}


def _settling(typed: Mapping[str, str]) -> dict[str, Any]:
    kind = typed["settling"]
    more: dict[str, Any] = {}
    if kind in ("on_delivery", "after_payment"):
        more = {"days": int(typed["settling_days"].strip() or 0)}
    elif kind == "on_date":
        more = {"day": typed["settling_day"]}
    elif kind == "on_event":
        more = {"event": typed["settling_event"].strip()}
    return {"kind": kind, **more}
