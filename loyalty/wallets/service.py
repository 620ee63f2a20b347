"""Make wallets, read them, change their rules."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from core import db
from core.errors import DomainError, Kind, NotFound
from loyalty.ledger.commands import Policy
from loyalty.wallets import queries
from loyalty.wallets.rules import HAPPENS, Expiry, Never, OnDelivery, OnEvent, Settling, Wallet

Names = Mapping[str, str]


class WalletExists(DomainError):
    """The code belongs to a wallet already."""

    code = "wallet_exists"
    kind = Kind.CONFLICT
    title = "The programme has a wallet with this code"


class WalletRulesChanged(DomainError):
    """Somebody changed the rules since they were read."""

    code = "wallet_rules_changed"
    kind = Kind.CONFLICT
    title = "The wallet's rules were changed meanwhile"


class WalletMissing(NotFound):
    """No wallet has this code."""

    code = "wallet_unknown"
    title = "The programme has no such wallet"


class SettlingEventUnknown(DomainError):
    """Nobody will ever tell that this happened to an order: points would be pending for ever."""

    code = "settling_event_unknown"
    kind = Kind.INVALID
    title = "Points cannot wait for this event"


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What can be chosen for a wallet. `warn_days`: how long before expiry its member hears of it."""

    debt_policy: Policy = "debt"
    expiry: Expiry = Never()
    settling: Settling = OnDelivery()
    warn_days: int | None = None


class WalletView(Rules, frozen=True, kw_only=True):
    """A wallet with the rules that hold for new lots; older lots keep those they were made under."""

    id: UUID
    code: str
    name: Names
    earns_on_orders: bool
    version: int
    since: datetime


class WalletVersion(Rules, frozen=True, kw_only=True):
    """Rules of a wallet as they were from `since` on. `author`: the name of the member of staff."""

    number: int
    since: datetime
    author: str | None


async def create(
    code: str, name: Names, rules: Rules, now: datetime, earns_on_orders: bool = False, by: UUID | None = None
) -> WalletView:
    """Make a wallet. Raises WalletExists, SettlingEventUnknown."""
    check(rules)
    made = await db.fetchval(queries.ADD, code, db.to_json(name), earns_on_orders, *_columns(rules), now, by)
    if made is None:
        raise WalletExists(code)
    return await get(code)


async def change(
    code: str, rules: Rules, now: datetime, expected_version: int | None = None, by: UUID | None = None
) -> WalletView:
    """Set the rules for lots made from now on; the same rules again make no version.

    The debt policy is not a lot's: it holds for every refund from now on. Raises WalletMissing,
    WalletRulesChanged or SettlingEventUnknown.
    """
    check(rules)
    row = await db.fetchrow(queries.LOCK, code)
    if row is None:
        raise WalletMissing(code)
    known = _view(row)
    if expected_version not in (None, known.version):
        raise WalletRulesChanged(f"version {known.version} holds, not {expected_version}")
    if _columns(known) != _columns(rules):
        await db.execute(queries.CHANGE, known.id, *_columns(rules), now, by)
    return await get(code)


def check(rules: Rules) -> None:
    """Raises SettlingEventUnknown."""
    if isinstance(rules.settling, OnEvent):
        event = rules.settling.event
        if event not in HAPPENS and not event.startswith("custom."):
            raise SettlingEventUnknown(f"{event} is none of {', '.join(sorted(HAPPENS))}, custom.…")


async def awaited() -> frozenset[str]:
    """The events that pending points of orders wait for, by the rules of any time."""
    return frozenset(row["event"] for row in await db.fetch(queries.AWAITED))


async def lock(code: str) -> None:
    """Nobody else changes the wallet's rules until the transaction ends."""
    await db.execute(queries.LOCK, code)


async def get(code: str) -> WalletView:
    """One wallet. Raises WalletMissing."""
    row = await db.fetchrow(queries.ONE, code)
    if row is None:
        raise WalletMissing(code)
    return _view(row)


async def every() -> list[WalletView]:
    """The merchant's wallets, by code."""
    return [_view(row) for row in await db.fetch(queries.ALL)]


async def used(member_id: UUID) -> list[WalletView]:
    """Those in which something was posted for a member, by code."""
    return [_view(row) for row in await db.fetch(queries.USED, member_id)]


async def wallets() -> list[Wallet]:
    """The merchant's wallets as rules need them, by code."""
    return [_wallet(row) for row in await db.fetch(queries.ALL)]


async def versions(code: str) -> list[WalletVersion]:
    """All rules that the wallet has had, the newest first. Raises WalletMissing."""
    rows = await db.fetch(queries.VERSIONS, code)
    if not rows:
        raise WalletMissing(code)
    return [WalletVersion(**dict(row) | rules_of(row)) for row in rows]


def rules_of(row: db.Row) -> dict[str, Any]:
    """The typed rules in a row's columns `expiry` and `settling`."""
    return {
        "expiry": msgspec.json.decode(row["expiry"], type=Expiry),
        "settling": msgspec.json.decode(row["settling"], type=Settling),
    }


def _view(row: db.Row) -> WalletView:
    fields = dict(row) | rules_of(row) | {"name": db.from_json(row["name"])}
    del fields["zone"]
    return WalletView(**fields)


def _wallet(row: db.Row) -> Wallet:
    plain = ("code", "debt_policy", "earns_on_orders", "zone")
    return Wallet(**{name: row[name] for name in plain}, **rules_of(row))


def _columns(rules: Rules) -> tuple[str, str, str, int | None]:
    return rules.debt_policy, db.to_json(rules.expiry), db.to_json(rules.settling), rules.warn_days
