"""Which cases the inbox shows: a view, narrowed by a filter; lists of one's own."""

from dataclasses import dataclass
from typing import Any, Literal, get_args
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import msgspec
from litestar import Request, Response, post
from litestar.params import FromPath, URLEncodedBody

from admin.inbox.words import SOURCES, source
from api.auth import StaffUser, requires_permission
from api.forms import Key, KeyedForm, once_to
from core import clock
from core.design import desk_views as views
from core.design.words import word
from core.errors import NotFound
from core.i18n import Translator
from core.ids import new_id
from reviews.cases import own_views
from reviews.cases.filters import EVERY, Filter, Sign
from reviews.cases.own_views import OwnView
from reviews.cases.reading import ViewName
from sentiment.types import LANGUAGES

Staff = Request[StaffUser, Any, Any]
Stars = Literal["", "1", "2", "3", "4"]
Owner = Literal["", "me", "nobody"]
Signs = Literal["", "escalated", "low_confidence", "mismatch", "undelivered"]
PATH = "/staff/inbox"
SHIPPED = (Filter(stars=2), *(Filter(sign=sign) for sign in get_args(Sign)))
_NAMES = ("low_stars", *get_args(Sign))


@dataclass(frozen=True)
class Asked:
    """What the address of a list asks for."""

    view: ViewName
    filter: Filter
    own: OwnView | None = None

    @property
    def query(self) -> str:
        """The same as a query, without a place in the list."""
        if self.own:
            return urlencode({"own": str(self.own.id)})
        return urlencode({"view": self.view} | query_of(self.filter))


class _Narrowed(msgspec.Struct, kw_only=True):
    """A view, and the fields of the filter that narrows it."""

    view: ViewName = "open"
    stars: Stars = ""
    language: str = ""
    source: str = ""
    tag: str = ""
    owner: Owner = ""
    sign: Signs = ""

    @property
    def filter(self) -> Filter:
        return filter_of(self.stars, self.language, self.source, self.tag, self.owner, self.sign)


class _Query(_Narrowed, kw_only=True):
    """What the address of a list can say; anything else in it is passed over."""

    own: UUID | None = None


async def asked_by(query: str, by: UUID) -> Asked:
    """The list that a query leads to, in the open transaction; the open cases, if it leads to none."""
    try:
        said = msgspec.convert(dict(parse_qsl(query[:500])), _Query)
        kept = await own_views.find(said.own, by) if said.own else None
    except (msgspec.ValidationError, NotFound):
        return Asked("open", EVERY)
    return Asked(kept.view, kept.filter, kept) if kept else Asked(said.view, said.filter)


class FilterForm(_Narrowed, forbid_unknown_fields=True, kw_only=True):
    """A list, and the name under which it is kept; no KeyedForm, as a struct has one base."""

    csrf_token: str = ""
    idempotency_key: Key
    name: str = ""


@post("/views", guards=[requires_permission("inbox.read")], status_code=303)
async def keep(request: Staff, data: URLEncodedBody[FilterForm]) -> Response[Any]:
    """Keep a list for oneself. Raises reviews.cases.own_views.ViewUnfit."""
    now, by = clock.now(), request.user.member.id
    wanted = data.filter

    async def effect() -> str:
        return f"{PATH}?own={await own_views.save(data.name, data.view, wanted, by, now)}"

    return await once_to(request, data.idempotency_key, [data.name, data.view, query_of(wanted)], effect, now)


@post("/views/{view_id:uuid}/remove", guards=[requires_permission("inbox.read")], status_code=303)
async def forget(request: Staff, view_id: FromPath[UUID], data: URLEncodedBody[KeyedForm]) -> Response[Any]:
    """Raises NotFound for somebody else's."""

    async def effect() -> str:
        await own_views.remove(view_id, request.user.member.id)
        return PATH

    return await once_to(request, data.idempotency_key, "remove", effect, clock.now())


handlers = [keep, forget]


def filter_of(stars: str, language: str, source: str, tag: str, owner: Owner, sign: Signs) -> Filter:
    """A filter out of fields; what is too long finds nothing anyway."""
    return Filter(
        stars=int(stars) if stars else None,
        language=language.strip().casefold()[:60],
        source=source.strip()[:60],
        tag=" ".join(tag.split()).casefold()[:60],
        owner=owner,
        sign=sign,
    )


def query_of(wanted: Filter) -> dict[str, str]:
    """The fields of a filter that ask for something."""
    return {name: str(value) for name in Filter.__struct_fields__ if (value := getattr(wanted, name))}


def more(asked: Asked, mine: list[OwnView], words: Translator) -> tuple[views.NamedView, ...]:
    """Shipped filters, then one's own lists."""
    shipped = [
        views.NamedView(
            word(words, "inbox_filter", name),
            f"{PATH}?{urlencode(query_of(wanted))}",
            asked.own is None and asked.filter == wanted,
        )
        for name, wanted in zip(_NAMES, SHIPPED, strict=True)
    ]
    own = [
        views.NamedView(
            each.name,
            f"{PATH}?own={each.id}",
            asked.own is not None and asked.own.id == each.id,
            f"{PATH}/views/{each.id}/remove",
            str(new_id()),
        )
        for each in mine
    ]
    return (*shipped, *own)


def fields(asked: Asked, known_tags: list[str], words: Translator) -> views.FilterFields:
    """The form of the filter, filled in."""
    return views.FilterFields(
        **query_of(asked.filter),
        view=asked.view,
        sources=tuple((code, source(words, code)) for code in SOURCES),
        languages=tuple(LANGUAGES),
        tags=tuple(known_tags),
        keep_key=str(new_id()) if asked.filter and not asked.own else "",
    )
