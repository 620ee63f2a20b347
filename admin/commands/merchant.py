"""`regulars merchant …`: everything a merchant needs before the first event comes in."""

import secrets
from pathlib import Path
from typing import Annotated
from uuid import UUID

import click
import msgspec
from msgspec import Meta

from core import clock, db, tenancy
from core.errors import DomainError, Kind, NotFound
from core.people import api_keys, staff, webhooks
from loyalty.intake.events import Currency
from loyalty.programme import service as programme
from loyalty.programme.service import Setup
from loyalty.rewards import catalogue
from loyalty.rewards.rules import Offer
from loyalty.rules.service import Market
from loyalty.tiers.rules import Tier, TierSet
from reviews.cases.inbound import pictures
from reviews.cases.inbound import service as inbound
from reviews.cases.inbound.reading import read

Names = dict[str, str]
Code = Annotated[str, Meta(min_length=1, max_length=100)]
Count = Annotated[int, Meta(ge=0, le=10**9)]
Days = Annotated[int, Meta(ge=0, le=36_500)]


class Reward(Offer, frozen=True, kw_only=True):
    """One reward of a programme file: the fields of loyalty.rewards.rules.Offer, its code and its stock."""

    code: Code
    stock: Count | None = None


class Programme(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A programme file (TOML): the fields of loyalty.programme.service.Setup, and rewards."""

    earn_rates: dict[Currency, Count]
    tiers: list[Tier] = []
    sets: list[TierSet] = []
    """Tier sets beside the one that `tiers` make, or, without `tiers`, all of them."""
    rewards: list[Reward] = []
    market: Market = "world"
    review_points: bool | None = None
    qualifying_window_days: Annotated[int, Meta(ge=1, le=36_500)] = 365
    guest_claim_days: Days = 30
    point_cost_micros: Count = 10_000
    points_expire_after_days: Days = 730
    """0: never."""
    terms_version: str = "1"


class ProgrammeFileInvalid(DomainError):
    """A programme file that is no TOML, or says something that a programme does not have."""

    code = "programme_file_invalid"
    kind = Kind.INVALID
    title = "The programme file cannot be used"


async def create(code: str, name: str, time_zone: str, currency: str) -> None:
    """Make a merchant; its name is the same in every language until somebody translates it."""
    names = {"en": name, "zh-Hans": name, "zh-Hant": name}
    await tenancy.create_merchant(code, names, time_zone, currency, clock.now())
    click.echo(f"merchant {code}")


async def add_store(code: str, store: str, name: str, currency: str, time_zone: str) -> None:
    """Add a store under the id that the shop's events use."""
    async with db.transaction(await _merchant(code)):
        await tenancy.create_store(store, {"en": name, "zh-Hans": name, "zh-Hant": name}, currency, time_zone)
    click.echo(f"store {store}")


async def set_programme(code: str, file: Path) -> None:
    """Publish the first version of the terms, and offer its rewards. Raises ProgrammeFileInvalid."""
    wanted = read_programme(file)
    setup = Setup(
        tiers=wanted.tiers,
        sets=wanted.sets,
        earn_rates=wanted.earn_rates,
        market=wanted.market,
        review_points=wanted.review_points,
        qualifying_window_days=wanted.qualifying_window_days,
        guest_claim_days=wanted.guest_claim_days,
        point_cost_micros=wanted.point_cost_micros,
        points_expire_after_days=wanted.points_expire_after_days or None,
        terms_version=wanted.terms_version,
    )
    async with db.transaction(await _merchant(code)):
        now = clock.now()
        version = await programme.create(setup, now)
        for each in wanted.rewards:
            await catalogue.offer(each.code, each, now, each.stock)
    click.echo(
        f"programme version {version.number}, {len(version.tiers)} tiers, {len(wanted.rewards)} rewards"
    )


def read_programme(file: Path) -> Programme:
    """The programme of a file. Raises ProgrammeFileInvalid."""
    try:
        wanted = msgspec.toml.decode(file.read_bytes(), type=Programme)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProgrammeFileInvalid(f"{file}: {error}") from error
    if len({reward.code for reward in wanted.rewards}) != len(wanted.rewards):
        raise ProgrammeFileInvalid(f"{file}: two rewards have the same code")
    return wanted


async def add_staff(code: str, email: str, name: str, role: str, goodwill_points: int) -> None:
    """Let somebody in; the password is random and shown this once."""
    password = secrets.token_urlsafe(12)
    async with db.transaction(await _merchant(code)):
        await staff.create(email, name, role, password, clock.now(), goodwill_limit_points=goodwill_points)
    click.echo(f"{role} {email}\npassword {password}")


async def new_password(code: str, email: str) -> None:
    """Another random password, shown this once. Raises NotFound."""
    password = secrets.token_urlsafe(12)
    async with db.transaction(await _merchant(code)):
        await staff.set_password(email, password, clock.now())
    click.echo(f"password {password}")


async def reset_second_factor(code: str, email: str) -> None:
    """Let somebody in by the password alone again. Raises NotFound."""
    async with db.transaction(await _merchant(code)):
        await staff.forget_second_factor(email, clock.now())
    click.echo(f"{email} signs in with the password alone")


async def create_key(code: str, name: str, scopes: tuple[str, ...]) -> None:
    """An API key, shown this once; without scopes it has all of them."""
    async with db.transaction(await _merchant(code)):
        key = await api_keys.create(name, scopes or tuple(api_keys.SCOPES), clock.now())
    click.echo(f"API key {key}")


async def revoke_key(code: str, prefix: str) -> None:
    """End an API key, named by the part between its underscores. Raises NotFound."""
    async with db.transaction(await _merchant(code)):
        found = next((key for key in await api_keys.listed() if key.prefix == prefix), None)
        if found is None:
            raise NotFound(f"no API key with the prefix {prefix}")
        await api_keys.revoke(found.id, clock.now())
    click.echo(f"API key {prefix} is revoked")


async def create_webhook(code: str, name: str) -> None:
    """A source of signed webhooks; the secret is shown this once."""
    async with db.transaction(await _merchant(code)):
        source = await webhooks.create(name, clock.now())
    click.echo(
        f"address /webhooks/in/{source.id}\nmail    /webhooks/mail/{source.id}\nsecret  {source.secret}"
    )


async def take_mail(code: str, raw: bytes) -> None:
    """Take one mail into its case, or park it for a person."""
    received = read(raw)
    kept = await pictures.made(received)
    async with db.transaction(await _merchant(code)):
        outcome = await inbound.receive(received, clock.now(), kept)
    click.echo("duplicate" if outcome.again else " ".join(filter(None, (outcome.state, outcome.reason))))


async def _merchant(code: str) -> UUID:
    found = await tenancy.find_merchant(code)
    if found is None:
        raise NotFound(f"no merchant {code}")
    return found.id
