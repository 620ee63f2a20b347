"""From the programme and its figures to what the studio's pages show; pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from babel.numbers import get_currency_precision

from core.design import views
from core.design.formats import formats
from core.i18n import Locale, Translator, in_language, translator
from loyalty.ledger.queries import Flow, Totals
from loyalty.programme.service import Version
from loyalty.tiers.rules import RollingDays, Tier
from loyalty.tiers.service import Preview

PERIOD_DAYS = 30
MICROS = 1_000_000
THRESHOLD_LIMIT_POINTS = 10**12
_NUMBER = re.compile(r"[0-9]{1,13}")


@dataclass(frozen=True)
class Draft:
    """The tiers as somebody wants them; `problems` by tier code, in the reader's language."""

    tiers: tuple[Tier, ...]
    problems: Mapping[str, str]
    changed: bool

    @property
    def previewable(self) -> bool:
        """Whether there is something to preview, and nothing against it."""
        return self.changed and not self.problems


def field_of(tier: Tier) -> str:
    """The name of a tier's field in the form."""
    return f"threshold_{tier.code}"


def draft(live: Sequence[Tier], fields: Mapping[str, str], locale: Locale) -> Draft:
    """What the form asks for; a field that is missing stays as it is live, the lowest tier always."""
    words = translator(locale)
    wanted: list[Tier] = []
    problems: dict[str, str] = {}
    for tier in live:
        typed = fields.get(field_of(tier), str(tier.threshold)).strip() if tier.rank else "0"
        points = _points(typed)
        if points is None:
            problems[tier.code] = words.gettext(
                "Type a whole number of points, at most %(limit)s.",
                limit=formats(locale).number(THRESHOLD_LIMIT_POINTS),
            )
        elif wanted and points <= wanted[-1].threshold:
            problems[tier.code] = words.gettext(
                "%(tier)s must need more points than %(below)s.",
                tier=in_language(tier.name, locale),
                below=in_language(wanted[-1].name, locale),
            )
        kept = tier.threshold if points is None else points
        wanted.append(msgspec.structs.replace(tier, threshold=kept))
    return Draft(tuple(wanted), problems, wanted != list(live))


def tier_draft(
    made: Draft, live: Version, preview: Preview | None, publish_key: str, conflict: bool, locale: Locale
) -> views.TierDraft:
    """The page of the draft."""
    days = live.primary.window.days if isinstance(live.primary.window, RollingDays) else 0
    window = translator(locale).ngettext(
        "What counts: points earned with orders that were delivered, of the last %(num)s day.",
        "What counts: points earned with orders that were delivered, of the last %(num)s days.",
        days,
        num=formats(locale).number(days),
    )
    pairs = zip(made.tiers, live.tiers, strict=True)
    return views.TierDraft(
        metric="points",
        currency="",
        window=window,
        thresholds=tuple(_threshold(new, old, made.problems, locale) for new, old in pairs),
        preview=_preview(preview, locale) if preview else None,
        publish_key=publish_key,
        conflict=conflict,
    )


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
        tier_metric="points",
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
    words, shown = translator(locale), formats(locale)
    if base is None:
        return words.gettext("The first version")
    before = {tier.code: tier.threshold for tier in base.tiers}
    changed = [
        words.gettext(
            "%(tier)s from %(new)s instead of %(old)s",
            tier=in_language(tier.name, locale),
            new=shown.number(tier.threshold),
            old=shown.number(before[tier.code]),
        )
        for tier in version.tiers
        if before.get(tier.code, tier.threshold) != tier.threshold
    ]
    return " · ".join(changed) or words.gettext("No threshold changed")


def _points(typed: str) -> int | None:
    points = int(typed) if _NUMBER.fullmatch(typed) else None
    return None if points is None or points > THRESHOLD_LIMIT_POINTS else points


def _threshold(new: Tier, old: Tier, problems: Mapping[str, str], locale: Locale) -> views.TierThreshold:
    most = max(3 * old.threshold, new.threshold, 100)
    return views.TierThreshold(
        code=new.code,
        name=in_language(new.name, locale),
        threshold=new.threshold,
        live_threshold=old.threshold,
        slider_max=most,
        slider_step=10 ** max(0, len(str(most)) - 3),
        fixed=new.rank == 0,
        problem=problems.get(new.code, ""),
    )


def _preview(preview: Preview, locale: Locale) -> views.TierPreview:
    ranks = {tier.code: tier.rank for tier in preview.tier_set.tiers}
    names = {tier.code: in_language(tier.name, locale) for tier in preview.tier_set.tiers}

    def rises(from_code: str, to_code: str) -> bool:
        # A tier that there is no more is below all others: whoever comes from it rises.
        return ranks[to_code] > ranks.get(from_code, -1)

    up = sum(f.members for f in preview.flows if rises(f.from_code, f.to_code))
    moves = sorted(preview.flows, key=lambda f: (ranks.get(f.from_code, -1), ranks[f.to_code]))
    return views.TierPreview(
        fingerprint=preview.fingerprint,
        members_up=up,
        members_down=preview.moving - up,
        members_same=preview.members - preview.moving,
        as_of=preview.as_of,
        moves=tuple(
            views.TierMove(
                names.get(f.from_code, f.from_code),
                names[f.to_code],
                f.members,
                "up" if rises(f.from_code, f.to_code) else "down",
            )
            for f in moves
        ),
        examples=tuple(
            views.ExampleMember(
                e.name or e.external_id,
                names.get(e.from_code, e.from_code),
                names[e.to_code],
                e.value,
            )
            for e in preview.examples
        ),
    )


def published_notice(version: Version, locale: Locale) -> views.Notice:
    """What the overview says after a publication."""
    words: Translator = translator(locale)
    return views.Notice(
        "good",
        words.gettext("Version %(number)s is live, and its members have moved.", number=version.number),
    )
