"""The audit log: who changed what, from where, from what to what."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get
from litestar.params import FromQuery
from litestar.response import Stream

from admin.operations.handlers import Staff
from api.auth import requires_permission
from api.pages import locale_of, page
from core import db
from core.audit import reading
from core.audit.reading import Asked, Entry
from core.days import zone_of
from core.design import audit_views as views
from core.design.formats import Formats, formats
from core.design.words import codes, word
from core.files.formulas import defused
from core.files.rejects import as_csv
from core.i18n import Translator, translator

PATH = "/staff/audit"
PAGE_SIZE = 50
CSV_PAGE = 1000
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d")
reads = requires_permission("audit.read")


@get("/audit", guards=[reads])
async def show_audit(
    request: Staff,
    who: FromQuery[str] = "",
    what: FromQuery[str] = "",
    row: FromQuery[str] = "",
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
    before: FromQuery[UUID | None] = None,
) -> Response[Any]:
    """The newest entries; a filter that says nothing is none."""
    said = {"who": who, "what": what, "row": row, "since": since, "until": until}
    async with db.transaction(request.user.merchant_id):
        found = await reading.entries(_asked(said, request.user.shop.time_zone, before), PAGE_SIZE + 1)
        tables, actors = await reading.tables(), await reading.actors()
    to = _reader(request, actors)
    shown, again = found[:PAGE_SIZE], urlencode({k: v for k, v in said.items() if v})
    view = views.AuditLog(
        rows=tuple(_row(each, to) for each in shown),
        who=who,
        actors=tuple((str(id), name) for id, name in actors),
        what=what,
        tables=tuple(sorted(((name, noun(to.words, name)) for name in tables), key=lambda pair: pair[1])),
        row=row,
        since=since,
        until=until,
        csv_href=f"{PATH}/entries.csv?{again}",
        first_href=f"{PATH}?{again}" if before else "",
        next_href=f"{PATH}?{again}&before={shown[-1].id}" if len(found) > PAGE_SIZE else "",
    )
    return page(request, "staff/audit.html", view, section="audit")


@get("/audit/entries.csv", guards=[reads])
async def csv_of(
    request: Staff,
    who: FromQuery[str] = "",
    what: FromQuery[str] = "",
    row: FromQuery[str] = "",
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
) -> Stream:
    """All entries that the filter names, for a spreadsheet."""
    said = {"who": who, "what": what, "row": row, "since": since, "until": until}
    asked = _asked(said, request.user.shop.time_zone, None)
    headers = {
        "Content-Disposition": 'attachment; filename="audit.csv"',
        "Cache-Control": "private, no-store",
    }
    async with db.transaction(request.user.merchant_id):
        to = _reader(request, await reading.actors())
    lines = _lines(request.user.merchant_id, asked, to)
    return Stream(lines, media_type="text/csv; charset=utf-8", headers=headers)


handlers = [show_audit, csv_of]


def noun(words: Translator, table: str) -> str:
    """What a row of a table is called."""
    return word(words, "audit_noun", table) if table in codes("audit_noun") else table.replace("_", " ")


@dataclass(frozen=True)
class _Reader:
    """How values are said: in words, times on the shop's clock, staff by name."""

    words: Translator
    shown: Formats
    time_zone: str
    staff: Mapping[str, str]


def _reader(request: Staff, actors: Sequence[tuple[UUID, str]]) -> _Reader:
    locale = locale_of(request)
    staff = {str(id): name for id, name in actors}
    return _Reader(translator(locale), formats(locale), request.user.shop.time_zone, staff)


def _row(each: Entry, to: _Reader) -> views.AuditRow:
    return views.AuditRow(
        at=each.at,
        who=each.actor_name,
        actor=each.actor,
        op=each.op,
        noun=noun(to.words, each.table_name),
        row_id=each.row_id,
        row_href=f"{PATH}?{urlencode({'what': each.table_name, 'row': each.row_id})}",
        address=each.address,
        door=each.door,
        changes=tuple(
            views.Change(
                field(to.words, name), _text(each.before.get(name), to), _text(each.after.get(name), to)
            )
            for name in _told_of(each)
        ),
    )


def _told_of(each: Entry) -> list[str]:
    """Columns that say something: of a new row or one that is gone not its id, nor that it has a secret."""
    names = dict.fromkeys([*each.before, *each.after])
    if each.op == "update":
        return list(names)
    values = each.before | each.after
    return [name for name in names if str(values[name]) not in ("…", each.row_id)]


def field(words: Translator, column: str) -> str:
    """What a column is called."""
    return word(words, "audit_field", column) if column in codes("audit_field") else column.replace("_", " ")


def _text(value: Any, to: _Reader) -> str:
    """A value as one reads it; empty: there was none."""
    match value:
        case None:
            return ""
        case bool():
            return "✓" if value else "✗"
        case str() if MOMENT.fullmatch(value):
            return to.shown.date_time(datetime.fromisoformat(value), to.time_zone)
        case str():
            return to.staff.get(value, value)
        case list() if all(isinstance(each, str | int | float) for each in value):
            return ", ".join(str(each) for each in value)
        case dict() | list():
            return db.to_json(value)
    return str(value)


def _asked(said: dict[str, str], time_zone: str, before: UUID | None) -> Asked:
    """What the filter means; days are the shop's, `until` with its whole day."""
    since, until = _day(said["since"], time_zone, 0), _day(said["until"], time_zone, 1)
    try:
        who = UUID(said["who"])
    except ValueError:
        who = None
    return Asked(who, said["what"], said["row"], since, until, before)


def _day(text: str, time_zone: str, later: int) -> datetime | None:
    try:
        day = date.fromisoformat(text) + timedelta(days=later)
    except (ValueError, OverflowError):
        return None
    return datetime.combine(day, time(), zone_of(time_zone))


async def _lines(merchant_id: UUID, asked: Asked, to: _Reader) -> AsyncIterator[bytes]:
    """The file in pieces, each read in a transaction of its own."""
    yield as_csv([("at", "who", "how", "from", "deed", "what", "id", "field", "before", "after", "door")])
    while True:
        async with db.transaction(merchant_id):
            found = await reading.entries(asked, CSV_PAGE)
        if not found:
            return
        yield as_csv([line for each in found for line in _told(each, to)])
        asked = Asked(asked.actor_id, asked.table, asked.row_id, asked.since, asked.until, found[-1].id)


def _told(each: Entry, to: _Reader) -> list[tuple[str, ...]]:
    """One line a column that changed; one for a row without any."""
    shown = _row(each, to)
    head = each.at.isoformat(), shown.who, each.actor, each.address, each.op, each.table_name, each.row_id
    changes = [(change.field, change.before, change.after) for change in shown.changes] or [("", "", "")]
    return [tuple(defused(cell) for cell in (*head, *change, each.door)) for change in changes]
