"""Why a change goes no step further, in words: for itself, or for what it would put in force."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from litestar import Request, Response

from admin.studio import rule_words
from api.forms import once_to
from api.pages import see_other
from core.design.views import Notice
from core.errors import DomainError
from core.i18n import Locale, Translator, mark, translator

REFUSALS = rule_words.REFUSALS | {
    "change_state": mark("Somebody was faster: the change is in another state by now."),
    "change_stale": mark("Something else was published since. Look at what it would change."),
    "change_unseen": mark("The change says something else by now than you were shown. Look at it again."),
    "change_invalid": mark("It needs a name, and a date that is to come."),
    "change_once": mark("A campaign begins once: nothing of it is repeated or comes back."),
    "change_failed": mark("Something went wrong that nobody expected; it stands in the log."),
    "approval_needed": mark("Somebody else has to approve it first."),
    "preview_stale": mark("Other members would move than you were shown, so nothing was published."),
}
"""By the code of the error."""


def refusal(error: DomainError, words: Translator) -> str:
    """Why it is refused, in the reader's language."""
    return words.gettext(REFUSALS[error.code]) if error.code in REFUSALS else error.detail


def refused(code: str, locale: Locale) -> list[Notice]:
    """What a page says after a step that was refused; nothing for a code that there are no words for."""
    if code not in REFUSALS:
        return []
    return [Notice("problem", translator(locale).gettext(REFUSALS[code]))]


async def once_or_said(
    request: Request[Any, Any, Any],
    key: str,
    said: object,
    effect: Callable[[], Awaitable[str]],
    now: datetime,
    path: str,
) -> Response[Any]:
    """As api.forms.once_to(), but the page at `path` says why it was refused. Raises what has no words."""
    try:
        return await once_to(request, key, said, effect, now)
    except DomainError as error:
        if error.code not in REFUSALS:
            raise
        return see_other(f"{path}?notice={error.code}")
