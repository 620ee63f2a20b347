"""One deed on a case: a form is posted, acts once and leads back to the case.

What cannot be done comes back on the page of the case as it is now, with what was typed.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, get_args
from uuid import UUID, uuid5

import msgspec
from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, URLEncodedBody

from admin.inbox import words
from admin.inbox.forms import PageForm
from admin.inbox.pages import Staff, again, case_page
from admin.inbox.present import Deed, Further, Refused
from api.auth import requires_permission
from api.forms import KeyedForm, once_to
from api.pages import locale_of
from api.problems import STATUS
from core import clock
from core.errors import DomainError
from core.i18n import Locale, translator
from reviews.cases import lint, service

Form = TypeVar("Form", bound=PageForm)

_NOT_SAID = ("csrf_token", "idempotency_key", "within")


@dataclass(frozen=True)
class Deal:
    """Which case somebody deals with, when, and in which language; `currency` is the shop's."""

    case_id: UUID
    by: UUID
    now: datetime
    currency: str
    locale: Locale

    def key(self, form: KeyedForm) -> str:
        """Of this person and this form, and short, whatever the form brought as its key."""
        return str(uuid5(self.by, form.idempotency_key))


def deed(
    name: Deed,
    form: type[Form],
    effect: Callable[[Deal, Form], Awaitable[str | None]],
    permission: str = "inbox.reply",
) -> HTTPRouteHandler:
    """The handler of one form; `effect` does it in the merchant's transaction.

    What `effect` answers is a message that was taken back: its text stands in its composer next.
    """

    async def posted(
        request: Staff,
        case_id: FromPath[UUID],
        data: URLEncodedBody[form],  # type: ignore[valid-type]
    ) -> Response[Any]:
        user, now = request.user, clock.now()
        deal = Deal(case_id, user.member.id, now, user.shop.currency, locale_of(request))
        return await _act(request, deal, name, data, lambda: effect(deal, data))

    path = f"/cases/{{case_id:uuid}}/{name.replace('_', '-')}"
    return post(path, guards=[requires_permission(permission)], status_code=303)(posted)


async def _act(
    request: Staff, deal: Deal, name: Deed, form: PageForm, effect: Callable[[], Awaitable[str | None]]
) -> Response[Any]:
    said: dict[str, Any] = {
        name: value for name, value in msgspec.to_builtins(form).items() if name not in _NOT_SAID
    }

    async def act() -> str:
        return again(deal.case_id, form.within, taken=await effect() or "")

    try:
        return await once_to(request, form.idempotency_key, said, act, deal.now)
    except DomainError as error:
        because = words.problem(translator(locale_of(request)), error)
        if not because:
            raise
        conflict = error.code == service.CaseChanged.code
        confirm = error.code == lint.WordingUnconfirmed.code
        tried = Refused(name, because, conflict, _place(name, said), _typed(said), confirm)
        return await case_page(request, deal.case_id, deal.now, form.within, tried, STATUS[error.kind])


def _place(name: Deed, said: dict[str, Any]) -> str:
    """The form as the template knows it, if it is one of the further ones."""
    if name == "reply":
        return f"reply-{said['review']}" if said.get("review") else ""
    return name if name in get_args(Further) else ""


def _typed(said: dict[str, Any]) -> dict[str, str]:
    return {name: value.replace("\r\n", "\n") for name, value in said.items() if isinstance(value, str)}
