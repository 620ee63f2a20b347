"""Opening balances: points that members bring along from an earlier programme."""

from collections.abc import Iterator
from io import BytesIO

import msgspec
from litestar import Response, Router, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, RawBody

from api.auth import requires_scope
from api.idempotency import Once
from api.openapi import GIVES, TAKES, WRITE_PROBLEMS
from api.problems import RequestRefused
from core import clock, tenancy
from core.days import zone_of
from core.files import reader
from core.files.errors import FieldInvalid, RowRejected
from loyalty.openings import service
from loyalty.openings.rules import Opening, opening_of
from loyalty.openings.service import Outcome

LINES_LIMIT = 5000
NDJSON = "application/x-ndjson"
LINES_TAKEN = {NDJSON: '{"id": "old-1", "customer_id": "ada", "points": 250}\n'}
LINES_GIVEN = {NDJSON: '{"line": 1, "id": "old-1", "status": "posted"}\n'}


class LineOutcome(Outcome, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one line; lines count from 1."""

    line: int


@post(
    "/batch",
    guards=[requires_scope("ledger:write")],
    status_code=200,
    responses=WRITE_PROBLEMS,
    opt={TAKES: LINES_TAKEN, GIVES: LINES_GIVEN},
)
async def post_openings(
    body: RawBody,
    once: NamedDependency[Once[bytes]],
    create_members: FromQuery[bool] = False,
    dry_run: FromQuery[bool] = False,
) -> Response[bytes]:
    """Send up to 5000 opening balances as NDJSON, one a line; each line has its own result.

    Fields: `id` (its name for ever: the same id is posted once), `customer_id`, `points`; and `wallet`
    (`points`), `earned_at`, `expires_at` (without it the wallet's rules apply; `never`), `pending`,
    `settles_at`, `note`. Several lines of a customer are several lots. With `create_members` whoever is no
    member becomes one; with `dry_run` nothing is kept. The answer is `application/x-ndjson` too.
    """
    if body.count(b"\n") > LINES_LIMIT:
        raise RequestRefused("too_many_lines", "Too many lines", f"at most {LINES_LIMIT}", status=413)

    async def effect() -> bytes:
        now = clock.now()
        zone = zone_of((await tenancy.shop()).time_zone)
        refused: list[LineOutcome] = []
        rows: list[tuple[int, Opening]] = []
        for row in reader.ndjson_rows(reader.Lines(BytesIO(body))):
            if isinstance(row, RowRejected):
                refused.append(_refused(row.line, row.code, row.column, row.reason))
                continue
            try:
                rows.append((row.line, opening_of(row.cells, zone, now)))
            except FieldInvalid as error:
                refused.append(_refused(row.line, "invalid", error.field, error.reason))
        openings = [row for _, row in rows]
        outcomes = await service.take_in(openings, create_members, now, dry_run=dry_run)
        done = [
            LineOutcome(line=line, **msgspec.structs.asdict(outcome))
            for (line, _), outcome in zip(rows, outcomes, strict=True)
        ]
        return b"".join(_encoded(sorted([*done, *refused], key=lambda each: each.line)))

    return await once(effect, media_type=NDJSON)


def _refused(line: int, code: str, field: str, reason: str) -> LineOutcome:
    return LineOutcome(line=line, status="rejected", code=code, field=field or None, detail=reason)


def _encoded(lines: list[LineOutcome]) -> Iterator[bytes]:
    return (msgspec.json.encode(line) + b"\n" for line in lines)


v1_openings = Router("/openings", route_handlers=[post_openings], tags=["Members"])
