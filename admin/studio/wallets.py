"""Wallets: which there are, their rules and what these were before, a change, a new one."""

from typing import Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.studio.change_present import back, path_of
from admin.studio.wallet_words import RULE_FIELDS, fields_of, rules_of, sentences
from api.auth import StaffUser, requires_permission
from api.forms import KeyedForm, once_to
from api.pages import locale_of, page
from core import clock, db
from core.design import wallet_views as views
from core.design.views import Notice
from core.i18n import Locale, Translator, in_language, translator
from core.ids import new_id
from loyalty.changes import service as changes
from loyalty.wallets import service as wallets
from loyalty.wallets.rules import Code
from loyalty.wallets.service import SettlingEventUnknown, WalletExists, WalletRulesChanged, WalletView

Staff = Request[StaffUser, Any, Any]
Problem = Literal["", "invalid", "exists", "event", "changed"]

PATH = "/staff/studio/wallets"
NEEDED = "programme.edit"
NAMES = {"code": "", "name_en": "", "name_zh_hans": "", "name_zh_hant": ""}


class RulesForm(KeyedForm, kw_only=True):
    """The rules as typed."""

    debt_policy: str
    expiry: str
    settling: str
    expiry_number: str = ""
    settling_days: str = ""
    settling_day: str = ""
    settling_event: str = ""
    warn_days: str = ""
    version: str = ""
    """That the form was filled in on."""
    later: str = ""
    """Not now: it goes its way as a change."""


class NewForm(RulesForm, kw_only=True):
    """A new wallet as typed."""

    code: str
    name_en: str
    name_zh_hans: str = ""
    name_zh_hant: str = ""


@get("/wallets", guards=[requires_permission("studio.read")])
async def overview(request: Staff, made: FromQuery[str] = "") -> Response[Any]:
    """All wallets."""
    said = [Notice("good", translator(locale_of(request)).gettext("The wallet is there."))] if made else []
    return await _show(request, NAMES | RULE_FIELDS, said=said)


@get("/wallets/{code:str}", guards=[requires_permission("studio.read")])
async def one(request: Staff, code: FromPath[str], changed: FromQuery[str] = "") -> Response[Any]:
    """One wallet, what its rules were, and a form to change them."""
    words = translator(locale_of(request))
    said = [Notice("good", words.gettext("The new rules hold for points earned from now on."))]
    return await _show(request, {}, code=code, said=said if changed else [])


@post("/wallets", guards=[requires_permission(NEEDED)], status_code=303)
async def make(request: Staff, data: URLEncodedBody[NewForm]) -> Response[Any]:
    """A new wallet; what is wrong with the form is said above it."""
    now = clock.now()
    typed = {name: getattr(data, name) for name in (*NAMES, *RULE_FIELDS)}
    names = {"en": data.name_en, "zh-Hans": data.name_zh_hans, "zh-Hant": data.name_zh_hant}
    filled = {locale: name.strip() for locale, name in names.items() if name.strip()}

    async def effect() -> str:
        code = msgspec.convert(data.code.strip(), Code)
        if "en" not in filled:
            raise ValueError("name_en")
        await wallets.create(code, filled, rules_of(typed), now, by=request.user.member.id)
        return f"{PATH}?made={code}"

    try:
        return await once_to(request, data.idempotency_key, typed, effect, now)
    except ValueError:
        return await _show(request, typed, problem="invalid")
    except WalletExists:
        return await _show(request, typed, problem="exists")
    except SettlingEventUnknown:
        return await _show(request, typed, problem="event")


@post("/wallets/{code:str}", guards=[requires_permission(NEEDED)], status_code=303)
async def change(request: Staff, code: FromPath[str], data: URLEncodedBody[RulesForm]) -> Response[Any]:
    """Other rules for points earned from now on."""
    now = clock.now()
    typed = {name: getattr(data, name) for name in RULE_FIELDS}

    async def effect() -> str:
        wanted, known, by = rules_of(typed), await wallets.get(code), request.user.member.id
        if int(data.version) != known.version:
            raise WalletRulesChanged(f"version {known.version} holds")
        name = (in_language(known.name, locale_of(request)) or code)[: changes.NAME_LIMIT]
        if data.later:
            made = await changes.draft("wallet", code, name, wanted, by, now, base=known.version)
        else:
            made = await changes.at_once("wallet", code, name, wanted, None, by, now, base=known.version)
        return f"{PATH}/{code}?changed=1" if made.state == "live" else path_of(made)

    try:
        said = typed | {"later": data.later}
        return await once_to(request, data.idempotency_key, said, effect, now)
    except ValueError:
        return await _show(request, typed, code=code, problem="invalid")
    except WalletRulesChanged:
        return await _show(request, typed, code=code, problem="changed")
    except SettlingEventUnknown:
        return await _show(request, typed, code=code, problem="event")


handlers = [overview, one, make, change]


async def _show(
    request: Staff,
    typed: dict[str, str],
    code: str = "",
    problem: Problem = "",
    said: list[Notice] | None = None,
) -> Response[Any]:
    """All wallets, or the one with this code. Raises WalletMissing."""
    locale, may_edit = locale_of(request), NEEDED in request.user.permissions
    async with db.transaction(request.user.merchant_id):
        found = await wallets.every()
        chosen = await wallets.get(code) if code else None
        versions = await wallets.versions(code) if code else []
    version = {"version": str(chosen.version) if chosen else ""}
    fields = (typed or (fields_of(chosen) if chosen else {})) | version
    view = views.Wallets(
        wallets=tuple(_card(each, locale) for each in found),
        form=views.WalletForm(
            str(new_id()) if may_edit else "", code, fields, _problem(problem, translator(locale))
        ),
        chosen=_card(chosen, locale) if chosen else None,
        versions=tuple(
            views.WalletVersion(
                each.number,
                each.since,
                each.author or "",
                sentences(each, locale),
                back("wallet", code, each.number, locale) if may_edit and n else None,
            )
            for n, each in enumerate(versions)
        ),
    )
    status = 422 if problem else 200
    return page(request, "staff/wallets.html", view, section="studio", notices=said or [], status=status)


def _problem(problem: Problem, words: Translator) -> str:
    return {
        "": "",
        "invalid": words.gettext(
            "Something does not fit: look at the code, the numbers of days or months, and the date."
        ),
        "exists": words.gettext("There is a wallet with this code already."),
        "event": words.gettext(
            "Nobody would ever tell of this event. Take %(example)s, or one of the shop's own.",
            example="order.fulfilled",
        ),
        "changed": words.gettext("Somebody changed these rules meanwhile. Look at them and send again."),
    }[problem]


def _card(wallet: WalletView, locale: Locale) -> views.WalletCard:
    return views.WalletCard(
        code=wallet.code,
        name=in_language(wallet.name, locale) if wallet.name else wallet.code,
        rules=sentences(wallet, locale),
        version=wallet.version,
        since=wallet.since,
        earns_on_orders=wallet.earns_on_orders,
    )
