"""Pools of voucher codes: import them as a stream, or have them made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromPath, HeaderParameter, JSONBody
from msgspec import Meta

from api.auth import Integrator, requires_scope
from api.idempotency import HEADER, Once
from api.openapi import WRITE_PROBLEMS, problems
from core import clock, db
from loyalty.rewards import pools
from loyalty.rewards.pools import PoolView, Reject

REJECTS_SHOWN = 1000

Code = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,99}\Z")]
LowWater = Annotated[int, Meta(ge=0, le=10**9)]


_LINES = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))


@dataclass
class Upload(Operation):
    """Describes a body that is read as a stream, which no parameter of the handler stands for."""

    def __post_init__(self) -> None:
        """Whatever kind is named, each line is looked at."""
        kinds = ("text/plain", "text/csv", "application/x-ndjson")
        self.request_body = RequestBody(content=dict.fromkeys(kinds, _LINES), required=True)


class NewPool(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An empty pool."""

    code: Code
    low_water: LowWater = 0
    """Staff are told when no more codes than this are free."""


class NewLowWater(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another low-water mark."""

    low_water: LowWater


class Generate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many new codes."""

    count: Annotated[int, Meta(ge=1, le=100_000)]
    pattern: Annotated[str, Meta(min_length=4, max_length=100)] = "????-????-????"
    """Each ? becomes a letter or digit that is not mistaken for another."""


class Pools(msgspec.Struct, frozen=True):
    """The merchant's pools, by code."""

    pools: list[PoolView]


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an upload, earlier attempts with the same key included."""

    lines: int
    added: int
    rejected: int
    rejects: list[Reject]
    """The first thousand of this attempt."""


@get("/", guards=[requires_scope("programme:write")], responses=problems(401, 403))
async def listed(user: NamedDependency[Integrator]) -> Pools:
    """The pools, and how many codes are free."""
    async with db.transaction(user.merchant_id):
        return Pools(await pools.every())


@post("/", guards=[requires_scope("programme:write")], status_code=201, responses=WRITE_PROBLEMS)
async def create(data: JSONBody[NewPool], once: NamedDependency[Once[PoolView]]) -> Response[PoolView]:
    """Make an empty pool."""

    async def effect() -> PoolView:
        return await pools.create(data.code, data.low_water, clock.now())

    return await once(effect, status=201)


@put(
    "/{code:str}/low-water",
    guards=[requires_scope("programme:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def set_low_water(
    code: FromPath[str], data: JSONBody[NewLowWater], once: NamedDependency[Once[PoolView]]
) -> Response[PoolView]:
    """Say from how few free codes on staff are told."""
    return await once(lambda: pools.set_low_water(code, data.low_water))


@post(
    "/{code:str}/generate",
    guards=[requires_scope("programme:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
)
async def generate(
    code: FromPath[str], data: JSONBody[Generate], once: NamedDependency[Once[PoolView]]
) -> Response[PoolView]:
    """Add codes of a pattern, none of which was there before; a pattern that could be guessed is refused."""
    return await once(lambda: pools.generate(code, data.pattern, data.count))


@post(
    "/{code:str}/codes",
    guards=[requires_scope("programme:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
    request_max_body_size=None,
    operation_class=Upload,
)
async def import_codes(
    code: FromPath[str],
    request: Request[Integrator, Any, Any],
    idempotency_key: Annotated[
        str, HeaderParameter(name=HEADER, description="New for each upload; the same to go on with one.")
    ],
) -> Imported:
    """Upload codes, one a line, any number: text/plain, text/csv (the first column) or application/x-ndjson
    with a field `code`.

    The body is taken in as it comes, 20,000 lines a transaction. If it breaks off, send all of it again
    under the same Idempotency-Key: it goes on where it ended. Lines that cannot be taken are told, each with
    its reason: code_invalid, code_duplicate, code_of_another_pool or code_issued.
    """
    shown: list[Reject] = []

    def note(rejects: Sequence[Reject]) -> None:
        shown.extend(rejects[: REJECTS_SHOWN - len(shown)])

    user = request.user
    key = f"{user.actor}:{idempotency_key}"
    report = await pools.take_in(user.merchant_id, code, key, request.stream(), note)
    return Imported(lines=report.lines, added=report.added, rejected=report.rejected, rejects=shown)


v1_pools = Router(
    "/pools", route_handlers=[listed, create, set_low_water, generate, import_codes], tags=["Rewards"]
)
