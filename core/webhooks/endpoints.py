"""Endpoints: add, change, rotate their secrets, take away."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from core import db
from core.errors import NotFound
from core.ids import new_id
from core.outgoing import check_url
from core.resealing import SealedColumn
from core.settings import settings as installed
from core.vault import vault
from core.webhooks import catalogue, queries, service
from core.webhooks.errors import EndpointOff, TooManyEndpoints, WebhookTypeUnknown
from core.webhooks.model import Endpoint

LIMIT = 20
"""Endpoints of a merchant: each event goes to every one that wants it."""
SECRET_BYTES = 32
OVERLAP = timedelta(days=1)
LONGEST_OVERLAP = timedelta(days=7)


@dataclass(frozen=True)
class Wanted:
    """What an endpoint shall be. `types` empty: every type, also those that come later."""

    url: str
    types: Sequence[str] = ()
    note: str = ""
    state: Literal["on", "off"] = "on"


async def add(wanted: Wanted, now: datetime) -> Endpoint:
    """A new endpoint, with a secret. Raises TooManyEndpoints and what is wrong with it."""
    url, types = _checked(wanted)
    await db.execute(queries.TURN)
    if await db.fetchval(queries.COUNT) >= LIMIT:
        raise TooManyEndpoints(f"at most {LIMIT}", limit=LIMIT)
    endpoint_id = new_id()
    await db.execute(queries.ADD, endpoint_id, url, wanted.note, types, _new_secret(endpoint_id), now)
    if wanted.state == "off":
        await change(endpoint_id, wanted, now)
    return await find(endpoint_id)


async def change(endpoint_id: UUID, wanted: Wanted, now: datetime) -> Endpoint:
    """Change an endpoint; one that was disabled is asked again. Raises NotFound and what is wrong with it."""
    url, types = _checked(wanted)
    _expect(await db.fetchval(queries.CHANGE, endpoint_id, url, wanted.note, types, wanted.state, now))
    return await find(endpoint_id)


async def drop(endpoint_id: UUID, now: datetime) -> None:
    """Nothing is sent to it any more. Raises NotFound."""
    _expect(await db.fetchval(queries.DROP, endpoint_id, now))


async def rotate(endpoint_id: UUID, now: datetime, overlap: timedelta = OVERLAP) -> Endpoint:
    """A new secret; the old one signs beside it for the overlap. Raises NotFound."""
    sealed = _new_secret(endpoint_id)
    _expect(await db.fetchval(queries.ROTATE, endpoint_id, sealed, now + overlap, now))
    return await find(endpoint_id)


async def secret(endpoint_id: UUID) -> str:
    """What signs now: whsec_… Raises NotFound."""
    sealed = await db.fetchval(queries.SECRET, endpoint_id)
    _expect(endpoint_id if sealed else None)
    return vault().open(sealed, place(endpoint_id)).decode()


async def find(endpoint_id: UUID) -> Endpoint:
    """One endpoint. Raises NotFound."""
    row = await db.fetchrow(queries.ENDPOINT, endpoint_id)
    if row is None:
        raise NotFound("there is no such endpoint")
    return _endpoint(row)


async def listed(after: UUID | None = None, limit: int = LIMIT) -> list[Endpoint]:
    """The oldest first, after one of them."""
    return [_endpoint(row) for row in await db.fetch(queries.ENDPOINTS, after, limit)]


async def test(endpoint_id: UUID, now: datetime) -> None:
    """Send a test event. Raises NotFound or EndpointOff."""
    await expect_on(endpoint_id)
    await service.test(endpoint_id, now)


async def expect_on(endpoint_id: UUID) -> None:
    """Raises NotFound or EndpointOff."""
    if (await find(endpoint_id)).state != "on":
        raise EndpointOff()


def place(endpoint_id: UUID) -> str:
    """For which place its secrets are sealed."""
    return f"webhook_endpoint {db.merchant_id()} {endpoint_id}"


SEALED = tuple(
    SealedColumn("webhook_endpoints", column, "id", lambda row: place(row["id"]))
    for column in ("secret", "old_secret")
)
"""See core.resealing."""


def _checked(wanted: Wanted) -> tuple[str, list[str]]:
    """Raises AddressRefused or WebhookTypeUnknown."""
    known = set(catalogue.all_types()) - {catalogue.TEST.code}
    if unknown := sorted(set(wanted.types) - known):
        raise WebhookTypeUnknown(", ".join(unknown), types=sorted(known))
    return check_url(wanted.url, installed().private_hosts, query=True), sorted(set(wanted.types))


def _new_secret(endpoint_id: UUID) -> bytes:
    secret = b"whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES))
    return vault().seal(secret, place(endpoint_id))


def _expect(found: UUID | None) -> None:
    if found is None:
        raise NotFound("there is no such endpoint")


def _endpoint(row: db.Row) -> Endpoint:
    return Endpoint(**{**row, "types": tuple(row["types"])})
