"""Customers as the shop's events tell of them: repeated, late and in any order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from core import db
from core.errors import DomainError, Kind
from core.ids import new_id
from core.people import queries


class MergeRefused(DomainError):
    """A customer cannot be merged into themselves, not even by way of others."""

    code = "customer_merge_refused"
    kind = Kind.INVALID
    title = "These customers cannot be merged"


class ProfileUnfit(DomainError):
    """A birthday that is in no year."""

    code = "profile_unfit"
    kind = Kind.INVALID
    title = "There is no such day"


_SAID = ("email", "name", "locale", "birthday")


@dataclass(frozen=True)
class CustomerRow:
    """What one event says of one customer. None: it says nothing of that."""

    external_id: str
    at: datetime
    """When it happened: an older event overwrites nothing that a newer one has said."""
    email: str | None = None
    name: str | None = None
    locale: str | None = None
    birthday: str | None = None
    """Month and day, such as 02-29."""

    @property
    def says_something(self) -> bool:
        """Whether there is anything for a profile; an order's guest is a customer without one."""
        return any(getattr(self, name) is not None for name in _SAID)


@dataclass(frozen=True)
class Profile:
    """Who a customer is; empty strings where nothing is known."""

    id: UUID
    external_id: str
    email: str
    name: str
    locale: str


async def upsert(rows: Sequence[CustomerRow]) -> dict[str, UUID]:
    """Make or update customers and profiles, in the open transaction; the ids by external id.

    A customer who was merged keeps their own id here; one who was deleted gets no profile again.
    """
    told = _fold(rows)
    if not told:
        return {}
    external_ids = [row.external_id for row in told]
    known = await _ids(external_ids)
    if new := [row for row in told if row.external_id not in known]:
        await db.execute(
            queries.ADD_CUSTOMERS,
            [new_id() for _ in new],
            [row.external_id for row in new],
            [row.at for row in new],
        )
        known |= await _ids([row.external_id for row in new])
    await _put_profiles([row for row in told if row.says_something], known)
    return known


async def find(customer_id: UUID) -> Profile | None:
    """A customer who may sign in, in the open transaction: not deleted, not merged into another."""
    row = await db.fetchrow(queries.PROFILE, customer_id)
    return Profile(**row) if row else None


async def time_zone(customer_id: UUID) -> str:
    """The clock that a customer has chosen, in the open transaction; empty: none."""
    return str(await db.fetchval(queries.TIME_ZONE, customer_id) or "")


async def birthday(customer_id: UUID) -> str:
    """Month and day, such as 02-29, in the open transaction; empty: nobody has told."""
    return str(await db.fetchval(queries.BIRTHDAY, customer_id) or "")


async def change(customer_id: UUID, name: str, locale: str | None, born: str, now: datetime) -> None:
    """Keep what a customer says of themselves, in the open transaction; `locale` None: as it is.

    Raises ProfileUnfit for a day that is in no year.
    """
    if born and not _is_day(born):
        raise ProfileUnfit(born)
    await db.execute(queries.SET_PROFILE, customer_id, name.replace("\0", "").strip(), locale, born, now)


async def erase(external_ids: Sequence[str], at: datetime) -> None:
    """Delete the profiles of customers and of who was merged into them, and end their sessions.

    In the open transaction.

    Somebody unknown is noted as deleted, so that an earlier event that comes late brings nothing back.
    """
    await upsert([CustomerRow(external_id, at) for external_id in external_ids])
    await forget([row["id"] for row in await db.fetch(queries.WITH_MERGED, list(external_ids))], at)


async def forget(ids: Sequence[UUID], at: datetime) -> None:
    """The part of an erasure that holds at once, in the open transaction: nobody signs in as them any more.

    core.people.erasure does the rest.
    """
    await db.execute(queries.MARK_DELETED, list(ids), at)
    await db.execute(queries.DROP_PROFILES, list(ids))
    await db.execute(queries.END_SESSIONS, list(ids), at)


async def merge(source: str, target: str, at: datetime) -> tuple[UUID, UUID] | None:
    """Let `target` stand for `source` (external ids) from now on, in the open transaction.

    Answers their ids, of the target that of whoever stands for it; None: it was so before. Raises
    MergeRefused when both are one person already the other way, or the source is somebody else already.
    """
    known = await upsert([CustomerRow(source, at), CustomerRow(target, at)])
    await take_turn()
    rows = await db.fetch(queries.SURVIVORS, list(known.values()))
    stands = {row["id"]: row["survivor"] for row in rows}
    source_id, survivor = known[source], stands[known[target]]
    if survivor == source_id:
        raise MergeRefused(f"{target} stands for {source} already, or they are the same")
    if stands[source_id] == survivor:
        return None
    if stands[source_id] != source_id:
        raise MergeRefused(f"somebody else stands for {source}; undo that merge first")
    await db.execute(queries.MERGE, source_id, survivor)
    return source_id, survivor


async def unmerge(source: UUID, survivor: UUID, followers: Sequence[UUID]) -> None:
    """Let a customer stand for themselves again, and for the followers that came with them."""
    await db.execute(queries.UNMERGE, source, survivor, list(followers))


async def take_turn() -> None:
    """Merges and their undoing wait for one another, until the transaction ends."""
    await db.execute(queries.TAKE_TURN)


async def _ids(external_ids: list[str]) -> dict[str, UUID]:
    rows = await db.fetch(queries.IDS, external_ids)
    return {row["external_id"]: row["id"] for row in rows}


async def _put_profiles(rows: Sequence[CustomerRow], ids: dict[str, UUID]) -> None:
    if rows:
        await db.execute(
            queries.PUT_PROFILES,
            [ids[row.external_id] for row in rows],
            [row.email for row in rows],
            [row.name for row in rows],
            [row.locale for row in rows],
            [row.at for row in rows],
            [row.birthday for row in rows],
        )


def _fold(rows: Iterable[CustomerRow]) -> list[CustomerRow]:
    """One row a customer: of several events the newest word on each field counts. Sorted by external id."""
    folded: dict[str, CustomerRow] = {}
    for row in sorted(rows, key=lambda each: each.at):
        before = folded.get(row.external_id)
        folded[row.external_id] = _newer(before, row) if before else row
    return [folded[external_id] for external_id in sorted(folded)]


def _newer(before: CustomerRow, row: CustomerRow) -> CustomerRow:
    said = {name: value for name in _SAID if (value := getattr(row, name)) is not None}
    return replace(before, at=row.at, **said)


def _is_day(born: str) -> bool:
    try:
        date.fromisoformat(f"2024-{born}")  # which had a 29 February
    except ValueError:
        return False
    return True
