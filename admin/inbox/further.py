"""Further deeds on a case: waiting, sleeping, calls, what is no case, and remedies beyond points."""

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from uuid import UUID, uuid5

from babel.numbers import get_currency_precision
from litestar import Response, post
from litestar.params import FromPath, URLEncodedBody

from admin.inbox.deeds import act, replies
from admin.inbox.forms import CaseForm, TextForm
from admin.inbox.pages import Staff
from api.auth import requires_permission
from reviews.cases import conversation, service
from reviews.cases.remedies import service as remedies
from reviews.cases.remedies.rules import Kinds, Remedy, RemedyUnfit
from reviews.cases.service import DuplicateUnfit, WaitsOn


class WaitForm(TextForm, forbid_unknown_fields=True, kw_only=True):
    """Who must act before we can, and what is awaited."""

    on: WaitsOn


class SnoozeForm(CaseForm, forbid_unknown_fields=True, kw_only=True):
    """For how many days."""

    days: Literal["1", "3", "7"]


class DuplicateForm(CaseForm, forbid_unknown_fields=True, kw_only=True):
    """Number of the other case."""

    number: str = ""


class RemedyForm(CaseForm, forbid_unknown_fields=True, kw_only=True):
    """`amount` in the shop's currency or points; `ask`: a second person decides."""

    kind: Kinds
    amount: str = ""
    reward: str = ""
    line: str = ""
    text: str = ""
    ask: str = ""


@post("/cases/{case_id:uuid}/wait", guards=[replies], status_code=303)
async def wait(request: Staff, case_id: FromPath[UUID], data: URLEncodedBody[WaitForm]) -> Response[Any]:
    """Nothing can be done until somebody has acted."""
    by = request.user.member.id

    async def effect(now: datetime) -> object:
        return await service.wait(case_id, data.on, data.plain, by, data.version, now)

    return await act(request, case_id, "wait", data, effect)


@post("/cases/{case_id:uuid}/take-up", guards=[replies], status_code=303)
async def take_up(request: Staff, case_id: FromPath[UUID], data: URLEncodedBody[CaseForm]) -> Response[Any]:
    """What was awaited has come."""
    by = request.user.member.id

    async def effect(now: datetime) -> object:
        return await service.take_up(case_id, by, data.version, now)

    return await act(request, case_id, "take_up", data, effect)


@post("/cases/{case_id:uuid}/call", guards=[replies], status_code=303)
async def call(request: Staff, case_id: FromPath[UUID], data: URLEncodedBody[TextForm]) -> Response[Any]:
    """Log a telephone call."""
    by = request.user.member.id

    async def effect(now: datetime) -> object:
        return await conversation.call(case_id, data.plain, by, data.version, now)

    return await act(request, case_id, "call", data, effect)


@post("/cases/{case_id:uuid}/snooze", guards=[replies], status_code=303)
async def snooze(request: Staff, case_id: FromPath[UUID], data: URLEncodedBody[SnoozeForm]) -> Response[Any]:
    """Keep it out of the queue for some days."""
    by = request.user.member.id

    async def effect(now: datetime) -> object:
        return await service.snooze(case_id, now + timedelta(days=int(data.days)), by, data.version, now)

    return await act(request, case_id, "snooze", data, effect)


@post("/cases/{case_id:uuid}/spam", guards=[replies], status_code=303)
async def spam(request: Staff, case_id: FromPath[UUID], data: URLEncodedBody[CaseForm]) -> Response[Any]:
    """Nobody's complaint."""
    by = request.user.member.id

    async def effect(now: datetime) -> object:
        return await service.spam(case_id, by, data.version, now)

    return await act(request, case_id, "spam", data, effect)


@post("/cases/{case_id:uuid}/duplicate", guards=[replies], status_code=303)
async def duplicate(
    request: Staff, case_id: FromPath[UUID], data: URLEncodedBody[DuplicateForm]
) -> Response[Any]:
    """The same trouble as in another case."""
    by = request.user.member.id

    async def effect(now: datetime) -> object:
        number = data.number.strip()
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            raise DuplicateUnfit(number=number)
        return await service.duplicate(case_id, int(number), by, data.version, now)

    return await act(request, case_id, "duplicate", data, effect)


@post("/cases/{case_id:uuid}/remedy", guards=[requires_permission("inbox.goodwill")], status_code=303)
async def remedy(request: Staff, case_id: FromPath[UUID], data: URLEncodedBody[RemedyForm]) -> Response[Any]:
    """Give a voucher, a refund or a replacement, or ask for what is above one's authority."""
    user = request.user

    async def effect(now: datetime) -> object:
        await service.lock(case_id, data.version)
        wanted = _remedy(data, user.shop.currency)
        key = str(uuid5(user.member.id, data.idempotency_key))
        deed = remedies.ask if data.ask else remedies.give
        return await deed(case_id, wanted, key, user.member.id, now)

    return await act(request, case_id, "remedy", data, effect)


handlers = [wait, take_up, call, snooze, spam, duplicate, remedy]


def _remedy(data: RemedyForm, currency: str) -> Remedy:
    """What the form asks for. Raises RemedyUnfit."""
    message = data.text.replace("\r\n", "\n")
    if data.kind == "voucher":
        return Remedy(kind="voucher", reward=data.reward.strip(), message=message)
    try:
        amount = Decimal(data.amount.strip())
    except InvalidOperation as error:
        raise RemedyUnfit("no amount") from error
    unit = 1 if data.kind == "points" else 10 ** get_currency_precision(currency)
    if not amount.is_finite() or not 0 < amount < 10**9 or amount * unit != int(amount * unit):
        raise RemedyUnfit("no amount")
    if data.kind == "points":
        return Remedy(kind="points", points=int(amount), message=message)
    return Remedy(
        kind=data.kind, amount_minor=int(amount * unit), currency=currency,
        order_line=data.line.strip(), message=message,
    )  # fmt: skip
