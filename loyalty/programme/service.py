"""Make a programme; read its live terms; draft and publish new ones."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from uuid import UUID

import msgspec

from core import db
from core.errors import DomainError, Kind
from loyalty.ledger.commands import Policy
from loyalty.orders.rules import Terms
from loyalty.programme import queries
from loyalty.wallets import service as wallets
from loyalty.wallets.rules import Expiry, Never, RollingDays
from loyalty.wallets.service import Rules

Names = Mapping[str, str]
"""Text by locale: en, zh-Hans, zh-Hant."""

POINTS_NAME: Names = {"en": "Points", "zh-Hans": "积分", "zh-Hant": "積分"}
QUALIFYING_NAME: Names = {"en": "Qualifying points", "zh-Hans": "定级积分", "zh-Hant": "定級積分"}
EXPIRY_WARN_DAYS = 30


class Tier(msgspec.Struct, frozen=True, kw_only=True):
    """One tier of a version. `threshold_points`: qualifying points within the window."""

    rank: int
    code: str
    name: Names
    threshold_points: int
    multiplier_percent: int = 100


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A version of the terms, with its tiers from the lowest up."""

    id: UUID
    number: int
    state: str
    based_on: UUID | None
    qualifying_window_days: int
    guest_claim_days: int
    point_cost_micros: int
    terms_version: str
    created_at: datetime
    published_at: datetime | None
    tiers: tuple[Tier, ...]
    earn_rates: Mapping[str, int]


class TiersInvalid(DomainError):
    """Ranks, thresholds or codes do not fit together; see check_tiers()."""

    code = "tiers_invalid"
    kind = Kind.INVALID
    title = "The tiers do not make a ladder"


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
    """Everything that a first programme needs. Days and points; cost in millionths of a currency unit."""

    tiers: Sequence[Tier]
    earn_rates: Mapping[str, int]
    qualifying_window_days: int = 365
    guest_claim_days: int = 30
    point_cost_micros: int = 10_000
    points_expire_after_days: int | None = 730
    debt_policy: Policy = "debt"
    terms_version: str = "1"


async def create(setup: Setup, now: datetime) -> Version:
    """Make the merchant's wallets and publish the first version of the terms.

    Raises TiersInvalid or ProgrammeExists.
    """
    check_tiers(setup.tiers)
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
        setup.qualifying_window_days,
        setup.guest_claim_days,
        setup.point_cost_micros,
        setup.terms_version,
        None,
        now,
    )
    await _add_terms(version_id, setup.tiers, setup.earn_rates)
    return await version(version_id)


def check_tiers(tiers: Sequence[Tier]) -> None:
    """Raises TiersInvalid unless ranks count up from 0, thresholds rise from 0, codes differ, and no tier
    multiplies by less than 1 or by more than 100."""
    if [tier.rank for tier in tiers] != list(range(len(tiers))) or not tiers:
        raise TiersInvalid("ranks must count up from 0")
    thresholds = [tier.threshold_points for tier in tiers]
    if thresholds[0] != 0 or any(b <= a for a, b in pairwise(thresholds)):
        raise TiersInvalid("thresholds must rise, from 0 at the lowest tier", thresholds=thresholds)
    if len({tier.code for tier in tiers}) != len(tiers):
        raise TiersInvalid("two tiers have the same code")
    if not all(100 <= tier.multiplier_percent <= 10_000 for tier in tiers):
        raise TiersInvalid("a multiplier is 100 to 10,000 percent")


async def _add_terms(version_id: UUID, tiers: Sequence[Tier], rates: Mapping[str, int]) -> None:
    await db.execute(
        queries.ADD_TIERS,
        version_id,
        [tier.rank for tier in tiers],
        [tier.code for tier in tiers],
        [db.to_json(tier.name) for tier in tiers],
        [tier.threshold_points for tier in tiers],
        [tier.multiplier_percent for tier in tiers],
    )
    await db.execute(queries.ADD_RATES, version_id, list(rates), list(rates.values()))


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
    tiers = msgspec.json.decode(fields.pop("tiers"), type=tuple[Tier, ...])
    return Version(**fields | {"tiers": tiers, "earn_rates": db.from_json(fields["earn_rates"])})


async def live_terms() -> Terms | None:
    """What earning needs of the live version; None before there is one."""
    row = await db.fetchrow(queries.LIVE)
    if row is None:
        return None
    found = _version(row)
    return Terms(
        version_id=found.id,
        version=found.number,
        rates=found.earn_rates,
        guest_claim_days=found.guest_claim_days,
        multipliers={tier.code: tier.multiplier_percent for tier in found.tiers},
    )


async def draft(tiers: Sequence[Tier], based_on: Version, created_by: UUID | None, now: datetime) -> Version:
    """A draft with these tiers and the other terms of `based_on`. Raises TiersInvalid."""
    check_tiers(tiers)
    version_id = await db.fetchval(
        queries.ADD_VERSION,
        "draft",
        based_on.id,
        based_on.qualifying_window_days,
        based_on.guest_claim_days,
        based_on.point_cost_micros,
        based_on.terms_version,
        created_by,
        now,
    )
    await _add_terms(version_id, tiers, based_on.earn_rates)
    return await version(version_id)


async def make_live(draft_id: UUID, now: datetime) -> Version:
    """Publish a draft; the version that was live retires. Raises VersionNotDraft."""
    await db.execute(queries.LOCK_LIVE)
    await db.execute(queries.RETIRE_LIVE)
    if not await db.fetchval(queries.PUBLISH, draft_id, now):
        raise VersionNotDraft()
    return await version(draft_id)
