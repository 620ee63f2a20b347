"""Surveys: after which events customers are asked, and how often at most."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import URLEncodedBody

from admin.inbox.settings.common import ROOT, Fields, SettingUnfit, Staff, reads, save, sets, show
from api.pages import locale_of
from core import clock, db
from core.design import case_views as views
from core.design.reward_views import FormField, FormGroup
from core.i18n import Translator, translator
from core.ids import new_id
from reviews.surveys import service as surveys
from reviews.surveys.rules import Settings

PATH = f"{ROOT}/surveys"
NUMBERS = ("after_hours", "recommend_after_days", "cooldown_days", "valid_days")
CHECKS = ("after_resolution", "effort", "recommend")


@get("/settings/surveys", guards=[reads])
async def overview(request: Staff) -> Response[Any]:
    """How the shop asks."""
    return show(request, await _view(request))


@post("/settings/surveys", guards=[sets], status_code=303)
async def set_surveys(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """From now on; what is wrong with the form is said above it."""
    words, by, now = translator(locale_of(request)), request.user.member.id, clock.now()

    async def effect() -> None:
        await surveys.change(_read(data, words), by, now)

    return await save(request, data, PATH, effect, lambda because: _view(request, data, because))


handlers = [overview, set_surveys]


def _read(data: Fields, words: Translator) -> Settings:
    told: dict[str, object] = {name: data.get(name) == "on" for name in CHECKS}
    told |= {name: data.get(name, "").strip() for name in NUMBERS}
    try:
        return msgspec.convert(told, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingUnfit(words.gettext("Something does not fit: look at the numbers.")) from error


async def _view(request: Staff, typed: Fields | None = None, because: str = "") -> views.CaseSettings:
    words = translator(locale_of(request))
    async with db.transaction(request.user.merchant_id):
        now = await surveys.settings()
    shown = typed or {
        **{name: str(getattr(now, name)) for name in NUMBERS},
        **{name: "on" if getattr(now, name) else "" for name in CHECKS},
    }
    form = views.SettingsForm(
        action=PATH,
        title=words.gettext("When customers are asked"),
        submit=words.gettext("Save"),
        key=str(new_id()) if "inbox.settings" in request.user.permissions else "",
        groups=_groups(shown, words),
        problem=because,
    )
    return views.CaseSettings(
        section="surveys",
        title=words.gettext("Surveys"),
        lead=words.gettext(
            "Everybody is asked alike, whatever they may answer, and nothing is given for an answer."
            " A bad answer with words opens a case or reopens it."
        ),
        tables=(),
        forms=(form,),
    )


def _groups(shown: Fields, words: Translator) -> tuple[FormGroup, ...]:
    def check(name: str, label: str) -> FormField:
        return FormField(name, label, "on" if shown.get(name) == "on" else "", "check")

    def number(name: str, label: str) -> FormField:
        return FormField(name, label, shown.get(name, ""), required=True, inputmode="numeric")

    return (
        FormGroup(
            words.gettext("After a case is resolved"),
            (
                check("after_resolution", words.gettext("Ask how satisfied the customer is")),
                check("effort", words.gettext("Ask how easy it was, too")),
                number("after_hours", words.gettext("Hours after the resolution")),
            ),
        ),
        FormGroup(
            words.gettext("After a delivery"),
            (
                check("recommend", words.gettext("Ask whether they would recommend the shop")),
                number("recommend_after_days", words.gettext("Days after the delivery")),
            ),
        ),
        FormGroup(
            words.gettext("Both"),
            (
                number("cooldown_days", words.gettext("Days in which nobody is asked again")),
                number("valid_days", words.gettext("Days for which the link takes an answer")),
            ),
        ),
    )
