"""From changes of the terms to what the pages about them show; pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote, urlencode

from admin.studio.campaign_words import facts
from admin.studio.change_words import REFUSALS
from admin.studio.tier_compare import changed, figures, terms
from admin.studio.tier_present import DRAFT, Reader, minor
from admin.studio.wallet_words import sentences
from core.design import change_views as views
from core.design.formats import formats
from core.i18n import Locale, in_language, translator
from core.ids import new_id
from loyalty.campaigns.rules import Campaign
from loyalty.changes.kinds import KindCode
from loyalty.changes.service import FAILED, Change
from loyalty.programme.service import Version
from loyalty.rules.model import Rule
from loyalty.rules.sentence import Words
from loyalty.tiers.outlook import outlook
from loyalty.tiers.rules import TierSet
from loyalty.tiers.service import Preview
from loyalty.wallets.service import Rules

PATH = "/staff/studio/changes"
STEPS = ("draft", "asked", "approved", "scheduled", "live")


def path_of(change: Change) -> str:
    """The page of one change."""
    return f"{PATH}/{change.id}"


def back(kind: KindCode, subject: str, number: int, locale: Locale, of: str = "") -> views.Back:
    """The form that brings a version back; `of`: which of several, by name."""
    label = translator(locale).gettext("Bring version %(number)s back", number=number)
    return views.Back(kind, subject, number, f"{label} · {of}" if of else label, str(new_id()))


def line(change: Change, locale: Locale) -> views.ChangeLine:
    """A change as a line of a list."""
    at, by = _last(change)
    return views.ChangeLine(
        href=path_of(change),
        name=change.name,
        kind=change.kind,
        subject=change.subject,
        state=change.state,
        at=at,
        by=by or "Regulars",
        says=_says(change, locale),
    )


def _says(change: Change, locale: Locale) -> str:
    words = translator(locale)
    if change.version:
        return words.gettext("Version %(number)s", number=change.version)
    if change.back_to:
        return words.gettext("Brings version %(number)s back", number=change.back_to)
    return note(change, locale) if change.state == "draft" else ""


def note(change: Change, locale: Locale) -> str:
    """Why it came back: what a person wrote, or why it could not go live on its date."""
    words = translator(locale)
    if not change.note.startswith(FAILED):
        return change.note
    if change.note == f"{FAILED}change_stale":
        return words.gettext("Something else was published before its date came.")
    why = change.note.removeprefix(FAILED)
    if why in REFUSALS:
        why = words.gettext(REFUSALS[why])
    return words.gettext("It could not go live on its date: %(why)s", why=why)


def _last(change: Change) -> tuple[datetime, str | None]:
    match change.state:
        case "draft":
            return change.created_at, change.author
        case "asked":
            return change.asked_at or change.created_at, change.asker
        case "approved":
            return change.decided_at or change.created_at, change.approver
        case "scheduled":
            return change.publish_at or change.created_at, change.publisher
        case _:
            return change.published_at or change.created_at, change.publisher


def steps(change: Change, second_person: bool) -> tuple[views.Step, ...]:
    """The way of a change, with who took each step and when."""
    known = {
        "draft": (change.created_at, change.author),
        "asked": (change.asked_at, change.asker),
        "approved": (change.decided_at, change.approver),
        "scheduled": (change.publish_at, change.publisher),
        "live": (change.published_at, change.publisher),
    }
    shown = [
        code
        for code in STEPS
        if known[code][0] or code in ("draft", "live") or (second_person and code != "scheduled")
    ]
    found = [views.Step(code, known[code][0], known[code][1] or "", change.state == code) for code in shown]
    if change.ended_at:
        found.append(views.Step(change.state, change.ended_at, current=True))
    return tuple(found)


def rows(change: Change, live: object, say: Words, to: Reader) -> tuple[views.Row, ...]:
    """What is live, and what the change makes of it. `live` is None for something new."""
    words = translator(to.locale)
    match change.definition, live:
        case TierSet(), TierSet():
            return changed(live, change.definition, to.currency, to.locale)
        case TierSet(), _:
            return terms([change.definition], to.currency, to.locale)
        case Rule(), Rule() | None:
            before = say.rule(live) if isinstance(live, Rule) else "–"
            after = say.rule(change.definition)
            return (_two(words.gettext("What it means"), before, after),)
        case Rules(), Rules():
            pairs = zip(sentences(live, to.locale), sentences(change.definition, to.locale), strict=False)
            return tuple(_two(str(n), *pair) for n, pair in enumerate(pairs, 1) if pair[0] != pair[1])
        case Campaign(), _:
            told = facts(change.definition, say, to.time_zone)
            return tuple(views.Row(label, (text,), (False,)) for label, text in told)
    return ()


def _two(label: str, before: str, after: str) -> views.Row:
    return views.Row(label, (before, after), (False, before != after))


def deeds(
    change: Change, second_person: bool, mine: bool, seen: Mapping[str, str], stale: bool, locale: Locale
) -> tuple[views.Deed, ...]:
    """What whoever may publish can do with it now."""
    words = translator(locale)
    approved = change.decided_by is not None or not second_person
    ready = approved and change.state in ("draft", "approved", "scheduled")
    needs_preview = change.kind == "tiers" and not seen
    found: list[views.Deed] = []
    if stale and change.state == "draft" and change.kind != "campaign":
        text = words.gettext("Make it a change of what is live now")
        return (views.Deed("rebase", text, "primary"), *_plain(change, locale))
    if change.state == "draft" and second_person and not stale:
        found.append(views.Deed("ask", words.gettext("Ask a second person"), "primary"))
    if change.state == "asked" and not mine:
        found.append(views.Deed("approve", words.gettext("Approve"), "primary"))
    if ready and not needs_preview and not stale:
        hidden = tuple(seen.items())
        found.append(views.Deed("publish", words.gettext("Publish now"), "primary", hidden=hidden))
    if ready and change.state != "scheduled" and not stale:
        when = words.gettext("On")
        found.append(views.Deed("schedule", words.gettext("Publish on this date"), "", "date", when))
    return (*found, *_plain(change, locale))


def _plain(change: Change, locale: Locale) -> tuple[views.Deed, ...]:
    words = translator(locale)
    found: list[views.Deed] = []
    if change.state == "scheduled":
        found.append(views.Deed("take-back", words.gettext("Not on that date")))
    if change.state in ("asked", "approved", "scheduled"):
        why = words.gettext("Why (its author reads it)")
        found.append(views.Deed("send-back", words.gettext("Back to a draft"), "", "note", why))
    if change.state in ("superseded", "rolled_back"):
        text = words.gettext("Bring version %(number)s back", number=change.version)
        found.append(views.Deed("back", text, "primary"))
    if change.kind != "campaign":  # it goes live once
        found.append(views.Deed("duplicate", words.gettext("Duplicate")))
    if change.state == "draft":
        found.append(views.Deed("discard", words.gettext("Delete")))
    return tuple(found)


def edit_href(change: Change) -> str:
    """Where the draft is worked on; empty: nowhere but by its own page."""
    if change.kind == "tiers" and change.state == "draft":
        return f"{DRAFT}?{urlencode({'set': change.subject, 'draft': str(change.id)})}"
    pages = {"rule": "/staff/studio/rules", "wallet": "/staff/studio/wallets"}
    return f"{pages[change.kind]}/{quote(change.subject, safe='')}" if change.kind in pages else ""


def lines(found: Sequence[Change], locale: Locale) -> tuple[views.ChangeLine, ...]:
    """Changes as lines of a list."""
    return tuple(line(each, locale) for each in found)


def comparison(
    base: TierSet,
    live: Version,
    drafts: Sequence[Change],
    previews: Sequence[Preview],
    left_out: int,
    to: Reader,
) -> views.Comparison:
    """What is live and drafts of it, with what each does; `previews` begin with that of what is live."""
    sets, words, shown = [each.tier_set for each in previews], translator(to.locale), formats(to.locale)
    outlooks = [
        outlook(
            base, each.tier_set, each.cells, each.year, live.point_cost_micros, base.code == live.primary.code
        )
        for each in previews
    ]

    def money(amount_minor: int) -> str:
        return shown.money(amount_minor, to.currency)

    found = figures(previews, outlooks, money, lambda micros: money(minor(micros, to.currency)), to.locale)
    return views.Comparison(
        set_code=base.code,
        set_name=in_language(base.name, to.locale),
        columns=(
            views.DraftColumn(words.gettext("Live"), "", ""),
            *(
                views.DraftColumn(each.name, path_of(each), edit_href(each), str(each.id), each.mark)
                for each in drafts
            ),
        ),
        rows=(*terms(sets, to.currency, to.locale), *found),
        left_out=left_out,
    )
