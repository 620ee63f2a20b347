"""How customers reach the shop about a case, and what they hear without asking."""

from typing import Any

from litestar import Response, get, post
from litestar.params import URLEncodedBody

from admin.inbox.settings.common import ROOT, Fields, SettingUnfit, Staff, reads, save, sets, show
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
    by, now, words = request.user.member.id, clock.now(), translator(locale_of(request))

    async def effect() -> None:
        await settings.change(_contact(data, words), by, now)

    return await save(request, data, PATH, effect, lambda because: _view(request, data, because))


handlers = [overview, change]


def _contact(data: Fields, words: Translator) -> Contact:
    return Contact(
        reply_address=data.get("reply_address", "").strip(),
        late_after_days=_days(data.get("late_after_days", ""), words),
        silent_after_days=_days(data.get("silent_after_days", ""), words),
        stock_gone=data.get("stock_gone") == "on",
    )


def _days(typed: str, words: Translator) -> int | None:
    typed = typed.strip()
    if typed and not (typed.isascii() and typed.isdigit() and len(typed) < 4):
        raise SettingUnfit(words.gettext("“%(text)s” is no whole number.", text=typed))
    return int(typed) if typed else None


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
    never = words.gettext("Not told")

    def days(count: int | None) -> str:
        return never if count is None else words.ngettext("after %(num)s day", "after %(num)s days", count)

    said = (
        (
            words.gettext("Customers answer our mails"),
            now.reply_address or words.gettext("On their page alone"),
        ),
        (words.gettext("A promised date has passed"), days(now.late_after_days)),
        (words.gettext("No sign of a parcel"), days(now.silent_after_days)),
        (words.gettext("Out of stock after payment"), words.gettext("At once") if now.stock_gone else never),
    )
    heads = (words.gettext("What"), words.gettext("How"))
    return views.SettingsTable(words.gettext("Now"), heads, tuple(views.SettingsLine(line) for line in said))


def _form(now: Contact, typed: Fields, words: Translator, because: str) -> views.SettingsForm:
    def shown(name: str, value: int | None) -> str:
        return typed.get(name, "" if value is None else str(value))

    address = FormField(
        "reply_address",
        words.gettext("Address for answers"),
        typed.get("reply_address", now.reply_address),
        hint=words.gettext(
            "Such as care@shop.example; your mail server hands us what comes to care+…@shop.example."
            " Empty: customers answer on their page."
        ),
    )
    empty = words.gettext("Empty: customers are not told.")
    late = FormField(
        "late_after_days", words.gettext("Days after a promised delivery"),
        shown("late_after_days", now.late_after_days), hint=empty, inputmode="numeric",
    )  # fmt: skip
    silent = FormField(
        "silent_after_days", words.gettext("Days without a sign of a parcel"),
        shown("silent_after_days", now.silent_after_days), hint=empty, inputmode="numeric",
    )  # fmt: skip
    short = FormField(
        "stock_gone", words.gettext("When what they paid for is out of stock"),
        (typed.get("stock_gone", "") if typed else "on" if now.stock_gone else ""), "check",
    )  # fmt: skip
    groups = (
        FormGroup(words.gettext("Answers by mail"), (address,)),
        FormGroup(words.gettext("Before anybody complains"), (late, silent, short)),
    )
    title, save_it = words.gettext("Change"), words.gettext("Save")
    return views.SettingsForm(PATH, title, save_it, str(new_id()), groups, because)
