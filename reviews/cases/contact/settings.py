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


class ContactUnfit(DomainError):
    """An address that cannot be answered to."""

    code = "case_contact_unfit"
    kind = Kind.INVALID
    title = "This cannot be how customers reach the shop"


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """What holds from now on; the defaults before anybody has said otherwise."""

    reply_address: str = ""
    """Where customers answer mails about a case, as care@shop.example; "": on their page alone."""


async def contact() -> Contact:
    """What holds, in the open transaction."""
    kept = await db.fetchval(_NEWEST)
    return msgspec.json.decode(kept, type=Contact) if kept else Contact()


async def change(new: Contact, by: UUID, now: datetime) -> None:
    """From now on. Raises ContactUnfit or core.errors.Forbidden."""
    await person(by, "settings")
    if new.reply_address and not (_ADDRESS.fullmatch(new.reply_address) and len(new.reply_address) < 200):
        raise ContactUnfit("an address with letters, digits, dots and hyphens before the @")
    if new != await contact():
        await db.execute(_ADD, db.to_json(new), by, now)
