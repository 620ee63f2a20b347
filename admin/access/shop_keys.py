"""Keys with which the shop's server signs its customers in to the portal."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.access.common import ROOT, Staff, act, manages_keys, show, text
from api.forms import KeyedForm
from core import db
from core.design import access_views as views
from core.errors import DomainError, Kind
from core.i18n import mark
from core.ids import new_id
from core.outgoing import AddressRefused
from core.people import handoff
from core.settings import settings

PATH = f"{ROOT}/handoff"
TEMPLATE = "staff/access_handoff.html"
_NAME_LIMIT_CHARS = 100
_NOTICES = {
    "made": mark("The key is made. It was shown once and cannot be shown again."),
    "sites": mark("The addresses are saved."),
    "revoked": mark("Revoked. It opens nothing any more."),
}
_REFUSED = {
    "handoff_key_unfit": mark("Give the key a name; nothing was made."),
    "address_refused": mark(
        "Addresses of the shop’s pages begin with https://, ten at most; nothing was saved."
    ),
}


class HandoffKeyUnfit(DomainError):
    """It has no name, or a very long one."""

    code = "handoff_key_unfit"
    kind = Kind.INVALID
    title = "A hand-off key needs a name"


class MakeForm(KeyedForm, kw_only=True):
    """Which server signs with it, and whose pages send customers."""

    name: str
    sites: str = ""


class SitesForm(KeyedForm, kw_only=True):
    """Whose pages send customers; empty: everybody is asked first."""

    sites: str = ""


@get("/access/handoff", guards=[manages_keys])
async def overview(request: Staff, notice: FromQuery[str] = "") -> Response[Any]:
    """All keys without their secrets, and a form for one more."""
    return show(request, TEMPLATE, await _view(request), text(notice, _NOTICES))


@post("/access/handoff/make", guards=[manages_keys], status_code=200)
async def make(request: Staff, data: URLEncodedBody[MakeForm]) -> Response[Any]:
    """A new key; its secret is in this one answer alone."""
    name, made = data.name.strip(), None

    async def effect(now: datetime) -> str:
        nonlocal made
        if not 0 < len(name) <= _NAME_LIMIT_CHARS:
            raise HandoffKeyUnfit()
        made = await handoff.create_key(name, now, handoff.sites_of(data.sites))
        return f"{PATH}?notice=made"

    try:
        done = await act(request, data.idempotency_key, [name, data.sites], effect)
    except (HandoffKeyUnfit, AddressRefused) as error:
        return show(request, TEMPLATE, await _view(request), _REFUSED[error.code], error)
    return show(request, TEMPLATE, await _view(request, made)) if made else done


@post("/access/handoff/{key_id:uuid}/sites", guards=[manages_keys], status_code=303)
async def name_sites(
    request: Staff, key_id: FromPath[UUID], data: URLEncodedBody[SitesForm]
) -> Response[Any]:
    """Other pages of the shop, for a key that its server goes on signing with. Raises NotFound."""

    async def effect(now: datetime) -> str:
        await handoff.name_sites(key_id, handoff.sites_of(data.sites))
        return f"{PATH}?notice=sites"

    try:
        return await act(request, data.idempotency_key, ["sites", str(key_id), data.sites], effect)
    except AddressRefused as error:
        return show(request, TEMPLATE, await _view(request), _REFUSED[error.code], error)


@post("/access/handoff/{key_id:uuid}/revoke", guards=[manages_keys], status_code=303)
async def revoke(request: Staff, key_id: FromPath[UUID], data: URLEncodedBody[KeyedForm]) -> Response[Any]:
    """What is signed with it opens nothing any more. Raises NotFound."""

    async def effect(now: datetime) -> str:
        await handoff.revoke(key_id, now)
        return f"{PATH}?notice=revoked"

    return await act(request, data.idempotency_key, "revoke", effect)


handlers = [overview, make, name_sites, revoke]


async def _view(request: Staff, made: handoff.NewKey | None = None) -> views.HandoffKeys:
    async with db.transaction(request.user.merchant_id):
        found = await handoff.keys()
        shop = await db.fetchval("SELECT code FROM merchants WHERE id = $1", db.merchant_id())
    return views.HandoffKeys(
        lines=tuple(
            views.HandoffLine(
                id=str(each.id),
                name=each.name,
                sites=each.sites,
                created_at=each.created_at,
                last_used_at=each.last_used_at,
                ended=each.revoked_at is not None,
                sites_key="" if each.revoked_at else str(new_id()),
                revoke_key="" if each.revoked_at else str(new_id()),
            )
            for each in found
        ),
        key=str(new_id()),
        shop=shop,
        address=f"{settings().public_url}/handoff",
        audience=settings().public_url,
        new_id=str(made.id) if made else "",
        secret=made.secret if made else "",
    )
