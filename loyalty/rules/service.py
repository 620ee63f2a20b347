"""Rules and their versions: drafted, published, retired; which are in force when."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal
from uuid import UUID

import msgspec

from core import db, tenancy
from core.errors import DomainError, Kind, NotFound
from core.i18n import Locale, in_language
from loyalty.rules import model as m
from loyalty.rules import queries
from loyalty.rules.check import Overlap, check, check_times, every, overlaps
from loyalty.rules.model import Active, Rule
from loyalty.rules.sentence import Words

Market = Literal["world", "cn"]
CACHED_RULES = 1024
NEWEST = UUID(int=2**128 - 1)
"""The id of a rule that has none yet: the youngest."""
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)


class RuleExists(DomainError):
    """A rule of the merchant's has this code."""

    code = "rule_exists"
    kind = Kind.CONFLICT
    title = "There is a rule with this code"


class RuleMoved(DomainError):
    """Its newest version is another than the one that the next was made on."""

    code = "rule_moved"
    kind = Kind.CONFLICT
    title = "Somebody has saved a newer version of the rule"


class RuleNotDraft(DomainError):
    """It was published before, or retired: a published version never changes."""

    code = "rule_not_draft"
    kind = Kind.CONFLICT
    title = "Only a draft can be published"


class RuleNotLive(DomainError):
    """No version of it is published."""

    code = "rule_not_live"
    kind = Kind.CONFLICT
    title = "The rule is not in force"


class RuleOfCampaign(DomainError):
    """It holds in its campaign's time, within its budget: a version of its own would hold without either."""

    code = "rule_of_campaign"
    kind = Kind.CONFLICT
    title = "A campaign's rule stays as the campaign began with it"


class RulePast(DomainError):
    """What was counted already would not follow the rule, and what comes late would."""

    code = "rule_past"
    kind = Kind.INVALID
    title = "A rule cannot begin or end in the past"


class RuleReferenceUnknown(DomainError):
    """The rule names a tier, store, wallet or segment that does not exist."""

    code = "rule_reference_unknown"
    kind = Kind.INVALID
    title = "The rule names something that does not exist"


class SegmentTainted(DomainError):
    """Who gets points for a review must not depend on what reviews, cases or surveys said before."""

    code = "segment_tainted"
    kind = Kind.INVALID
    title = "This segment cannot be used for reviews"


class ReviewPointsOff(DomainError):
    """The programme gives no points for reviews; so it is by default in the market cn."""

    code = "review_points_off"
    kind = Kind.CONFLICT
    title = "Points for reviews are switched off"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Of the whole programme. In the market `cn` points for reviews are off unless switched on."""

    market: Market = "world"
    review_points: bool = True


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a rule. In force from `valid_from` (None: since ever) until just before `valid_until`,
    by the time of the event."""

    rule_id: UUID
    version_id: UUID
    version: int
    code: str
    name: str
    campaign_id: UUID | None
    state: Literal["draft", "published", "retired"]
    rule: Rule
    valid_from: datetime | None
    valid_until: datetime | None
    created_at: datetime
    author: str | None

    @property
    def active(self) -> Active:
        """As the engine takes it."""
        return Active(
            rule_id=self.rule_id,
            version_id=self.version_id,
            version=self.version,
            code=self.code,
            rule=self.rule,
            campaign_id=self.campaign_id,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )


async def create(
    code: str, name: str, rule: Rule, now: datetime, by: UUID | None = None, campaign_id: UUID | None = None
) -> Version:
    """A new rule, as a draft. Raises RuleExists, the refusals of check() and of _check_references()."""
    await check_saved(rule)
    rule_id = await db.fetchval(queries.ADD_RULE, code, name, campaign_id, now)
    if rule_id is None:
        raise RuleExists(code)
    return await _add(rule_id, rule, now, by)


async def revise(
    code: str, rule: Rule, now: datetime, by: UUID | None = None, after: int | None = None
) -> Version:
    """The next version of a rule, as a draft. `after`: the newest one, which it was made on; None: whichever.

    Raises NotFound, RuleOfCampaign, RuleMoved and as create().
    """
    await check_saved(rule)
    rule_id = await _own(code)
    if after is not None and (newest := (await versions(code))[0].version) != after:
        raise RuleMoved(f"its newest version is {newest}")
    return await _add(rule_id, rule, now, by)


async def refuse_of_campaign(code: str) -> None:
    """Raises NotFound, RuleOfCampaign."""
    await _own(code)


async def _own(code: str) -> UUID:
    """Lock a rule that is no campaign's; its id. Raises NotFound, RuleOfCampaign."""
    row = await db.fetchrow(queries.LOCK_RULE, code)
    if row is None:
        raise NotFound(f"no rule has the code {code}")
    if row["campaign_id"]:
        raise RuleOfCampaign(f"{code} is a campaign's")
    rule_id: UUID = row["id"]
    return rule_id


async def _add(rule_id: UUID, rule: Rule, now: datetime, by: UUID | None) -> Version:
    return await version(await db.fetchval(queries.ADD_VERSION, rule_id, db.to_json(rule), by, now))


async def publish(
    version_id: UUID,
    now: datetime,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    since_ever: bool = False,
) -> Version:
    """Put a draft in force from `valid_from` (None: now); whatever was in force until later ends there.

    `since_ever` is for the first rules of a programme, before anything was counted. Raises NotFound,
    RuleNotDraft, RulePast, ReviewPointsOff, RuleOfCampaign (but for its first version) and as create().
    """
    rule_id = await db.fetchval(queries.LOCK_RULE_OF, version_id)
    if rule_id is None:
        raise NotFound("there is no such version of a rule")
    check_times(valid_from, valid_until)
    start = None if since_ever else (valid_from or now)
    if (start and start < now) or (valid_until and valid_until <= (start or now)):
        raise RulePast(f"it is {now.isoformat()}")
    draft = await version(version_id)
    await check_saved(draft.rule)
    if isinstance(draft.rule.trigger, m.Review) and not (await settings()).review_points:
        raise ReviewPointsOff()
    if draft.state != "draft":
        raise RuleNotDraft(f"version {draft.version} is {draft.state}")
    if draft.campaign_id and draft.version > 1:
        raise RuleOfCampaign(f"{draft.code} is a campaign's")
    await db.execute(queries.END_PUBLISHED, rule_id, start or now, now)
    await db.execute(queries.PUBLISH, version_id, start, valid_until, now)
    return await version(version_id)


async def retire(code: str, now: datetime, at: datetime | None = None) -> None:
    """Take a rule out of force from now on, or from `at`.

    Raises NotFound, RulePast, RuleTimeInvalid, RuleNotLive, RuleOfCampaign (it ends with its campaign).
    """
    check_times(at)
    if at and at < now:
        raise RulePast(f"it is {now.isoformat()}")
    if await db.fetchval(queries.END_PUBLISHED, await _own(code), at or now, now) is None:
        raise RuleNotLive(code)


async def retire_of_campaign(campaign_id: UUID, now: datetime) -> None:
    """Take a campaign's rules out of force from now on; those that are already stay so."""
    for row in await db.fetch(queries.LOCK_RULES, campaign_id):
        await db.execute(queries.END_PUBLISHED, row["id"], now, now)


async def lock(code: str) -> None:
    """Nobody else revises, publishes or retires the rule until the transaction ends."""
    await db.execute(queries.LOCK_RULE, code)


async def version(version_id: UUID) -> Version:
    """One version. Raises NotFound."""
    row = await db.fetchrow(queries.VERSION, version_id)
    if row is None:
        raise NotFound("there is no such version of a rule")
    return _version(row)


async def versions(code: str) -> list[Version]:
    """All versions of a rule, the newest first. Raises NotFound."""
    rows = await db.fetch(queries.OF_RULE, code)
    if not rows:
        raise NotFound(f"no rule has the code {code}")
    return [_version(row) for row in rows]


async def numbered(code: str, number: int) -> Version:
    """One version of a rule by its number. Raises NotFound."""
    found = next((each for each in await versions(code) if each.version == number), None)
    if found is None:
        raise NotFound(f"rule {code} has no version {number}")
    return found


async def named(asked: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Version]:
    """Versions by the code of their rule and their number."""
    codes, numbers = [code for code, _ in asked], [number for _, number in asked]
    found = [_version(row) for row in await db.fetch(queries.NAMED, codes, numbers)]
    return {(each.code, each.version): each for each in found}


async def page(before: UUID | None = None, limit: int = 50, campaign_id: UUID | None = None) -> list[Version]:
    """Rules, the youngest first, each with its published version and its newest one."""
    return [_version(row) for row in await db.fetch(queries.LIST, before, campaign_id, limit)]


async def in_force(start: datetime, end: datetime, also: Sequence[UUID] = ()) -> list[Active]:
    """Versions in force at some time between the two, and those with the ids `also`."""
    rows = await db.fetch(queries.IN_FORCE, start, end, list(also))
    return [_version(row).active for row in rows]


async def live(now: datetime) -> list[Version]:
    """Versions that are published and have not ended, in stacking order."""
    found = [_version(row) for row in await db.fetch(queries.IN_FORCE, now, END_OF_TIME, [])]
    published = [each for each in found if each.state == "published"]
    return sorted(published, key=lambda each: (each.rule.priority, each.rule_id))


async def segments_in_force(at: datetime) -> list[UUID]:
    """The segments that rules in force at a moment ask for."""
    found = [c for each in await in_force(at, at) for c in every(each.rule.conditions)]
    return sorted({each.segment for each in found if isinstance(each, m.InSegment)})


async def settings() -> Settings:
    """The programme's settings; the defaults before there are any."""
    row = await db.fetchrow(queries.SETTINGS)
    return Settings(**row) if row else Settings()


async def set_settings(market: Market, review_points: bool | None, now: datetime) -> Settings:
    """Set the market; None: points for reviews as is the default there."""
    on = market != "cn" if review_points is None else review_points
    await db.execute(queries.PUT_SETTINGS, market, on, now)
    return Settings(market=market, review_points=on)


async def warnings(
    rule: Rule, rule_id: UUID | None, now: datetime, campaign_id: UUID | None = None
) -> list[Overlap]:
    """What the rule and those in force would do to each other."""
    others = await live(now)
    mine = Active(
        rule_id=rule_id or NEWEST, version_id=NEWEST, version=0, code="", rule=rule, campaign_id=campaign_id
    )
    names = {each.code: each.name for each in others}
    found = overlaps(mine, [each.active for each in others], now)
    return [msgspec.structs.replace(each, name=names[each.code]) for each in found]


async def check_saved(rule: Rule) -> None:
    """Raises what check() says, RuleReferenceUnknown or SegmentTainted."""
    check(rule)
    row = await db.fetchrow(queries.KNOWN)
    assert row is not None  # a query without tables always answers a row
    taints: Mapping[str, list[str]] = db.from_json(row["segments"])
    segments = [str(each.segment) for each in every(rule.conditions) if isinstance(each, m.InSegment)]
    _expect("segment", segments, taints)
    _expect("wallet", rule.wallets, row["wallets"])
    _expect("tier", _tiers(rule), row["tiers"])
    stores = [s for each in every(rule.conditions) if isinstance(each, m.StoreIn) for s in each.stores]
    _expect("store", stores, row["stores"])
    if isinstance(rule.trigger, m.Review):
        _refuse_taint(segments, taints)


async def refuse_tainted(segments: Iterable[str]) -> None:
    """Raises SegmentTainted for a segment that uses review, case or survey data."""
    row = await db.fetchrow(queries.KNOWN)
    _refuse_taint(segments, db.from_json(row["segments"]) if row else {})


def _refuse_taint(segments: Iterable[str], taints: Mapping[str, Sequence[str]]) -> None:
    for segment in segments:
        if taints[segment]:
            raise SegmentTainted(f"it uses {', '.join(taints[segment])} data", segment=segment)


def _tiers(rule: Rule) -> list[str]:
    named = [t for each in every(rule.conditions) if isinstance(each, m.TierIn) for t in each.tiers]
    return named + (list(rule.effect.points) if isinstance(rule.effect, m.PerTier) else [])


def _expect(what: str, named: Iterable[str], known: Iterable[str]) -> None:
    missing = sorted(set(named) - set(known))
    if missing:
        raise RuleReferenceUnknown(f"no {what} is called {missing[0]}", what=what, name=missing[0])


def _version(row: db.Row) -> Version:
    plain = {name: row[name] for name in Version.__struct_fields__ if name != "rule"}
    return Version(**plain, rule=_rule(row["definition"]))


@lru_cache(CACHED_RULES)
def _rule(definition: str) -> Rule:
    return msgspec.json.decode(definition, type=Rule)


# ---------------------------------------------------------------- words


async def words(locale: Locale) -> Words:
    """Says rules in one language, with the merchant's names for tiers, stores and segments."""
    rows = await db.fetch(queries.NAMES)
    names = {row["code"]: in_language(db.from_json(row["name"]), locale) for row in rows}
    return Words(locale, (await tenancy.shop()).time_zone, names)


async def order_rate(currency: str, now: datetime) -> int | None:
    """Points per 100 units of a currency that every order earns; None: there is no such rule."""
    for each in await live(now):
        effect, always = each.rule.effect, each.active.covers(now) and not each.rule.requirements()
        if (
            always
            and isinstance(each.rule.trigger, m.Order)
            and isinstance(effect, m.PerAmount)
            and currency in effect.points_per_100_units
        ):
            return effect.points_per_100_units[currency]
    return None


async def stores(locale: Locale) -> list[tuple[str, str]]:
    """The merchant's stores: the shop's id and the name."""
    rows = await db.fetch(queries.STORES)
    return [(row["external_id"], in_language(db.from_json(row["name"]), locale)) for row in rows]
