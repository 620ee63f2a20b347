"""With which provider the staff sign in, if they do (OpenID Connect)."""

from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.params import FromQuery, URLEncodedBody

from admin.access.common import ROOT, Staff, act, manages_staff, show, text
from api.entry.company import PATH as SIGN_IN_PATH
from api.forms import KeyedForm
from api.pages import locale_of
from core import db
from core.design import access_views as views
from core.design.case_views import SettingsForm
from core.design.reward_views import FormField, FormGroup
from core.errors import DomainError
from core.i18n import Translator, mark, translator
from core.ids import new_id
from core.people.company import service
from core.people.company import settings as configured
from core.people.company.settings import Provider
from core.settings import settings

PATH = f"{ROOT}/company"
TEMPLATE = "staff/access_company.html"
_NOTICES = {
    "saved": mark("Saved. The provider answers; try it in another browser before you rely on it."),
    "dropped": mark("Switched off. Staff sign in with their passwords."),
}
_REFUSED = {
    "company_provider_unfit": mark(
        "Check the issuer, which begins with https://, the client ID and its secret; nothing was saved."
    ),
    "company_sign_in_unavailable": mark(
        "No OpenID provider answers at this issuer, or it calls itself otherwise; nothing was saved."
    ),
}


class ProviderForm(KeyedForm, kw_only=True):
    """How the provider knows us; without a secret that of before stays, if it is the same provider."""

    issuer: str
    client_id: str
    client_secret: str = ""


@get("/access/company", guards=[manages_staff])
async def overview(request: Staff, notice: FromQuery[str] = "") -> Response[Any]:
    """What holds now, without the secret."""
    return show(request, TEMPLATE, await _view(request), text(notice, _NOTICES))


@post("/access/company", guards=[manages_staff], status_code=303)
async def save(request: Staff, data: URLEncodedBody[ProviderForm]) -> Response[Any]:
    """Keep the settings once the provider has answered."""
    user, issuer = request.user, data.issuer.strip()
    async with db.transaction(user.merchant_id):
        before = await configured.find()
    # A secret is shown to nobody again: it does not go to another provider, either.
    kept = before.client_secret if before and before.issuer == issuer else ""
    wanted = Provider(issuer, data.client_id.strip(), data.client_secret.strip() or kept)
    try:
        await service.try_out(wanted)
    except DomainError as error:
        if error.code not in _REFUSED:
            raise
        return show(request, TEMPLATE, await _view(request, data), _REFUSED[error.code], error)

    async def effect(now: datetime) -> str:
        await configured.put(wanted, user.member.id, now)
        return f"{PATH}?notice=saved"

    return await act(request, data.idempotency_key, (wanted.issuer, wanted.client_id), effect)


@post("/access/company/drop", guards=[manages_staff], status_code=303)
async def drop(request: Staff, data: URLEncodedBody[KeyedForm]) -> Response[Any]:
    """Passwords alone again."""

    async def effect(_: datetime) -> str:
        await configured.drop()
        return f"{PATH}?notice=dropped"

    return await act(request, data.idempotency_key, "drop", effect)


handlers = [overview, save, drop]


async def _view(request: Staff, typed: ProviderForm | None = None) -> views.CompanySignIn:
    async with db.transaction(request.user.merchant_id):
        now = await configured.find()
        shop = await db.fetchval("SELECT code FROM merchants WHERE id = $1", db.merchant_id())
    return views.CompanySignIn(
        form=_form(translator(locale_of(request)), now, typed),
        issuer=now.issuer if now else "",
        back=service.back_address(),
        address=f"{settings().public_url}{SIGN_IN_PATH}?shop={shop}",
        drop_key=str(new_id()) if now else "",
    )


def _form(words: Translator, now: Provider | None, typed: ProviderForm | None) -> SettingsForm:
    shown = typed or now or Provider("", "", "")
    issuer_hint = words.gettext("As the provider names itself, such as https://login.example.")
    secret_hint = words.gettext("Sealed before it is stored, and shown to nobody again. Empty: as before.")
    fields = (
        FormField("issuer", words.gettext("Issuer"), shown.issuer, "url", issuer_hint, required=True),
        FormField("client_id", words.gettext("Client ID"), shown.client_id, required=True),
        FormField("client_secret", words.gettext("Client secret"), "", "password", secret_hint),
    )
    title, save_it = words.gettext("Provider"), words.gettext("Save")
    return SettingsForm(PATH, title, save_it, str(new_id()), (FormGroup(words.gettext("Provider"), fields),))
