"""Read an account: page by page, each in a transaction of its own, from where the last reader stopped.

A full pass lists everything. What was known before and is not in the list is then asked for one by one:
the source's own "no such review" makes the tombstone, an absence never does. Nothing is removed by a pass
that did not reach the end of the list, nor when so much is missing that the source is not believed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from core import clock, db
from core.errors import DomainError
from core.ids import new_id
from core.vault import Sealed
from reviews import intake
from reviews.accounts import queries, rules, service
from reviews.accounts.service import Account
from reviews.connectors.failures import (
    CredentialsRefused,
    CursorLost,
    ReviewGone,
    SourceFailure,
    SourceLimited,
    SourceRefused,
)
from reviews.connectors.model import Connector
from reviews.connectors.reading import Unreadable
from reviews.intake import IncomingReview
from reviews.intake.rules import Content, ReviewInvalid, content_of, storable
from reviews.intake.service import take_in

LEASE = timedelta(minutes=5)
"""Longer than one page takes; a reader that died gives the account back after it."""
REFUSED_PAUSE = timedelta(hours=1)

log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """Another reader has the account now, or it was disconnected: this one stops and changes nothing."""


@dataclass(frozen=True)
class Claim:
    """The right to read an account, for LEASE at a time."""

    account: Account
    lease: UUID

    @property
    def merchant_id(self) -> UUID:
        """Whose account it is."""
        return self.account.merchant_id


@dataclass(frozen=True)
class Sync:
    """One pass, as it is stored."""

    id: UUID
    mode: str
    state: str
    accept_removals: bool
    since: datetime | None
    cursor: str
    started_at: datetime
    listed_at: datetime | None
    ended_at: datetime | None
    pages: int
    total: int | None
    seen: int
    new: int
    changed: int
    removed: int
    rejected: int
    reject: str


@dataclass
class Counts:
    """What became of some reviews."""

    new: int = 0
    changed: int = 0
    rejected: int = 0
    reject: str = ""


async def claim(merchant_id: UUID, now: datetime, account_id: UUID | None = None) -> Claim | None:
    """The account of this merchant that is due the longest, or this one; None: none is free."""
    lease = new_id()
    async with db.transaction(merchant_id):
        row = await db.fetchrow(queries.CLAIM, merchant_id, lease, now, now + LEASE, account_id)
    return Claim(service.account_of(row), lease) if row else None


async def read(claimed: Claim, until: datetime) -> bool:
    """Go on with the account's pass until it ends or it is `until`; whether it has ended.

    What the source does wrong is noted with the account, never raised.
    """
    ended = began_anew = False
    try:
        async with service.opened(claimed.account) as connector:
            while not ended:
                try:
                    ended = await _step(claimed, connector)
                except CursorLost:
                    if began_anew:  # a list of which we never see the second page is left alone for a while
                        raise
                    began_anew = True
                if clock.now() >= until:
                    break
    except LeaseLost:
        return True
    except (SourceFailure, Sealed) as error:
        await _note_failure(claimed, error)
        return True
    except Exception as error:
        # A mistake of ours: seen by staff with this account, and no other account waits for it.
        log.exception("reading failed", account=str(claimed.account.id))
        await _note_failure(claimed, SourceFailure(f"{type(error).__name__}: {error}"))
        return True
    async with db.transaction(claimed.merchant_id):
        await db.execute(queries.RELEASE, claimed.account.id, claimed.lease)
    return ended


async def take(
    account: Account, reviews: Sequence[IncomingReview], asked_at: datetime, now: datetime
) -> Counts:
    """Take in what the source shows, in the open transaction; what had counted as gone is there again."""
    counts, contents = Counts(), list[Content]()
    for review in reviews:
        try:
            contents.append(content_of(review, now))
        except ReviewInvalid as error:
            counts.rejected += 1
            counts.reject = storable(f"{review.external_id}: {error.detail}")
    received = await take_in(contents, now)
    counts.new = sum(each.status == "new" for each in received)
    counts.changed = sum(each.status not in ("new", "unchanged") for each in received)
    place = (db.merchant_id(), account.source, account.account)
    ids = [content.review.external_id for content in contents]
    await db.execute(queries.RESTORE, *place, ids, asked_at)
    if account.about.tells_replies:
        silent = [content.review.external_id for content in contents if not content.review.reply]
        taken_back = await db.fetch(queries.UNANSWER, *place, silent, asked_at - rules.OVERLAP)
        counts.changed += len(taken_back)
    return counts


async def _step(claimed: Claim, connector: Connector) -> bool:
    """One request to the source and what it brings; whether the pass has ended."""
    now = clock.now()
    async with db.transaction(claimed.merchant_id):
        await _hold(claimed, now)
        sync = await _running(claimed.account, now)
        missing = await _missing(claimed.account, sync) if sync.listed_at else None
        if sync.listed_at and missing is None:
            await _end(claimed, sync, "done", now)
            return True
    if missing is None:
        return await _page(claimed, sync, connector, now)
    await _confirm(claimed, sync, connector, missing, now)
    return False


async def _running(account: Account, now: datetime) -> Sync:
    """The pass to go on with, or a new one: of everything when that is due, or nothing was read yet."""
    row = await db.fetchrow(queries.RUNNING, account.id)
    if row is not None:
        sync = Sync(**row)
        if now - sync.started_at < rules.STALE:
            return sync
        await service.end_running(account.id, "failed", now)
    full = account.synced_to is None or account.full_at <= now
    since = None if full or account.synced_to is None else account.synced_to - rules.OVERLAP
    mode = "full" if full else "incremental"
    begun = await db.fetchrow(queries.BEGIN, db.merchant_id(), account.id, mode, False, since, now)
    assert begun is not None
    return Sync(**begun)


async def _page(claimed: Claim, sync: Sync, connector: Connector, asked_at: datetime) -> bool:
    """Read one page; whether the pass has ended with it, since the source is not believed.

    Raises CursorLost once the list is to begin anew.
    """
    try:
        page = await connector.page(sync.since, sync.cursor)
    except CursorLost:
        async with db.transaction(claimed.merchant_id):
            await _hold(claimed, clock.now())
            await db.execute(queries.START_AGAIN, sync.id)
        raise
    except ReviewGone as error:
        raise SourceRefused("the source knows no such account") from error
    now = clock.now()
    async with db.transaction(claimed.merchant_id):
        await _hold(claimed, now)
        counts = await take(claimed.account, page.reviews, asked_at, now)
        if sync.mode == "full":
            await _sight(sync, [review.external_id for review in page.reviews])
        await db.execute(
            queries.NOTE_PAGE,
            *(sync.id, page.next, None if page.next else now, page.total, len(page.reviews)),
            *(counts.new, counts.changed, counts.rejected + len(page.rejects)),
            (counts.reject or next(iter(page.rejects), ""))[:500],
        )
        return not page.next and await _is_distrusted(claimed, sync, now)


async def _is_distrusted(claimed: Claim, sync: Sync, now: datetime) -> bool:
    """Whether the list lacks too much; then the pass ends, in the open transaction, and removes nothing."""
    if sync.mode != "full" or sync.accept_removals:
        return False
    row = await db.fetchrow(queries.RECONCILED, *_asked(claimed.account, sync))
    assert row is not None
    found = rules.Reconciled(**row)
    if not rules.is_suspicious(found):
        return False
    await _end(claimed, sync, "suspicious", now, "source_suspicious", f"{found.missing} of {found.known}")
    return True


async def _confirm(
    claimed: Claim, sync: Sync, connector: Connector, external_id: str, asked_at: datetime
) -> None:
    """Ask for a review that the list lacked: it is gone, or it slipped through between two pages."""
    account, found = claimed.account, list[IncomingReview]()
    try:
        review = await connector.find(external_id)
        gone = review is None
        found = [review] if review else []
    except Unreadable:
        gone = False
    now = clock.now()
    async with db.transaction(claimed.merchant_id):
        await _hold(claimed, now)
        if gone:
            await intake.remove(account.source, account.account, external_id, now)
            await db.execute(queries.NOTE_REMOVED, sync.id)
        else:
            await take(account, found, asked_at, now)
        # Asked and answered, whatever has become of it.
        await _sight(sync, [external_id])


async def _missing(account: Account, sync: Sync) -> str | None:
    """A review that was known before the pass and that the source has not shown in it."""
    if sync.mode != "full":
        return None
    missing: str | None = await db.fetchval(queries.MISSING, *_asked(account, sync))
    return missing


def _asked(account: Account, sync: Sync) -> tuple[Any, ...]:
    return account.merchant_id, account.source, account.account, sync.started_at, sync.id


async def _sight(sync: Sync, external_ids: Sequence[str]) -> None:
    # What no database stores names no review of ours.
    ids = [each for each in external_ids if each == storable(each)]
    await db.execute(queries.SIGHT, db.merchant_id(), sync.id, ids)


async def _end(
    claimed: Claim, sync: Sync, state: str, now: datetime, problem: str | None = None, detail: str = ""
) -> None:
    await db.execute(queries.FORGET_SIGHTINGS, sync.id)
    await db.execute(queries.END, sync.id, state, now)
    await db.execute(queries.FORGET_PASSES, claimed.account.id, now - rules.KEPT)
    await db.execute(
        queries.DONE,
        *(claimed.account.id, claimed.lease, problem, detail),
        rules.next_look(now, claimed.account.about.interval),
        *(sync.started_at, now, rules.next_look(now, rules.FULL_EVERY) if sync.mode == "full" else None),
    )


async def _hold(claimed: Claim, now: datetime) -> None:
    """Keep the account for another LEASE, in the open transaction. Raises LeaseLost."""
    if await db.fetchval(queries.HOLD, claimed.account.id, claimed.lease, now + LEASE) is None:
        raise LeaseLost()


async def _note_failure(claimed: Claim, error: DomainError) -> None:
    """Write down what went wrong and when to try again; the pass goes on from where it was, if it can."""
    now, account = clock.now(), claimed.account
    refused = isinstance(error, CredentialsRefused | Sealed)
    counted = 0 if isinstance(error, SourceLimited) else 1
    if isinstance(error, SourceLimited):
        again_at = now + timedelta(seconds=error.wait_s)
    elif isinstance(error, SourceRefused):
        again_at = now + REFUSED_PAUSE
    else:
        again_at = now + rules.pause(account.failures + 1)
    log.warning(
        "source failed", account=str(account.id), source=account.source, code=error.code, error=error.detail
    )
    async with db.transaction(claimed.merchant_id):
        ours = await db.fetchval(
            queries.FAILED,
            *(account.id, claimed.lease, counted, error.code, error.detail[:500], again_at),
            "refused" if refused else "connected",
        )
        if ours and isinstance(error, SourceRefused):
            await service.end_running(account.id, "failed", now)
