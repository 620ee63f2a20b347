"""From tier sets, previews and members' standings to what the pages about tiers show; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from babel.numbers import get_currency_precision

from admin.studio import tier_compare
from admin.studio.tier_form import BENEFITS, GRACE_MOST, RULES, Draft, unit_of
from api.portal import tier_words
from core.design import tier_views as views
from core.design.formats import formats
from core.i18n import Locale, in_language, translator
from core.ids import new_id
from loyalty.programme.service import Version
from loyalty.tiers.outlook import outlook, read_moves, rises, say_moves
from loyalty.tiers.overrides import Override
from loyalty.tiers.rules import Spend, Tier, TierSet
from loyalty.tiers.service import Example, Preview
from loyalty.tiers.standing import Change, Standing

DRAFT = "/staff/studio/tiers"
MEMBERS = f"{DRAFT}/members"
MICROS = 1_000_000


@dataclass(frozen=True)
class Reader:
    """Who reads, and what they may do."""

    locale: Locale
    currency: str
    time_zone: str
    may_give: bool = False


@dataclass(frozen=True)
class Work:
    """What is being done with a draft. `draft_id` and `name`: of the kept one that it was taken from."""

    key: str = ""
    """Not empty: the reader may publish."""
    keep_key: str = ""
    base: int = 0
    """The version that it was made on."""
    stale: bool = False
    draft_id: str = ""
    name: str = ""
    mark: str = ""
    """What that said when the form was filled in of it."""
    overtaken: bool = False
    """It says something else by now."""
    second_person: bool = False
    conflict: bool = False
    shown: str = ""
    """Which moves were shown before the conflict."""


def draft(
    made: Draft, live: Version, base: TierSet, preview: Preview | None, work: Work, to: Reader
) -> views.TierDraft:
    """The page of one set's draft; `base` is the set as it is live."""
    metric, live_tiers = made.tier_set.metric, {tier.code: tier for tier in base.tiers}
    several, held = live.sets if len(live.sets) > 1 else (), work.stale or work.overtaken
    return views.TierDraft(
        metric=tier_words.metric_code(metric),
        currency=metric.currency if isinstance(metric, Spend) else "",
        summary=tier_words.summary(base, to.locale),
        thresholds=tuple(
            _threshold(new, live_tiers.get(new.code), base, made, to) for new in made.tier_set.tiers
        ),
        rules=_rules(made),
        set_code=base.code,
        sets=tuple(
            views.SetLink(
                in_language(each.name, to.locale), f"{DRAFT}?set={each.code}", each.code == base.code
            )
            for each in several
        ),
        fields=(("set", base.code), ("base", str(work.base)), *made.fields.items()),
        preview=preview_view(preview, base, live, to) if preview else None,
        publish_key=work.key if preview and preview.fingerprint and not held else "",
        may_publish=bool(work.key),
        second_person=work.second_person,
        keep_key=work.keep_key if preview else "",
        base=work.base,
        stale=work.stale,
        rows=tier_compare.changed(base, made.tier_set, to.currency, to.locale) if work.stale else (),
        draft_id=work.draft_id,
        draft_name=work.name,
        draft_mark=work.mark,
        overtaken=work.overtaken,
        shown=say_moves(preview.cells) if preview else "",
        differences=differences(work.shown, say_moves(preview.cells), preview.tier_set, to.locale)
        if preview
        else (),
        warm_href="" if preview else f"{DRAFT}?{urlencode({'warm': '1', 'set': base.code})}",
        check_href=_check_href(base, made, work) if preview and not (preview.fingerprint or held) else "",
        conflict=work.conflict,
    )


def _check_href(base: TierSet, made: Draft, work: Work) -> str:
    of = {"draft": work.draft_id, "mark": work.mark} if work.draft_id else {}
    fields = {"exact": "1", "set": base.code, "base": str(work.base), **of, **made.fields}
    return f"{DRAFT}?{urlencode(fields)}"


def _rules(made: Draft) -> views.TierRules:
    problems = [made.problems[name] for name in (*RULES, "rules") if name in made.problems]
    fields = {name: made.fields[name] for name in RULES}
    return views.TierRules(**fields, problem=" ".join(problems), grace_most=GRACE_MOST)


def _threshold(new: Tier, old: Tier | None, base: TierSet, made: Draft, to: Reader) -> views.TierThreshold:
    threshold = new.threshold // unit_of(made.tier_set.metric)
    live = old.threshold // unit_of(base.metric) if old else None
    most = max(3 * (live or 0), threshold, 100)
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
    most = {"multiplier": max(2 * tier.multiplier_percent, 400)}
    return tuple(
        views.TierField(
            name, labels[prefix], made.fields[name], made.problems.get(name, ""), most.get(prefix, 0)
        )
        for prefix, name in names.items()
    )


def preview_view(preview: Preview, base: TierSet, live: Version, to: Reader) -> views.TierPreview:
    """Who would move, what it costs and why; `base` is the set as it is live."""
    names = names_of(base, to.locale) | names_of(preview.tier_set, to.locale)
    found = outlook(
        base,
        preview.tier_set,
        preview.cells,
        preview.year,
        live.point_cost_micros,
        multiplies=base.code == live.primary.code,
    )
    return views.TierPreview(
        fingerprint=preview.fingerprint,
        members_up=found.up,
        members_down=found.down,
        members_same=found.members - found.up - found.down,
        as_of=preview.as_of,
        currency=to.currency,
        cost_minor=minor(found.cost_micros, to.currency),
        liability_minor=minor(found.liability_micros, to.currency),
        at_risk_minor=found.at_risk_minor,
        moves=moves(preview, names),
        examples=tuple(
            views.ExampleMember(
                each.name or each.external_id,
                names.get(each.from_code, each.from_code),
                names[each.to_code],
                each.value,
                why(each, base, preview.tier_set, to.locale),
            )
            for each in preview.examples
        ),
    )


def minor(micros: int, currency: str) -> int:
    """Millionths of a currency unit in its minor units, a half away from zero."""
    scaled = abs(micros) * 10 ** get_currency_precision(currency)
    rounded = (2 * scaled + MICROS) // (2 * MICROS)
    return int(rounded) if micros >= 0 else -int(rounded)


def names_of(tier_set: TierSet, locale: Locale) -> dict[str, str]:
    """Tiers by code, in a language."""
    return {tier.code: in_language(tier.name, locale) for tier in tier_set.tiers}


def moves(preview: Preview, names: Mapping[str, str]) -> tuple[views.TierMove, ...]:
    """Who moves, from the lowest tier up."""
    ranks = {tier.code: tier.rank for tier in preview.tier_set.tiers}
    found = [each for each in preview.cells if each.from_code != each.to_code]
    return tuple(
        views.TierMove(
            names.get(each.from_code, each.from_code),
            names[each.to_code],
            each.members,
            "up" if rises(each, preview.tier_set) else "down",
        )
        for each in sorted(found, key=lambda f: (ranks.get(f.from_code, -1), ranks[f.to_code]))
    )


def why(found: Example, base: TierSet, wanted: TierSet, locale: Locale) -> str:
    """Why somebody moves, in one sentence."""
    words = translator(locale)
    up = wanted.at(found.to_code).rank > next(
        (tier.rank for tier in wanted.tiers if tier.code == found.from_code), -1
    )
    code = found.to_code if up else found.from_code
    old, new = base.at(code).threshold, wanted.at(code).threshold
    said = {
        "value": tier_words.amount(wanted.metric, found.value, locale),
        "tier": names_of(wanted, locale).get(code, code),
    }
    if base.metric != wanted.metric or old == new or code not in names_of(base, locale):
        return words.gettext("With the new rules %(value)s count.", value=said["value"])
    said |= {
        "new": tier_words.amount(wanted.metric, new, locale),
        "old": tier_words.amount(base.metric, old, locale),
    }
    if up:
        return words.gettext("%(value)s are enough: %(tier)s would begin at %(new)s, not at %(old)s.", **said)
    return words.gettext(
        "%(value)s are no longer enough: %(tier)s would begin at %(new)s, not at %(old)s.", **said
    )


def differences(shown: str, now: str, tier_set: TierSet, locale: Locale) -> tuple[views.Difference, ...]:
    """Moves whose number is another than was shown; nothing was shown: nothing is said."""
    before, after = read_moves(shown), read_moves(now)
    names = names_of(tier_set, locale)
    return tuple(
        views.Difference(
            f"{names.get(move[0], move[0])} → {names.get(move[1], move[1])}",
            before.get(move, 0),
            after.get(move, 0),
        )
        for move in sorted({*before, *after})
        if shown and before.get(move, 0) != after.get(move, 0)
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
