"""Webhooks of sources: hints that a review is worth a look. What it says is asked of the source itself.

So a forged, late or repeated delivery cannot put anything into a review, and never takes one away.
"""

from datetime import datetime
from uuid import UUID

import structlog

from core import db, outbox
from core.errors import NotFound
from reviews import intake
from reviews.accounts import queries, service, sync
from reviews.connectors import registry
from reviews.connectors.failures import SourceFailure, SourceLimited
from reviews.connectors.model import Delivery, HintUnsigned

TOPIC = "review_account.hint"
MOST = 100
"""Reviews that one delivery may be about."""

log = structlog.get_logger(__name__)


async def receive(account_id: UUID, delivery: Delivery, now: datetime) -> int:
    """Note what a delivery hints at, once it is found to be signed well; how many reviews.

    Raises HintUnsigned, also for an account that is not there or whose source has no webhooks.
    """
    async with db.transaction(None):
        merchant_id = await db.fetchval("SELECT merchant_id FROM gate_review_account($1)", account_id)
    if merchant_id is None:
        raise HintUnsigned()
    async with db.transaction(merchant_id):
        account = await service.find(account_id)
        hints = account.about.hints if registry.is_connectable(account.source) else None
        if hints is None:
            raise HintUnsigned()
        ids = list(dict.fromkeys(hints(delivery, service.hook_secret(account))))[:MOST]
        await outbox.add_many(TOPIC, [{"account": account_id, "review": each} for each in ids], now)
    return len(ids)


async def follow(account_id: UUID, external_id: str, now: datetime) -> None:
    """Ask the source for a review and take in what it says, in the open transaction.

    Raises SourceFailure where trying again may help; else the next full pass finds it.
    """
    account = await service.find(account_id)
    if account.state == "disconnected":
        return
    try:
        async with service.opened(account) as connector:
            review = await connector.find(external_id)
    except SourceLimited as error:
        # It comes again when the source allows it, and not after eight attempts never.
        again = {"account": account_id, "review": external_id}
        await outbox.add(TOPIC, again, now, delay_s=error.wait_s)
        return
    except (SourceFailure, NotFound) as error:
        if isinstance(error, SourceFailure) and error.again:
            raise
        log.warning("hint not followed", account=str(account.id), code=error.code, error=error.detail)
        return
    if review is not None:
        await sync.take(account, [review], now, now)
    elif await db.fetchval(queries.IS_KNOWN, db.merchant_id(), account.source, account.account, external_id):
        await intake.remove(account.source, account.account, external_id, now)
