"""One deed on the chosen cases of a list."""

from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from litestar import Request, Response, post
from litestar.params import URLEncodedBody

from api.auth import StaffUser, requires_permission
from api.forms import KeyedForm, once_to
from core import clock
from core.errors import DomainError, Kind, NotFound
from reviews.cases import bulk
from reviews.cases.queries import ViewName


class NothingChosen(DomainError):
    """No case, or nobody to give them to."""

    code = "nothing_chosen"
    kind = Kind.INVALID
    title = "Choose cases, and for assigning a person"


class BulkForm(KeyedForm, forbid_unknown_fields=True, kw_only=True):
    """`cases`: id and version of each; a browser sends a single one as it is."""

    deed: Literal["assign", "snooze", "spam"]
    cases: list[str] | str = ""
    staff_id: str = ""
    view: ViewName = "open"


@post("/bulk", guards=[requires_permission("inbox.reply")], status_code=303)
async def on_many(request: Request[StaffUser, Any, Any], data: URLEncodedBody[BulkForm]) -> Response[Any]:
    """Assign, snooze for a day, or mark as spam. Raises NothingChosen or core.errors.Forbidden."""
    now, by = clock.now(), request.user.member.id
    cases = bulk.chosen([data.cases] if isinstance(data.cases, str) else data.cases)

    async def effect() -> str:
        if not cases:
            raise NothingChosen()
        if data.deed == "snooze":
            done = await bulk.snooze(cases, now + timedelta(days=1), by, now)
        elif data.deed == "spam":
            done = await bulk.spam(cases, by, now)
        else:
            try:
                done = await bulk.assign(cases, UUID(data.staff_id), by, now)
            except (ValueError, NotFound) as error:
                raise NothingChosen() from error
        return f"/staff/inbox?view={data.view}&done={done.done}&refused={done.refused}"

    said = [data.deed, [f"{each.case_id}:{each.version}" for each in sorted(cases)], data.staff_id]
    return await once_to(request, data.idempotency_key, said, effect, now)


handlers = [on_many]
