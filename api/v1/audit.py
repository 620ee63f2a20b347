"""The audit log, for programs."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from api.auth import Integrator, requires_scope
from api.openapi import problems
from core import db
from core.audit import reading
from core.audit.reading import Asked

PAGE_LIMIT = 200


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One row that somebody changed; `before` and `after` have the columns that differ.

    Secrets and people's own words are "…". `deed`: entries of one request have the same.
    """

    id: UUID
    at: datetime
    deed: str
    actor: Literal["staff", "key", "command"]
    actor_id: UUID | None
    actor_name: str
    address: str
    door: str
    table: str
    row_id: str
    op: Literal["insert", "update", "delete"]
    before: dict[str, Any]
    after: dict[str, Any]


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """The newest first. `next_before` asks for the page after it; null: there is none."""

    entries: list[AuditEntry]
    next_before: UUID | None


@get("/audit-entries", guards=[requires_scope("audit:read")], responses=problems(401, 403))
async def audit_entries(
    user: NamedDependency[Integrator],
    actor_id: FromQuery[UUID | None] = None,
    table: FromQuery[str] = "",
    row_id: FromQuery[str] = "",
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
    before: FromQuery[UUID | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT)] = 50,
) -> AuditPage:
    """Who changed what, from what to what."""
    async with db.transaction(user.merchant_id):
        found = await reading.entries(Asked(actor_id, table, row_id, since, until, before), limit + 1)
    more = len(found) > limit
    return AuditPage(
        entries=[_view(each) for each in found[:limit]], next_before=found[limit - 1].id if more else None
    )


v1_audit = Router("/", route_handlers=[audit_entries], tags=["Audit"])


def _view(each: reading.Entry) -> AuditEntry:
    told = {name: getattr(each, name) for name in AuditEntry.__struct_fields__ if name != "table"}
    return AuditEntry(table=each.table_name, **told)
