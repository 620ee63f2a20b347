"""What is kept of a person: a file of it, and its end."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Stream

from api.auth import Integrator, requires_scope
from api.downloads import zip_of
from api.idempotency import Once
from api.openapi import WRITE_PROBLEMS, problems
from core import clock, db
from core.errors import NotFound
from core.people import erasure, export
from core.people.personal import finding


class ExportView(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is being made; `ready_at` says that it can be fetched, until `until`."""

    id: UUID
    asked_at: datetime
    ready_at: datetime | None
    size_bytes: int | None
    until: datetime


class Erase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`keep_reviews`: the person wants the words of their reviews to stay, without a name."""

    keep_reviews: bool = False


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """What is done: from now on they are nobody; the rest of what was theirs goes within minutes."""

    customer_id: str
    asked_at: datetime


@post(
    "/{customer_id:str}/exports",
    guards=[requires_scope("people:export")],
    status_code=201,
    responses=WRITE_PROBLEMS,
)
async def ask_export(
    customer_id: FromPath[str], once: NamedDependency[Once[ExportView]]
) -> Response[ExportView]:
    """Have a zip made of everything that is kept of a customer; while one is being made, that one."""

    async def effect() -> ExportView:
        return _view(await export.ask(await _find(customer_id), clock.now()))

    return await once(effect, status=201)


@get(
    "/{customer_id:str}/exports/{export_id:uuid}",
    guards=[requires_scope("people:export")],
    responses=problems(401, 403),
)
async def get_export(
    customer_id: FromPath[str], export_id: FromPath[UUID], user: NamedDependency[Integrator]
) -> ExportView:
    """Whether it is ready."""
    async with db.transaction(user.merchant_id):
        return _view(await export.get(export_id, await _find(customer_id)))


@get(
    "/{customer_id:str}/exports/{export_id:uuid}/archive",
    guards=[requires_scope("people:export")],
    responses=problems(401, 403, 409),
    media_type="application/zip",
)
async def get_archive(
    customer_id: FromPath[str], export_id: FromPath[UUID], user: NamedDependency[Integrator]
) -> Stream:
    """The zip: JSON by area, statements as CSV, pictures, and a page to read."""
    async with db.transaction(user.merchant_id):
        found = await export.get(export_id, await _find(customer_id))
    return await zip_of(found, user.merchant_id)


@post(
    "/{customer_id:str}/erasure",
    guards=[requires_scope("people:erase")],
    status_code=201,
    responses=WRITE_PROBLEMS,
)
async def erase(
    customer_id: FromPath[str], data: JSONBody[Erase], once: NamedDependency[Once[Erasure]]
) -> Response[Erasure]:
    """Erase a customer and whoever was merged into them. The ledger's entries stay, without the person."""

    async def effect() -> Erasure:
        now = clock.now()
        await erasure.ask(await _find(customer_id), "api", now, keeps_reviews=data.keep_reviews)
        return Erasure(customer_id=customer_id, asked_at=now)

    return await once(effect, status=201)


v1_people = Router(
    "/customers", route_handlers=[ask_export, get_export, get_archive, erase], tags=["Personal data"]
)


async def _find(external_id: str) -> UUID:
    found = await finding.customer(external_id)
    if found is None:
        raise NotFound(f"no customer {external_id}")
    return found


def _view(found: export.Export) -> ExportView:
    return ExportView(
        id=found.id,
        asked_at=found.asked_at,
        ready_at=found.ready_at,
        size_bytes=found.size_bytes,
        until=found.until,
    )
