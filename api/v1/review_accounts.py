"""Accounts at review sources: connect them, see how they are doing, have them read, disconnect them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from api.auth import Integrator, requires_scope
from api.idempotency import Once
from api.openapi import WRITE_PROBLEMS, problems
from core import clock, db
from reviews.accounts import health
from reviews.accounts import service as accounts
from reviews.accounts.health import Health

Value = Annotated[str, Meta(max_length=accounts.VALUE_LIMIT_CHARS)]


class NewAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An account to connect. Its secrets go in with `fields` and are never answered."""

    source: Annotated[str, Meta(max_length=40)]
    """google, trustpilot, woocommerce or app_store."""
    name: Annotated[str, Meta(max_length=accounts.NAME_LIMIT_CHARS)] = ""
    """As the team calls it; empty: as the source does."""
    fields: Annotated[dict[str, Value], Meta(max_length=20)]
    """google: location, client_id, client_secret, refresh_token. trustpilot: business_unit, api_key,
    api_secret, and username and password, or business_user. woocommerce: url, consumer_key,
    consumer_secret, and for replies wordpress_user and application_password. app_store: app_id, issuer_id,
    key_id, private_key."""


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to read it now."""

    full: bool = False
    """List everything: finds edits and what is gone."""
    accept_removals: bool = False
    """However many are gone, they may go: somebody has looked."""


class Quota(msgspec.Struct, frozen=True):
    """Calls that the source allows now, of those in its shortest window (in seconds)."""

    left: int
    calls: int
    window_s: int


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """One reading: `incremental` (what is new) or `full`. Counts are of reviews."""

    mode: str
    state: str
    """running, done, failed, or suspicious: so much was missing that nothing was removed."""
    started_at: datetime
    ended_at: datetime | None
    seen: int
    new: int
    changed: int
    removed: int
    rejected: int
    reject: str
    """Why the last one was rejected."""


class ReviewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account and how it is doing. Nothing of its credentials is here but what is no secret."""

    id: UUID
    source: str
    account: str
    """As its reviews name it."""
    name: str
    settings: dict[str, str]
    state: str
    """connected, refused (its credentials are) or disconnected."""
    reviews: int
    """That are live here, up to 100,000."""
    synced_at: datetime | None
    next_at: datetime
    problem: str | None
    """Code of what went wrong the last time; null: nothing."""
    problem_detail: str
    quota: Quota | None
    last: Pass | None
    """The reading under way, or the last one."""


class ReviewAccounts(msgspec.Struct, frozen=True):
    """All connected accounts, by source and name."""

    accounts: list[ReviewAccount]


@get("/", guards=[requires_scope("reviews:read")], responses=problems(401, 403))
async def list_accounts(user: NamedDependency[Integrator]) -> ReviewAccounts:
    """Every connected account."""
    async with db.transaction(user.merchant_id):
        found = await health.of(await accounts.every(), clock.now())
    return ReviewAccounts([_shown(each) for each in found])


@get("/{account_id:uuid}", guards=[requires_scope("reviews:read")], responses=problems(401, 403))
async def get_account(account_id: FromPath[UUID], user: NamedDependency[Integrator]) -> ReviewAccount:
    """One account, also a disconnected one."""
    async with db.transaction(user.merchant_id):
        return await _one(account_id)


@post("/", guards=[requires_scope("reviews:write")], status_code=201, responses=WRITE_PROBLEMS)
async def post_account(
    data: JSONBody[NewAccount], once: NamedDependency[Once[ReviewAccount]]
) -> Response[ReviewAccount]:
    """Connect an account, or the same one anew with other credentials; it is then read completely."""

    async def effect() -> ReviewAccount:
        return await _one(await accounts.connect(data.source, data.name, data.fields, clock.now()))

    return await once(effect, status=201)


@post(
    "/{account_id:uuid}/sync",
    guards=[requires_scope("reviews:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def post_sync(
    account_id: FromPath[UUID], data: JSONBody[Asked], once: NamedDependency[Once[ReviewAccount]]
) -> Response[ReviewAccount]:
    """Have it read now; a worker begins within half a minute."""

    async def effect() -> ReviewAccount:
        await accounts.ask(account_id, clock.now(), data.full, data.accept_removals)
        return await _one(account_id)

    return await once(effect)


@delete(
    "/{account_id:uuid}",
    guards=[requires_scope("reviews:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def delete_account(
    account_id: FromPath[UUID], once: NamedDependency[Once[ReviewAccount]]
) -> Response[ReviewAccount]:
    """Disconnect it: its credentials are deleted, its reviews stay."""

    async def effect() -> ReviewAccount:
        await accounts.disconnect(account_id)
        return await _one(account_id)

    return await once(effect)


v1_review_accounts = Router(
    "/review-accounts",
    route_handlers=[list_accounts, get_account, post_account, post_sync, delete_account],
    tags=["Review accounts"],
)


async def _one(account_id: UUID) -> ReviewAccount:
    [found] = await health.of([await accounts.find(account_id)], clock.now())
    return _shown(found)


def _shown(found: Health) -> ReviewAccount:
    account, quota = found.account, found.quota
    last = found.passes[0] if found.passes else None
    return ReviewAccount(
        reviews=found.reviews,
        quota=Quota(quota.left, quota.calls, quota.window_s) if quota else None,
        last=Pass(**{name: getattr(last, name) for name in Pass.__struct_fields__}) if last else None,
        **{name: getattr(account, name) for name in _PLAIN},
    )


_PLAIN = (
    *("id", "source", "account", "name", "settings", "state"),
    *("synced_at", "next_at", "problem", "problem_detail"),
)
