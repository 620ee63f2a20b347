"""Referrals: when a friend counts, and how many have."""

from decimal import Decimal
from typing import Any

import msgspec
from babel.numbers import get_currency_precision
from litestar import Request, Response, get, post
from litestar.params import FromQuery, URLEncodedBody

from api.auth import StaffUser, requires_permission
from api.forms import KeyedForm, once_to
from api.pages import locale_of, page
from core import clock, db
from core.design import friend_views as views
from core.design.views import Notice
from core.errors import DomainError, Kind, NotFound
from core.i18n import translator
from core.ids import new_id
from loyalty.referrals import service as referrals
from loyalty.referrals.rewards import sentences
from loyalty.referrals.service import Terms

Staff = Request[StaffUser, Any, Any]

PATH = "/staff/studio/referrals"
NEEDED = "programme.edit"
FIELDS = {
    "landing_url": "https://",
    "min_order": "",
    "order_within_days": "60",
    "kept_after_days": "14",
    "friends_a_month": "20",
    "active": "1",
}


class TermsInvalid(DomainError):
    """The form says no terms."""

    code = "referral_terms_invalid"
    kind = Kind.INVALID
    title = "Referrals cannot work like this"


class TermsForm(KeyedForm):
    """The form, as typed; `active` is absent where the box is not ticked."""

    landing_url: str
    min_order: str
    order_within_days: str
    kept_after_days: str
    friends_a_month: str
    active: str = ""


@get("/referrals", guards=[requires_permission("studio.read")])
async def overview(request: Staff, notice: FromQuery[str] = "") -> Response[Any]:
    """When a friend counts, what both get, and how many there are."""
    said = []
    if notice == "saved":
        said = [Notice("good", translator(locale_of(request)).gettext("Saved. It holds from now on."))]
    return await _show(request, None, "", said)


@post("/referrals", guards=[requires_permission(NEEDED)], status_code=303)
async def save(request: Staff, data: URLEncodedBody[TermsForm]) -> Response[Any]:
    """Set the terms; what is wrong with the form is said above it."""
    now = clock.now()
    typed = {name: getattr(data, name) for name in FIELDS}

    async def effect() -> str:
        await referrals.set_terms(read(typed, request.user.shop.currency), now)
        return f"{PATH}?notice=saved"

    try:
        return await once_to(request, data.idempotency_key, typed, effect, now)
    except TermsInvalid:
        text = translator(locale_of(request)).gettext(
            "Something does not fit: look at the address and the numbers."
        )
        return await _show(request, typed, text, [])


handlers = [overview, save]


async def _show(
    request: Staff, typed: dict[str, str] | None, problem: str, said: list[Notice]
) -> Response[Any]:
    currency = request.user.shop.currency
    async with db.transaction(request.user.merchant_id):
        try:
            fields = written(await referrals.terms())
        except NotFound:
            fields = FIELDS
        counts = await referrals.counts()
        gives = await sentences(locale_of(request), clock.now())
    view = views.StaffReferrals(
        fields=typed or fields,
        currency=currency,
        counts=tuple(counts.items()),
        rewards=gives,
        key=str(new_id()) if NEEDED in request.user.permissions else "",
        problem=problem,
    )
    status = 422 if problem else 200
    return page(request, "staff/referrals.html", view, section="studio", notices=said, status=status)


def written(terms: Terms) -> dict[str, str]:
    """The fields of the form for these terms."""
    amount = Decimal(terms.min_order_minor).scaleb(-get_currency_precision(terms.currency))
    return {
        "landing_url": terms.landing_url,
        "min_order": str(amount),
        "order_within_days": str(terms.order_within_days),
        "kept_after_days": str(terms.kept_after_days),
        "friends_a_month": str(terms.friends_a_month),
        "active": "1" if terms.active else "",
    }


def read(typed: dict[str, str], currency: str) -> Terms:
    """The terms that a form says, in the merchant's currency. Raises TermsInvalid."""
    try:
        amount = Decimal(typed["min_order"].strip().replace(",", "")).scaleb(get_currency_precision(currency))
        if amount != int(amount):
            raise ValueError("a fraction of the smallest coin")
        return msgspec.convert(
            {
                "landing_url": typed["landing_url"].strip(),
                "currency": currency,
                "min_order_minor": int(amount),
                "active": typed["active"] == "1",
            }
            | {
                name: int(typed[name]) for name in ("order_within_days", "kept_after_days", "friends_a_month")
            },
            Terms,
        )
    except (ArithmeticError, ValueError, msgspec.ValidationError) as error:
        raise TermsInvalid(str(error)) from error
