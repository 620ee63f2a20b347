"""How customers reach the shop about a case, and what they hear without asking."""

from typing import Any

from litestar import Response, get, post
from litestar.params import URLEncodedBody

from admin.inbox.settings.common import ROOT, Fields, Staff, reads, save, sets, show
from api.pages import locale_of
from core import clock, db
from core.design import case_views as views
from core.design.reward_views import FormField, FormGroup
from core.i18n import Translator, translator
from core.ids import new_id
from reviews.cases.contact import settings
from reviews.cases.contact.settings import Contact

PATH = f"{ROOT}/contact"


@get("/settings/contact", guards=[reads])
async def overview(request: Staff) -> Response[Any]:
    """What holds now."""
    return show(request, await _view(request))


@post("/settings/contact", guards=[sets], status_code=303)
async def change(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """What holds from now on."""
    by, now = request.user.member.id, clock.now()

    async def effect() -> None:
        await settings.change(Contact(reply_address=data.get("reply_address", "").strip()), by, now)

    return await save(request, data, PATH, effect, lambda because: _view(request, data, because))


handlers = [overview, change]


async def _view(request: Staff, typed: Fields | None = None, because: str = "") -> views.CaseSettings:
    words = translator(locale_of(request))
    async with db.transaction(request.user.merchant_id):
        now = await settings.contact()
    may = "inbox.settings" in request.user.permissions
    return views.CaseSettings(
        section="contact",
        title=words.gettext("Customers"),
        lead=words.gettext("How customers reach the shop about a case, and what they hear without asking."),
        tables=(_table(now, words),),
        forms=(_form(now, typed or {}, words, because),) if may else (),
    )


def _table(now: Contact, words: Translator) -> views.SettingsTable:
    here = now.reply_address or words.gettext("On their page alone")
    lines = (views.SettingsLine((words.gettext("Customers answer our mails"), here)),)
    return views.SettingsTable(words.gettext("Now"), (words.gettext("What"), words.gettext("How")), lines)


def _form(now: Contact, typed: Fields, words: Translator, because: str) -> views.SettingsForm:
    address = FormField(
        "reply_address",
        words.gettext("Address for answers"),
        typed.get("reply_address", now.reply_address),
        hint=words.gettext(
            "Such as care@shop.example; your mail server hands us what comes to care+…@shop.example."
            " Empty: customers answer on their page."
        ),
    )
    group = FormGroup(words.gettext("Answers by mail"), (address,))
    title, save_it = words.gettext("Change"), words.gettext("Save")
    return views.SettingsForm(PATH, title, save_it, str(new_id()), (group,), because)
