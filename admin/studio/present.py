"""From the programme and its figures to what the studio's pages show; pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from babel.numbers import get_currency_precision

from admin.studio.tier_form import unit_of
from api.portal.tier_words import metric_code
from core.design import views
from core.design.formats import formats
from core.i18n import Locale, Translator, in_language, translator
from loyalty.ledger.queries import Flow, Totals
from loyalty.programme.service import Version
from loyalty.tiers.rules import TierSet

PERIOD_DAYS = 30
MICROS = 1_000_000


def studio(
    name: str, currency: str, live: Version | None, totals: Totals, flow: Flow, counts: Mapping[str, int],
    published: Sequence[Version], authors: Mapping[UUID, str], can_edit: bool, locale: Locale,
) -> views.Studio:  # fmt: skip
    """The overview."""
    outstanding = totals.points_active + totals.points_pending
    cost_micros = live.point_cost_micros if live else 0
    return views.Studio(
        programme=name,
        currency=currency,
        points_outstanding=outstanding,
        points_pending=totals.points_pending,
        liability_minor=liability_minor(outstanding, cost_micros, currency),
        points_earned=flow.points_earned,
        points_redeemed=flow.points_redeemed,
        points_expiring=totals.points_expiring,
        period_days=PERIOD_DAYS,
        members=totals.members,
        tier_metric=metric_code(live.primary.metric) if live else "points",
        tiers=tuple(
            views.TierCount(in_language(tier.name, locale), counts.get(tier.code, 0), tier.threshold)
            for tier in (live.tiers if live else ())
        ),
        versions=versions(published, authors, locale),
        can_edit=can_edit,
    )


def liability_minor(points: int, point_cost_micros: int, currency: str) -> int:
    """What the points are worth in minor units of the currency, a half rounded up."""
    micros = points * point_cost_micros * 10 ** get_currency_precision(currency)
    return (2 * micros + MICROS) // (2 * MICROS)


def versions(
    every: Sequence[Version], authors: Mapping[UUID, str], locale: Locale
) -> tuple[views.ProgrammeVersion, ...]:
    """What was published, the newest first, each with what it changed."""
    known = {version.id: version for version in every}
    return tuple(
        views.ProgrammeVersion(
            number=version.number,
            published_at=_published(version),
            by=authors.get(version.id, "Regulars"),
            note=_changes(version, known.get(version.based_on) if version.based_on else None, locale),
            live=version.state == "published",
        )
        for version in every
        if version.published_at
    )


def _published(version: Version) -> datetime:
    assert version.published_at is not None  # a draft is not shown
    return version.published_at


def _changes(version: Version, base: Version | None, locale: Locale) -> str:
    """One sentence a changed tier."""
    words = translator(locale)
    if base is None:
        return words.gettext("The first version")
    known = {each.code: each for each in base.sets}
    changed = [
        sentence
        for each in version.sets
        for sentence in (
            _set_changes(each, known[each.code], locale)
            if each.code in known
            else [words.gettext("New tier set: %(set)s", set=in_language(each.name, locale))]
        )
    ]
    return " · ".join(changed) or words.gettext("No threshold changed")


def _set_changes(new: TierSet, old: TierSet, locale: Locale) -> list[str]:
    """One sentence a changed threshold, and one for all else."""
    words, shown = translator(locale), formats(locale)
    before = {tier.code: tier.threshold for tier in old.tiers}
    changed = [
        words.gettext(
            "%(tier)s from %(new)s instead of %(old)s",
            tier=in_language(tier.name, locale),
            new=shown.number(tier.threshold // unit_of(new.metric)),
            old=shown.number(before[tier.code] // unit_of(old.metric)),
        )
        for tier in new.tiers
        if before.get(tier.code, tier.threshold) != tier.threshold
    ]
    thresholds = {tier.code: tier.threshold for tier in new.tiers}
    kept = [
        msgspec.structs.replace(tier, threshold=thresholds.get(tier.code, tier.threshold))
        for tier in old.tiers
    ]
    if msgspec.structs.replace(old, tiers=tuple(kept)) != new:
        changed.append(words.gettext("Rules or benefits of %(set)s", set=in_language(new.name, locale)))
    return changed


def published_notice(version: Version, locale: Locale) -> views.Notice:
    """What the overview says after a publication."""
    words: Translator = translator(locale)
    return views.Notice(
        "good",
        words.gettext("Version %(number)s is live, and its members have moved.", number=version.number),
    )
