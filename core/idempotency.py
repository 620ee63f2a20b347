"""Every write happens once: its key, its answer and its effect are committed together."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from core import db
from core.errors import DomainError, Kind


class KeyRunning(DomainError):
    """The first request with this key has not ended yet; its outcome is open."""

    code = "idempotency_key_running"
    kind = Kind.CONFLICT
    title = "A request with this key is still running"


class KeyReused(DomainError):
    """This key was used for another request."""

    code = "idempotency_key_reused"
    kind = Kind.INVALID
    title = "This key belongs to another request"


@dataclass(frozen=True)
class Answer:
    """What a request was answered: HTTP status and body."""

    status: int
    body: bytes
    replayed: bool = False
    """True: nothing was done now, this is what the first request was answered."""


class Asked(NamedTuple):
    """One request: whose it is, the key that came with it, and what makes it this request."""

    actor: str
    key: str
    request: bytes
    """A fingerprint()."""


Outcome = Answer | DomainError
Effect = Callable[[], Awaitable[Answer]]
EffectOfEach = Callable[[Sequence[int]], Awaitable[Sequence[Outcome]]]
"""Is given the positions of the requests that are new; answers for each of them, in their order."""


def fingerprint(method: str, path: str, body: bytes) -> bytes:
    """What makes two requests the same: SHA-256 of method, path with query, and body."""
    head = f"{method}\n{path}\n".encode("utf-8", "surrogateescape")
    return hashlib.sha256(head + body).digest()


async def once(
    merchant_id: UUID, actor: str, key: str, request: bytes, effect: Effect, now: datetime
) -> Answer:
    """Run `effect` unless `actor` has used `key` before; then give the stored answer again.

    `request` is a fingerprint(). The effect runs in a transaction of the merchant that this function
    opens, and its answer is stored in it; when it raises, nothing is stored and the key stays free.
    Raises KeyRunning or KeyReused.
    """

    async def run(_: Sequence[int]) -> Sequence[Outcome]:
        return [await effect()]

    [outcome] = await once_each(merchant_id, [Asked(actor, key, request)], run, now)
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


async def once_each(
    merchant_id: UUID, asked: Sequence[Asked], effect: EffectOfEach, now: datetime
) -> list[Outcome]:
    """Like once(), for several requests in one transaction; errors are answered, not raised.

    The effect itself may answer an error for a request: its key stays free. When it raises, nothing at
    all is stored. A request that stands there twice is replayed.
    """
    first: dict[tuple[str, str], int] = {}
    firsts = [first.setdefault((each.actor, each.key), n) for n, each in enumerate(asked)]
    async with db.transaction(merchant_id):
        outcomes = await _known(merchant_id, asked)
        new = [n for n, outcome in enumerate(outcomes) if outcome is None and firsts[n] == n]
        done = dict(zip(new, await effect(new), strict=True)) if new else {}
        await _store([(asked[n], each) for n, each in done.items() if isinstance(each, Answer)], now)
    return [
        outcome or (done[n] if n in done else _repeated(asked[n], asked[firsts[n]], done[firsts[n]]))
        for n, outcome in enumerate(outcomes)
    ]


async def _known(merchant_id: UUID, asked: Sequence[Asked]) -> list[Outcome | None]:
    """For each request its stored answer or why it is refused; None: it is new, and its key is locked."""
    rows = await db.fetch(
        "SELECT * FROM idempotency_claim($1, $2, $3)",
        [_lock(merchant_id, each) for each in asked],
        [each.actor for each in asked],
        [each.key for each in asked],
    )
    return [
        _stored(each, row) if row["free"] else KeyRunning() for each, row in zip(asked, rows, strict=True)
    ]


def _stored(asked: Asked, row: db.Row) -> Outcome | None:
    if row["status"] is None:
        return None
    if bytes(row["fingerprint"]) != asked.request:
        return KeyReused()
    return Answer(row["status"], bytes(row["body"]), replayed=True)


def _repeated(asked: Asked, first: Asked, outcome: Outcome) -> Outcome:
    """The outcome of a request whose key an earlier one of the same group has."""
    if asked.request != first.request:
        return KeyReused()
    return replace(outcome, replayed=True) if isinstance(outcome, Answer) else outcome


async def _store(done: Sequence[tuple[Asked, Answer]], now: datetime) -> None:
    if not done:
        return
    await db.execute(
        "INSERT INTO idempotency_keys (merchant_id, actor, key, fingerprint, status, body, created_at)"
        " SELECT current_merchant(), n.*, $6"
        " FROM unnest($1::text[], $2::text[], $3::bytea[], $4::smallint[], $5::bytea[]) AS n",
        [asked.actor for asked, _ in done],
        [asked.key for asked, _ in done],
        [asked.request for asked, _ in done],
        [answer.status for _, answer in done],
        [answer.body for _, answer in done],
        now,
    )


def _lock(merchant_id: UUID, asked: Asked) -> int:
    """The advisory lock's number: 64 bits, so that two keys practically never share one."""
    named = f"idempotency\n{merchant_id}\n{asked.actor}\n{asked.key}".encode()
    return int.from_bytes(hashlib.sha256(named).digest()[:8], signed=True)
