"""Vouchers as others read them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from core import db
from core.errors import NotFound
from loyalty.rewards import queries
from loyalty.rewards.kinds import Money, Terms

PAGE_LIMIT = 200


class VoucherView(msgspec.Struct, frozen=True, kw_only=True):
    """A redemption, with what it stands for under the version it was bought under."""

    id: UUID
    code: str | None
    """None while it is held."""
    state: str
    """held, released, issued, used, cancelled or expired."""
    reward_code: str
    reward_name: Mapping[str, str]
    version: int
    terms: Terms
    cost_points: int
    """What was paid, whatever the reward costs by now."""
    worth: Money | None
    """The money it stands for; None: goods, a share, an evening."""
    worth_left_minor: int | None
    """What is left of that, in minor units."""
    journal_id: UUID | None
    """The ledger's entry that paid for it."""
    taken_at: datetime
    held_until: datetime | None
    issued_at: datetime | None
    used_at: datetime | None
    expires_at: datetime | None


async def voucher(member_id: UUID, voucher_id: UUID) -> VoucherView:
    """One voucher of a member. Raises NotFound for another member's."""
    return one(await db.fetchrow(queries.VOUCHER, voucher_id, member_id))


async def issued(member_id: UUID, voucher_id: UUID) -> VoucherView:
    """One of a member's vouchers with its code. Raises NotFound for another's, or one that is only held."""
    found = await voucher(member_id, voucher_id)
    if found.issued_at is None:
        raise NotFound("there is no such voucher")
    return found


async def by_code(code: str) -> VoucherView:
    """The voucher with this code. Raises NotFound."""
    return one(await db.fetchrow(queries.VOUCHER_BY_CODE, code))


async def vouchers(member_id: UUID, before: UUID | None = None, limit: int = PAGE_LIMIT) -> list[VoucherView]:
    """A member's vouchers, the newest first, older than `before`; what is only held is none yet."""
    return [view(row) for row in await db.fetch(queries.VOUCHERS, member_id, before, limit)]


def one(row: db.Row | None) -> VoucherView:
    """The voucher of a row that there must be. Raises NotFound."""
    if row is None:
        raise NotFound("there is no such voucher")
    return view(row)


def view(row: db.Row) -> VoucherView:
    """A row of queries.VOUCHER and its like."""
    fields: dict[str, Any] = dict(row)
    for name in ("member_id", "reward_id"):
        del fields[name]
    amount, currency = fields.pop("worth_minor"), fields.pop("currency")
    return VoucherView(
        **fields
        | {
            "reward_name": db.from_json(row["reward_name"]),
            "terms": msgspec.json.decode(row["terms"], type=Terms),
            "worth": Money(amount_minor=amount, currency=currency) if currency else None,
        }
    )
