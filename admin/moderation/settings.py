"""What the form asks for, who may take reviews away, and who belongs to the shop."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.moderation.pages import PATH, Staff, reads
from api.auth import requires_permission
from api.forms import KeyedForm, once_to
from api.pages import locale_of, page
from api.problems import STATUS
from core import clock, db
from core.design import review_views as views
from core.design.views import Notice
from core.errors import DomainError, Kind
from core.i18n import mark, translator
from core.ids import new_id
from reviews import attributes
from reviews.attributes import ASKED_LIMIT, Attribute
from reviews.moderation import queue
from reviews.moderation import service as moderation
from reviews.moderation.model import Profile

NEEDED = "reviews.settings"
SETTINGS = f"{PATH}/settings"
NAME_LIMIT_CHARS = 60
COLUMNS = ("code", "en", "zh_hans", "zh_hant")
changes = requires_permission(NEEDED)

_PROBLEMS = {
    "attributes_invalid": mark("Each attribute needs a name in every language, of at most 60 characters."),
    moderation.CustomerUnknown.code: mark("There is no such customer, or they are on the list already."),
}


class AttributesInvalid(DomainError):
    """A name is missing in a language, or too long."""

    code = "attributes_invalid"
    kind = Kind.INVALID
    title = "These attributes cannot be asked for"


class ProfileForm(KeyedForm, kw_only=True):
    """Who may take reviews away."""

    profile: Profile


class InsiderForm(KeyedForm, kw_only=True):
    """A customer, by the shop's id, and why they are on the list."""

    customer: str
    note: str = ""


@get("/settings", guards=[reads])
async def show(request: Staff, notice: FromQuery[str] = "") -> Response[Any]:
    """The rules as they are."""
    said = []
    if notice == "saved":
        said = [Notice("good", translator(locale_of(request)).gettext("Saved. It holds from now on."))]
    return await _show(request, said=said)


@post("/settings/attributes", guards=[changes], status_code=303)
async def save_attributes(request: Staff) -> Response[Any]:
    """Ask for these from now on; rows without any name fall away."""
    form = await request.form()
    # Read by hand: a column of one row would be no list.
    rows = [*zip(*(map(str, form.getall(name, [])) for name in COLUMNS), strict=False)]

    async def effect() -> str:
        await attributes.ask(read(rows))
        return f"{SETTINGS}?notice=saved"

    return await _act(request, str(form.get("idempotency_key", "")) or str(new_id()), rows, effect)


@post("/settings/profile", guards=[changes], status_code=303)
async def save_profile(request: Staff, data: URLEncodedBody[ProfileForm]) -> Response[Any]:
    """A shop, or a marketplace that takes no review away."""
    now = clock.now()

    async def effect() -> str:
        await moderation.set_profile(data.profile, request.user.member.id, now)
        return f"{SETTINGS}?notice=saved"

    return await _act(request, data.idempotency_key, data.profile, effect)


@post("/settings/insiders", guards=[changes], status_code=303)
async def add_insider(request: Staff, data: URLEncodedBody[InsiderForm]) -> Response[Any]:
    """Put a customer on the list."""
    now = clock.now()

    async def effect() -> str:
        customer, note = data.customer.strip()[:200], data.note.strip()[:200]
        await moderation.add_insider(customer, note, request.user.member.id, now)
        return f"{SETTINGS}?notice=saved"

    return await _act(request, data.idempotency_key, [data.customer, data.note], effect)


@post("/settings/insiders/{listed:uuid}/remove", guards=[changes], status_code=303)
async def remove_insider(
    request: Staff, listed: FromPath[UUID], data: URLEncodedBody[KeyedForm]
) -> Response[Any]:
    """Take a customer off the list."""
    now = clock.now()

    async def effect() -> str:
        await moderation.remove_insider(listed, request.user.member.id, now)
        return f"{SETTINGS}?notice=saved"

    return await _act(request, data.idempotency_key, "remove", effect)


handlers = [show, save_attributes, save_profile, add_insider, remove_insider]


def read(rows: Sequence[tuple[str, ...]]) -> list[Attribute]:
    """The attributes that the form names: code (empty: a new one) and a name in each language.

    Raises AttributesInvalid.
    """
    found: list[Attribute] = []
    taken = {code for code, *_ in rows if code}
    for code, *names in rows:
        given = [name.strip() for name in names]
        if not any(given):
            continue
        if not all(given) or max(map(len, given)) > NAME_LIMIT_CHARS:
            raise AttributesInvalid(given[0])
        code = code or _code(given[0], taken)
        taken.add(code)
        found.append(Attribute(code, dict(zip(("en", "zh-Hans", "zh-Hant"), given, strict=True))))
    return found


def _code(name: str, taken: set[str]) -> str:
    """A code that nobody has; it follows from the name, but keeps when the name changes."""
    base = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:30]
    base = base if base[:1].isalpha() else "attribute"
    return next(c for c in (base, *(f"{base}_{n}" for n in range(2, 100))) if c not in taken)


async def _act(request: Staff, key: str, said: object, effect: Callable[[], Awaitable[str]]) -> Response[Any]:
    try:
        return await once_to(request, key, said, effect, clock.now())
    except DomainError as error:
        if error.code not in _PROBLEMS:
            raise
        problem = translator(locale_of(request)).gettext(_PROBLEMS[error.code])
        return await _show(request, problem, STATUS[error.kind])


async def _show(
    request: Staff, problem: str = "", status: int = 200, said: list[Notice] | None = None
) -> Response[Any]:
    may = NEEDED in request.user.permissions
    async with db.transaction(request.user.merchant_id):
        asked = await attributes.asked()
        listed = await moderation.insiders()
        view = views.ReviewSettings(
            held_count=await queue.count(),
            attributes=tuple(_row(each) for each in asked)
            + (views.AttributeRow(),) * (1 if may and len(asked) < ASKED_LIMIT else 0),
            marketplace=await moderation.profile() == "marketplace",
            insiders=tuple(
                views.Insider(
                    str(row["id"]), row["customer"], row["note"], row["added_by"], row["added_at"],
                    str(new_id()) if may else "",
                )
                for row in listed
            ),
            attributes_key=str(new_id()) if may else "",
            profile_key=str(new_id()) if may else "",
            insider_key=str(new_id()) if may else "",
            problem=problem,
        )  # fmt: skip
    return page(
        request, "staff/moderation_settings.html", view,
        section="moderation", notices=said or [], status=status,
    )  # fmt: skip


def _row(each: Attribute) -> views.AttributeRow:
    names = [each.name.get(locale, "") for locale in ("en", "zh-Hans", "zh-Hant")]
    return views.AttributeRow(each.code, *names)
