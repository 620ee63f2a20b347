"""Tier sets side by side, in words and figures; pure."""

from collections.abc import Callable, Sequence

from api.portal import tier_words
from core.design.change_views import Row
from core.design.formats import formats
from core.i18n import Locale, in_language, translator
from loyalty.tiers.outlook import Outlook
from loyalty.tiers.rules import Names, Tier, TierSet
from loyalty.tiers.service import Preview

Money = Callable[[int], str]


def terms(sets: Sequence[TierSet], currency: str, locale: Locale) -> tuple[Row, ...]:
    """What each set asks for and brings, and what is called otherwise; the first is what is live."""
    words = translator(locale)
    found = [_row(words.gettext("What counts"), [" ".join(tier_words.summary(s, locale)) for s in sets])]
    found += _names(words.gettext("Name"), [each.name for each in sets])
    for known in ladder(sets):
        name, mine = in_language(known.name, locale), [_tier(known.code, each) for each in sets]
        absent = words.gettext("Removed") if mine[0] else words.gettext("Not there yet")
        begins = [
            tier_words.amount(s.metric, tier.threshold, locale) if tier else absent
            for s, tier in zip(sets, mine, strict=True)
        ]
        brings = [
            ", ".join(tier_words.benefit(b, currency, locale) for b in tier.all_benefits) if tier else ""
            for tier in mine
        ]
        found += [
            *_names(
                words.gettext("%(tier)s is called", tier=name), [tier.name if tier else None for tier in mine]
            ),
            _row(words.gettext("%(tier)s begins at", tier=name), begins),
            _row(words.gettext("%(tier)s brings", tier=name), [each or "–" for each in brings]),
        ]
    return tuple(found)


def changed(live: TierSet, wanted: TierSet, currency: str, locale: Locale) -> tuple[Row, ...]:
    """What a draft makes of what is live: only what differs."""
    return tuple(each for each in terms([live, wanted], currency, locale) if any(each.differs))


def ladder(sets: Sequence[TierSet]) -> list[Tier]:
    """The tiers that there are in any of the sets, the lowest first; each as the first of them has it."""
    known: dict[str, Tier] = {}
    for each in sets:
        known = {tier.code: tier for tier in each.tiers} | known
    return sorted(known.values(), key=lambda tier: tier.rank)


def _tier(code: str, tier_set: TierSet) -> Tier | None:
    return next((tier for tier in tier_set.tiers if tier.code == code), None)


def _names(label: str, names: Sequence[Names | None]) -> list[Row]:
    """A row of names in all languages, if some set has others."""
    said = ["–" if each is None else " / ".join(each[tag] for tag in sorted(each)) for each in names]
    return [_row(label, said)] if len({each for each in said if each != "–"}) > 1 else []


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
        for tier in ladder([each.tier_set for each in previews])
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
