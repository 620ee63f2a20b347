"""Review sources: which accounts are connected, how they are doing, connect and disconnect."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.studio import source_present as present
from api.auth import StaffUser, requires_permission
from api.forms import KeyedForm, once_to
from api.pages import locale_of, page
from core import clock, db
from core.design import source_views as views
from core.design.views import Notice
from core.i18n import translator
from core.ids import new_id
from core.settings import settings
from reviews.accounts import health
from reviews.accounts import service as accounts
from reviews.accounts.service import Account
from reviews.connectors.model import AccountUnfit
from reviews.connectors.registry import CONNECTORS, about

Staff = Request[StaffUser, Any, Any]

PATH = "/staff/studio/sources"
NEEDED = "sources.manage"
PASSES = 20


class ConnectForm(KeyedForm, kw_only=True):
    """The fields of every source: a form has those of its own."""

    source: str
    name: str = ""
    location: str = ""
    client_id: str = ""
    client_secret: str = ""
    refresh_token: str = ""
    business_unit: str = ""
    api_key: str = ""
    api_secret: str = ""
    username: str = ""
    password: str = ""
    business_user: str = ""
    url: str = ""
    consumer_key: str = ""
    consumer_secret: str = ""
    wordpress_user: str = ""
    application_password: str = ""
    app_id: str = ""
    issuer_id: str = ""
    key_id: str = ""
    private_key: str = ""


class DeedForm(KeyedForm, kw_only=True):
    """Nothing but its key."""


@get("/sources", guards=[requires_permission("studio.read")])
async def overview(request: Staff, notice: FromQuery[str] = "") -> Response[Any]:
    """All accounts, and forms for more."""
    return await _show(request, present.notices(notice, locale_of(request)))


@get("/sources/{account_id:uuid}", guards=[requires_permission("studio.read")])
async def one(request: Staff, account_id: FromPath[UUID], notice: FromQuery[str] = "") -> Response[Any]:
    """One account, its passes, and what can be done with it. Raises NotFound."""
    now, locale = clock.now(), locale_of(request)
    may = NEEDED in request.user.permissions
    async with db.transaction(request.user.merchant_id):
        account = await accounts.find(account_id)
        [found] = await health.of([account], now, PASSES)
        hook = _hook(account) if may else ("", "")
    view = present.chosen(found, may, lambda: str(new_id()), hook, locale)
    said = present.notices(notice, locale)
    return page(request, "staff/sources.html", view, section="studio", notices=said, now=now)


@post("/sources/connect", guards=[requires_permission(NEEDED)], status_code=303)
async def connect(request: Staff, data: URLEncodedBody[ConnectForm]) -> Response[Any]:
    """Connect an account, or connect it anew; what is wrong is said above the form, without the secrets."""
    now = clock.now()
    fields = about(data.source).fields
    given = {field.name: getattr(data, field.name) for field in fields if getattr(data, field.name)}
    shown = {field.name: given.get(field.name, "") for field in fields if not field.secret}

    async def effect() -> str:
        by = request.user.member.id
        return f"{PATH}/{await accounts.connect(data.source, data.name, given, now, by)}?notice=connected"

    try:
        return await once_to(request, data.idempotency_key, {**shown, "source": data.source}, effect, now)
    except AccountUnfit as error:
        refused = present.Refused(data.source, data.name, shown, error.extra["field"])
        return await _show(request, [], refused)


@post("/sources/{account_id:uuid}/sync", guards=[requires_permission(NEEDED)], status_code=303)
async def sync(request: Staff, account_id: FromPath[UUID], data: URLEncodedBody[DeedForm]) -> Response[Any]:
    """Look for what is new, now."""

    async def effect(now: datetime) -> str:
        await accounts.ask(account_id, now)
        return f"{PATH}/{account_id}?notice=asked"

    return await _act(request, data, effect)


@post("/sources/{account_id:uuid}/full", guards=[requires_permission(NEEDED)], status_code=303)
async def full(request: Staff, account_id: FromPath[UUID], data: URLEncodedBody[DeedForm]) -> Response[Any]:
    """List everything, now."""

    async def effect(now: datetime) -> str:
        await accounts.ask(account_id, now, full=True)
        return f"{PATH}/{account_id}?notice=asked"

    return await _act(request, data, effect)


@post("/sources/{account_id:uuid}/accept", guards=[requires_permission(NEEDED)], status_code=303)
async def accept(request: Staff, account_id: FromPath[UUID], data: URLEncodedBody[DeedForm]) -> Response[Any]:
    """List everything, and let go of what is missing however much it is."""

    async def effect(now: datetime) -> str:
        await accounts.ask(account_id, now, accept_removals=True)
        return f"{PATH}/{account_id}?notice=asked"

    return await _act(request, data, effect)


@post("/sources/{account_id:uuid}/disconnect", guards=[requires_permission(NEEDED)], status_code=303)
async def disconnect(
    request: Staff, account_id: FromPath[UUID], data: URLEncodedBody[DeedForm]
) -> Response[Any]:
    """Forget the credentials; the reviews stay."""

    async def effect(now: datetime) -> str:
        await accounts.disconnect(account_id)
        return f"{PATH}?notice=disconnected"

    return await _act(request, data, effect)


handlers = [overview, one, connect, sync, full, accept, disconnect]


def _hook(account: Account) -> tuple[str, str]:
    """Address and secret that the source is told for its webhooks; empty: it has none."""
    if account.state == "disconnected" or account.about.hints is None:
        return "", ""
    secret, url = accounts.hook_secret(account), f"{settings().public_url}/webhooks/reviews/{account.id}"
    return (f"{url}?token={secret}", "") if account.about.hook_token else (url, secret)


async def _act(request: Staff, form: DeedForm, effect: Any) -> Response[Any]:
    now = clock.now()

    async def act() -> str:
        return str(await effect(now))

    return await once_to(request, form.idempotency_key, {}, act, now)


async def _show(request: Staff, said: list[Notice], refused: present.Refused | None = None) -> Response[Any]:
    now, locale = clock.now(), locale_of(request)
    async with db.transaction(request.user.merchant_id):
        found = await health.of(await accounts.every(), now)
    forms: tuple[views.SourceForm, ...] = ()
    if NEEDED in request.user.permissions:
        every = [connector.about for connector in CONNECTORS]
        forms = tuple(present.form(each, str(new_id()), refused, locale) for each in every)
    words = translator(locale)
    view = views.Sources(tuple(present.card(each, words) for each in found), forms)
    status = 422 if refused else 200
    return page(request, "staff/sources.html", view, section="studio", notices=said, status=status, now=now)
