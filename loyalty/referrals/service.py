"""Codes, claims and rewards of referrals."""

import secrets
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from core import db, tenancy
from core.days import day_of, start_of_day, zone_of
from core.errors import DomainError, Kind, NotFound
from loyalty.referrals import queries

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without the letters and digits that people mistake for one another."""
CODE_LENGTH = 8
BATCH = 200

Days = Annotated[int, Meta(ge=0, le=365)]


class ReferralRefused(DomainError):
    """The claim does not count; `reason` is one of the codes of REASONS."""

    code = "referral_refused"
    kind = Kind.CONFLICT
    title = "This referral does not count"


class ReferralsClosed(DomainError):
    """The merchant has no referral programme now."""

    code = "referrals_closed"
    kind = Kind.CONFLICT
    title = "There is no referral programme at the moment"


REASONS = {
    "self": "nobody is their own friend: the customer, the e-mail address or the mailbox is the same",
    "known": "the friend has ordered before",
    "taken": "the friend came with somebody else's code",
    "loop": "the friend brought the advocate, directly or by way of others",
    "left": "the advocate has left the programme",
    "limit": "the advocate has brought as many friends this month as the programme allows",
    "gone": "the friend's account was deleted or merged into another",
}


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How referrals work. The friend's order must be worth `min_order_minor` of `currency` after refunds, be
    paid within so many days of the claim and be kept so many days from delivery. What both get is said by
    the earning rules with the trigger `referral`."""

    active: bool = True
    landing_url: Annotated[str, Meta(pattern="^https?://", max_length=500)]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
    min_order_minor: Annotated[int, Meta(ge=1, le=10**13)]
    order_within_days: Annotated[int, Meta(ge=1, le=365)] = 60
    kept_after_days: Days = 14
    friends_a_month: Annotated[int, Meta(ge=1, le=10_000)] = 20


class Invitation(msgspec.Struct, frozen=True):
    """What an advocate passes on."""

    code: str
    link: str


class Referral(msgspec.Struct, frozen=True, kw_only=True):
    """One referral; customers and order by the shop's own ids."""

    id: UUID
    state: str
    advocate: str
    friend: str
    order_id: str | None
    claimed_at: datetime
    rewarded_at: datetime | None
    ended_at: datetime | None


async def set_terms(terms: Terms, now: datetime) -> Terms:
    """Set how referrals work from now on; what was rewarded stays."""
    await db.execute(queries.PUT_TERMS, *(getattr(terms, name) for name in Terms.__struct_fields__), now)
    return terms


async def terms() -> Terms:
    """How referrals work. Raises NotFound before they were ever set."""
    row = await db.fetchrow(queries.TERMS)
    if row is None:
        raise NotFound("the merchant has no referral programme")
    return Terms(**row)


async def known_invitation(member_id: UUID) -> Invitation | None:
    """A member's code and link; None: not made yet. Raises ReferralsClosed."""
    link = (await _open_terms()).landing_url
    code = await db.fetchval(queries.CODE, member_id)
    return Invitation(code, f"{link}{'&' if '?' in link else '?'}ref={code}") if code else None


async def invitation(member_id: UUID, now: datetime) -> Invitation:
    """A member's code and link, made when first asked for. Raises ReferralsClosed."""
    while (known := await known_invitation(member_id)) is None:
        made = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        # A collision and a code made at the same moment both end in another look.
        await db.fetchval(queries.ADD_CODE, member_id, made, now)
    return known


async def claim(code: str, friend: str, now: datetime) -> Referral:
    """Note that the customer `friend` came with a member's code; repeating it changes nothing.

    Raises ReferralsClosed, NotFound for an unknown code or customer, ReferralRefused.
    """
    agreed = await _open_terms()
    await db.execute(queries.TURN)
    advocate = await db.fetchrow(queries.ADVOCATE, code.strip().upper())
    if advocate is None:
        raise NotFound("nobody has this code")
    known = await db.fetchrow(queries.FRIEND, friend)
    if known is None:
        raise NotFound(f"there is no customer {friend}")
    before = await db.fetchrow(queries.OF_FRIEND, friend)
    if before is None:
        if reason := await _against(advocate, known, agreed, now):
            raise ReferralRefused(REASONS[reason], reason=reason)
        await db.fetchval(queries.ADD, advocate["id"], known["id"], now)
    found = await of_friend(friend)
    if before is not None and not await _same(advocate["customer_id"], found):
        raise ReferralRefused(REASONS["taken"], reason="taken")
    return found


async def of_friend(friend: str) -> Referral:
    """How a customer came. Raises NotFound when nobody brought them."""
    row = await db.fetchrow(queries.OF_FRIEND, friend)
    if row is None:
        raise NotFound("nobody brought this customer")
    return Referral(**row)


async def of_advocate(member_id: UUID, limit: int = 100, before: UUID | None = None) -> list[Referral]:
    """Whom a member has brought, the newest first, before one of them."""
    return [Referral(**row) for row in await db.fetch(queries.OF_ADVOCATE, member_id, limit, before)]


async def are_open() -> bool:
    """Whether members can bring friends now."""
    row = await db.fetchrow(queries.TERMS)
    return row is not None and bool(row["active"])


async def counts() -> dict[str, int]:
    """How many referrals are in each state; states without any are left out."""
    return {row["state"]: row["referrals"] for row in await db.fetch(queries.COUNTS)}


async def _open_terms() -> Terms:
    row = await db.fetchrow(queries.TERMS)
    if row is None or not row["active"]:
        raise ReferralsClosed()
    return Terms(**row)


async def _same(customer_id: UUID, found: Referral) -> bool:
    external_id = await db.fetchval("SELECT external_id FROM customers WHERE id = $1", customer_id)
    return bool(external_id == found.advocate)


async def _against(advocate: db.Row, friend: db.Row, agreed: Terms, now: datetime) -> str | None:
    """Why a claim does not count; None: it does."""
    if advocate["left_at"] is not None:
        return "left"
    if friend["deleted_at"] or friend["merged_into"]:
        return "gone"
    same_box = mailbox(advocate["email"]) and mailbox(advocate["email"]) == mailbox(friend["email"])
    if advocate["customer_id"] == friend["id"] or same_box:
        return "self"
    if friend["first_paid_at"] is not None and friend["first_paid_at"] < now - timedelta(hours=1):
        return "known"
    if friend["id"] in {row["customer_id"] for row in await db.fetch(queries.ABOVE, advocate["customer_id"])}:
        return "loop"
    zone = zone_of((await tenancy.shop()).time_zone)
    month = start_of_day(day_of(now, zone).replace(day=1), zone)
    brought: int = await db.fetchval(queries.BROUGHT, advocate["id"], month)
    return "limit" if brought >= agreed.friends_a_month else None


def mailbox(email: str | None) -> str:
    """The mailbox behind an address: without what follows a plus, without dots where they do not count."""
    if not email or "@" not in email:
        return ""
    name, _, host = email.strip().lower().rpartition("@")
    name = name.partition("+")[0]
    if host in ("gmail.com", "googlemail.com"):
        name, host = name.replace(".", ""), "gmail.com"
    return f"{name}@{host}"
