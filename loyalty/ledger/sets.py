"""What the one writer does to many accounts at once; each call is one statement of SQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from core import db
from loyalty.ledger.commands import Earn


class IdleLot(msgspec.Struct, frozen=True):
    """A lot whose member was idle until `ends_at`, and the account's last posting that was seen then."""

    account_id: UUID
    seq: int
    journal_id: UUID
    line: int
    ends_at: datetime


async def expire(now: datetime, limit: int, backwards: bool = False) -> int:
    """Expire up to `limit` lots whose time has come; answers how many: the caller goes on until 0.

    Those that expired first, or last with `backwards`: two sweeps side by side meet in the middle. Lots of an
    account that is in use are left for the next time.
    """
    return int(await db.fetchval("SELECT ledger_expire($1, $2, $3)", now, limit, backwards))


async def expire_idle(lots: Sequence[IdleLot], now: datetime) -> int:
    """Expire lots although their date lies ahead, or they have none; answers how many.

    Nothing happens in an account that has moved since it was looked at.
    """
    if not lots:
        return 0
    ended = await db.fetchval(
        "SELECT ledger_expire_idle($1::uuid[], $2::bigint[], $3::uuid[], $4::smallint[], $5::timestamptz[],"
        " $6)",
        [lot.account_id for lot in lots],
        [lot.seq for lot in lots],
        [lot.journal_id for lot in lots],
        [lot.line for lot in lots],
        [lot.ends_at for lot in lots],
        now,
    )
    return int(ended)


async def open_balances(earns: Sequence[Earn], now: datetime) -> set[int]:
    """Post opening balances (side `opening`), no key twice; answers the places of those whose key is known.

    These are left as they are: compare what they say. Members and wallets must exist, and no lot may
    expire by now. A tenth of what post() costs.
    """
    rows = await db.fetch(
        "SELECT known FROM ledger_open($1::text[], $2::uuid[], $3::text[], $4::bigint[], $5::bool[],"
        " $6::timestamptz[], $7::timestamptz[], $8::timestamptz[], $9::jsonb[], $10)",
        [earn.key for earn in earns],
        [earn.member for earn in earns],
        [earn.wallet for earn in earns],
        [earn.points for earn in earns],
        [earn.pending for earn in earns],
        [earn.settles_at for earn in earns],
        [earn.expires_at for earn in earns],
        [earn.effective_at for earn in earns],
        [db.to_json(earn.reason) for earn in earns],
        now,
    )
    return {row["known"] - 1 for row in rows}
