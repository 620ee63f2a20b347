"""Tier sets side by side, in words and figures; pure."""

from collections.abc import Callable, Sequence

from api.portal import tier_words
from core.design.change_views import Row
from core.design.formats import formats
from core.i18n import Locale, in_language, translator
from loyalty.tiers.outlook import Outlook
from loyalty.tiers.rules import TierSet
from loyalty.tiers.service import Preview

Money = Callable[[int], str]


def terms(sets: Sequence[TierSet], currency: str, locale: Locale) -> tuple[Row, ...]:
    """What each set asks for and brings; the first is what is live."""
    words = translator(locale)
    found = [_row(words.gettext("What counts"), [" ".join(tier_words.summary(s, locale)) for s in sets])]
    for tier in sets[0].tiers:
        name = in_language(tier.name, locale)
        mine = [each.at(tier.code) for each in sets]
        thresholds = [
            tier_words.amount(s.metric, t.threshold, locale) for s, t in zip(sets, mine, strict=True)
        ]
        found += [
            _row(words.gettext("%(tier)s begins at", tier=name), thresholds),
            _row(
                words.gettext("%(tier)s brings", tier=name),
                [
                    ", ".join(tier_words.benefit(b, currency, locale) for b in t.all_benefits) or "–"
                    for t in mine
                ],
            ),
        ]
    return tuple(found)


def figures(
    previews: Sequence[Preview], outlooks: Sequence[Outlook], money: Money, micros: Money, locale: Locale
) -> tuple[Row, ...]:
    """Members by tier and what each costs; the first is what is live."""
    words, shown = translator(locale), formats(locale)
    members = [
        _row(
            words.gettext("Members in %(tier)s", tier=in_language(tier.name, locale)),
            [shown.number(each.after.get(tier.code, 0)) for each in previews],
        )
        for tier in previews[0].tier_set.tiers
    ]
    rest = {
        words.gettext("Moving up"): [shown.number(each.up) for each in outlooks],
        words.gettext("Moving down"): [shown.number(each.down) for each in outlooks],
        words.gettext("Cost a year"): [micros(each.cost_micros) for each in outlooks],
        words.gettext("Liability"): [micros(each.liability_micros) for each in outlooks],
        words.gettext("Revenue at risk"): [money(each.at_risk_minor) for each in outlooks],
    }
    return (*members, *(_row(label, values) for label, values in rest.items()))


def _row(label: str, values: Sequence[str]) -> Row:
    return Row(label, tuple(values), tuple(each != values[0] for each in values))
