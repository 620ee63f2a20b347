"""Take opening balances in: each once, whatever is sent again."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from core import db
from core.people import customers
from core.people.customers import CustomerRow
from loyalty.ledger import Earn, sets
from loyalty.ledger.errors import PostingKeyReused
from loyalty.members import service as members
from loyalty.openings import queries
from loyalty.openings.rules import Opening
from loyalty.programme import service as programme
from loyalty.wallets.rules import Wallet
from loyalty.wallets.service import wallets as all_wallets


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a row: new, known or rejected; a rejected one has the column, a code and the reason."""

    status: str
    code: str | None = None
    field: str | None = None
    detail: str | None = None


NEW, KNOWN = Outcome("new"), Outcome("known")


class Member(msgspec.Struct, frozen=True):
    """Somebody with points."""

    id: UUID
    joined_at: datetime


class _Undo(Exception):
    """Ends what a dry run did."""


async def take_in(
    rows: Sequence[Opening],
    create_members: bool,
    now: datetime,
    dry_run: bool = False,
    sent_id: UUID | None = None,
) -> list[Outcome]:
    """Post these lots in the open transaction; one outcome each, in their order. A rejected row hinders none.

    With `create_members` whoever is no member becomes one, joined when the points were earned. A dry run does
    everything and keeps nothing. Every posting names `sent_id`, the file that somebody of the staff sent.
    Raises ProgrammeMissing.
    """
    outcomes: list[Outcome] = []
    try:
        async with db.savepoint():
            outcomes = await _take_in(rows, create_members, now, sent_id)
            if dry_run:
                raise _Undo
    except _Undo:
        pass
    return outcomes


async def _take_in(
    rows: Sequence[Opening], create_members: bool, now: datetime, sent_id: UUID | None
) -> list[Outcome]:
    live = await programme.live()
    wallets = {wallet.code: wallet for wallet in await all_wallets()}
    if create_members:
        await _create(rows, live.terms_version, now)
    known = await members_of(rows)
    reason = {"rule": "opening"} | ({"file": str(sent_id)} if sent_id else {})
    earns = [_earn(row, known.get(row.customer_id), wallets, reason, now) for row in rows]
    commands = {n: earn for n, earn in enumerate(earns) if isinstance(earn, Earn)}
    outcomes = {n: earn for n, earn in enumerate(earns) if isinstance(earn, Outcome)}
    outcomes |= await _expired(commands, now)
    left = {n: command for n, command in commands.items() if n not in outcomes}
    outcomes |= await _post(left, now)
    return [outcomes[n] for n in range(len(rows))]


async def _create(rows: Sequence[Opening], terms_version: str, now: datetime) -> None:
    first: dict[str, datetime] = {}
    for row in rows:
        at = row.earned_at or now
        first[row.customer_id] = min(at, first.get(row.customer_id, at))
    ids = await customers.upsert([CustomerRow(external_id, at) for external_id, at in first.items()])
    already = await members.of_customers(ids.values())
    await members.enrol(
        [(ids[name], at, terms_version) for name, at in first.items() if ids[name] not in already]
    )


async def members_of(rows: Sequence[Opening]) -> dict[str, Member]:
    """Who gets the points of each customer number: whoever a merged one was merged into."""
    found = await db.fetch(queries.MEMBERS, list({row.customer_id for row in rows}))
    return {row["external_id"]: Member(row["id"], row["joined_at"]) for row in found}


def _earn(
    row: Opening,
    member: Member | None,
    wallets: Mapping[str, Wallet],
    reason: Mapping[str, str],
    now: datetime,
) -> Earn | Outcome:
    wallet = wallets.get(row.wallet)
    if wallet is None:
        return Outcome("rejected", "wallet_unknown", "wallet", "is no wallet of the programme")
    if member is None:
        return Outcome("rejected", "member_unknown", "customer_id", "is no member")
    earned_at = row.earned_at or now
    expires_at = row.expires_at
    if row.expiry == "policy":
        expires_at = wallet.expires_at(earned_at, member.joined_at)
    return Earn(
        key=f"opening:{row.id}",
        member=member.id,
        wallet=row.wallet,
        points=row.points,
        side="opening",
        pending=row.pending,
        settles_at=row.settles_at,
        expires_at=expires_at,
        effective_at=earned_at,
        reason={**reason, "note": row.note} if row.note else dict(reason),
    )


async def _expired(commands: Mapping[int, Earn], now: datetime) -> dict[int, Outcome]:
    """What would expire at once is refused, unless it was taken in while it was worth something."""
    over = {n: each for n, each in commands.items() if each.expires_at and each.expires_at <= now}
    compared = await _compare(over)
    refused = Outcome("rejected", "expired_already", "expires_at", "lies in the past")
    return {n: refused if compared[n].code == PostingKeyReused.code else compared[n] for n in over}


async def _compare(commands: Mapping[int, Earn]) -> dict[int, Outcome]:
    """Rows whose id was used before: known with the same member, wallet and points, else refused."""
    if not commands:
        return {}
    rows = await db.fetch(queries.KNOWN, [command.key for command in commands.values()])
    known = {row["key"]: (row["member_id"], row["wallet"], row["points"]) for row in rows}
    refused = Outcome("rejected", PostingKeyReused.code, "id", "another opening balance has this id")
    return {
        n: KNOWN if known.get(each.key) == (each.member, each.wallet, each.points) else refused
        for n, each in commands.items()
    }


async def _post(commands: Mapping[int, Earn], now: datetime) -> dict[int, Outcome]:
    """Each id once; what was there before, also earlier in these rows, is compared."""
    first: dict[str, int] = {}
    for n, command in commands.items():
        first.setdefault(command.key, n)
    order = list(first.values())
    known = await sets.open_balances([commands[n] for n in order], now) if order else set()
    new = {n for place, n in enumerate(order) if place not in known}
    return dict.fromkeys(new, NEW) | await _compare({n: commands[n] for n in commands if n not in new})
