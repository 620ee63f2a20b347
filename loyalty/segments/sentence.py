"""A segment as a sentence in the reader's language; pure."""

from collections.abc import Mapping

from core.i18n import Locale
from loyalty.rules.sentence import Words as RuleWords
from loyalty.segments import model as s


class Words(RuleWords):
    """Says segments. `names` are of tiers and stores by their codes, of lists by their ids."""

    def __init__(self, locale: Locale, zone: str, names: Mapping[str, str] | None = None) -> None:
        super().__init__(locale, zone, names)

    def segment(self, segment: s.Segment) -> str:
        """The whole segment."""
        parts = [self.part(each) if len(segment.where) > 1 else self.who(each) for each in segment.where]
        return self.words.gettext(
            "Members of whom it is true that %(conditions)s.", conditions=self.all(parts)
        )

    def part(self, who: s.Who) -> str:
        """A condition among others."""
        said = self.who(who)
        many = isinstance(who, s.AllOf | s.OneOf) and len(who.of) > 1
        return self.words.gettext("(%(condition)s)", condition=said) if many else said

    def who(self, who: s.Who) -> str:
        """A condition as a clause."""
        _ = self.words.gettext
        match who:
            case s.AllOf(of=of):
                return self.all([self.part(each) for each in of])
            case s.OneOf(of=of):
                return _(" or ").join(self.part(each) for each in of)
            case s.NotSo(of=one):
                return _("it is not so that %(condition)s", condition=self.part(one))
        return self.is_someone(who) or self.has_bought(who) or self.has_done(who)

    def is_someone(self, who: s.Who) -> str:
        """What a member is."""
        _ = self.words.gettext
        match who:
            case s.TierNow(tiers=tiers):
                return _("the member's tier is %(list)s", list=self.either(tiers))
            case s.Joined(at_least_days=least, below_days=below):
                return _("they joined %(days)s ago", days=self.days_ago(least, below))
            case s.Language(languages=languages):
                return _(
                    "their language is %(list)s", list=self.either(self.shown.language(t) for t in languages)
                )
            case s.Country(countries=countries):
                return _("their country is %(list)s", list=self.either(countries))
            case s.Tagged(tags=tags, origin="shop"):
                return _("they have the tag %(list)s", list=self.either(tags))
            case s.Tagged(tags=tags, origin=origin):
                return _("they have the tag %(list)s from %(origin)s", list=self.either(tags), origin=origin)
            case s.Listed(list=listed):
                return _("they are on the list %(name)s", name=self.names.get(str(listed), str(listed)))
        return ""

    def has_bought(self, who: s.Who) -> str:
        """What a member has bought."""
        _ = self.words.gettext
        match who:
            case s.OrderCount(at_least=least, at_most=most, within_days=days):
                return self.within(
                    _("they paid %(number)s orders", number=self._number_range(least, most)), days
                )
            case s.Spend(currency=currency, at_least_minor=least, below_minor=below, within_days=days):
                amount = self._money_range(currency, least, below)
                return self.within(_("they spent %(amount)s", amount=amount), days)
            case s.LastOrder(at_least_days=least, below_days=below):
                return _("their last order was %(days)s ago", days=self.days_ago(least, below))
            case s.FirstOrder(at_least_days=least, below_days=below):
                return _("their first order was %(days)s ago", days=self.days_ago(least, below))
            case s.BoughtIn(stores=stores, within_days=days):
                return self.within(_("they bought at %(list)s", list=self.either(stores)), days)
            case s.Discounted():
                return self.discounted(who)
            case s.Scored():
                return self.scored(who)
        return ""

    def has_done(self, who: s.Who) -> str:
        """What a member did otherwise."""
        _ = self.words.gettext
        match who:
            case s.Happened(event=event, at_least=least, at_most=most, within_days=days):
                number = self._number_range(least, most)
                said = _("“%(event)s” happened %(number)s times", event=event, number=number)
                return self.within(said, days)
            case s.Opinion(feeling=feeling, at_least=least, at_most=most, within_days=days):
                number = self._number_range(least, most)
                return self.within(self.opinion(feeling, number), days)
        return ""

    def opinion(self, feeling: s.Feeling, number: str) -> str:
        """How many reviews feel so."""
        _ = self.words.gettext
        match feeling:
            case "negative":
                return _("%(number)s of their reviews are negative", number=number)
            case "neutral":
                return _("%(number)s of their reviews are neutral", number=number)
            case "positive":
                return _("%(number)s of their reviews are positive", number=number)

    def discounted(self, who: s.Discounted) -> str:
        """Sensitive to prices, or not."""
        _ = self.words.gettext
        below = None if who.below_percent is None else who.below_percent
        share = self._bounds(
            who.at_least_percent if who.at_least_percent or below is None else None,
            below,
            lambda percent: self.shown.percent(percent / 100),
        )
        said = _(
            "%(share)s of their orders were reduced, of at least %(orders)s",
            share=share,
            orders=self.shown.number(who.orders_at_least),
        )
        return self.within(said, who.within_days)

    def scored(self, who: s.Scored) -> str:
        """Where they stand among all who bought."""
        _ = self.words.gettext

        def one_of(fifths: s.Fifths) -> str:
            return self.either(self.shown.number(fifth) for fifth in sorted(fifths))

        parts = []
        if who.recency:
            parts.append(_("their recency is %(fifths)s of 5", fifths=one_of(who.recency)))
        if who.frequency:
            parts.append(_("their frequency is %(fifths)s of 5", fifths=one_of(who.frequency)))
        if who.money:
            parts.append(_("their money is %(fifths)s of 5", fifths=one_of(who.money)))
        return self.all(parts) or _("they have ever bought")

    def days_ago(self, least: int, below: int | None) -> str:
        """At least 30 days; a bound of 0 says nothing."""

        def said(days: int) -> str:
            return self.words.ngettext("%(num)s day", "%(num)s days", days, num=self.shown.number(days))

        return self._bounds(least if least or below is None else None, below, said)

    def within(self, said: str, days: int | None) -> str:
        """In all, or of the last days."""
        if days is None:
            return said
        return self.words.ngettext(
            "%(said)s in the last %(num)s day",
            "%(said)s in the last %(num)s days",
            days,
            said=said,
            num=self.shown.number(days),
        )
