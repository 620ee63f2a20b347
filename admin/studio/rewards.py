"""Rewards in the studio: the list, the form of one, its stock; pools of codes."""

from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.studio import reward_forms as forms
from admin.studio import reward_present as present
from api.auth import StaffUser, requires_permission
from api.forms import KeyedForm, once_to
from api.pages import locale_of, page, see_other
from api.problems import RequestRefused
from core import clock, db
from core.days import zone_of
from core.design import reward_views as views
from core.ids import new_id
from loyalty.programme import service as programme
from loyalty.programme.service import ProgrammeMissing
from loyalty.rewards import catalogue, pools
from loyalty.rewards.codes import PatternInvalid, PatternTooShort
from loyalty.rewards.errors import RewardChanged, RewardExists, RewardInvalid
from loyalty.rewards.pools import PoolExists
from loyalty.segments import service as segments

Staff = Request[StaffUser, Any, Any]

PATH = "/staff/studio/rewards"
NEEDED = "programme.edit"
MOST_CODES = 10_000


@get("/rewards", guards=[requires_permission("studio.read")])
async def overview(request: Staff, notice: FromQuery[str] = "") -> Response[Any]:
    """Every reward, on offer or not, and the pools."""
    may, locale, now = NEEDED in request.user.permissions, locale_of(request), clock.now()
    async with db.transaction(request.user.merchant_id):
        found = await catalogue.catalogue(active_only=False)
        stored = await pools.every()
    view = present.overview(found, stored, _keys(may, len(found)), _keys(may, len(stored) + 1), locale, now)
    said = present.notices(notice, locale)
    return page(request, "staff/rewards.html", view, section="studio", notices=said, now=now)


@get("/rewards/new", guards=[requires_permission(NEEDED)])
async def new(request: Staff, kind: FromQuery[str] = "") -> Response[Any]:
    """An empty form for a kind."""
    return await _form(request, forms.kind_or_first(kind), {}, {})


@post("/rewards/new", guards=[requires_permission(NEEDED)], status_code=303)
async def make(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Put a reward on offer; what is wrong with the form is said at its fields."""
    now, kind = clock.now(), forms.kind_or_first(data.get("kind", ""))
    async with db.transaction(request.user.merchant_id):
        shop = await _shop(request)
    wanted, problems = forms.read(kind, data, shop)
    typed = forms.Typed(data, shop, problems)
    code, stock = typed.text("code", required=True), typed.whole("stock", least=0, most=forms.STOCK_MOST)
    if code and not forms.is_code(code):
        problems["code"] = shop.words.gettext("Small letters, digits and hyphens; it stays for ever.")
    if wanted is None or problems:
        return await _form(request, kind, data, problems)

    async def effect() -> str:
        await catalogue.offer(code, wanted, now, stock, request.user.member.id)
        return f"{PATH}?notice=made"

    try:
        return await once_to(request, _key(data), _said(data), effect, now)
    except RewardExists:
        return await _form(
            request, kind, data, {"code": shop.words.gettext("There is such a reward already.")}
        )
    except RewardInvalid as error:
        return await _form(request, kind, data, {"": forms.refused(error.extra.get("field", ""), shop.words)})


@get("/rewards/{code:str}", guards=[requires_permission("studio.read")])
async def one(request: Staff, code: FromPath[str], notice: FromQuery[str] = "") -> Response[Any]:
    """A reward with its versions; its form makes another one. Raises NotFound."""
    return await _reward(request, code, None, {}, notice)


@post("/rewards/{code:str}", guards=[requires_permission(NEEDED)], status_code=303)
async def change(request: Staff, code: FromPath[str], data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Make another version; if somebody else did so meanwhile, nothing is changed."""
    now, kind = clock.now(), forms.kind_or_first(data.get("kind", ""))
    async with db.transaction(request.user.merchant_id):
        shop = await _shop(request)
    wanted, problems = forms.read(kind, data, shop)
    based_on = forms.Typed(data, shop, problems).whole("based_on", required=True)
    if wanted is None or based_on is None or problems:
        return await _reward(request, code, data, problems)

    async def effect() -> str:
        await catalogue.change(code, based_on, wanted, now, request.user.member.id)
        return f"{PATH}/{quote(code)}?notice=changed"

    try:
        return await once_to(request, _key(data), _said(data), effect, now)
    except RewardChanged:
        return see_other(f"{PATH}/{quote(code)}?notice=reward_changed")
    except RewardInvalid as error:
        return await _reward(
            request, code, data, {"": forms.refused(error.extra.get("field", ""), shop.words)}
        )


class StockForm(KeyedForm, kw_only=True):
    """Empty: without limit."""

    stock: str = ""


@post("/rewards/{code:str}/stock", guards=[requires_permission(NEEDED)], status_code=303)
async def restock(request: Staff, code: FromPath[str], data: URLEncodedBody[StockForm]) -> Response[Any]:
    """Say how many are left. Raises NotFound."""
    here = f"{PATH}/{quote(code)}"
    stock = forms.whole(data.stock) if data.stock.strip() else None
    if data.stock.strip() and stock is None:
        return see_other(f"{here}?notice=stock_invalid")

    async def effect() -> str:
        await catalogue.set_stock(code, stock)
        return f"{here}?notice=stock"

    return await once_to(request, data.idempotency_key, data.stock, effect, clock.now())


class SwitchForm(KeyedForm, kw_only=True):
    """on or off."""

    active: str


@post("/rewards/{code:str}/switch", guards=[requires_permission(NEEDED)], status_code=303)
async def switch(request: Staff, code: FromPath[str], data: URLEncodedBody[SwitchForm]) -> Response[Any]:
    """Put a reward on or off the offer. Raises NotFound."""
    active = data.active == "on"

    async def effect() -> str:
        await catalogue.set_active(code, active)
        return f"{PATH}?notice={'on' if active else 'off'}"

    return await once_to(request, data.idempotency_key, data.active, effect, clock.now())


class PoolForm(KeyedForm, kw_only=True):
    """A new pool."""

    code: str
    low_water: str = "0"


@get("/pools", guards=[requires_permission("studio.read")])
async def pools_place(request: Staff) -> Response[Any]:
    """They stand below the rewards."""
    return see_other(f"{PATH}#pools")


@post("/pools", guards=[requires_permission(NEEDED)], status_code=303)
async def add_pool(request: Staff, data: URLEncodedBody[PoolForm]) -> Response[Any]:
    """Make an empty pool."""
    now, code, low_water = clock.now(), data.code.strip(), forms.whole(data.low_water)
    if low_water is None or not forms.is_code(code):
        return see_other(f"{PATH}?notice=pool_invalid")

    async def effect() -> str:
        await pools.create(code, low_water, now)
        return f"{PATH}?notice=pool"

    try:
        return await once_to(request, data.idempotency_key, [code, low_water], effect, now)
    except PoolExists:
        return see_other(f"{PATH}?notice=pool_exists")


class GenerateForm(KeyedForm, kw_only=True):
    """So many codes of a pattern."""

    count: str
    pattern: str


@post("/pools/{code:str}/generate", guards=[requires_permission(NEEDED)], status_code=303)
async def generate(request: Staff, code: FromPath[str], data: URLEncodedBody[GenerateForm]) -> Response[Any]:
    """Make codes. Raises NotFound."""
    count = forms.whole(data.count)
    if not count or count > MOST_CODES:
        return see_other(f"{PATH}?notice=count_invalid")

    async def effect() -> str:
        await pools.generate(code, data.pattern.strip(), count)
        return f"{PATH}?notice=codes"

    try:
        said = [data.count, data.pattern]
        return await once_to(request, data.idempotency_key, said, effect, clock.now())
    except (PatternInvalid, PatternTooShort) as error:
        return see_other(f"{PATH}?notice={error.code}")


handlers = [overview, new, make, one, change, restock, switch, pools_place, add_pool, generate]


async def _shop(request: Staff) -> forms.Shop:
    """In the open transaction."""
    try:
        tiers = [tier for tier_set in (await programme.live()).sets for tier in tier_set.tiers]
    except ProgrammeMissing:
        tiers = []
    shop = request.user.shop
    known = [pool.code for pool in await pools.every()]
    usable = {each.code: each.label for each in await segments.every() if not each.taints}
    zone = zone_of(shop.time_zone)
    return forms.Shop(locale_of(request), shop.currency, zone, tiers, known, usable)


async def _form(request: Staff, kind: str, typed: dict[str, str], problems: dict[str, str]) -> Response[Any]:
    async with db.transaction(request.user.merchant_id):
        shop = await _shop(request)
    form = views.RewardForm(
        action=f"{PATH}/new",
        key=str(new_id()),
        groups=forms.groups(kind, typed, problems, shop, is_new=True),
        kind=kind,
        problem=_whole(problems, shop),
    )
    view = views.StudioRewardPage(None, form)
    return page(request, "staff/reward.html", view, section="studio", status=422 if problems else 200)


async def _reward(
    request: Staff, code: str, typed: dict[str, str] | None, problems: dict[str, str], notice: str = ""
) -> Response[Any]:
    may, locale, now = NEEDED in request.user.permissions, locale_of(request), clock.now()
    async with db.transaction(request.user.merchant_id):
        found = await catalogue.find(code)
        shop = await _shop(request)
        versions = await catalogue.versions(found.id)
    kind = present.kind(found)
    fields = forms.fields_of(found, shop.zone) if typed is None else typed
    form = views.RewardForm(
        action=f"{PATH}/{quote(code)}",
        key=str(new_id()) if may else "",
        groups=forms.groups(kind, fields, problems, shop, is_new=False),
        kind=kind,
        based_on=int(fields["based_on"]) if fields.get("based_on", "").isdecimal() else found.version,
        problem=_whole(problems, shop),
    )
    view = present.one(found, form, versions, str(new_id()) if may else "", locale, now)
    said = present.notices(notice, locale)
    status = 422 if problems else 200
    return page(request, "staff/reward.html", view, section="studio", notices=said, status=status, now=now)


def _whole(problems: dict[str, str], shop: forms.Shop) -> str:
    """What is said above a form that something is wrong with."""
    if not problems:
        return ""
    return problems.get("") or shop.words.gettext("Something is missing or does not fit; look at the fields.")


def _keys(may: bool, count: int) -> list[str]:
    return [str(new_id()) if may else "" for _ in range(count)]


def _key(data: dict[str, str]) -> str:
    try:
        return msgspec.convert(
            {"idempotency_key": data.get("idempotency_key", "")}, KeyedForm
        ).idempotency_key
    except msgspec.ValidationError:
        raise RequestRefused(
            "invalid_request", "The form is not right", "idempotency_key", status=422
        ) from None


def _said(data: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in data.items() if name not in ("csrf_token", "idempotency_key")}
