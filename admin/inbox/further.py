"""Further deeds on a case: waiting, sleeping, calls, what is no case, and remedies beyond points."""

from datetime import timedelta
from typing import Literal

from admin.inbox.acting import Deal, deed
from admin.inbox.deeds import points_of
from admin.inbox.forms import CaseForm, TextForm
from core import amounts
from core.errors import NotFound
from reviews.cases import conversation, service
from reviews.cases.calls import Outcome
from reviews.cases.drafting import service as drafting
from reviews.cases.remedies import holdout
from reviews.cases.remedies import service as remedies
from reviews.cases.remedies.rules import Kinds, Remedy, RemedyUnfit
from reviews.cases.service import DuplicateUnfit, WaitsOn
from reviews.translating import service as translating


class WaitForm(TextForm, forbid_unknown_fields=True, kw_only=True):
    """Who must act before we can, and what is awaited."""

    on: WaitsOn


class CallForm(TextForm, forbid_unknown_fields=True, kw_only=True):
    """What became of a call, and what was said."""

    outcome: Outcome = "reached"


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


async def _wait(on: Deal, form: WaitForm) -> None:
    await service.wait(on.case_id, form.on, form.plain, on.by, form.version, on.now)


async def _take_up(on: Deal, form: CaseForm) -> None:
    await service.take_up(on.case_id, on.by, form.version, on.now)


async def _call(on: Deal, form: CallForm) -> None:
    await conversation.call(on.case_id, form.plain, on.by, form.version, on.now, form.outcome)


async def _draft(on: Deal, form: CaseForm) -> None:
    """Have a draft written; it is shown here, and sends nothing."""
    await drafting.ask(on.case_id, on.by, form.version, on.now)


async def _translate(on: Deal, form: CaseForm) -> None:
    """Have the review translated; it is shown here."""
    case = await service.lock(on.case_id, form.version)
    if case.review_id is None:
        raise NotFound(f"no review in case {on.case_id}")
    await translating.ask(case.review_id, on.locale, on.by, on.now)


async def _snooze(on: Deal, form: SnoozeForm) -> None:
    await service.snooze(on.case_id, on.now + timedelta(days=int(form.days)), on.by, form.version, on.now)


async def _spam(on: Deal, form: CaseForm) -> None:
    await service.spam(on.case_id, on.by, form.version, on.now)


async def _duplicate(on: Deal, form: DuplicateForm) -> None:
    number = form.number.strip()
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise DuplicateUnfit(number=number)
    await service.duplicate(on.case_id, int(number), on.by, form.version, on.now)


async def _give_or_ask(on: Deal, form: RemedyForm) -> None:
    """Give a voucher, a refund or a replacement, or ask for what is above one's authority."""
    await service.lock(on.case_id, form.version)
    wanted = _remedy(form, on.currency)
    give_or_ask = remedies.ask if form.ask else remedies.give
    await give_or_ask(on.case_id, wanted, on.key(form), on.by, on.now)


async def _all_the_same(on: Deal, form: TextForm) -> None:
    """Let something be given to whoever is held out by chance."""
    await service.lock(on.case_id, form.version)
    await holdout.override(on.case_id, form.plain, on.by, on.now)


handlers = [
    deed("wait", WaitForm, _wait),
    deed("take_up", CaseForm, _take_up),
    deed("draft", CaseForm, _draft),
    deed("translate", CaseForm, _translate),
    deed("call", CallForm, _call),
    deed("snooze", SnoozeForm, _snooze),
    deed("spam", CaseForm, _spam),
    deed("duplicate", DuplicateForm, _duplicate),
    deed("all_the_same", TextForm, _all_the_same, "inbox.goodwill"),
    deed("remedy", RemedyForm, _give_or_ask, "inbox.goodwill"),
]


def _remedy(data: RemedyForm, currency: str) -> Remedy:
    """What the form asks for. Raises RemedyUnfit."""
    message = data.text.replace("\r\n", "\n")
    if data.kind == "voucher":
        return Remedy(kind="voucher", reward=data.reward.strip(), message=message)
    if data.kind == "points":
        return Remedy(kind="points", points=points_of(data.amount), message=message)
    amount_minor = amounts.minor(data.amount, currency)
    if not amount_minor:
        raise RemedyUnfit("no amount")
    return Remedy(
        kind=data.kind, amount_minor=amount_minor, currency=currency,
        order_line=data.line.strip(), message=message,
    )  # fmt: skip
