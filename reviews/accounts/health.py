"""How an account is doing, for people: what was read, what is wrong, what the source still allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core import db
from core.settings import settings
from core.vault import Sealed
from reviews.accounts import queries, service
from reviews.accounts.service import Account
from reviews.accounts.sync import Sync
from reviews.connectors.failures import SourceFailure
from reviews.connectors.quotas import Quotas

COUNT_LIMIT = 100_000
"""Reviews are counted up to here."""


@dataclass(frozen=True)
class Quota:
    """Calls that the source allows now, of those in its shortest window."""

    left: int
    calls: int
    window_s: int


@dataclass(frozen=True)
class Health:
    """One account and its passes, the latest first."""

    account: Account
    passes: tuple[Sync, ...]
    reviews: int
    """That are live here, up to COUNT_LIMIT."""
    quota: Quota | None
    """None: it cannot be told now."""

    @property
    def running(self) -> Sync | None:
        """The pass under way."""
        return next((each for each in self.passes if each.state == "running"), None)


async def of(accounts: Sequence[Account], now: datetime, passes: int = 1) -> list[Health]:
    """Health of these accounts of one merchant, in the open transaction."""
    quotas = Quotas(settings().valkey_url)
    try:
        return [await _one(account, quotas, now, passes) for account in accounts]
    finally:
        await quotas.close()


async def _one(account: Account, quotas: Quotas, now: datetime, passes: int) -> Health:
    place = (account.merchant_id, account.source, account.account)
    return Health(
        account=account,
        passes=tuple(Sync(**row) for row in await db.fetch(queries.LATEST, account.id, passes)),
        reviews=await db.fetchval(queries.COUNT, *place, COUNT_LIMIT),
        quota=await _quota(account, quotas, now),
    )


async def _quota(account: Account, quotas: Quotas, now: datetime) -> Quota | None:
    if account.credentials is None:
        return None
    try:
        budget = service.budget(account)
        return Quota(await quotas.left(budget, now), budget.calls, budget.window_s)
    except (SourceFailure, Sealed):
        return None
