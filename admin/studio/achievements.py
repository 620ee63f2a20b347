"""Achievements: what can be reached, how many have, a new one."""

from decimal import Decimal
from typing import Any

import msgspec
from babel.numbers import get_currency_precision
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from api.auth import StaffUser, requires_permission
from api.forms import KeyedForm, once_to
from api.pages import locale_of, page
from api.portal.goals import sentence
from core import clock, db
from core.design import goal_views as views
from core.design.views import Notice
from core.i18n import Locale, in_language, translator
from core.ids import new_id
from loyalty.achievements import service as achievements
from loyalty.achievements.rules import Definition
from loyalty.achievements.service import Achievement, AchievementInvalid

Staff = Request[StaffUser, Any, Any]

PATH = "/staff/studio/achievements"
FIELDS = {
    "code": "", "name_en": "", "name_zh_hans": "", "name_zh_hant": "", "metric": "orders", "target": "3",
    "period": "ever", "periods": "1", "points": "0",
}  # fmt: skip
NEEDED = "programme.edit"


class NewAchievement(KeyedForm):
    """The form, as typed."""

    code: str
    name_en: str
    metric: str
    target: str
    period: str
    periods: str = "1"
    points: str = "0"
    name_zh_hans: str = ""
    name_zh_hant: str = ""


@get("/achievements", guards=[requires_permission("studio.read")])
async def overview(request: Staff, notice: FromQuery[str] = "") -> Response[Any]:
    """What can be reached now."""
    said = []
    if notice in ("made", "ended"):
        words = translator(locale_of(request))
        text = {
            "made": words.gettext(
                "It can be reached from now on; members' awards follow within ten minutes."
            ),
            "ended": words.gettext("It has ended. What was reached stays."),
        }[notice]
        said = [Notice("good", text)]
    return await _show(request, FIELDS, "", said)


@post("/achievements", guards=[requires_permission(NEEDED)], status_code=303)
async def make(request: Staff, data: URLEncodedBody[NewAchievement]) -> Response[Any]:
    """A new achievement or version; what is wrong with the form is said above it."""
    now = clock.now()
    typed = {name: getattr(data, name) for name in FIELDS}

    async def effect() -> str:
        code, definition = read(typed, request.user.shop.currency)
        await achievements.define(code, definition, now)
        return f"{PATH}?notice=made"

    try:
        return await once_to(request, data.idempotency_key, typed, effect, now)
    except AchievementInvalid:
        text = translator(locale_of(request)).gettext(
            "Something does not fit: look at the code, the numbers and the period."
            " Streaks are of weeks or months."
        )
        return await _show(request, typed, text, [])


@post("/achievements/{code:str}/retire", guards=[requires_permission(NEEDED)], status_code=303)
async def retire(request: Staff, code: FromPath[str], data: URLEncodedBody[KeyedForm]) -> Response[Any]:
    """End an achievement."""
    now = clock.now()

    async def effect() -> str:
        await achievements.retire(code, now)
        return f"{PATH}?notice=ended"

    return await once_to(request, data.idempotency_key, "retire", effect, now)


handlers = [overview, make, retire]


async def _show(request: Staff, fields: dict[str, str], problem: str, said: list[Notice]) -> Response[Any]:
    may_edit, locale = NEEDED in request.user.permissions, locale_of(request)
    async with db.transaction(request.user.merchant_id):
        found = await achievements.live()
    view = views.StaffGoals(
        goals=tuple(_goal(each, may_edit, locale) for each in found),
        form=views.GoalForm(
            str(new_id()) if may_edit else "", request.user.shop.currency, FIELDS | fields, problem
        ),
    )
    status = 422 if problem else 200
    return page(request, "staff/achievements.html", view, section="studio", notices=said, status=status)


def _goal(found: Achievement, may_edit: bool, locale: Locale) -> views.StaffGoal:
    return views.StaffGoal(
        code=found.code,
        name=in_language(found.definition.name, locale),
        sentence=sentence(found.definition.goal, locale),
        points=found.definition.points,
        version=found.version,
        awards=found.awards,
        since=found.created_at,
        retire_key=str(new_id()) if may_edit else "",
    )


def read(typed: dict[str, str], currency: str) -> tuple[str, Definition]:
    """Code and definition that a form asks for. Raises AchievementInvalid."""
    metric = {
        "orders": {"kind": "orders"},
        "spend": {"kind": "spend", "currency": currency},
        "review": {"kind": "entries", "rule": "review"},
        "referral": {"kind": "entries", "rule": "referral"},
    }.get(typed["metric"], {})
    try:
        target = Decimal(typed["target"].strip().replace(",", ""))
        if metric.get("kind") == "spend":
            target = target.scaleb(get_currency_precision(currency))
        periods = int(typed["periods"])
        if target != int(target):
            raise ValueError("a fraction of what is counted")
        goal: dict[str, object] = {"metric": metric, "period": typed["period"]}
        if periods > 1:
            goal |= {"kind": "streak", "each": int(target), "periods": periods}
        else:
            goal |= {"kind": "challenge", "target": int(target)}
        names = {"en": typed["name_en"], "zh-Hans": typed["name_zh_hans"], "zh-Hant": typed["name_zh_hant"]}
        definition = msgspec.convert(
            {
                "name": {locale: name.strip() for locale, name in names.items() if name.strip()},
                "goal": goal,
                "points": int(typed["points"]),
            },
            Definition,
        )
        return msgspec.convert(typed["code"].strip(), achievements.Code), definition
    except (ArithmeticError, ValueError, msgspec.ValidationError) as error:
        raise AchievementInvalid(str(error)) from error
