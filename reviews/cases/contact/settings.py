"""How the shop and its customers reach each other: what the merchant sets, and what holds before that."""

import re
from datetime import datetime
from uuid import UUID

import msgspec

from core import db
from core.errors import DomainError, Kind
from reviews.cases.people import person

_ADDRESS = re.compile(r"[A-Za-z0-9._-]{1,30}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_NEWEST = "SELECT settings FROM case_contact WHERE merchant_id = current_merchant() ORDER BY id DESC LIMIT 1"
_ADD = """
    INSERT INTO case_contact (merchant_id, settings, changed_by, changed_at)
    VALUES (current_merchant(), $1::jsonb, $2, $3)
"""


# When each kind of care was switched on; the newest row decides whether it is.
_ACTIVE = """
    WITH rows AS (
        SELECT id, changed_at, CASE $1 WHEN 'late_promise' THEN settings -> 'late_after_days' <> 'null'
                                       WHEN 'silent_carrier' THEN settings -> 'silent_after_days' <> 'null'
                                       ELSE settings -> 'stock_gone' = 'true' END IS TRUE AS active
        FROM case_contact WHERE merchant_id = current_merchant())
    SELECT min(changed_at) FROM rows
    WHERE active AND NOT EXISTS (SELECT FROM rows later WHERE later.id > rows.id AND NOT later.active)
"""
LONGEST_DAYS = 60


class ContactUnfit(DomainError):
    """An address that cannot be answered to, or days that are none."""

    code = "case_contact_unfit"
    kind = Kind.INVALID
    title = "This cannot be how customers reach the shop"


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """What holds from now on; the defaults before anybody has said otherwise."""

    reply_address: str = ""
    """Where customers answer mails about a case, as care@shop.example; "": on their page alone."""
    late_after_days: int | None = None
    """So long after a promised delivery the customer hears from us; None: they do not."""
    silent_after_days: int | None = None
    """So long without a sign of a parcel; None: they do not."""
    stock_gone: bool = False
    """Whether they hear when what they paid for is out of stock."""


async def contact() -> Contact:
    """What holds, in the open transaction."""
    kept = await db.fetchval(_NEWEST)
    return msgspec.json.decode(kept, type=Contact) if kept else Contact()


async def active_since(reason: str) -> datetime | None:
    """Since when customers are told of this kind of trouble; None: they are not."""
    found: datetime | None = await db.fetchval(_ACTIVE, reason)
    return found


async def change(new: Contact, by: UUID, now: datetime) -> None:
    """From now on. Raises ContactUnfit or core.errors.Forbidden."""
    await person(by, "settings")
    if new.reply_address and not (_ADDRESS.fullmatch(new.reply_address) and len(new.reply_address) < 200):
        raise ContactUnfit("an address with letters, digits, dots and hyphens before the @")
    days = [each for each in (new.late_after_days, new.silent_after_days) if each is not None]
    if not all(0 <= each <= LONGEST_DAYS for each in days):
        raise ContactUnfit(f"0 to {LONGEST_DAYS} days")
    if new != await contact():
        await db.execute(_ADD, db.to_json(new), by, now)
