"""The form of a tier set: its fields from a set, and a set from its fields; pure.

A field that is missing stays as it is in the set that the form was filled in of, and so does what has no
field; the lowest tier's threshold always. Money is in whole units.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from babel.numbers import get_currency_precision

from core.design.formats import formats
from core.i18n import Locale, in_language, translator
from loyalty.tiers.placing import counted
from loyalty.tiers.rules import (
    Benefit,
    Calendar,
    Metric,
    RollingDays,
    RollingMonths,
    Spend,
    Tier,
    TierSet,
    TiersInvalid,
    Window,
    check,
)

LIMIT: Final = 10**12
GRACE_MOST: Final = 364
RULES = ("metric", "metric_of", "window", "window_length", "requalification", "downgrade", "grace_days")
BENEFITS = {
    "shipping": "free_shipping",
    "early": "early_access",
    "invitation": "event_invitation",
    "gift": "birthday_gift",
}
"""By the field's prefix, the benefits that the form knows; others stay as they are."""
_OF = {"points": "wallet", "spend": "currency", "events": "type"}
_NUMBER = re.compile(r"[0-9]{1,13}")


@dataclass(frozen=True)
class Draft:
    """The set as somebody wants it; `problems` by field (and "rules"), in the reader's language."""

    tier_set: TierSet
    fields: Mapping[str, str]
    problems: Mapping[str, str]
    changed: bool

    @property
    def previewable(self) -> bool:
        """Whether there is something to preview, and nothing against it."""
        return self.changed and not self.problems


def fields_of(tier_set: TierSet, currency: str) -> dict[str, str]:
    """What the form shows of a set. `currency`: the merchant's, for amounts that are no metric."""
    metric, window = tier_set.metric, tier_set.window
    fields = {
        "metric": kind_of(metric),
        "metric_of": counted(metric) or "",
        "window": window.period if isinstance(window, Calendar) else kind_of(window),
        "window_length": _length(window),
        "requalification": tier_set.requalification,
        "downgrade": tier_set.downgrade,
        "grace_days": str(tier_set.grace_days),
    }
    for tier in tier_set.tiers:
        fields[f"threshold_{tier.code}"] = str(tier.threshold // unit_of(metric))
        fields[f"multiplier_{tier.code}"] = str(tier.multiplier_percent)
        for prefix, kind in BENEFITS.items():
            found = _benefit(tier, kind)
            value = "" if found is None else str((found.value or 0) // _benefit_unit(kind, currency))
            fields[f"{prefix}_{tier.code}"] = value
    return fields


def read(of: TierSet, typed: Mapping[str, str], currency: str, locale: Locale) -> Draft:
    """What the form asks for. `of`: the set that it was filled in of; `changed`: it is another."""
    shown = fields_of(of, currency)
    fields = shown | {name: typed[name].strip() for name in shown if name in typed}
    return _Reading(of, shown, fields, currency, locale).draft()


def unit_of(metric: Metric) -> int:
    """How much of the metric one in the form is: money is shown in whole units."""
    if isinstance(metric, Spend):
        return int(10 ** get_currency_precision(metric.currency))
    return 1


def kind_of(rule: Metric | Window) -> str:
    """The code of a metric or a window."""
    return str(rule.__struct_config__.tag)


def _length(window: Window) -> str:
    match window:
        case RollingDays(length) | RollingMonths(length):
            return str(length)
        case _:
            return ""


def _benefit(tier: Tier, kind: str) -> Benefit | None:
    return next((benefit for benefit in tier.benefits if benefit.kind == kind), None)


def _benefit_unit(kind: str, currency: str) -> int:
    return int(10 ** get_currency_precision(currency)) if kind == "free_shipping" else 1


def _number(typed: str, limit: int) -> int | None:
    number = int(typed) if _NUMBER.fullmatch(typed) else None
    return None if number is None or number > limit else number


class _Reading:
    """A form on its way to a set, and what is wrong with it."""

    def __init__(
        self,
        of: TierSet,
        shown: Mapping[str, str],
        fields: Mapping[str, str],
        currency: str,
        locale: Locale,
    ) -> None:
        self.of, self.shown, self.fields = of, shown, fields
        self.currency, self.locale, self.words = currency, locale, translator(locale)
        self.problems: dict[str, str] = {}

    def draft(self) -> Draft:
        of, metric = self.of, self._metric()
        wanted = msgspec.structs.replace(
            of,
            metric=metric,
            window=self._window(),
            requalification=self._one_of("requalification", ("always", "period_end")),
            downgrade=self._one_of("downgrade", ("free_fall", "one_step")),
            grace_days=self._count("grace_days", GRACE_MOST, of.grace_days),
            tiers=self._tiers(metric),
        )
        if not self.problems:
            self._check(wanted)
        return Draft(wanted, self.fields, self.problems, wanted != of)

    def _untouched(self, *names: str) -> bool:
        return all(self.fields[name] == self.shown[name] for name in names)

    def _one_of(self, name: str, known: tuple[str, ...]) -> Any:
        return self.fields[name] if self.fields[name] in known else self.shown[name]

    def _count(self, name: str, limit: int, kept: int) -> int:
        number = _number(self.fields[name], limit)
        if number is None:
            shown = formats(self.locale).number(limit)
            self.problems[name] = self.words.gettext("Type a whole number, at most %(limit)s.", limit=shown)
        return kept if number is None else number

    def _metric(self) -> Metric:
        if self._untouched("metric", "metric_of"):
            return self.of.metric
        kind = self.fields["metric"]
        of = {_OF[kind]: self.fields["metric_of"]} if kind in _OF else {}
        try:
            return msgspec.convert({"kind": kind} | of, Metric)
        except msgspec.ValidationError:
            self.problems["metric_of"] = self.words.gettext(
                "Name a wallet, a currency of three letters, or a type of event."
            )
            return self.of.metric

    def _window(self) -> Window:
        if self._untouched("window", "window_length"):
            return self.of.window
        kind = self.fields["window"]
        made: dict[str, Any] = {"kind": kind}
        if kind in ("month", "quarter", "year"):
            made = {"kind": "calendar", "period": kind}
        elif kind.startswith("rolling"):
            made[kind.removeprefix("rolling_")] = _number(self.fields["window_length"], 36_500)
        try:
            return msgspec.convert(made, Window)
        except msgspec.ValidationError:
            self.problems["window_length"] = self.words.gettext("Type how many days or months, from 1.")
            return self.of.window

    def _tiers(self, metric: Metric) -> tuple[Tier, ...]:
        wanted: list[Tier] = []
        for tier in self.of.tiers:
            threshold, below = self._threshold(tier, metric), wanted[-1] if wanted else None
            if threshold is None:
                self.problems[f"threshold_{tier.code}"] = self._no_threshold(metric)
            elif below and threshold <= below.threshold:
                self.problems[f"threshold_{tier.code}"] = self._too_low(tier, below, metric)
            percent = self._count(f"multiplier_{tier.code}", 10_000, 100)
            if percent < 100:
                self.problems[f"multiplier_{tier.code}"] = self.words.gettext("At least 100 percent.")
            wanted.append(
                msgspec.structs.replace(
                    tier,
                    threshold=tier.threshold if threshold is None else threshold,
                    multiplier_percent=percent,
                    benefits=self._benefits(tier),
                )
            )
        return tuple(wanted)

    def _threshold(self, tier: Tier, metric: Metric) -> int | None:
        """In the unit of the metric. What was not touched keeps what the form cannot show: cents."""
        if tier.rank == 0:
            return 0
        if self._untouched(f"threshold_{tier.code}") and self.of.metric == metric:
            return tier.threshold
        number = _number(self.fields[f"threshold_{tier.code}"], LIMIT)
        return None if number is None else number * unit_of(metric)

    def _no_threshold(self, metric: Metric) -> str:
        limit = formats(self.locale).number(LIMIT)
        if kind_of(metric) == "points":
            return self.words.gettext("Type a whole number of points, at most %(limit)s.", limit=limit)
        return self.words.gettext("Type a whole number, at most %(limit)s.", limit=limit)

    def _too_low(self, tier: Tier, below: Tier, metric: Metric) -> str:
        names = {"tier": in_language(tier.name, self.locale), "below": in_language(below.name, self.locale)}
        if kind_of(metric) == "points":
            return self.words.gettext("%(tier)s must need more points than %(below)s.", **names)
        return self.words.gettext("%(tier)s must need more than %(below)s.", **names)

    def _benefits(self, tier: Tier) -> tuple[Benefit, ...]:
        """The tier's benefits with what the form changes: a number grants, nothing withdraws."""
        benefits = list(tier.benefits)
        for prefix, kind in BENEFITS.items():
            name, found = f"{prefix}_{tier.code}", _benefit(tier, kind)
            if self._untouched(name):
                continue
            place = benefits.index(found) if found else len(benefits)
            if found:
                benefits.remove(found)
            if self.fields[name]:
                value = self._count(name, 10**6, 0) * _benefit_unit(kind, self.currency)
                new = found or Benefit(code=kind, kind=kind)  # type: ignore[arg-type]
                benefits.insert(place, msgspec.structs.replace(new, value=value))
        return tuple(benefits)

    def _check(self, wanted: TierSet) -> None:
        try:
            check(wanted)
        except TiersInvalid:
            if wanted.requalification == "always":
                self.problems["rules"] = self.words.gettext(
                    "Soft landing needs tiers that are kept to the end of a period;"
                    " grace needs that, or the last days or months."
                )
            elif isinstance(wanted.window, RollingDays | RollingMonths):
                self.problems["rules"] = self.words.gettext(
                    "The last days or months have no end at which a tier could be confirmed:"
                    " choose another period."
                )
            else:
                self.problems["grace_days"] = self.words.gettext("The grace must be shorter than the period.")
