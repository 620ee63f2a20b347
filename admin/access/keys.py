"""API keys: make one, see what each may do and when it was used, replace it without a gap, end it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.access.common import ROOT, Staff, act, manages_keys, show, text
from api.forms import KeyedForm, key_of
from api.pages import locale_of
from core import clock, db
from core.design import access_views as views
from core.errors import DomainError, Kind
from core.i18n import mark, translator
from core.ids import new_id
from core.people import api_keys

PATH = f"{ROOT}/keys"
TEMPLATE = "staff/access_keys.html"
_NAME_LIMIT_CHARS = 100
_NOTICES = {
    "made": mark("The key is made. It was shown once and cannot be shown again."),
    "revoked": mark("Revoked. It opens nothing any more."),
}
_REFUSED = {
    "api_key_form_unfit": mark("A key needs a name and at least one scope; nothing was made."),
    "api_key_ended": mark("This key has ended or was replaced already."),
}


class KeyFormUnfit(DomainError):
    """No name, or no scope."""

    code = "api_key_form_unfit"
    kind = Kind.INVALID
    title = "A key needs a name and at least one scope"


class ReplaceForm(KeyedForm, kw_only=True):
    """How long the former key goes on: a name of core.people.api_keys.OVERLAPS."""

    overlap: str = "day"


@get("/access/keys", guards=[manages_keys])
async def overview(request: Staff, notice: FromQuery[str] = "") -> Response[Any]:
    """All keys without their secrets, and a form for one more."""
    return show(request, TEMPLATE, await _view(request), text(notice, _NOTICES))


@post("/access/keys/make", guards=[manages_keys], status_code=200)
async def make(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """A new key, shown this once."""
    name, scopes = data.get("name", "").strip(), [each for each in api_keys.SCOPES if data.get(each) == "on"]

    async def new(now: datetime) -> str:
        if not (0 < len(name) <= _NAME_LIMIT_CHARS and scopes):
            raise KeyFormUnfit()
        return await api_keys.create(name, scopes, now)

    return await _shown_once(request, key_of(data), (name, scopes), new, data)


@post("/access/keys/{key_id:uuid}/replace", guards=[manages_keys], status_code=200)
async def replace(request: Staff, key_id: FromPath[UUID], data: URLEncodedBody[ReplaceForm]) -> Response[Any]:
    """Another key with the same scopes, shown this once; this one goes on for a while. Raises NotFound."""
    overlap = api_keys.OVERLAPS.get(data.overlap, api_keys.OVERLAPS["day"])

    async def new(now: datetime) -> str:
        return await api_keys.replace(key_id, overlap, now)

    return await _shown_once(request, data.idempotency_key, data.overlap, new)


@post("/access/keys/{key_id:uuid}/revoke", guards=[manages_keys], status_code=303)
async def revoke(request: Staff, key_id: FromPath[UUID], data: URLEncodedBody[KeyedForm]) -> Response[Any]:
    """It opens nothing any more. Raises NotFound."""

    async def effect(now: datetime) -> str:
        await api_keys.expect(key_id)
        await api_keys.revoke(key_id, now)
        return f"{PATH}?notice=revoked"

    return await act(request, data.idempotency_key, "revoke", effect)


handlers = [overview, make, replace, revoke]


async def _shown_once(
    request: Staff, key: str, said: object, new: Any, typed: Mapping[str, str] | None = None
) -> Response[Any]:
    """The page with the new key. It is in this one answer alone: a post that is repeated shows it no more."""
    made = ""

    async def effect(now: datetime) -> str:
        nonlocal made
        made = await new(now)
        return f"{PATH}?notice=made"

    try:
        done = await act(request, key, said, effect)
    except DomainError as error:
        if error.code not in _REFUSED:
            raise
        return show(request, TEMPLATE, await _view(request, typed), _REFUSED[error.code], error)
    return show(request, TEMPLATE, await _view(request, secret=made)) if made else done


async def _view(request: Staff, typed: Mapping[str, str] | None = None, secret: str = "") -> views.KeyList:
    now, typed, words = clock.now(), typed or {}, translator(locale_of(request))
    async with db.transaction(request.user.merchant_id):
        found = await api_keys.listed()
    return views.KeyList(
        lines=tuple(sorted((_line(each, now) for each in found), key=lambda line: line.state == "ended")),
        scopes=tuple(
            (name, words.gettext(about), typed.get(name) == "on") for name, about in api_keys.SCOPES.items()
        ),
        key=str(new_id()),
        name=typed.get("name", ""),
        secret=secret,
    )


def _line(each: api_keys.Listed, now: datetime) -> views.KeyLine:
    over = each.revoked_at is not None or (each.expires_at is not None and each.expires_at <= now)
    state = "ended" if over else "replaced" if each.expires_at else "active"
    return views.KeyLine(
        id=str(each.id),
        name=each.name,
        prefix=each.prefix,
        scopes=each.scopes,
        created_at=each.created_at,
        last_used_at=each.last_used_at,
        expires_at=each.expires_at,
        state=state,
        revoke_key="" if over else str(new_id()),
        replace_key=str(new_id()) if state == "active" else "",
    )
