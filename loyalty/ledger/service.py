"""The only way to move points: one call of the one writer, the SQL function ledger_post()."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
from asyncpg.exceptions import PostgresError

from core import db
from loyalty.ledger.commands import AnyCommand
from loyalty.ledger.errors import BY_CODE, MemberUnknown, PostingRunning

REFUSED = "RG001"


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


async def post(commands: Sequence[AnyCommand], now: datetime) -> list[Posting]:
    """Post all commands or none, in their order, in the open transaction.

    Raises the errors of loyalty.ledger.errors; the transaction is then to be given up.
    """
    if not commands:
        return []
    try:
        rows = await db.fetch("SELECT * FROM ledger_post($1::jsonb, $2)", db.to_json(commands), now)
    except asyncpg.UniqueViolationError as error:
        raise PostingRunning() from error
    except asyncpg.ForeignKeyViolationError as error:
        raise MemberUnknown() from error
    except PostgresError as error:
        fields = error.as_dict()
        if fields.get("sqlstate") != REFUSED:
            raise
        raise BY_CODE[fields["message"]](fields.get("detail", "")) from error
    return [Posting(**row) for row in rows]
