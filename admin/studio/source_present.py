"""From accounts and their health to what the page about sources shows; pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from admin.inbox import words as inbox
from admin.studio.refusals import in_words
from core.design import source_views as views
from core.design.views import Notice
from core.i18n import Locale, Translator, mark, translator
from reviews.accounts.health import COUNT_LIMIT, Health
from reviews.accounts.sync import Sync
from reviews.connectors.model import About

_NOTICES = {
    "connected": mark("Connected. Everything there is comes in within the next minutes."),
    "asked": mark("A worker begins within half a minute."),
    "disconnected": mark("Disconnected. The credentials are gone, the reviews stay."),
}
_HINTS = {
    "location": mark("As the Business Profile API names it: %(example)s."),
    "refresh_token": mark("Of a Google user who manages the location, for %(example)s."),
    "business_unit": mark("24 digits and letters."),
    "username": mark("Of Trustpilot Business; without one the API key alone signs in."),
    "business_user": mark("In whose name replies are written; needed without a user name."),
    "url": mark("Where customers open it, such as %(example)s."),
    "wordpress_user": mark("Who replies; without one there are no replies."),
    "private_key": mark("What the .p8 file holds."),
    "application_password": mark("Made in WordPress, on that user's profile."),
}
_EXAMPLES = {
    "location": "accounts/…/locations/…",
    "refresh_token": "https://www.googleapis.com/auth/business.manage",
    "url": "https://shop.example",
}


@dataclass(frozen=True)
class Refused:
    """A form that was not taken: what was typed, without the secrets, and the field that does not fit."""

    source: str
    name: str
    typed: Mapping[str, str]
    field: str


def notices(code: str, locale: Locale) -> list[Notice]:
    """What is said after something was done."""
    return [Notice("good", translator(locale).gettext(_NOTICES[code]))] if code in _NOTICES else []


def card(found: Health, words: Translator) -> views.SourceCard:
    """One account."""
    account, running = found.account, found.running
    return views.SourceCard(
        id=str(account.id),
        source=inbox.source(words, account.source),
        name=account.name,
        account=account.account,
        state="reading" if running and account.state == "connected" else account.state,
        reviews=found.reviews,
        reviews_more=found.reviews == COUNT_LIMIT,
        last_at=account.synced_at,
        next_at=account.next_at,
        seen=running.seen if running else None,
        total=running.total if running else None,
        quota_left=found.quota.left if found.quota else None,
        quota=found.quota.calls if found.quota else 0,
        quota_window_s=found.quota.window_s if found.quota else 0,
        problem=inbox.failure(words, account.problem) if account.problem else "",
        detail=account.problem_detail,
    )


def chosen(
    found: Health, may: bool, new_key: Callable[[], str], hook: tuple[str, str], locale: Locale
) -> views.Sources:
    """The page of one account; `may`: do something with it; `hook`: address and secret of its webhooks."""
    words, account = translator(locale), found.account
    keys = None
    if may and account.state != "disconnected":
        distrusted = account.problem == "source_suspicious"
        keys = views.SourceKeys(new_key(), new_key(), new_key() if distrusted else "", new_key())
    shown = card(found, words)
    again: tuple[views.SourceForm, ...] = ()
    if may:
        typed = Refused(account.source, account.name, account.settings, "")
        again = (form(account.about, new_key(), typed, locale),)
    return views.Sources(
        (shown,), again, shown, tuple(_pass(each, locale) for each in found.passes), keys, *hook
    )


def form(source: About, key: str, refused: Refused | None, locale: Locale) -> views.SourceForm:
    """The form that connects an account of a source, filled in as it was refused."""
    words, code = translator(locale), source.source.code
    mine = refused if refused and refused.source == code else None
    problem = ""
    if mine and mine.field:
        problem = words.gettext(
            "Something does not fit: look at the field that is marked, and the secrets again."
        )
    return views.SourceForm(
        source=code,
        label=inbox.source(words, code),
        key=key,
        fields=tuple(
            views.SourceField(
                code=field.name,
                secret=field.secret,
                required=field.required,
                value=mine.typed.get(field.name, "") if mine else "",
                hint=_hint(field.name, words),
            )
            for field in source.fields
        ),
        name=mine.name if mine else "",
        problem=problem,
        unfit=mine.field if mine else "",
        open=bool(problem),
    )


def _hint(field: str, words: Translator) -> str:
    if field in _EXAMPLES:
        return words.gettext(_HINTS[field], example=_EXAMPLES[field])
    return words.gettext(_HINTS[field]) if field in _HINTS else ""


def _pass(found: Sync, locale: Locale) -> views.SourcePass:
    return views.SourcePass(
        started_at=found.started_at,
        mode=found.mode,
        state=found.state,
        seen=found.seen,
        new=found.new,
        changed=found.changed,
        removed=found.removed,
        rejected=found.rejected,
        reject=_reject(found.reject, locale),
    )


def _reject(said: str, locale: Locale) -> str:
    """Why a review was not taken in, in the reader's language; before it may stand which one, as it is."""
    review, parted, reason = said.partition(": ")
    return f"{review}: {in_words(reason, locale)}" if parted else in_words(said, locale)
