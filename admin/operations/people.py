"""People's data, for whoever answers their requests: a file, or the end, and who was erased."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Stream

from admin.operations.handlers import LIMIT, Staff
from api.auth import requires_permission
from api.downloads import zip_of
from api.forms import KeyedForm, key_of, once_to, said_of
from api.pages import locale_of, page
from core import clock, db
from core.design import person_views as views
from core.design.views import Notice
from core.errors import DomainError, Kind, NotFound
from core.i18n import translator
from core.ids import new_id
from core.people import customers, erasure, export
from core.people.personal import finding

PATH = "/staff/people"
answers = requires_permission("people.data")

_ERASED = """
SELECT e.id, c.external_id AS customer, e.via, coalesce(s.name, '') AS asked_by, e.asked_at, e.done_at
FROM erasures e JOIN customers c ON c.id = e.customer_id LEFT JOIN staff s ON s.id = e.asked_by
WHERE $2::uuid IS NULL OR e.id < $2 ORDER BY e.id DESC LIMIT $1
"""


class NotConfirmed(DomainError):
    """What was typed is not the customer's number."""

    code = "erasure_not_confirmed"
    kind = Kind.INVALID
    title = "The customer's number was not typed"


@get("/people", guards=[answers])
async def show_people(
    request: Staff,
    customer: FromQuery[str] = "",
    before: FromQuery[UUID | None] = None,
    notice: FromQuery[str] = "",
) -> Response[Any]:
    """Whom it is about, and who was erased, the newest first."""
    words = translator(locale_of(request))
    texts = {
        "erased": words.gettext("They were erased. What is left of them is destroyed within minutes."),
        "asked": words.gettext("The file is being made. Load this page again in a minute."),
    }
    said = [Notice("good", texts[notice])] if notice in texts else []
    return await _page(request, customer.strip(), before, said=said)


@post("/people/{person_id:uuid}/export", guards=[answers], status_code=303)
async def ask_export(
    request: Staff, person_id: FromPath[UUID], data: URLEncodedBody[KeyedForm]
) -> Response[Any]:
    """Have a file made of everything that is kept of them. Raises NotFound."""
    now = clock.now()

    async def effect() -> str:
        await export.ask(person_id, now)
        return f"{PATH}?notice=asked&customer={person_id}"

    return await once_to(request, data.idempotency_key, "export", effect, now)


@get("/people/{person_id:uuid}/exports/{export_id:uuid}", guards=[answers])
async def download(request: Staff, person_id: FromPath[UUID], export_id: FromPath[UUID]) -> Stream:
    """The file. Raises NotFound or ExportNotReady."""
    async with db.transaction(request.user.merchant_id):
        found = await export.get(export_id, person_id)
    return await zip_of(found, request.user.merchant_id)


@post("/people/{person_id:uuid}/erase", guards=[answers], status_code=303)
async def erase(
    request: Staff, person_id: FromPath[UUID], data: URLEncodedBody[dict[str, str]]
) -> Response[Any]:
    """Erase them, once their number was typed. Raises NotFound."""
    now, by = clock.now(), request.user.member.id

    async def effect() -> str:
        profile = await customers.find(person_id)
        if profile is None:
            raise NotFound(f"no customer {person_id}")
        if data.get("confirm", "").strip() != profile.external_id:
            raise NotConfirmed()
        keeps = data.get("keep_reviews") == "on"
        await erasure.ask(person_id, "staff", now, asked_by=by, keeps_reviews=keeps)
        return f"{PATH}?notice=erased"

    try:
        return await once_to(request, key_of(data), said_of(data), effect, now)
    except NotConfirmed:
        because = translator(locale_of(request)).gettext("That is not their number. Nothing was deleted.")
        return await _page(request, str(person_id), None, problem=because, status=422)


handlers = [show_people, ask_export, download, erase]


async def _page(
    request: Staff,
    asked: str,
    before: UUID | None,
    said: list[Notice] | None = None,
    problem: str = "",
    status: int = 200,
) -> Response[Any]:
    async with db.transaction(request.user.merchant_id):
        profile = await _find(asked) if asked else None
        exports = await export.of(profile.id) if profile else []
        rows = await db.fetch(_ERASED, LIMIT + 1, before)
    path = f"{PATH}/{profile.id}" if profile else ""
    view = views.People(
        customer=profile.external_id if profile else asked,
        found=profile is not None,
        name=profile.name if profile else "",
        export_action=f"{path}/export",
        erase_action=f"{path}/erase",
        export_key=str(new_id()),
        erase_key=str(new_id()),
        exports=views.export_rows(exports, f"{path}/exports"),
        problem=problem,
        rows=tuple(views.ErasureRow(**{k: v for k, v in row.items() if k != "id"}) for row in rows[:LIMIT]),
        first_href=PATH if before else "",
        next_href=f"{PATH}?before={rows[LIMIT - 1]['id']}" if len(rows) > LIMIT else "",
    )
    return page(request, "staff/people.html", view, section="people", notices=said or [], status=status)


async def _find(asked: str) -> customers.Profile | None:
    """By the shop's number, or by our id, which our own links name."""
    found = await finding.customer(asked)
    if found is None:
        try:
            found = UUID(asked)
        except ValueError:
            return None
    return await customers.find(found)
