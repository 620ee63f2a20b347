"""One deed on the chosen cases of a list, and taking it back."""

from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from litestar import Request, Response, post
from litestar.params import URLEncodedBody

from admin.inbox import words
from admin.inbox.pages import Tried, list_again
from api.auth import StaffUser, requires_permission
from api.forms import KeyedForm, once_to
from api.pages import locale_of
from core import clock
from core.errors import DomainError, Kind, NotFound
from core.i18n import translator
from reviews.cases import bulk
from reviews.cases.bulk import Chosen, Outcome
from reviews.cases.tags import TagUnfit

Staff = Request[StaffUser, Any, Any]
PATH = "/staff/inbox"
_OF_ONE_VIEW = ("done", "refused", "full", "undo", "after")


class NothingChosen(DomainError):
    """No case, or nobody to give them to."""

    code = "nothing_chosen"
    kind = Kind.INVALID
    title = "Choose cases, and for assigning a person"


class BulkForm(KeyedForm, forbid_unknown_fields=True, kw_only=True):
    """`cases`: id and version of each; a browser sends a single one as it is. `asked`: which list it was."""

    deed: Literal["assign", "snooze", "spam", "tag"]
    cases: list[str] | str = ""
    staff_id: str = ""
    tag: str = ""
    asked: str = ""


class UndoBulkForm(KeyedForm, forbid_unknown_fields=True, kw_only=True):
    """Which deed is taken back, and which list it was."""

    undo: UUID
    asked: str = ""


@post("/bulk", guards=[requires_permission("inbox.reply")], status_code=303)
async def on_many(request: Staff, data: URLEncodedBody[BulkForm]) -> Response[Any]:
    """Assign, snooze for a day, tag, or mark as spam; what is unfit is said on the list.

    Raises core.errors.Forbidden.
    """
    now, by = clock.now(), request.user.member.id
    cases = bulk.chosen([data.cases] if isinstance(data.cases, str) else data.cases)

    async def effect() -> str:
        if not cases:
            raise NothingChosen()
        return _back(data.asked, await _do(data, cases, by, now))

    said = [data.deed, [f"{each.case_id}:{each.version}" for each in sorted(cases)], data.staff_id, data.tag]
    try:
        return await once_to(request, data.idempotency_key, said, effect, now)
    except (NothingChosen, TagUnfit) as error:
        because = words.problem(translator(locale_of(request)), error)
        tried = Tried(because, frozenset(each.case_id for each in cases), data.tag)
        return await list_again(request, data.asked, tried, now)


@post("/bulk/undo", guards=[requires_permission("inbox.reply")], status_code=303)
async def take_back(request: Staff, data: URLEncodedBody[UndoBulkForm]) -> Response[Any]:
    """Raises NotFound or reviews.cases.bulk.TooLateToUndo."""
    now = clock.now()

    async def effect() -> str:
        return _back(data.asked, await bulk.undo(data.undo, request.user.member.id, now))

    return await once_to(request, data.idempotency_key, str(data.undo), effect, now)


handlers = [on_many, take_back]


async def _do(data: BulkForm, cases: list[Chosen], by: UUID, now: datetime) -> Outcome:
    match data.deed:
        case "snooze":
            return await bulk.snooze(cases, now + timedelta(days=1), by, now)
        case "spam":
            return await bulk.spam(cases, by, now)
        case "tag":
            return await bulk.tag(cases, data.tag, by, now)
    try:
        return await bulk.assign(cases, UUID(data.staff_id), by, now)
    except (ValueError, NotFound) as error:
        raise NothingChosen() from error


def _back(asked: str, outcome: Outcome) -> str:
    """The list as it was, and what became of the deed."""
    became = {"done": str(outcome.done), "refused": str(outcome.refused)}
    if outcome.full:
        became["full"] = str(outcome.full)
    if outcome.undo:
        became["undo"] = str(outcome.undo)
    kept = [pair for pair in parse_qsl(asked[:500]) if pair[0] not in _OF_ONE_VIEW]
    return f"{PATH}?{urlencode([*kept, *became.items()])}"
