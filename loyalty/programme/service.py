"""Make a programme; read its live terms; draft and publish new ones."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from core import db, tenancy
from core.days import zone_of
from core.errors import DomainError, Kind
from loyalty.ledger.commands import Policy
from loyalty.orders.rules import Terms
from loyalty.programme import queries
from loyalty.rules import service as earning
from loyalty.rules.model import Order, PerAmount, Rule
from loyalty.tiers.rules import RollingDays as LastDays
from loyalty.tiers.rules import Tier, TierSet, TiersInvalid, check
from loyalty.wallets import service as wallets
from loyalty.wallets.rules import Expiry, Never, RollingDays
from loyalty.wallets.service import Rules

Names = Mapping[str, str]
"""Text by locale: en, zh-Hans, zh-Hant."""

POINTS_NAME: Names = {"en": "Points", "zh-Hans": "积分", "zh-Hant": "積分"}
QUALIFYING_NAME: Names = {"en": "Qualifying points", "zh-Hans": "定级积分", "zh-Hant": "定級積分"}
MAIN_NAME: Names = {"en": "Tiers", "zh-Hans": "等级", "zh-Hant": "等級"}
EXPIRY_WARN_DAYS = 30


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A version of the terms. The first tier set is the one that earning looks at."""

    id: UUID
    number: int
    state: str
    based_on: UUID | None
    guest_claim_days: int
    point_cost_micros: int
    terms_version: str
    created_at: datetime
    published_at: datetime | None
    time_zone: str
    """The merchant's, as it is now."""
    sets: tuple[TierSet, ...]

    @property
    def primary(self) -> TierSet:
        """The first tier set."""
        return self.sets[0]

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """The tiers of the first set, from the lowest up."""
        return self.sets[0].tiers

    def tier_set(self, code: str) -> TierSet | None:
        """The set of this code."""
        return next((each for each in self.sets if each.code == code), None)


class ProgrammeMissing(DomainError):
    """Nothing can be earned before a programme is published."""

    code = "programme_missing"
    kind = Kind.NOT_FOUND
    title = "The merchant has no programme yet"


class ProgrammeExists(DomainError):
    """A programme is made once; afterwards its terms change by publishing another version."""

    code = "programme_exists"
    kind = Kind.CONFLICT
    title = "The merchant has a programme already"


class VersionNotDraft(DomainError):
    """It was published before, or retired."""

    code = "version_not_draft"
    kind = Kind.CONFLICT
    title = "Only a draft can be changed or published"


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a first programme needs. Days and points; cost in millionths of a currency unit.

    `tiers` make the first set, of qualifying points in the last `qualifying_window_days` days; `sets` come
    after it, or, with no `tiers`, in its place. `earn_rates`, points per 100 currency units, become the
    earning rule `orders`. In the market `cn` points for reviews are off unless `review_points` says so.
    """

    tiers: Sequence[Tier] = ()
    sets: Sequence[TierSet] = ()
    earn_rates: Mapping[str, int]
    qualifying_window_days: int = 365
    guest_claim_days: int = 30
    point_cost_micros: int = 10_000
    points_expire_after_days: int | None = 730
    debt_policy: Policy = "debt"
    terms_version: str = "1"
    market: earning.Market = "world"
    review_points: bool | None = None

    @property
    def every_set(self) -> tuple[TierSet, ...]:
        """All tier sets, in their order."""
        if not self.tiers:
            return tuple(self.sets)
        window = LastDays(self.qualifying_window_days)
        return (TierSet(code="main", name=MAIN_NAME, tiers=tuple(self.tiers), window=window), *self.sets)


async def create(setup: Setup, now: datetime) -> Version:
    """Make the merchant's wallets and publish the first version of the terms.

    Raises TiersInvalid, ProgrammeExists or TimeZoneUnknown.
    """
    check_sets(setup.every_set)
    zone_of((await tenancy.shop()).time_zone)
    if await wallets.every():
        raise ProgrammeExists()
    days = setup.points_expire_after_days
    expiry: Expiry = RollingDays(days) if days else Never()
    spendable = Rules(
        debt_policy=setup.debt_policy, expiry=expiry, warn_days=EXPIRY_WARN_DAYS if days else None
    )
    await wallets.create("points", POINTS_NAME, spendable, now, earns_on_orders=True)
    await wallets.create("qualifying", QUALIFYING_NAME, Rules(), now, earns_on_orders=True)
    version_id = await db.fetchval(
        queries.ADD_VERSION,
        "published",
        None,
        setup.guest_claim_days,
        setup.point_cost_micros,
        setup.terms_version,
        None,
        now,
    )
    await _add_sets(version_id, setup.every_set)
    await earning.set_settings(setup.market, setup.review_points, now)
    if setup.earn_rates:
        draft = await earning.create("orders", "", order_rule(setup.earn_rates), now)
        await earning.publish(draft.version_id, now, since_ever=True)
    return await version(version_id)


def order_rule(earn_rates: Mapping[str, int]) -> Rule:
    """What every programme begins with: points per 100 currency units of each order, in every wallet that
    earns on orders."""
    effect = PerAmount(points_per_100_units=dict(earn_rates), by_tier=True)
    return Rule(trigger=Order(), effect=effect, priority=0, wallets=())


def check_sets(sets: Sequence[TierSet]) -> None:
    """Raises TiersInvalid unless there is a set, each is sound by itself and their codes differ."""
    if not sets or len({each.code for each in sets}) != len(sets):
        raise TiersInvalid("there must be a tier set, and each needs a code of its own")
    for each in sets:
        check(each)


async def _add_sets(version_id: UUID, sets: Sequence[TierSet]) -> None:
    as_json = db.to_json(sets)
    await db.execute(queries.ADD_SETS, version_id, as_json)
    await db.execute(queries.ADD_TIERS, version_id, as_json)


async def version(version_id: UUID) -> Version:
    """One version. Raises ProgrammeMissing when it is not this merchant's."""
    row = await db.fetchrow(queries.VERSION, version_id)
    if row is None:
        raise ProgrammeMissing()
    return _version(row)


async def live() -> Version:
    """The published version. Raises ProgrammeMissing before there is one."""
    row = await db.fetchrow(queries.LIVE)
    if row is None:
        raise ProgrammeMissing()
    return _version(row)


async def versions() -> list[Version]:
    """All versions, the newest first."""
    return [_version(row) for row in await db.fetch(queries.VERSIONS)]


async def authors() -> dict[UUID, str]:
    """Who of the staff made each version, by version; those that no person made are left out."""
    return {row["id"]: row["name"] for row in await db.fetch(queries.AUTHORS)}


def _version(row: db.Row) -> Version:
    fields = dict(row)
    sets = msgspec.json.decode(fields.pop("sets"), type=tuple[TierSet, ...])
    return Version(**fields | {"sets": sets})


async def live_terms() -> Terms | None:
    """What earning needs of the live version; None before there is one."""
    row = await db.fetchrow(queries.LIVE)
    if row is None:
        return None
    found = _version(row)
    return Terms(
        version_id=found.id,
        version=found.number,
        guest_claim_days=found.guest_claim_days,
        multipliers={tier.code: tier.multiplier_percent for tier in found.tiers},
    )


async def draft(
    sets: Sequence[TierSet], based_on: Version, created_by: UUID | None, now: datetime
) -> Version:
    """A draft with these tier sets and the other terms of `based_on`. Raises TiersInvalid."""
    check_sets(sets)
    version_id = await db.fetchval(
        queries.ADD_VERSION,
        "draft",
        based_on.id,
        based_on.guest_claim_days,
        based_on.point_cost_micros,
        based_on.terms_version,
        created_by,
        now,
    )
    await _add_sets(version_id, sets)
    return await version(version_id)


async def make_live(draft_id: UUID, now: datetime) -> Version:
    """Publish a draft; the version that was live retires. Raises VersionNotDraft."""
    await db.execute(queries.LOCK_LIVE)
    await db.execute(queries.RETIRE_LIVE)
    if not await db.fetchval(queries.PUBLISH, draft_id, now):
        raise VersionNotDraft()
    return await version(draft_id)
