"""From what the domain knows to what the portal's pages show; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.portal import tier_words, words
from api.portal.words import Names
from core.design import portal_views
from core.design.words import word
from core.i18n import Locale, in_language, translator
from loyalty.earning.why import NotCounted, Why
from loyalty.ledger.reading import Expiring, LotMove, LotNow, StatementLine
from loyalty.members.service import Balance
from loyalty.programme.service import Version
from loyalty.tiers.rules import Spend, Tier
from loyalty.tiers.standing import Standing

_KINDS = {
    "settle": "settle",
    "clawback": "clawback",
    "redeem": "redeem",
    "reverse": "reverse",
    "expire": "expire",
    "void": "void",
    "hold": "hold",
    "capture": "redeem",
    "release": "release",
    "deduct": "adjust",
    "transfer": "transfer",
    "merge": "merge",
    "unmerge": "unmerge",
}
_EARN_KINDS = {
    "order": "earn",
    "review": "earn_review",
    "goodwill": "goodwill",
    "opening": "opening",
    "store_credit": "credit",
}
_SIGNS = {
    "earn": 1,
    "settle": 1,
    "reverse": 1,
    "release": 1,
    "clawback": -1,
    "redeem": -1,
    "expire": -1,
    "void": -1,
    "hold": -1,
    "deduct": -1,
}
"""Of the points of a posting; of the others, what changed is what could be spent."""


@dataclass(frozen=True)
class Reader:
    """Who reads: their language, the time, and the names of tiers and rewards in that language."""

    locale: Locale
    now: datetime
    tiers: Names
    rewards: Names


def reader(
    locale: Locale, now: datetime, tiers: Iterable[Tier], rewards: Mapping[str, Mapping[str, str]]
) -> Reader:
    """The reader, with names picked by language."""
    return Reader(
        locale,
        now,
        {tier.code: in_language(tier.name, locale) for tier in tiers},
        {code: in_language(name, locale) for code, name in rewards.items()},
    )


def points(balances: Sequence[Balance]) -> Balance:
    """The wallet that can be spent."""
    return next(balance for balance in balances if balance.wallet == "points")


def line(entry: StatementLine, lot: LotNow | None, to: Reader, currency: str = "") -> portal_views.LedgerLine:
    """One entry in words; `lot` is what has become of what it made, `currency` that of its wallet."""
    return portal_views.LedgerLine(
        id=str(entry.journal_id),
        at=entry.effective_at,
        kind=_kind(entry),
        points=_SIGNS[entry.verb] * entry.points if entry.verb in _SIGNS else entry.points_change,
        balance_points=entry.points_active,
        about=words.about(entry.reason, to.rewards, to.locale),
        rule=words.rule(entry.reason, to.tiers, to.locale),
        state=state(lot, to.now) if lot else "",
        settles_at=lot.settles_at if lot else None,
        expires_at=entry.expires_at,
        currency=currency,
    )


def lines(
    entries: Iterable[StatementLine], lots: Mapping[UUID, LotNow], to: Reader, currency: str = ""
) -> tuple[portal_views.LedgerLine, ...]:
    """Entries in words."""
    return tuple(line(entry, lots.get(entry.journal_id), to, currency) for entry in entries)


def entry(
    found: StatementLine, lot: LotNow | None, moves: Iterable[LotMove], because: Why, to: Reader,
    currency: str = "",
) -> portal_views.PortalEntry:  # fmt: skip
    """The "Why?" of one entry; `because`: what its rules say."""
    offer = translator(to.locale).gettext("An offer for you")
    return portal_views.PortalEntry(
        line=line(found, lot, to, currency),
        rule_version=found.reason.get("version"),
        inputs=words.inputs(found.reason, to.tiers, to.locale),
        lots=tuple(portal_views.LotUse(m.points, m.earned_at, m.expires_at, m.points_left) for m in moves),
        rules=tuple(
            portal_views.CountedRule(each.sentence or offer, each.version, each.points)
            for each in because.counted
        ),
        other_rules=tuple(
            portal_views.OtherRule(each.sentence, _why_not(each, to.locale)) for each in because.others
        ),
    )


def _why_not(rule: NotCounted, locale: Locale) -> str:
    say = translator(locale)
    if rule.condition:
        return say.gettext("Not so: %(condition)s.", condition=rule.condition)
    return word(say, "rule_skipped", rule.because)


def tier(found: Standing, currency: str, time_zone: str, to: Reader) -> portal_views.TierProgress:
    """Where the member stands, what comes next, and what keeps and brings the present tier."""
    above, metric = found.next_tier, found.tier_set.metric
    return portal_views.TierProgress(
        name=in_language(found.tier.name, to.locale),
        metric=tier_words.metric_code(metric),
        have=found.value,
        next_name=in_language(above.name, to.locale) if above else "",
        need=above.threshold if above else 0,
        by=found.next_by,
        keep=tier_words.keep(found, time_zone, to.locale),
        benefits=tuple(tier_words.benefit(each, currency, to.locale) for each in found.tier.all_benefits),
        currency=metric.currency if isinstance(metric, Spend) else "",
    )


def expiry(found: Expiring | None) -> portal_views.Expiry | None:
    """What expires next."""
    return portal_views.Expiry(found.points, found.expires_at) if found else None


def invitation(
    name: str, live: Version | None, rate: int | None, currency: str, key: str, locale: Locale
) -> portal_views.PortalJoin:
    """What a customer who is no member sees; without a programme there is nothing to join.

    `rate`: points per 100 units of the currency.
    """
    if live is None:
        return portal_views.PortalJoin(name)
    return portal_views.PortalJoin(
        name=name,
        rule=words.earning(rate, currency, locale) if rate else "",
        claim_days=live.guest_claim_days,
        join_key=key,
    )


def _kind(entry: StatementLine) -> str:
    if entry.verb == "earn":
        return _EARN_KINDS.get(words.rule_of(entry.reason), "earn_event")
    if entry.verb == "clawback" and words.rule_of(entry.reason) != "refund":
        return "adjust"
    return _KINDS[entry.verb]


def state(lot: LotNow, now: datetime) -> str:
    """What an earn's points are now; while any can be spent, they count as available."""
    if lot.points_pending:
        return "pending"
    if lot.points_active:
        return "expired" if lot.expires_at and lot.expires_at <= now else "active"
    if lot.points_held:
        return "held"
    if lot.points_clawed_back >= lot.points:
        return "taken_back"
    return "expired" if lot.expires_at and lot.expires_at <= now else "spent"
