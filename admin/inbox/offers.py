"""What the composers of a case offer to insert: templates, and suggestions with their source."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from admin.inbox.settings.common import ROOT
from admin.inbox.words import draft_failed as failed
from core.design import composer_views, staff_case_views
from core.i18n import OWN_NAMES, Locale, Translator
from reviews import language_model
from reviews.cases import suggestions
from reviews.cases.drafting import service as drafting
from reviews.cases.drafting.service import Draft
from reviews.cases.suggestions import Channel, Suggestion
from reviews.cases.templates import service as templates
from reviews.cases.templates.rules import Template
from reviews.cases.templates.service import Known
from reviews.reading import ReviewView
from reviews.translating import rules
from reviews.translating import service as translating
from reviews.translating.rules import is_foreign
from reviews.wording import shown
from sentiment.language import declared


@dataclass(frozen=True)
class Offers:
    """For one case and one person."""

    known: Known
    templates: Sequence[Template]
    suggestions: Sequence[Suggestion]
    draft: Draft | None
    drafts: bool
    """The installation has a language model."""


async def offers(case_id: UUID, review_id: UUID | None, by: UUID) -> Offers:
    """What there is, in the open transaction. Raises NotFound."""
    known = await templates.known(case_id, by)
    return Offers(
        known,
        await templates.every(),
        await suggestions.suggest(case_id, review_id, known.language),
        await drafting.latest(case_id),
        language_model.enabled(),
    )


def offer(view: staff_case_views.StaffCase, found: Offers, words: Translator) -> staff_case_views.StaffCase:
    """The page with them; to whoever may not write nothing is offered."""
    reply, message = (
        replace(composer, templates=() if composer.blocked else _options(found, channel))
        for composer, channel in ((view.reply, "public"), (view.message, "private"))
    )
    if reply.blocked and message.blocked:
        return view
    shown = tuple(_suggestion(each, words) for each in found.suggestions)
    draft = _draft(found, words) if found.drafts or found.draft else None
    return replace(view, reply=reply, message=message, suggestions=shown, draft=draft)


async def translated(
    review: ReviewView | None, locale: Locale, words: Translator
) -> staff_case_views.Translation | None:
    """The review in the reader's language, or that it can be asked for; None: neither. In the open
    transaction."""
    if review is None or not is_foreign(_language(review), locale):
        return None
    said = shown(f"{review.title}\n\n{review.body}").strip()
    found = await translating.latest(review.id, review.version, locale)
    asks = language_model.enabled() and bool(said) and review.state == "live"
    if found is None:
        return staff_case_views.Translation(asks=True) if asks else None
    return staff_case_views.Translation(
        found.state,
        found.body,
        found.model,
        failed(words, found.failure),
        asks and found.state == "failed",
        beginning=len(said) > rules.LIMIT_CHARS,
    )


def _language(review: ReviewView) -> str:
    """As the model read it, else as the source declares it; "": neither."""
    return review.reading.language if review.reading else declared(review.lang) or ""


def _draft(found: Offers, words: Translator) -> composer_views.Draft:
    draft, asks = found.draft, found.drafts and bool(found.suggestions)
    if draft is None:
        return composer_views.Draft(asks=asks)
    return composer_views.Draft(
        state=draft.state,
        key=f"draft:{draft.id}" if draft.state == "ready" else "",
        text=draft.body,
        model=draft.model,
        sources=tuple((each.title, each.href) for each in draft.sources),
        because=failed(words, draft.failure),
        asks=asks and draft.state != "asked",
    )


def _options(found: Offers, channel: str) -> tuple[tuple[str, str], ...]:
    """Code and name; one that is not there in the customer's language says in which it is."""
    here: Channel = "public" if channel == "public" else "private"
    return tuple(
        (each.code, each.name if found.known.language in each.texts else f"{each.name} ({_languages(each)})")
        for each in found.templates
        if each.fits(here)
    )


def _languages(template: Template) -> str:
    return ", ".join(OWN_NAMES[each] for each in template.texts)


def _suggestion(found: Suggestion, words: Translator) -> composer_views.Suggestion:
    if found.article:
        title, href = found.title, f"{ROOT}/knowledge/{found.article}"
    else:
        title = words.gettext("Case %(number)s", number=found.number)
        href = f"/staff/inbox/cases/{found.case_id}"
    return composer_views.Suggestion(found.key, title, href, found.text, found.language, bool(found.article))
