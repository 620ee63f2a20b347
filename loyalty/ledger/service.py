"""The only way to move points: one call of the one writer, the SQL function ledger_post()."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
from asyncpg.exceptions import PostgresError

from core import db
from core.errors import DomainError
from loyalty.ledger.commands import AnyCommand, Earn, Release
from loyalty.ledger.errors import (
    BY_CODE,
    MemberUnknown,
    PointsOutOfRange,
    PostingKeyReused,
    PostingRunning,
    PostingUnknown,
)

REFUSED = "RG001"
MOST_POINTS = 10**12
"""One command moves no more."""


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one command, with what the account held right after it.

    `journal_id` is None and `points` 0 if nothing was left to do (settle, expire). `replayed`: the
    key was posted before; this is that first answer.
    """

    key: str
    replayed: bool
    journal_id: UUID | None
    account_id: UUID
    seq: int
    points: int
    points_pending: int
    points_active: int
    points_held: int
    points_debt: int


@contextmanager
def refusals() -> Iterator[None]:
    """What the writer refuses, as the errors of loyalty.ledger.errors."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise PostingRunning() from error
    except asyncpg.ForeignKeyViolationError as error:
        raise MemberUnknown() from error
    except asyncpg.NumericValueOutOfRangeError as error:
        raise PointsOutOfRange() from error
    except PostgresError as error:
        fields = error.as_dict()
        if fields.get("sqlstate") != REFUSED:
            raise
        raise BY_CODE[fields["message"]](fields.get("detail", "")) from error


async def post(commands: Sequence[AnyCommand], now: datetime) -> list[Posting]:
    """Post all commands or none, in their order, in the open transaction.

    Raises the errors of loyalty.ledger.errors; the transaction is then to be given up.
    """
    if len(commands) > 1 and all(isinstance(command, Earn) for command in commands):
        return [_posted(outcome) for outcome in await earn_many(commands, now)]
    if not commands:
        return []
    if len(commands) == 1 and (plain := await _post_plain(commands[0], now)):
        return [plain]
    with refusals():
        rows = await db.fetch("SELECT * FROM ledger_post($1::jsonb, $2)", db.to_json(commands), now)
    return [Posting(**row) for row in rows]


async def _post_plain(command: AnyCommand, now: datetime) -> Posting | None:
    """Post one earn on no budget the shortest way; None, with nothing done, if it must go the general way."""
    if not isinstance(command, Earn) or command.budgets or not 0 < command.points <= MOST_POINTS:
        return None
    with refusals():
        row = await db.fetchrow(
            "SELECT * FROM ledger_earn_plain($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11)",
            command.key,
            command.member,
            command.wallet,
            command.points,
            command.side,
            command.pending,
            command.settles_at,
            command.expires_at,
            command.effective_at,
            db.to_json(command.reason),
            now,
        )
    return Posting(**row) if row and row["key"] is not None else None


def _posted(outcome: Posting | DomainError) -> Posting:
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


async def earn_many(commands: Sequence[AnyCommand], now: datetime) -> list[Posting | DomainError]:
    """Post earns in one statement, each for itself; its posting or why it was refused, in their order.

    A refused earn leaves nothing behind and hinders nobody. Raises PostingRunning if another transaction
    posts one of the keys for another member, or merges one of the members, at this moment.
    """
    if not commands:
        return []
    if len(commands) == 1 and (plain := await _post_plain(commands[0], now)):
        return [plain]
    with refusals():
        rows = await db.fetch("SELECT * FROM ledger_earn($1::jsonb, $2)", db.to_json(commands), now)
    return [_outcome(command.key, row) for command, row in zip(commands, rows, strict=True)]


def _outcome(key: str, row: db.Row) -> Posting | DomainError:
    if row["code"]:
        return BY_CODE[row["code"]](row["detail"])
    return Posting(key=key, **{k: v for k, v in row.items() if k not in ("n", "code", "detail")})


async def post_found(find: Callable[[], Awaitable[Sequence[AnyCommand]]], now: datetime) -> list[Posting]:
    """Post what a look at the ledger finds to be due, in the open transaction; safe to repeat.

    What was found may be another member's by now, if theirs was merged, or a merge undone, since the look;
    and another sweep may have posted it as theirs. Then one more look is had, so that nobody else's points
    wait for it.
    """
    try:
        async with db.savepoint():
            return await post(await find(), now)
    except (PostingUnknown, PostingRunning, PostingKeyReused):
        return await post(await find(), now)


async def release_due(now: datetime, limit: int = 500) -> int:
    """Release up to `limit` holds whose time is over; answers how many."""
    postings = await post_found(lambda: _ended_holds(now, limit), now)
    return sum(1 for posting in postings if posting.points)


async def _ended_holds(now: datetime, limit: int) -> list[AnyCommand]:
    rows = await db.fetch(
        """
        SELECT h.journal_id, h.ends_at, j.key, a.member_id, w.code AS wallet
        FROM ledger_holds h JOIN ledger_journal j ON j.id = h.journal_id
        JOIN ledger_accounts a ON a.id = h.account_id JOIN wallet_types w ON w.id = a.wallet_type_id
        WHERE h.merchant_id = current_merchant() AND h.points_left > 0 AND h.ends_at <= $1
        ORDER BY h.ends_at LIMIT $2
        """,
        now,
        limit,
    )
    return [
        Release(
            key=f"release:{row['journal_id']}:end",
            member=row["member_id"],
            wallet=row["wallet"],
            parent=row["key"],
            effective_at=row["ends_at"],
            reason={"rule": "hold_ended"},
        )
        for row in rows
    ]
