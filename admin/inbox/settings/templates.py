"""Templates: what is answered often, with what is filled in, for each language and channel."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.inbox.settings.common import ROOT, Fields, Staff, code_field, name_field, reads, save, sets, show
from api.pages import locale_of
from core import clock, db
from core.design import case_views as views
from core.design.reward_views import FormField, FormGroup
from core.design.words import word
from core.i18n import LOCALES, OWN_NAMES, Translator, translator
from core.ids import new_id
from reviews.cases.templates import rules, service
from reviews.cases.templates.rules import CHANNELS, VARIABLES, Channel, Template

PATH = f"{ROOT}/templates"


@get("/settings/templates", guards=[reads])
async def overview(request: Staff, edit: FromQuery[str] = "") -> Response[Any]:
    """All templates, and the form."""
    return show(request, await _view(request, edit))


@post("/settings/templates", guards=[sets], status_code=303)
async def put(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Save one."""
    by = request.user.member.id

    async def effect() -> None:
        await service.put(_template(data), by, clock.now())

    return await save(
        request, data, PATH, effect, lambda because: _view(request, data.get("edit", ""), data, because)
    )


@post("/settings/templates/{code:str}/remove", guards=[sets], status_code=303)
async def remove(request: Staff, code: FromPath[str], data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Remove one; what was sent with it stays."""
    by = request.user.member.id
    return await save(
        request, data, PATH, lambda: service.remove(code, by), lambda because: _view(request, "", {}, because)
    )


handlers = [overview, put, remove]


def _template(data: Fields) -> Template:
    channel: Channel = next((each for each in CHANNELS if each == data.get("channel")), "any")
    texts = {locale: data.get(f"text_{locale}", "").replace("\r\n", "\n") for locale in LOCALES}
    return Template(code=data.get("code", ""), name=data.get("name", ""), channel=channel, texts=texts)


async def _view(
    request: Staff, edit: str, typed: Fields | None = None, because: str = ""
) -> views.CaseSettings:
    words, user = translator(locale_of(request)), request.user
    async with db.transaction(user.merchant_id):
        kept = await service.every()
    chosen = next((each for each in kept if each.code == edit), None)
    fields = typed or (_fields(chosen) if chosen else {})
    may = "inbox.settings" in user.permissions
    return views.CaseSettings(
        section="templates",
        title=words.gettext("Templates"),
        lead=words.gettext(
            "What is answered often. Filled in are: %(variables)s."
            " %(example)s says what stands there where it is not known.",
            variables=", ".join(f"{{{each}}}" for each in VARIABLES),
            example="{customer|…}",
        ),
        tables=(_table(kept, words, may),),
        forms=(_form(fields, words, edit if chosen else "", because),) if may else (),
    )


def _table(kept: list[Template], words: Translator, may: bool) -> views.SettingsTable:
    lines = tuple(
        views.SettingsLine(
            (
                each.name,
                word(words, "template_channel", each.channel),
                ", ".join(OWN_NAMES[locale] for locale in each.texts),
            ),
            f"{PATH}?edit={each.code}",
            f"{PATH}/{each.code}/remove",
            str(new_id()) if may else "",
        )
        for each in kept
    )
    heads = (words.gettext("Template"), words.gettext("Used in"), words.gettext("Languages"))
    return views.SettingsTable(words.gettext("Templates"), heads, lines, words.gettext("No templates yet."))


def _fields(template: Template) -> Fields:
    texts = {f"text_{locale}": text for locale, text in template.texts.items()}
    return {"code": template.code, "name": template.name, "channel": template.channel, **texts}


def _form(fields: Fields, words: Translator, known: str, because: str) -> views.SettingsForm:
    base = (
        name_field(fields, words),
        code_field(fields, words),
        FormField(
            "channel",
            words.gettext("Used in"),
            fields.get("channel", "any"),
            "select",
            words.gettext("An order can be named in private messages alone."),
            options=tuple((code, word(words, "template_channel", code)) for code in CHANNELS),
        ),
    )
    texts = tuple(
        FormField(
            f"text_{locale}",
            OWN_NAMES[locale],
            fields.get(f"text_{locale}", ""),
            "textarea",
            rows=5,
            limit_chars=rules.TEXT_LIMIT_CHARS,
        )
        for locale in LOCALES
    )
    return views.SettingsForm(
        PATH,
        words.gettext("Change the template") if known else words.gettext("New template"),
        words.gettext("Save"),
        str(new_id()),
        (FormGroup(words.gettext("Template"), base), FormGroup(words.gettext("Texts"), texts)),
        because,
        PATH if known else "",
        known,
    )
