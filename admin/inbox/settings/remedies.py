"""Remedies: what waits for a second person, what each role may give alone, and the month's budget."""

from typing import Any, Literal
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from admin.inbox.settings.common import ROOT, Fields, SettingUnfit, Staff, reads, save, sets, show
from api.auth import requires_permission
from api.pages import locale_of
from core import amounts, clock, db
from core.design import case_views as views
from core.design.formats import Formats, formats
from core.design.reward_views import FormField, FormGroup
from core.design.words import word
from core.i18n import Locale, Translator, translator
from core.ids import new_id
from reviews.cases.remedies import budget, service
from reviews.cases.remedies.budget import Budget
from reviews.cases.remedies.rules import Remedy
from reviews.cases.remedies.service import Authority

PATH = f"{ROOT}/remedies"


@get("/settings/remedies", guards=[reads])
async def overview(request: Staff) -> Response[Any]:
    """Requests, authorities and the budget."""
    return show(request, await _view(request))


@post("/remedies/{request_id:uuid}/decide", guards=[requires_permission("inbox.approve")], status_code=303)
async def decide(
    request: Staff, request_id: FromPath[UUID], data: URLEncodedBody[dict[str, str]]
) -> Response[Any]:
    """Give what was asked for, or reject it."""
    now, by = clock.now(), request.user.member.id
    decision: Literal["give", "reject"] = "give" if data.get("decision") == "give" else "reject"
    return await save(
        request,
        data,
        PATH,
        lambda: service.decide(request_id, decision, by, now),
        lambda b: _view(request, {}, b),
    )


@post("/settings/remedies/authorities", guards=[sets], status_code=303)
async def authorities(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """What each role may give on one case alone."""
    words, by, currency = translator(locale_of(request)), request.user.member.id, request.user.shop.currency

    async def effect() -> None:
        for role in await service.authorities():
            points, minor = _whole(data.get(f"points_{role}", "0"), words), data.get(f"amount_{role}", "0")
            await service.set_authority(role, Authority(points, _minor(minor, currency, words)), by)

    return await save(request, data, PATH, effect, lambda because: _view(request, data, because))


@post("/settings/remedies/budget", guards=[sets], status_code=303)
async def limit(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """How much is given in a month."""
    words, now, user = translator(locale_of(request)), clock.now(), request.user

    async def effect() -> None:
        points, amount = data.get("budget_points", "").strip(), data.get("budget_amount", "").strip()
        wanted = Budget(
            _whole(points, words) if points else None,
            _minor(amount, user.shop.currency, words) if amount else None,
        )
        await budget.set_limits(wanted, user.member.id, now)

    return await save(request, data, PATH, effect, lambda because: _view(request, data, because))


handlers = [overview, decide, authorities, limit]


def _whole(typed: str, words: Translator) -> int:
    typed = typed.strip()
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 12):
        raise SettingUnfit(words.gettext("“%(text)s” is no whole number.", text=typed))
    return int(typed)


def _minor(typed: str, currency: str, words: Translator) -> int:
    found = amounts.minor(typed, currency)
    if found is None:
        raise SettingUnfit(
            words.gettext("“%(text)s” is no amount in %(currency)s.", text=typed, currency=currency)
        )
    return found


async def _view(request: Staff, typed: Fields | None = None, because: str = "") -> views.CaseSettings:
    locale, user = locale_of(request), request.user
    words = translator(locale)
    async with db.transaction(user.merchant_id):
        waiting = await service.waiting()
        may = await service.authorities()
        limits = await budget.limits()
    decides = "inbox.approve" in user.permissions
    return views.CaseSettings(
        section="remedies",
        title=words.gettext("Remedies"),
        lead=words.gettext(
            "What the shop gives because it was wrong. Above somebody's authority a second person decides;"
            " no month gives more than its budget."
        ),
        tables=(_table(may, limits, user.shop.currency, words, formats(locale)),),
        forms=_forms(may, limits, user.shop.currency, typed or {}, words, because)
        if "inbox.settings" in user.permissions
        else (),
        waiting=tuple(
            views.AskedRemedy(
                str(each.id),
                f"/staff/inbox/cases/{each.case_id}",
                each.number,
                said(each.remedy, words, locale),
                each.remedy.message,
                each.asked_by_name,
                each.asked_at,
                str(new_id()) if decides and each.asked_by != user.member.id else "",
            )
            for each in waiting
        ),
    )


def said(remedy: Remedy, words: Translator, locale: Locale) -> str:
    """What a remedy is, on one line."""
    worth = (
        formats(locale).money(remedy.amount_minor, remedy.currency)
        if remedy.in_money
        else formats(locale).points(remedy.points)
    )
    parts = [word(words, "remedy", remedy.kind), worth, remedy.reward, remedy.order_line]
    return " · ".join(part for part in parts if part)


def _table(
    may: dict[str, Authority], limits: Budget, currency: str, words: Translator, shown: Formats
) -> views.SettingsTable:
    def amount(minor: int | None) -> str:
        return "–" if minor is None else shown.money(minor, currency)

    def points(count: int | None) -> str:
        return "–" if count is None else shown.number(count)

    lines = [
        views.SettingsLine((word(words, "role", role), points(each.points), amount(each.amount_minor)))
        for role, each in may.items()
    ]
    month = words.gettext("All together in a month")
    lines.append(
        views.SettingsLine((month, points(limits.points_per_month), amount(limits.amount_minor_per_month)))
    )
    heads = (
        words.gettext("Who, on one case"),
        words.gettext("Points and vouchers"),
        words.gettext("Refunds and replacements"),
    )
    return views.SettingsTable(words.gettext("Authority and budget"), heads, tuple(lines))


def _forms(
    may: dict[str, Authority], limits: Budget, currency: str, typed: Fields, words: Translator, because: str
) -> tuple[views.SettingsForm, ...]:
    def field(name: str, label: str, value: str, hint: str = "") -> FormField:
        return FormField(name, label, typed.get(name, value), hint=hint, inputmode="decimal")

    roles = tuple(
        FormGroup(
            word(words, "role", role),
            (
                field(
                    f"points_{role}",
                    words.gettext("Points"),
                    str(each.points),
                    words.gettext("Besides each person's own limit."),
                ),
                field(
                    f"amount_{role}",
                    words.gettext("Amount in %(currency)s", currency=currency),
                    amounts.money(each.amount_minor, currency),
                ),
            ),
        )
        for role, each in may.items()
    )
    minor = limits.amount_minor_per_month
    month = FormGroup(
        words.gettext("Together in a month"),
        (
            field(
                "budget_points",
                words.gettext("Points"),
                "" if limits.points_per_month is None else str(limits.points_per_month),
                words.gettext("Empty: no limit. Once there is one, it stays."),
            ),
            field(
                "budget_amount",
                words.gettext("Amount in %(currency)s", currency=currency),
                "" if minor is None else amounts.money(minor, currency),
                words.gettext("Empty: no limit."),
            ),
        ),
    )
    return (
        views.SettingsForm(
            f"{PATH}/authorities",
            words.gettext("What a role may give alone"),
            words.gettext("Save"),
            str(new_id()),
            roles,
            because,
        ),
        views.SettingsForm(
            f"{PATH}/budget",
            words.gettext("Budget of a month"),
            words.gettext("Save"),
            str(new_id()),
            (month,),
        ),
    )
