"""Connect accounts, read their credentials, disconnect them."""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from core import db, outgoing
from core.errors import NotFound
from core.resealing import SealedColumn
from core.settings import settings
from core.vault import vault
from reviews.accounts import queries
from reviews.connectors.model import About, AccountUnfit, Connector
from reviews.connectors.quotas import Budget, Quotas
from reviews.connectors.registry import about, connector_of
from reviews.connectors.wire import Token, Wire

NAME_LIMIT_CHARS = 100
VALUE_LIMIT_CHARS = 2000
HOOK_SECRET = "hook_secret"
"""Made here for each account: what the source signs its webhooks with."""


@dataclass(frozen=True)
class Account:
    """One account as it is stored. The sealed values are shown nowhere."""

    merchant_id: UUID
    id: UUID
    source: str
    account: str
    name: str
    settings: dict[str, str]
    state: str
    synced_to: datetime | None
    synced_at: datetime | None
    next_at: datetime
    full_at: datetime
    failures: int
    problem: str | None
    problem_detail: str
    created_at: datetime
    credentials: bytes | None = None
    token: bytes | None = None

    def __repr__(self) -> str:
        """Without anything that is sealed or could be a secret: this may end in a log."""
        return f"Account({self.id}, {self.source} {self.account}, {self.state})"

    @property
    def about(self) -> About:
        """What is known of its source."""
        return about(self.source)

    def place(self, what: str) -> str:
        """Where a sealed value of this account belongs."""
        return _place(self.merchant_id, self.source, self.account, what)


def account_of(row: db.Row) -> Account:
    """An account out of a row of queries.ACCOUNT."""
    return Account(**{**row, "settings": db.from_json(row["settings"])})


async def connect(
    source: str, name: str, given: Mapping[str, str], now: datetime, by: UUID | None = None
) -> UUID:
    """Connect an account in the open transaction, or connect it anew with other credentials; its id.

    `given`: the fields of the source. It is read completely as soon as a worker gets to it. Raises
    NotFound for an unknown source, or AccountUnfit.
    """
    known = about(source)
    filled = _filled(known, given)
    account = known.account_of(filled)
    hidden = {
        field.name: filled[field.name] for field in known.fields if field.secret and field.name in filled
    }
    before = await db.fetchrow(queries.BY_NAME, source, account)
    kept = _open(account_of(before)) if before and before["credentials"] else {}
    hidden[HOOK_SECRET] = kept.get(HOOK_SECRET) or secrets.token_urlsafe(24)
    open_ones = {key: value for key, value in filled.items() if key not in hidden}
    account_id: UUID = await db.fetchval(
        queries.CONNECT,
        db.merchant_id(),
        source,
        account,
        name.strip()[:NAME_LIMIT_CHARS] or account,
        db.to_json(open_ones),
        vault().seal(msgspec.json.encode(hidden), _place(db.merchant_id(), source, account, "credentials")),
        now,
        by,
    )
    return account_id


async def find(account_id: UUID) -> Account:
    """One account, also a disconnected one. Raises NotFound."""
    row = await db.fetchrow(queries.FIND, account_id)
    if row is None:
        raise NotFound(f"no account {account_id}")
    return account_of(row)


async def every() -> Sequence[Account]:
    """The merchant's accounts that are connected, by source and name."""
    return [account_of(row) for row in await db.fetch(queries.EVERY)]


async def disconnect(account_id: UUID) -> None:
    """Forget the credentials; the reviews stay. Again: nothing. Raises NotFound."""
    await find(account_id)
    await db.execute(queries.DISCONNECT, account_id)


async def ask(account_id: UUID, now: datetime, full: bool = False, accept_removals: bool = False) -> None:
    """Have it read now, `full`: listed completely. Raises NotFound where nothing is connected.

    `accept_removals`: somebody has looked at how many reviews are missing, and they may go.
    """
    if await db.fetchval(queries.ASK, account_id, now, full or accept_removals) is None:
        raise NotFound(f"no account {account_id} is connected")
    if accept_removals:
        await _accept(account_id, now)


async def _accept(account_id: UUID, now: datetime) -> None:
    """Begin the pass now, as one whose removals were accepted; one that runs is begun anew."""
    await end_running(account_id, "failed", now)
    await db.execute(queries.END_LEASE, account_id)
    await db.execute(queries.BEGIN, db.merchant_id(), account_id, "full", True, None, now)


async def end_running(account_id: UUID, state: str, now: datetime) -> None:
    """End the pass that runs, if one does."""
    row = await db.fetchrow(queries.RUNNING, account_id)
    if row is not None:
        await db.execute(queries.FORGET_SIGHTINGS, row["id"])
        await db.execute(queries.END, row["id"], state, now)


def hook_secret(account: Account) -> str:
    """What the source signs its webhooks with, or has in their address."""
    return _open(account)[HOOK_SECRET]


async def can_reply(source: str, account: str) -> bool:
    """Whether a reply to a review of there can be delivered."""
    return bool(await db.fetchval(queries.CAN_REPLY, source, account))


@asynccontextmanager
async def opened(account: Account) -> AsyncIterator[Connector]:
    """A connector to the account's source, signed in. Raises core.vault.Sealed."""
    given = account.settings | _open(account)
    quotas = Quotas(settings().valkey_url)
    try:
        async with outgoing.client() as client:
            wire = Wire(client, quotas, account.about.budgets(given), _Tokens(account))
            yield connector_of(account.source)(given, wire)
    finally:
        await quotas.close()


def budget(account: Account) -> Budget:
    """How often its source may be called: the shortest window. Raises core.vault.Sealed."""
    return account.about.budgets(account.settings | _open(account))[0]


class _Tokens:
    """The account's token, sealed in its row."""

    def __init__(self, account: Account) -> None:
        self._merchant_id = account.merchant_id
        self._id = account.id
        self._place = account.place("token")

    async def load(self) -> Token | None:
        """The last one."""
        async with db.transaction(self._merchant_id):
            sealed = await db.fetchval(queries.TOKEN, self._id)
        return msgspec.json.decode(vault().open(sealed, self._place), type=Token) if sealed else None

    async def save(self, token: Token) -> None:
        """Keep a new one."""
        async with db.transaction(self._merchant_id):
            await db.execute(
                queries.KEEP_TOKEN, self._id, vault().seal(msgspec.json.encode(token), self._place)
            )


def _filled(known: About, given: Mapping[str, str]) -> dict[str, str]:
    names = {field.name for field in known.fields}
    if unknown := sorted(set(given) - names):
        raise AccountUnfit(
            unknown[0], f"is no field of {known.source.code}; there are: {', '.join(sorted(names))}"
        )
    filled = {name: value.strip() for name, value in given.items() if value.strip()}
    for field in known.fields:
        value = filled.get(field.name, "")
        if field.required and not value:
            raise AccountUnfit(field.name, "is missing")
        line = value.replace("\r", "").replace("\n", "") if field.secret else value
        if len(value) > VALUE_LIMIT_CHARS or not line.isprintable():
            raise AccountUnfit(field.name, f"is longer than {VALUE_LIMIT_CHARS} characters, or no text")
    return filled


def _open(account: Account) -> dict[str, Any]:
    if account.credentials is None:
        raise NotFound(f"account {account.id} is disconnected")
    opened: dict[str, Any] = msgspec.json.decode(
        vault().open(account.credentials, account.place("credentials"))
    )
    return opened


def _place(merchant_id: UUID, source: str, account: str, what: str) -> str:
    """Where a sealed value belongs: moved to another account, it opens nothing."""
    return f"review account\n{merchant_id}\n{source}\n{account}\n{what}"


def _sealed(what: str) -> SealedColumn:
    def place(row: db.Row) -> str:
        return _place(db.merchant_id(), row["source"], row["account"], what)

    return SealedColumn("review_accounts", what, "id", place, also=("source", "account"))


SEALED = (_sealed("credentials"), _sealed("token"))
"""See core.resealing."""
