"""Wallets: the kinds of points, with their rules of debt, settling and expiry."""

from typing import Annotated

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from api.auth import Integrator, requires_scope
from api.idempotency import Once
from api.openapi import WRITE_PROBLEMS, problems
from core import clock, db
from loyalty.changes import service as changes
from loyalty.ledger.commands import Policy
from loyalty.wallets import service as wallets
from loyalty.wallets.rules import Code, Expiry, Never, OnDelivery, Settling
from loyalty.wallets.service import Rules, WalletVersion, WalletView

Text = Annotated[str, Meta(min_length=1, max_length=200)]
WarnDays = Annotated[int, Meta(ge=1, le=365)]


class WalletRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules of a wallet, as a whole: what is left out gets its default.

    `expiry` and `settling` are objects with a `kind`. Calendar days and periods are of the merchant's time
    zone. `debt_policy` says what becomes of a refund whose points were spent: refused, let go or owed.
    `warn_days`: members hear by mail so many days before points expire; null: they do not.
    """

    debt_policy: Policy = "debt"
    expiry: Expiry = Never()
    settling: Settling = OnDelivery()
    warn_days: WarnDays | None = None

    def rules(self) -> Rules:
        """As the domain has them."""
        return Rules(**{name: getattr(self, name) for name in Rules.__struct_fields__})


class NewWallet(WalletRules, frozen=True, kw_only=True):
    """A wallet; `name` by locale (en, zh-Hans, zh-Hant). With `earns_on_orders` orders earn here too."""

    code: Code
    name: Annotated[dict[Annotated[str, Meta(max_length=35)], Text], Meta(min_length=1, max_length=10)]
    earns_on_orders: bool = False


class ChangedWallet(WalletRules, frozen=True, kw_only=True):
    """New rules; with `expected_version` they are refused if others hold by now."""

    expected_version: int | None = None


class Wallets(msgspec.Struct, frozen=True):
    """The merchant's wallets, by code."""

    wallets: list[WalletView]


class Versions(msgspec.Struct, frozen=True):
    """The rules that a wallet has had, the newest first."""

    versions: list[WalletVersion]


@get("/", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def listed(user: NamedDependency[Integrator]) -> Wallets:
    """The wallets with the rules that hold for new points."""
    async with db.transaction(user.merchant_id):
        return Wallets(await wallets.every())


@post("/", guards=[requires_scope("programme:write")], status_code=201, responses=WRITE_PROBLEMS)
async def create(data: JSONBody[NewWallet], once: NamedDependency[Once[WalletView]]) -> Response[WalletView]:
    """Add a wallet to the programme."""

    async def effect() -> WalletView:
        return await wallets.create(data.code, data.name, data.rules(), clock.now(), data.earns_on_orders)

    return await once(effect, status=201)


@post(
    "/{code:str}/rules", guards=[requires_scope("programme:write")], status_code=200, responses=WRITE_PROBLEMS
)
async def change(
    code: FromPath[str], data: JSONBody[ChangedWallet], once: NamedDependency[Once[WalletView]]
) -> Response[WalletView]:
    """Change a wallet's rules for points earned from now on; those already earned keep theirs.

    The debt policy is no promise to a member: it holds for every refund from now on.
    """

    async def effect() -> WalletView:
        now = clock.now()
        await changes.by_program("wallet", code, now)
        return await wallets.change(code, data.rules(), now, data.expected_version)

    return await once(effect)


@get("/{code:str}/versions", guards=[requires_scope("members:read")], responses=problems(401, 403))
async def versions(code: FromPath[str], user: NamedDependency[Integrator]) -> Versions:
    """What a wallet's rules were, and from when on."""
    async with db.transaction(user.merchant_id):
        return Versions(await wallets.versions(code))


v1_wallets = Router("/wallets", route_handlers=[listed, create, change, versions], tags=["Wallets"])
