"""Pages of the back office: for owners alone."""

from contextlib import suppress
from datetime import date
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.backoffice import service
from admin.backoffice.service import RepairMoved, RepairUnfit
from admin.backoffice.tables import TABLES, Plain
from api.auth import StaffUser, requires_permission
from api.forms import key_of, once_to, said_of
from api.pages import locale_of, page
from api.problems import STATUS
from core import clock, db
from core.design import backoffice_views as views
from core.design.case_views import SettingsForm
from core.design.reward_views import FormField, FormGroup
from core.design.views import Notice
from core.errors import NotFound
from core.i18n import translator
from core.ids import new_id

Staff = Request[StaffUser, Any, Any]

PATH = "/staff/backoffice"
ROWS = 50
SHOWN_CHARS = 120
only_owners = requires_permission("backoffice.repair")


@get("/", guards=[only_owners])
async def overview(request: Staff) -> Response[Any]:
    """All tables that can be seen."""
    tables = tuple(
        views.TableLine(each.name, f"{PATH}/{each.name}", tuple(each.repairs)) for each in TABLES.values()
    )
    return page(request, "staff/backoffice.html", views.BackOffice(tables), section="backoffice")


@get("/{table:str}", guards=[only_owners])
async def rows(request: Staff, table: FromPath[str], before: FromQuery[str] = "") -> Response[Any]:
    """Rows of one table. Raises NotFound."""
    plain = _table(table)
    below = _below(plain, before)
    async with db.transaction(request.user.merchant_id):
        found = await service.rows(plain, below, ROWS)
    lines = tuple(
        views.PlainRow(
            row["key"],
            tuple(_short(row[column]) for column in plain.columns),
            f"{PATH}/{plain.name}/{row['key']}" if plain.repairs else "",
        )
        for row in found
    )
    view = views.PlainTable(
        name=plain.name,
        key=plain.key,
        columns=plain.columns,
        rows=lines,
        repairable=bool(plain.repairs),
        next_href=f"{PATH}/{plain.name}?before={quote(lines[-1].key)}" if len(found) >= ROWS else "",
        first_href=f"{PATH}/{plain.name}" if below else "",
    )
    return page(request, "staff/backoffice_table.html", view, section="backoffice")


@get("/{table:str}/{key:uuid}", guards=[only_owners])
async def one(
    request: Staff, table: FromPath[str], key: FromPath[UUID], notice: FromQuery[str] = ""
) -> Response[Any]:
    """A row that can be put right. Raises NotFound."""
    return await _page(request, _repairable(table), key, notice=notice)


@post("/{table:str}/{key:uuid}", guards=[only_owners], status_code=303)
async def repair(
    request: Staff, table: FromPath[str], key: FromPath[UUID], data: URLEncodedBody[dict[str, str]]
) -> Response[Any]:
    """Put a row right. Raises NotFound."""
    plain, now = _repairable(table), clock.now()
    seen = {name.removeprefix("was:"): value for name, value in data.items() if name.startswith("was:")}

    async def effect() -> str:
        by = request.user.member.id
        changed = await service.repair(plain, key, seen, data, data.get("reason", ""), by, now)
        return f"{PATH}/{plain.name}/{key}?notice={'repaired' if changed else 'same'}"

    try:
        return await once_to(request, key_of(data), said_of(data), effect, now)
    except (RepairMoved, RepairUnfit) as error:
        words = translator(locale_of(request))
        said = {
            RepairMoved.code: words.gettext("Somebody has changed the row meanwhile. This is how it is now."),
            RepairUnfit.code: words.gettext("This cannot be put there. A reason is needed, too."),
        }
        return await _page(request, plain, key, said[error.code], data, STATUS[error.kind])


router = Router(PATH, route_handlers=[overview, rows, one, repair], include_in_schema=False)


def _below(table: Plain, typed: str) -> UUID | date | None:
    """Where a page begins; what is no key is the start."""
    with suppress(ValueError):
        return UUID(typed) if table.key_type == "uuid" else date.fromisoformat(typed)
    return None


def _table(name: str) -> Plain:
    if name not in TABLES:
        raise NotFound(f"there is no table {name} to see")
    return TABLES[name]


def _repairable(name: str) -> Plain:
    """A table of which something can be put right: of any other there is no page and no form."""
    if not _table(name).repairs:
        raise NotFound(f"nothing in {name} can be put right by hand")
    return TABLES[name]


async def _page(
    request: Staff, table: Plain, key: UUID, problem: str = "", typed: dict[str, str] | None = None,
    status: int = 200, notice: str = "",
) -> Response[Any]:  # fmt: skip
    words = translator(locale_of(request))
    async with db.transaction(request.user.merchant_id):
        found = await service.row(table, key)
        done = await service.repairs(table, key)
    known = service.fields(table, found)
    controls = [FormField(name, name, (typed or known).get(name, "")) for name in known]
    reason = FormField(
        "reason", words.gettext("Why"), (typed or {}).get("reason", ""), required=True,
        hint=words.gettext("It is kept for ever, with who did it."),
    )  # fmt: skip
    hidden = [FormField(f"was:{name}", "", value, "hidden") for name, value in known.items()]
    form = SettingsForm(
        action=f"{PATH}/{table.name}/{key}",
        title=words.gettext("Put it right"),
        submit=words.gettext("Save"),
        key=str(new_id()),
        groups=(FormGroup(words.gettext("Columns"), (*hidden, *controls, reason)),),
        problem=problem,
        cancel_href=f"{PATH}/{table.name}",
    )
    view = views.PlainRowPage(
        table=table.name,
        key=str(key),
        cells=tuple((column, _short(found[column])) for column in table.columns),
        form=form,
        repairs=tuple(views.Repair(**row) for row in done),
    )
    texts = {
        "repaired": words.gettext("It is put right, and written down."),
        "same": words.gettext("Nothing is other than it was: nothing is written down."),
    }
    said = [Notice("good", texts[notice])] if notice in texts else []
    return page(request, "staff/backoffice_row.html", view, section="backoffice", notices=said, status=status)


def _short(text: str | None) -> str:
    if text is None:
        return "–"
    return text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "…"
