"""Pending points: settle them, or let them fall away, by hand."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from api.auth import requires_scope
from api.idempotency import Once
from api.openapi import WRITE_PROBLEMS
from core import clock
from core.ids import new_id
from loyalty.ledger import Posting
from loyalty.members import service as members
from loyalty.settling import service as settling


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many of the pending points (without `points` all that are left), and why."""

    points: Annotated[int, Meta(ge=1, le=10**12)] | None = None
    note: Annotated[str, Meta(max_length=500)] = ""


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """The posting, how many points it moved, and what the wallet holds after it."""

    entry_id: UUID
    points: int
    points_active: int
    points_pending: int


Move = Callable[[UUID, UUID, int | None, str, str, datetime], Awaitable[Posting]]


@post(
    "/{customer_id:str}/entries/{entry_id:uuid}/settle",
    guards=[requires_scope("ledger:write")],
    status_code=201,
    responses=WRITE_PROBLEMS,
)
async def settle(
    customer_id: FromPath[str],
    entry_id: FromPath[UUID],
    data: JSONBody[Part],
    once: NamedDependency[Once[Moved]],
) -> Response[Moved]:
    """Make pending points of an earn active, before their time or because what they waited for has happened.

    More than are pending are refused with `pending_exceeded`; if none is left, with `nothing_pending`.
    """
    return await once(lambda: _move(settling.settle, customer_id, entry_id, data), status=201)


@post(
    "/{customer_id:str}/entries/{entry_id:uuid}/void",
    guards=[requires_scope("ledger:write")],
    status_code=201,
    responses=WRITE_PROBLEMS,
)
async def void(
    customer_id: FromPath[str],
    entry_id: FromPath[UUID],
    data: JSONBody[Part],
    once: NamedDependency[Once[Moved]],
) -> Response[Moved]:
    """Let pending points of an earn fall away; active ones are never touched."""
    return await once(lambda: _move(settling.void, customer_id, entry_id, data), status=201)


v1_pending = Router("/members", route_handlers=[settle, void], tags=["Members"])


async def _move(move: Move, customer_id: str, entry_id: UUID, data: Part) -> Moved:
    member = await members.find(customer_id)
    posted = await move(member.id, entry_id, data.points, f"api:{new_id()}", data.note, clock.now())
    assert posted.journal_id is not None  # something was pending
    return Moved(
        entry_id=posted.journal_id,
        points=posted.points,
        points_active=posted.points_active,
        points_pending=posted.points_pending,
    )
