"""One member stands for another, and that can be undone. docs/decisions/0008-merges.md."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from core import db
from core.errors import DomainError, Kind, NotFound
from core.ids import new_id
from core.people import customers
from core.people.customers import MergeRefused
from loyalty.ledger import AnyCommand, Merge, Unmerge, post
from loyalty.members import queries
from loyalty.members import service as members
from loyalty.tiers import service as tiers


class NotMerged(DomainError):
    """Nobody stands for this customer."""

    code = "not_merged"
    kind = Kind.CONFLICT
    title = "The customer is not merged into another"


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """One merge. `source_id` and `survivor_id` are customers; a member is None where one was no member."""

    id: UUID
    source_id: UUID
    survivor_id: UUID
    source_member_id: UUID | None
    survivor_member_id: UUID | None

    @property
    def members(self) -> list[UUID]:
        """Those of the two who are members."""
        return [id for id in (self.source_member_id, self.survivor_member_id) if id]


async def merge(source: str, survivor: str, at: datetime, now: datetime) -> Merged | None:
    """Let `survivor` (external ids) have from `at` on all that `source` has, as one member.

    None: it was so before. Raises MergeRefused and what the ledger refuses; nothing is then done.
    """
    pair = await customers.merge(source, survivor, at)
    if pair is None:
        return None
    await tiers.lock([])  # before members are locked: placing everybody would wait for them, and we for it
    rows = await _lock(pair)
    mine, theirs = rows.get(pair[0]), rows.get(pair[1])
    merge_id = new_id()
    await db.execute(
        queries.ADD_MERGE,
        merge_id,
        *pair,
        at,
        mine and mine["left_at"],
        theirs and theirs["joined_at"],
        theirs and theirs["left_at"],
        theirs and theirs["rejoined_at"],
    )
    if mine and not theirs:
        await members.enrol([(pair[1], mine["joined_at"], mine["terms_version"])])
        theirs = (await _lock(pair))[pair[1]]
    merged = _merged(merge_id, pair, mine, theirs)
    if mine and theirs:
        await db.execute(queries.TAKE_OVER, mine["id"], theirs["id"])
        await db.execute(queries.STAND_FOR, mine["id"], theirs["id"], at)
        await post(await _moves(merged, source, survivor, at), now)
        await tiers.recalculate(merged.members, "merged", now)
    return merged


async def undo(source: str, now: datetime) -> Merged:
    """Take the merge of `source` (external id) back: both members have their own again.

    What was spent meanwhile stays spent; what came meanwhile, also by orders of the source, stays with the
    survivor. Raises NotFound, NotMerged, MergeRefused if the survivor was merged since, and what the
    ledger refuses.
    """
    await customers.take_turn()
    await tiers.lock([])
    row = await db.fetchrow(queries.OPEN_MERGE, source)
    if row is None:
        raise NotFound(f"no customer is {source}")
    if row["id"] is None:
        raise NotMerged(source)
    if row["survivor_merged"]:
        raise MergeRefused("the survivor was merged since; undo that first")
    pair = row["source_id"], row["survivor_id"]
    followers = [each["source_id"] for each in await db.fetch(queries.FOLLOWERS, pair[0])]
    rows = await _lock(pair)
    merged = _merged(row["id"], pair, rows.get(pair[0]), rows.get(pair[1]))
    await customers.unmerge(*pair, followers)
    await db.execute(queries.UNDO_MERGE, merged.id, now)
    if merged.source_member_id:
        await post(await _moves_back(merged, source, now), now)
        await db.execute(queries.STAND_ALONE, merged.id, merged.source_member_id, followers)
        await db.execute(
            queries.HAND_BACK, merged.id, merged.source_member_id, merged.survivor_member_id, now
        )
        await tiers.recalculate(merged.members, "merged", now)
    return merged


async def _lock(customer_ids: Iterable[UUID]) -> dict[UUID, db.Row]:
    rows = await db.fetch(queries.LOCK_OF_CUSTOMERS, list(customer_ids))
    return {row["customer_id"]: row for row in rows}


def _merged(merge_id: UUID, pair: tuple[UUID, UUID], mine: db.Row | None, theirs: db.Row | None) -> Merged:
    return Merged(
        id=merge_id,
        source_id=pair[0],
        survivor_id=pair[1],
        source_member_id=mine["id"] if mine else None,
        survivor_member_id=theirs["id"] if theirs else None,
    )


def _key(merged: Merged, wallet: str) -> str:
    return f"merge:{merged.id}:{wallet}"


async def _moves(merged: Merged, source: str, survivor: str, at: datetime) -> list[AnyCommand]:
    """Every wallet of the source goes to the survivor."""
    assert merged.source_member_id and merged.survivor_member_id
    return [
        Merge(
            key=_key(merged, row["wallet"]),
            member=merged.source_member_id,
            wallet=row["wallet"],
            into=merged.survivor_member_id,
            effective_at=at,
            reason={"rule": "merge", "from": source, "into": survivor},
        )
        for row in await db.fetch(queries.WALLETS)
    ]


async def _moves_back(merged: Merged, source: str, now: datetime) -> list[AnyCommand]:
    assert merged.source_member_id
    return [
        Unmerge(
            key=f"un{_key(merged, row['wallet'])}",
            member=merged.source_member_id,
            wallet=row["wallet"],
            parent=_key(merged, row["wallet"]),
            effective_at=now,
            reason={"rule": "unmerge", "from": source},
        )
        for row in await db.fetch(queries.WALLETS_MERGED, merged.source_member_id)
    ]
