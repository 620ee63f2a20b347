"""From tier sets, previews and members' standings to what the pages about tiers show; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from admin.studio.tier_form import BENEFITS, RULES, Draft, unit_of
from api.portal import tier_words
from core.design import tier_views as views
from core.design.formats import formats
from core.i18n import Locale, in_language, translator
from core.ids import new_id
from loyalty.programme.service import Version
from loyalty.tiers.overrides import Override
from loyalty.tiers.rules import Spend, Tier, TierSet
from loyalty.tiers.service import Preview
from loyalty.tiers.standing import Change, Standing

DRAFT = "/staff/studio/tiers"
MEMBERS = f"{DRAFT}/members"


@dataclass(frozen=True)
class Reader:
    """Who reads, and what they may do."""

    locale: Locale
    currency: str
    time_zone: str
    may_give: bool = False


def draft(
    made: Draft, live: Version, base: TierSet, preview: Preview | None, key: str, conflict: bool, to: Reader
) -> views.TierDraft:
    """The page of one set's draft; `base` is the set as it is live."""
    metric = made.tier_set.metric
    several = live.sets if len(live.sets) > 1 else ()
    return views.TierDraft(
        metric=tier_words.metric_code(metric),
        currency=metric.currency if isinstance(metric, Spend) else "",
        summary=tier_words.summary(base, to.locale),
        thresholds=tuple(
            _threshold(new, old, base, made, to)
            for new, old in zip(made.tier_set.tiers, base.tiers, strict=True)
        ),
        rules=_rules(made),
        set_code=base.code,
        sets=tuple(
            views.SetLink(
                in_language(each.name, to.locale), f"{DRAFT}?set={each.code}", each.code == base.code
            )
            for each in several
        ),
        fields=(("set", base.code), *made.fields.items()),
        preview=_preview(preview, to.locale) if preview else None,
        publish_key=key,
        conflict=conflict,
    )


def _rules(made: Draft) -> views.TierRules:
    problems = [made.problems[name] for name in (*RULES, "rules") if name in made.problems]
    return views.TierRules(**{name: made.fields[name] for name in RULES}, problem=" ".join(problems))


def _threshold(new: Tier, old: Tier, base: TierSet, made: Draft, to: Reader) -> views.TierThreshold:
    threshold, live = new.threshold // unit_of(made.tier_set.metric), old.threshold // unit_of(base.metric)
    most = max(3 * live, threshold, 100)
    return views.TierThreshold(
        code=new.code,
        name=in_language(new.name, to.locale),
        threshold=threshold,
        live_threshold=live,
        slider_max=most,
        slider_step=10 ** max(0, len(str(most)) - 3),
        fixed=new.rank == 0,
        problem=made.problems.get(f"threshold_{new.code}", ""),
        extras=_extras(new, made, to),
    )


def _extras(tier: Tier, made: Draft, to: Reader) -> tuple[views.TierField, ...]:
    words = translator(to.locale)
    labels = {
        "multiplier": words.gettext("Points, in percent"),
        "shipping": words.gettext("Free shipping from (%(currency)s)", currency=to.currency),
        "early": words.gettext("Early access (hours)"),
        "invitation": words.gettext("Invitations (guests)"),
        "gift": words.gettext("Birthday gift (points)"),
    }
    names = {prefix: f"{prefix}_{tier.code}" for prefix in ("multiplier", *BENEFITS)}
    return tuple(
        views.TierField(name, labels[prefix], made.fields[name], made.problems.get(name, ""))
        for prefix, name in names.items()
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
                e.name or e.external_id, names.get(e.from_code, e.from_code), names[e.to_code], e.value
            )
            for e in preview.examples
        ),
    )


def path_of(customer: str) -> str:
    """The page of one member."""
    return f"{MEMBERS}/{quote(customer, safe='')}"


def member(
    customer: str,
    standings: Sequence[Standing],
    overrides: Sequence[Override],
    history: Sequence[Change],
    to: Reader,
    problem: str = "",
    typed: tuple[str, str, str] = ("", "", ""),
) -> views.TierMember:
    """A member's tiers, with the forms that give one by hand."""
    given = {each.set_code: each for each in overrides}
    sets = {each.tier_set.code: each.tier_set for each in standings}
    return views.TierMember(
        customer=customer,
        path=path_of(customer),
        tiers=tuple(_member_tier(each, given.get(each.tier_set.code), to) for each in standings),
        changes=tuple(_change(each, sets, to.locale) for each in history),
        problem=problem,
        typed=typed,
    )


def _member_tier(found: Standing, given: Override | None, to: Reader) -> views.MemberTier:
    tier_set = found.tier_set
    return views.MemberTier(
        set_code=tier_set.code,
        set_name=in_language(tier_set.name, to.locale),
        tier=in_language(found.tier.name, to.locale),
        since=found.since,
        basis=found.basis,
        standing=tier_words.amount(tier_set.metric, found.value, to.locale),
        next_step=tier_words.next_step(found, to.time_zone, to.locale),
        keep=tier_words.keep(found, to.time_zone, to.locale),
        benefits=tuple(tier_words.benefit(each, to.currency, to.locale) for each in found.tier.all_benefits),
        override=_override(given, to) if given else "",
        tiers=tuple((tier.code, in_language(tier.name, to.locale)) for tier in tier_set.tiers),
        give_key=str(new_id()) if to.may_give else "",
        end_key=str(new_id()) if to.may_give and given else "",
    )


def _override(given: Override, to: Reader) -> str:
    until = formats(to.locale).date_time(given.ends_at, to.time_zone)
    return translator(to.locale).gettext(
        "Given by %(staff)s until %(date)s: %(reason)s",
        staff=given.staff or "API",
        date=until,
        reason=given.reason,
    )


def _change(found: Change, sets: Mapping[str, TierSet], locale: Locale) -> views.TierChange:
    names: dict[str, str] = {}
    if tier_set := sets.get(found.set_code):
        names = {tier.code: in_language(tier.name, locale) for tier in tier_set.tiers}
    note = f"{found.staff or 'API'}: {found.note}" if found.note else ""
    return views.TierChange(
        at=found.changed_at,
        set_name=in_language(tier_set.name, locale) if tier_set else found.set_code,
        from_tier=names.get(found.from_code or "", found.from_code or ""),
        to_tier=names.get(found.to_code, found.to_code),
        reason=found.reason,
        note=note,
    )
