"""Join, leave, and read what a member has."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from core import db
from core.errors import NotFound
from core.webhooks import service as webhooks
from loyalty.ledger.reading import Balance as Balance
from loyalty.members import queries
from loyalty.orders.rules import Member
from loyalty.programme import service as programme


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A member as others ask for one."""

    id: UUID
    customer_id: UUID
    external_id: str
    joined_at: datetime
    left_at: datetime | None
    tier_code: str
    tier_since: datetime


class Joined(msgspec.Struct, frozen=True):
    """A member, since when, and until when."""

    id: UUID
    joined_at: datetime
    left_at: datetime | None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A member as a search finds one."""

    id: UUID
    external_id: str
    name: str
    tier_code: str
    joined_at: datetime
    left_at: datetime | None


async def enrol(
    joins: Sequence[tuple[UUID, datetime, str]], now: datetime | None = None, again: Collection[UUID] = ()
) -> list[UUID]:
    """Make members of customers (customer id, when, terms version); webhooks tell of it, if it is said when.

    Answers those who were none or joined later as far as was known: their orders may count now. Who has
    left stays away, but for the customers in `again`, who ask for it: they begin anew with what points they
    still have.

    Raises ProgrammeMissing when the merchant has no programme.
    """
    if not joins:
        return []
    live = await programme.live()
    lowest = live.tiers[0].code
    customers, times, terms = map(list, zip(*joins, strict=True))
    back = await _rejoin([each for each in joins if each[0] in again])
    rows = await db.fetch(queries.ENROL, customers, times, terms, lowest)
    await db.execute(queries.ACCEPT, customers, times, terms)
    new = [row for row in rows if row["is_new"]]
    await db.execute(
        queries.NOTE_JOINED,
        [row["id"] for row in new],
        [row["joined_at"] for row in new],
        live.id,
        [each.code for each in live.sets],
        [each.tiers[0].code for each in live.sets],
    )
    if now:
        await webhooks.emit("member.joined", [row["id"] for row in (*new, *back)], now)
    return [row["customer_id"] for row in (*rows, *back)]


async def _rejoin(joins: Sequence[tuple[UUID, datetime, str]]) -> Sequence[db.Row]:
    return await db.fetch(queries.REJOIN, *map(list, zip(*joins, strict=True))) if joins else []


async def go(member_id: UUID, now: datetime) -> datetime:
    """Let a member leave of their own will; answers when they did, which doing it again does not change.

    Points stay in the ledger and expire as they would; they cannot be spent before the member is one again.
    Raises NotFound.
    """
    left_at: datetime | None = await db.fetchval(queries.GO, member_id, now)
    if left_at is not None:
        await webhooks.emit("member.left", [member_id], now)
    else:
        left_at = (await get(member_id)).left_at
    assert left_at is not None  # whoever is merged has left, too
    return left_at


async def leave(customers: Sequence[UUID], at: datetime) -> None:
    """End memberships; points already granted stay in the ledger."""
    await db.execute(queries.LEAVE, list(customers), at)


async def of_customers(customers: Iterable[UUID]) -> dict[UUID, Member]:
    """Members by customer id, for who was merged whoever stands for them; who is none is left out."""
    rows = await db.fetch(queries.OF_CUSTOMERS, list(customers))
    return {
        row["customer_id"]: Member(
            id=row["id"], joined_at=row["joined_at"], left_at=row["left_at"], tier_code=row["tier_code"]
        )
        for row in rows
    }


async def by_ids(ids: Iterable[UUID]) -> dict[UUID, Member]:
    """Members by their own id, merged or not."""
    return {row["id"]: Member(**row) for row in await db.fetch(queries.STANDING, list(ids))}


async def find(external_id: str) -> Profile:
    """The member who is the shop's customer `external_id`, or stands for them. Raises NotFound."""
    found = await find_many([external_id])
    if not found:
        raise unknown(external_id)
    return found[external_id]


async def find_many(external_ids: Collection[str]) -> dict[str, Profile]:
    """By the shop's customer ids the member each one is, or who stands for them; no members are left out."""
    rows = await db.fetch(queries.BY_EXTERNAL_IDS, list(external_ids))
    return {row["asked"]: Profile(**{k: v for k, v in row.items() if k != "asked"}) for row in rows}


async def joined(external_ids: Collection[str]) -> dict[str, Joined]:
    """Members by the shop's customer ids; those who are no members are left out."""
    rows = await db.fetch(queries.JOINED, list(external_ids))
    return {row["external_id"]: Joined(row["id"], row["joined_at"], row["left_at"]) for row in rows}


def unknown(external_id: str) -> NotFound:
    """The error for a customer who is no member."""
    return NotFound(f"no member is customer {external_id}")


async def get(member_id: UUID) -> Profile:
    """The member with this id. Raises NotFound."""
    row = await db.fetchrow(queries.BY_ID, member_id)
    if row is None:
        raise NotFound("there is no such member")
    return Profile(**row)


async def search(text: str, limit: int) -> list[Found]:
    """Members by any part of their name, or by their whole e-mail address or external id."""
    return [Found(**row) for row in await db.fetch(queries.SEARCH, text.strip(), limit)]


async def page(after: UUID, limit: int) -> dict[UUID, str]:
    """The external ids of members by their own, of the first that are greater than `after`, in this order."""
    rows = await db.fetch(queries.PAGE, db.merchant_id(), after, limit)
    return {row["id"]: row["external_id"] for row in rows}


async def count() -> int:
    """How many members there are now."""
    return int(await db.fetchval("SELECT count(*) FROM members WHERE left_at IS NULL"))


async def by_customer(customer_id: UUID) -> Profile | None:
    """The member who is this customer; None: the customer has not joined."""
    row = await db.fetchrow(queries.BY_CUSTOMER, customer_id)
    return Profile(**row) if row else None


async def balances(member_id: UUID) -> list[Balance]:
    """All wallets of a member, those never used included."""
    return [Balance(**row) for row in await db.fetch(queries.BALANCES, member_id)]
