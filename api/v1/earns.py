"""Points for something that is no order: one earn a request, or many as lines.

Earns that come at the same time are posted together (core.gather); each has its own outcome.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, RawBody
from msgspec import Meta

from api.auth import Integrator, requires_scope
from api.idempotency import Once
from api.keys import KEYS_IN_LINES, SANE_KEY
from api.openapi import GIVES, TAKES, WRITE_PROBLEMS, problems
from api.problems import RequestRefused
from core import clock
from core.errors import DomainError
from core.gather import Gather
from core.idempotency import Answer, Asked, Outcome, fingerprint, once_each
from loyalty.giving.service import Gift, give
from loyalty.ledger import Posting
from loyalty.wallets.rules import Code

EXPIRY_YEAR_LIMIT = 2199
LINES_LIMIT = 5000
LINES_TOGETHER = 500
NDJSON = "application/x-ndjson"


class GivePoints(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Points for something that is no order. `note` is shown to the member; `expires_at` lies ahead.

    Without `expires_at` the rules of the `wallet` say when they expire. Pending points, and those with a
    `settles_at`, cannot be spent before they settle: at that time, or by POST …/entries/{entry_id}/settle.
    """

    points: Annotated[int, Meta(ge=1, le=10**9)]
    note: Annotated[str, Meta(min_length=1, max_length=500)]
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None
    wallet: Code = "points"
    pending: bool = False
    settles_at: Annotated[datetime, Meta(tz=True)] | None = None


class EarnLine(GivePoints, frozen=True, kw_only=True):
    """One line: points for one member. `key` is of your choice: the same line again posts nothing."""

    key: Annotated[str, Meta(pattern=rf"^{SANE_KEY}\Z")]
    customer_id: Annotated[str, Meta(min_length=1, max_length=200)]


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """The posting, and what the member can spend after it."""

    entry_id: UUID
    points: int
    points_active: int
    points_pending: int


class LineResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one line; lines count from 1.

    `status`: posted, replayed (it had been posted before) or rejected, then with `code` and `detail`.
    """

    line: int
    key: str | None = None
    status: str
    entry_id: UUID | None = None
    points: int | None = None
    points_active: int | None = None
    points_pending: int | None = None
    code: str | None = None
    detail: str | None = None


Earning = tuple[Asked, Gift]


async def _post(merchant_id: UUID, earnings: Sequence[Earning]) -> Sequence[Outcome]:
    """One group in one transaction, with the outcome of each."""
    now = clock.now()

    async def effect(new: Sequence[int]) -> list[Outcome]:
        return [_answer(each) for each in await give([earnings[n][1] for n in new], now)]

    return await once_each(merchant_id, [asked for asked, _ in earnings], effect, now)


def _answer(posted: Posting | DomainError) -> Outcome:
    if isinstance(posted, DomainError):
        return posted
    assert posted.journal_id is not None  # an earn always posts
    given = Given(
        entry_id=posted.journal_id,
        points=posted.points,
        points_active=posted.points_active,
        points_pending=posted.points_pending,
    )
    return Answer(201, msgspec.json.encode(given))


LINES_TAKEN = {NDJSON: '{"key": "order-7", "customer_id": "ada", "points": 5, "note": "Thanks"}\n'}
LINES_GIVEN = {NDJSON: '{"line": 1, "key": "order-7", "status": "posted", "points": 5, "points_active": 5}\n'}
LINE_RESULTS = ResponseSpec(
    LineResult,
    generate_examples=False,
    media_type=NDJSON,
    description="A result for each line, in their order",
)

EARNS: Gather[Earning, Answer] = Gather(_post, limit=16, lanes=2)
LINES: Gather[Earning, Answer] = Gather(_post, LINES_TOGETHER, lanes=2)
"""Apart, so that nobody with one earn waits behind thousands; a group takes the database so long that another
one can go beside it."""


@post(
    "/{customer_id:str}/earn",
    guards=[requires_scope("ledger:write")],
    status_code=201,
    responses=WRITE_PROBLEMS,
)
async def earn(
    customer_id: FromPath[str],
    data: JSONBody[GivePoints],
    once: NamedDependency[Once[Given]],
) -> Response[Given]:
    """Give points at once, for something that is no order."""
    _expect_ahead(data, clock.now())
    return await once.together(EARNS, _gift(customer_id, data, once.user))


@post(
    "/",
    guards=[requires_scope("ledger:write")],
    status_code=200,
    responses=problems(401, 403, 413, 503) | {200: LINE_RESULTS},
    opt={KEYS_IN_LINES: True, TAKES: LINES_TAKEN, GIVES: LINES_GIVEN},
)
async def earn_lines(body: RawBody, user: NamedDependency[Integrator]) -> Response[bytes]:
    """Give points to many: up to 5000 earns as NDJSON, one a line; each line has its own result.

    A line: `{"key": "order-7", "customer_id": "ada", "points": 5, "note": "Thanks"}`, with `expires_at` if
    they expire. Its `key` is of your choice and takes the place of the header Idempotency-Key: lines that
    are sent again post nothing. A line that cannot be posted does not hinder the others.
    """
    lines = [(number, line) for number, line in enumerate(body.splitlines(), 1) if line.strip()]
    if len(lines) > LINES_LIMIT:
        raise RequestRefused("too_many_lines", "Too many lines", f"at most {LINES_LIMIT}", status=413)
    now = clock.now()
    read = [_read(number, line, now) for number, line in lines]
    earnings = [
        (_asked(each, text, user), _gift(each.customer_id, each, user))
        for each, (_, text) in zip(read, lines, strict=True)
        if isinstance(each, EarnLine)
    ]
    outcomes = iter(await LINES.do_all(user.merchant_id, earnings))
    results = [
        each if isinstance(each, LineResult) else _result(number, each.key, next(outcomes))
        for each, (number, _) in zip(read, lines, strict=True)
    ]
    return Response(b"".join(msgspec.json.encode(each) + b"\n" for each in results), media_type=NDJSON)


v1_earns = Router("/earns", route_handlers=[earn_lines], tags=["Members"])


def _gift(customer_id: str, data: GivePoints, user: Integrator) -> Gift:
    return Gift(
        customer_id=customer_id,
        points=data.points,
        note=data.note,
        expires_at=data.expires_at,
        actor=user.actor,
        wallet=data.wallet,
        pending=data.pending,
        settles_at=data.settles_at,
    )


def _asked(line: EarnLine, text: bytes, user: Integrator) -> Asked:
    return Asked(user.actor, line.key, fingerprint("POST", "/v1/earns", text.strip()))


def _expect_ahead(given: GivePoints, now: datetime) -> None:
    """A time of the past, or one that no calendar of ours can hold, would stay in the ledger for ever."""
    for field, moment in (("expires_at", given.expires_at), ("settles_at", given.settles_at)):
        if moment and not (now < moment and moment.year <= EXPIRY_YEAR_LIMIT):
            detail = f"{field} must lie ahead, up to the year {EXPIRY_YEAR_LIMIT}"
            raise RequestRefused(f"{field}_invalid", "The request is not right", detail, status=422)


def _read(number: int, text: bytes, now: datetime) -> EarnLine | LineResult:
    """One line as an earn, or why it is none."""
    try:
        line = _DECODER.decode(text)
        _expect_ahead(line, now)
        return line
    except msgspec.ValidationError as error:
        return _rejected(number, None, "invalid_request", str(error))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _rejected(number, None, "malformed_json", str(error))
    except RequestRefused as error:
        return _rejected(number, line.key, error.code, error.detail)


def _result(number: int, key: str, outcome: Answer | Exception) -> LineResult:
    """Raises what is no answer to a line: the database is away, or a mistake of ours."""
    if isinstance(outcome, DomainError):
        return _rejected(number, key, outcome.code, outcome.detail)
    if isinstance(outcome, Exception):
        raise outcome
    given = msgspec.json.decode(outcome.body, type=Given)
    return LineResult(
        line=number,
        key=key,
        status="replayed" if outcome.replayed else "posted",
        entry_id=given.entry_id,
        points=given.points,
        points_active=given.points_active,
        points_pending=given.points_pending,
    )


def _rejected(number: int, key: str | None, code: str, detail: str) -> LineResult:
    return LineResult(line=number, key=key, status="rejected", code=code, detail=detail)


_DECODER = msgspec.json.Decoder(EarnLine)
