"""A rule as a sentence in the reader's language; pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from math import gcd
from typing import Any

from babel.dates import get_day_names
from babel.lists import format_list
from babel.numbers import get_currency_precision

from core.days import by_clock, zone_of
from core.design.formats import formats
from core.i18n import Locale, babel_locale, translator
from loyalty.rules import model as m


class Words:
    """Says the parts of rules in one language.

    `names` are of tiers, stores, segments and wallets by their codes or ids; what has no name is called
    by its code. Times are of the merchant's zone.
    """

    def __init__(self, locale: Locale, zone: str, names: Mapping[str, str] | None = None) -> None:
        self.locale, self.zone, self.names = locale, zone, names or {}
        self.words, self.shown = translator(locale), formats(locale)

    def rule(self, rule: m.Rule) -> str:
        """The whole rule: when, if, then, and its limits."""
        _ = self.words.gettext
        wanted = rule.requirements()
        asked = [self._inner(each) if len(wanted) > 1 else self.condition(each) for each in wanted]
        when, then = self.trigger(rule.trigger), self.effect(rule)
        if asked:
            found = [
                _("%(when)s, if %(conditions)s: %(then)s.", when=when, conditions=self.all(asked), then=then)
            ]
        else:
            found = [_("%(when)s: %(then)s.", when=when, then=then)]
        if rule.limit:
            found.append(self.limit(rule.limit))
        return self.join(found)

    def join(self, sentences: Iterable[str]) -> str:
        """Sentences after each other; Chinese sets no space between them."""
        return ("" if self.locale.startswith("zh") else " ").join(sentences)

    def all(self, parts: Sequence[str]) -> str:
        """Clauses that all hold."""
        return self.words.gettext(" and ").join(parts)

    def either(self, values: Iterable[str]) -> str:
        """a, b or c; each by its name."""
        return format_list(
            [self.names.get(v, v) for v in values], style="or", locale=babel_locale(self.locale)
        )

    # ------------------------------------------------------------ when

    def trigger(self, trigger: m.Trigger) -> str:
        """When it happens."""
        _ = self.words.gettext
        match trigger:
            case m.Order():
                return _("For each order")
            case m.OrderLine(where=where):
                return _("For each line of an order where %(lines)s", lines=self.lines(where))
            case m.CustomEvent(name=name):
                return _("For each event “%(name)s”", name=name.removeprefix("custom."))
            case m.SocialShare():
                return _("For sharing us with friends")
            case m.Review():
                return _("For a review, whatever it says")
            case m.Referral(side="advocate"):
                return _("For bringing a friend who orders")
            case m.Referral():
                return _("For a first order as a friend of a member")
            case m.Birthday():
                return _("On the member's birthday")
            case m.ProfileCompleted():
                return _("For completing the profile")
            case m.Enrolment():
                return _("For joining")

    def lines(self, where: Iterable[m.LineCondition]) -> str:
        """What a line must be."""
        return self.all([self._line(each) for each in where])

    def _line(self, condition: m.LineCondition) -> str:
        _ = self.words.gettext
        match condition:
            case m.SkuIn(skus=skus):
                return _("the article is %(list)s", list=self.either(skus))
            case m.CategoryIn(categories=categories):
                return _("the category is %(list)s", list=self.either(categories))
            case m.LineAmount(currency=currency, at_least_minor=least, below_minor=below):
                amount = self._money_range(currency, least, below)
                return _("the line amounts to %(amount)s", amount=amount)
            case m.LineQuantity(at_least=least, at_most=most):
                number = self._number_range(least, most)
                return _("the quantity is %(number)s", number=number)

    # ------------------------------------------------------------ if

    def condition(self, condition: m.Condition) -> str:
        """What must hold, as a clause."""
        _ = self.words.gettext
        match condition:
            case m.All(of=of):
                return self.all([self._inner(each) for each in of])
            case m.AnyOf(of=of):
                return _(" or ").join(self._inner(each) for each in of)
            case m.Not(of=one):
                return _("it is not so that %(condition)s", condition=self._inner(one))
        return self._of_member(condition) or self._of_order(condition) or self._of_event(condition)

    def _inner(self, condition: m.Condition) -> str:
        said = self.condition(condition)
        many = isinstance(condition, m.All | m.AnyOf) and len(condition.of) > 1
        return self.words.gettext("(%(condition)s)", condition=said) if many else said

    def _of_member(self, condition: m.Condition) -> str:
        _ = self.words.gettext
        match condition:
            case m.TierIn(tiers=tiers):
                return _("the member's tier is %(list)s", list=self.either(tiers))
            case m.MemberFor(at_least_days=least, below_days=below):
                return self._membership(least, below)
            case m.InSegment(segment=segment):
                return _(
                    "the member is in the segment %(name)s", name=self.names.get(str(segment), str(segment))
                )
            case m.WeekdayIn(days=days):
                return _("the day is %(list)s", list=self.either(self.weekday(day) for day in sorted(days)))
            case m.HourBetween(from_hour=start, until_hour=end):
                return _(
                    "the time is between %(start)s and %(end)s", start=f"{start:02}:00", end=f"{end:02}:00"
                )
            case m.Between(start=start, end=end):
                return self._between(start, end)
        return ""

    def _membership(self, least: int, below: int | None) -> str:
        words = self.words
        parts = []
        if least or below is None:
            parts.append(
                words.ngettext(
                    "the member joined at least %(num)s day before",
                    "the member joined at least %(num)s days before",
                    least,
                    num=self.shown.number(least),
                )
            )
        if below is not None:
            parts.append(
                words.ngettext(
                    "the member joined less than %(num)s day before",
                    "the member joined less than %(num)s days before",
                    below,
                    num=self.shown.number(below),
                )
            )
        return self.all(parts)

    def _between(self, start: datetime | None, end: datetime | None) -> str:
        _ = self.words.gettext
        if start and end:
            return _("it is from %(start)s until %(end)s", start=self.moment(start), end=self.moment(end))
        if start:
            return _("it is %(start)s or later", start=self.moment(start))
        return _("it is before %(end)s", end=self.moment(end)) if end else _("it is at any time")

    def _of_order(self, condition: m.Condition) -> str:
        _ = self.words.gettext
        match condition:
            case m.CurrencyIn(currencies=currencies):
                return _("it is paid in %(list)s", list=self.either(currencies))
            case m.StoreIn(stores=stores):
                return _("the store is %(list)s", list=self.either(stores))
            case m.ChannelIn(channels=channels):
                return _("the channel is %(list)s", list=self.either(channels))
            case m.AmountBetween(currency=currency, at_least_minor=least, below_minor=below):
                amount = self._money_range(currency, least, below)
                return _("it amounts to %(amount)s", amount=amount)
            case m.FirstOrder():
                return _("it is the customer's first order")
            case m.OrderNumber(at_least=least, at_most=most):
                number = self._number_range(least, most)
                return _("the number of the customer's order is %(number)s", number=number)
            case m.AnyLine(where=where):
                return _("it has a line where %(lines)s", lines=self.lines(where))
        return ""

    def _of_event(self, condition: m.Condition) -> str:
        _ = self.words.gettext
        match condition:
            case m.FieldIs(field=field, value=value):
                return _("“%(field)s” is %(value)s", field=field, value=self._value(value))
            case m.FieldBetween(field=field, at_least=least, below=below):
                number = self._bounds(least, below, self.shown.number)
                return _("“%(field)s” is %(number)s", field=field, number=number)
            case m.VerifiedPurchase():
                return _("the author bought the product here")
            case m.WithPhoto():
                return _("the review has a photo")
            case m.ProductIn(skus=skus):
                return _("the product is %(list)s", list=self.either(skus))
        return ""

    def _value(self, value: Any) -> str:
        if isinstance(value, bool):
            return self.words.gettext("yes") if value else self.words.gettext("no")
        return (
            self.words.gettext("“%(text)s”", text=value)
            if isinstance(value, str)
            else self.shown.number(value)
        )

    # ------------------------------------------------------------ then

    def effect(self, rule: m.Rule) -> str:
        """What the member gets."""
        _ = self.words.gettext
        lines = isinstance(rule.trigger, m.OrderLine)
        match rule.effect:
            case m.Fixed(points=points):
                return self.shown.points(points)
            case m.PerTier(points=by_tier):
                each = [
                    _(
                        "%(points)s in the tier %(tier)s",
                        points=self.shown.points(n),
                        tier=self.names.get(t, t),
                    )
                    for t, n in by_tier.items()
                ]
                return self.list(each)
            case m.Multiply(percent=percent):
                return _("%(factor)s times the points", factor=self.shown.number(percent / 100))
            case m.PerAmount(points_per_100_units=rates, by_tier=by_tier):
                each = [self.rate(rate, currency, lines) for currency, rate in rates.items()]
                said = self.list(each)
                return _("%(rates)s, times the factor of the tier", rates=said) if by_tier else said

    def list(self, parts: Sequence[str]) -> str:
        """a, b and c."""
        return format_list(list(parts), style="standard", locale=babel_locale(self.locale))

    def rate(self, points_per_100_units: int, currency: str, line: bool = False) -> str:
        """The earn rate in its lowest terms: 3 points for every $2.00."""
        _ = self.words.gettext
        common = gcd(points_per_100_units, 100)
        points, units = points_per_100_units // common, 100 // common
        amount = self.shown.money(units * 10 ** get_currency_precision(currency), currency)
        if line:
            return _(
                "%(points)s for every %(amount)s of the line", points=self.shown.points(points), amount=amount
            )
        return _("%(points)s for every %(amount)s spent", points=self.shown.points(points), amount=amount)

    def limit(self, limit: m.Limit) -> str:
        """What a member gets at most, as a sentence; empty: there is no limit."""
        words, parts = self.words, []
        if limit.times is not None:
            parts.append(
                words.ngettext(
                    "%(num)s time", "%(num)s times", limit.times, num=self.shown.number(limit.times)
                )
            )
        if limit.points is not None:
            parts.append(self.shown.points(limit.points))
        if not parts:
            return ""
        most = self.list(parts)
        match limit.per:
            case "day":
                return words.gettext("At most %(most)s a day.", most=most)
            case "week":
                return words.gettext("At most %(most)s a week.", most=most)
            case "month":
                return words.gettext("At most %(most)s a month.", most=most)
            case "ever":
                return words.gettext("At most %(most)s in all.", most=most)

    # ------------------------------------------------------------ values

    def weekday(self, day: int) -> str:
        """Monday for 1."""
        return str(get_day_names("wide", locale=babel_locale(self.locale))[day - 1])

    def moment(self, at: datetime) -> str:
        """A date in the merchant's zone, with the time unless it is midnight."""
        local = by_clock(at, zone_of(self.zone))
        midnight = local.time() == time()
        return self.shown.date(at, self.zone) if midnight else self.shown.date_time(at, self.zone)

    def _money_range(self, currency: str, least: int, below: int | None) -> str:
        # No amount is below zero: a lower bound of zero says nothing beside an upper one.
        return self._bounds(
            least if least or below is None else None, below, lambda minor: self.shown.money(minor, currency)
        )

    def _number_range(self, least: int, most: int | None) -> str:
        if least == most:
            return self.words.gettext("exactly %(number)s", number=self.shown.number(least))
        if most is None:
            return self._bounds(least, None, self.shown.number)
        return self.words.gettext(
            "%(least)s to %(most)s", least=self.shown.number(least), most=self.shown.number(most)
        )

    def _bounds(self, least: int | None, below: int | None, show: Any) -> str:
        _ = self.words.gettext
        if below is None:
            return _("at least %(least)s", least=show(least)) if least is not None else _("any number")
        if least is None:
            return _("less than %(below)s", below=show(below))
        return _("at least %(least)s and less than %(below)s", least=show(least), below=show(below))
