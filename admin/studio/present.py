"""From the programme and its figures to what the studio's pages show; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

import msgspec

from admin.studio.change_present import back
from admin.studio.liability import minor
from admin.studio.tier_form import unit_of
from api.portal.tier_words import metric_code
from core.design import studio_views, views
from core.design.change_views import Back
from core.design.formats import formats
from core.i18n import Locale, Translator, in_language, translator
from loyalty.figures.rules import Points
from loyalty.ledger.reading import Totals
from loyalty.liability.rules import MonthFigures
from loyalty.programme.service import Version
from loyalty.tiers.rules import TierSet

PERIOD_DAYS = 30
MONTHS = 6


def studio(
    name: str, currency: str, live: Version | None, totals: Totals, counts: Mapping[str, int],
    published: Sequence[Version], authors: Mapping[UUID, str], can_edit: bool, locale: Locale,
    may_draft: bool = False,
) -> studio_views.Studio:  # fmt: skip
    """The overview."""
    outstanding = totals.points_active + totals.points_pending
    return studio_views.Studio(
        programme=name,
        currency=currency,
        points_outstanding=outstanding,
        points_pending=totals.points_pending,
        points_expiring=totals.points_expiring,
        period_days=PERIOD_DAYS,
        members=totals.members,
        tier_metric=metric_code(live.primary.metric) if live else "points",
        tiers=tuple(
            studio_views.TierCount(
                in_language(tier.name, locale), counts.get(tier.code, 0), tier.threshold, tier.code
            )
            for tier in (live.tiers if live else ())
        ),
        versions=versions(published, authors, locale, live if may_draft else None),
        can_edit=can_edit,
    )


def with_figures(
    view: studio_views.Studio, worth: MonthFigures, last: Points, months: Mapping[date, Points]
) -> studio_views.Studio:
    """The overview with what the ledger says of time: this month's end as of now, the last days, months."""
    return replace(
        view,
        liability_minor=minor(worth.liability_micros, view.currency),
        breakage_minor=minor(worth.breakage_micros, view.currency),
        points_earned=last.earned,
        points_redeemed=last.redeemed,
        redemption_rate=last.redemption_rate,
        months=tuple(
            studio_views.PointsMonth(month, found.earned, found.redeemed, found.expired)
            for month, found in months.items()
        ),
    )


def versions(
    every: Sequence[Version], authors: Mapping[UUID, str], locale: Locale, live: Version | None = None
) -> tuple[studio_views.ProgrammeVersion, ...]:
    """What was published, the newest first, each with what it changed; with `live`, what can come back."""
    known = {version.id: version for version in every}
    return tuple(
        studio_views.ProgrammeVersion(
            number=version.number,
            published_at=_published(version),
            by=authors.get(version.id, "Regulars"),
            note=_changes(version, known.get(version.based_on) if version.based_on else None, locale),
            live=version.state == "published",
            backs=_backs(version, live, locale) if live else (),
        )
        for version in every
        if version.published_at
    )


def _backs(version: Version, live: Version, locale: Locale) -> tuple[Back, ...]:
    """The tier sets of a version that are other today, or are no more."""
    other = [each for each in version.sets if live.tier_set(each.code) != each]
    several = len(version.sets) > 1
    return tuple(
        back("tiers", each.code, version.number, locale, in_language(each.name, locale) if several else "")
        for each in other
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
