"""What the pages of settings share: forms of plain fields, and why something was not set."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.inbox import words as words_of
from api.auth import StaffUser, requires_permission
from api.forms import key_of, once_to, said_of
from api.pages import locale_of, page
from api.problems import STATUS
from core import clock
from core.design.reward_views import FormField
from core.errors import DomainError, Kind
from core.i18n import Translator, mark, translator

Staff = Request[StaffUser, Any, Any]
Fields = dict[str, str]

ROOT = "/staff/inbox/settings"
TEMPLATE = "staff/case_settings.html"
"""Of a core.design.case_views.CaseSettings."""
reads = requires_permission("inbox.read")
sets = requires_permission("inbox.settings")

_PROBLEMS = words_of.NO_REWARD | {
    "calendar_without_hours": mark("Nobody would ever work by this calendar. Give it working hours."),
    "calendar_unfit": mark(
        "Check code, name, hours, days and country, and that there are hours enough for the policies that use"
        " it; nothing was saved."
    ),
    "time_zone_unknown": mark("There is no such time zone."),
    "calendar_in_use": mark("A policy uses this calendar. Change the policy first."),
    "policy_unfit": mark(
        "Check code, name and targets: at least one target, each from a minute to 90 days, and none further"
        " than its calendar reaches in a year and a half. Nothing was saved."
    ),
    "team_unfit": mark("Check the name, which no other team may have, and the people. Nothing was saved."),
    "remedy_unfit": mark(
        "A limit is a whole number of 0 or more, and one in points stays. Nothing was saved."
    ),
    "remedy_budget_below_use": mark("More than that was given this month already."),
    "budget_below_use": mark("More than that was given this month already."),
    "remedy_budget_exhausted": mark("This month's budget for remedies is used up. Nothing was given."),
    "remedy_decided": mark("Somebody else was faster: it is decided already."),
    "remedy_second_person": mark("Whoever asks for a remedy cannot decide on it."),
    "case_state_refuses": mark("The case is not in a state for this any more. Nothing was done."),
    "template_unfit": mark(
        "Check code, name and texts: only the variables above, no order in public, and nothing that asks for"
        " or offers something for a review. Nothing was saved."
    ),
    "article_unfit": mark(
        "Check the code, and that each language you use has a title and a text; nothing was saved."
    ),
    "article_changed": mark(
        "Somebody else has saved this draft meanwhile. What you typed is below; look at theirs first."
    ),
    "article_state_refuses": mark("The article has no version for that any more. Nothing was done."),
    "customer_not_a_member": mark("Only members can receive points."),
    "case_contact_unfit": mark("Check the address: letters, digits, dots and hyphens before the @."),
}


class SettingUnfit(DomainError):
    """What was typed cannot be read."""

    code = "setting_unfit"
    kind = Kind.INVALID
    title = "What was typed cannot be read"


@dataclass(frozen=True)
class Setting:
    """Who sets something, and when."""

    by: UUID
    now: datetime
    words: Translator
    currency: str


View = Callable[[Staff, str, Fields | None, str], Awaitable[object]]
"""The page: which one is edited, what was typed, and why it was not saved."""


def setting(request: Staff) -> Setting:
    """Of this request."""
    user = request.user
    return Setting(user.member.id, clock.now(), translator(locale_of(request)), user.shop.currency)


def section(
    name: str,
    view: View,
    put: Callable[[Setting, Fields], Awaitable[object]],
    remove: Callable[[Setting, str], Awaitable[object]],
) -> list[HTTPRouteHandler]:
    """A page of things that have a key: all of them with a form, saving one, removing one."""
    path = f"{ROOT}/{name}"

    @get(f"/settings/{name}", guards=[reads])
    async def overview(request: Staff, edit: FromQuery[str] = "") -> Response[Any]:
        return show(request, await view(request, edit, None, ""))

    @post(f"/settings/{name}", guards=[sets], status_code=303)
    async def put_one(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
        on = setting(request)
        edit = data.get("edit", "")
        return await save(
            request, data, path, lambda: put(on, data), lambda because: view(request, edit, data, because)
        )

    @post(f"/settings/{name}/{{code:str}}/remove", guards=[sets], status_code=303)
    async def remove_one(
        request: Staff, code: FromPath[str], data: URLEncodedBody[dict[str, str]]
    ) -> Response[Any]:
        on = setting(request)
        return await save(
            request, data, path, lambda: remove(on, code), lambda because: view(request, "", None, because)
        )

    return [overview, put_one, remove_one]


def problem(words: Translator, error: DomainError) -> str:
    """Why nothing was set, in the reader's language. Raises an error that there are no words for."""
    if isinstance(error, SettingUnfit):
        return error.detail
    if error.code not in _PROBLEMS:
        raise error
    return words.gettext(_PROBLEMS[error.code])


def items(text: str) -> tuple[str, ...]:
    """Words between commas."""
    return tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))


def ticked(fields: Fields, prefix: str, codes: Iterable[str]) -> tuple[str, ...]:
    """Codes whose boxes are ticked."""
    return tuple(code for code in codes if fields.get(f"{prefix}{code}") == "on")


async def save(
    request: Staff,
    data: Fields,
    path: str,
    effect: Callable[[], Awaitable[object]],
    again: Callable[[str], Awaitable[object]],
    template: str = TEMPLATE,
) -> Response[Any]:
    """Do it once and go to `path`; what is refused shows the page `again` with the problem."""

    async def act() -> str:
        await effect()
        return path

    try:
        return await once_to(request, key_of(data), said_of(data), act, clock.now())
    except DomainError as error:
        view = await again(problem(translator(locale_of(request)), error))
        return show(request, view, STATUS[error.kind], template)


def show(request: Staff, view: object, status: int = 200, template: str = TEMPLATE) -> Response[Any]:
    """The page."""
    return page(request, template, view, section="inbox", status=status)


def code_field(fields: Fields, words: Translator) -> FormField:
    """What the thing is called by programs."""
    hint = words.gettext("Small letters, digits and hyphens; it never changes.")
    return FormField("code", words.gettext("Code"), fields.get("code", ""), hint=hint, required=True)


def name_field(fields: Fields, words: Translator) -> FormField:
    """What the thing is called by people."""
    return FormField("name", words.gettext("Name"), fields.get("name", ""), required=True)
