"""From cases as the domain knows them to what the inbox shows. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import ceil
from typing import Literal
from uuid import UUID

from admin.inbox import marks, words
from admin.inbox.marks import Phrase
from core.design import composer_views, delivery_views, inbox_views, staff_case_views
from core.design.case_views import SurveySaid
from core.design.review_views import Picture
from core.design.words import word
from core.i18n import Translator, in_language
from reviews.cases import machine, rules
from reviews.cases.conversation import TakenBack
from reviews.cases.delivery import GONE
from reviews.cases.history import EarlierCase, EarlierReview
from reviews.cases.reading import VIEWS, ViewName
from reviews.cases.views import CaseView, ClockView, EventView, InboxRow, OnItsWay, Outgoing, Undelivered
from reviews.reading import Reading, ReviewView
from reviews.similar import Alike
from reviews.sources import Source, source_of
from reviews.surveys.service import Said
from reviews.wording import shown
from sentiment.types import ASPECTS

EXCERPT_CHARS = 240
EARLIER_CHARS = 100
NewKey = Callable[[], str]
"""Makes the idempotency key of one form."""
Further = Literal["wait", "take_up", "call", "snooze", "spam", "duplicate", "remedy", "all_the_same"]
"""Deeds of forms that open."""
Deed = (
    Further
    | Literal["reply", "message", "note", "goodwill", "assign", "undo", "retry", "resolve", "reopen"]
    | Literal["correct", "triage", "draft", "translate", "tag", "untag"]
)

_STATES = {"new": "open", "waiting_for_customer": "waiting"}
_REASONS = {"rating": "low_stars", "sentiment": "negative_text", "mismatch": "mismatch"}
_URGENCY = {"leaving": "churn"}

_WORDS = ("text", "reason", "points", "amount", "line", "reward", "number", "tag")
"""What is typed into the forms of a case; the rest is chosen."""

ASPECT_SHOWN_FROM = 0.35
"""Thresholds of rare aspects are lower, to find them at all; a page shows what is likely."""


@dataclass(frozen=True)
class Reader:
    """Who looks, and when."""

    id: UUID
    permissions: frozenset[str]
    words: Translator
    now: datetime
    tiers: Mapping[str, str]
    """Names of the tiers by code, in the reader's language."""


def tabs(counts: Mapping[ViewName, int], current: ViewName | None) -> tuple[inbox_views.InboxTab, ...]:
    """The views with their counts; None: the list is none of them."""
    return tuple(
        inbox_views.InboxTab(view, counts[view], f"/staff/inbox?view={view}", view == current)
        for view in VIEWS
    )


def case_row(row: InboxRow, to: Reader) -> inbox_views.CaseRow:
    """One case in a list."""
    review = row.review
    return inbox_views.CaseRow(
        id=str(row.id),
        customer=row.customer_name,
        source=words.source(to.words, review.source) if review else "",
        stars=review.stars if review else None,
        language=review.lang if review else "",
        excerpt=excerpt(shown(review.body or review.title)) if review else "",
        opened_at=row.opened_at,
        state=_STATES.get(row.state, row.state),
        product=_product(review),
        sentiment=_sentiment(review.reading) if review else None,
        aspects=_aspects(review.reading) if review else (),
        reasons=reasons(review, row.cause),
        clock=_clock(row.clock, to.now) if row.clock else None,
        owner=row.owner_name,
        urgent=row.urgent,
        version=row.version,
    )


def excerpt(text: str, chars: int = EXCERPT_CHARS) -> str:
    """The first words on one line."""
    # Cut first: a text may be very long.
    line = " ".join(text[: 4 * chars].split())
    return line if len(line) <= chars else line[:chars].rstrip() + "…"


def reasons(review: ReviewView | None, cause: str) -> tuple[str, ...]:
    """Codes of kind "reason"; without a review something else opened the case."""
    if review is None:
        return ("manual" if cause == "review" else cause,)
    urgent = [_URGENCY.get(each.kind, each.kind) for each in review.urgency]
    return (*urgent, *(_REASONS[reason] for reason in review.reasons if reason in _REASONS))


def case(
    found: CaseView,
    to: Reader,
    source: Source,
    neighbours: tuple[str, str],
    new_key: NewKey,
    also_here: tuple[str, ...] = (),
) -> staff_case_views.StaffCase:
    """The whole page of a case as it is, with every form empty.

    `source`: whose limits a reply has; `neighbours`: addresses of the cases before and after it, or "".
    """
    row, done = found.row, found.row.state in machine.DONE
    may_reply = "inbox.reply" in to.permissions
    mine = row.owner_id == to.id
    return staff_case_views.StaffCase(
        id=str(row.id),
        number=str(row.number),
        state=_STATES.get(row.state, row.state),
        cycle=row.cycle,
        opened_at=row.opened_at,
        reasons=reasons(row.review, row.cause),
        review=_review(found, to),
        customer=_customer(found, to),
        reply=_reply(found, to, source, new_key),
        message=_message(found, to, new_key),
        note=composer_views.Composer(new_key(), limit_chars=rules.TEXT_LIMIT_CHARS, blocked=_read_only(to)),
        goodwill=_goodwill(found, to, new_key),
        clocks=tuple(_clock(clock, to.now) for clock in found.clocks),
        events=tuple(_event(event, found, to) for event in found.events),
        owner=row.owner_name,
        owner_is_me=mine,
        assign_key=new_key() if may_reply and not done and not mine else "",
        assign_other_key=new_key() if "inbox.assign" in to.permissions and not done else "",
        people=tuple(
            inbox_views.Person(str(each.id), each.name) for each in found.people if each.id != row.owner_id
        ),
        team=found.team,
        triage_key=new_key() if "inbox.assign" in to.permissions and not done and found.teams else "",
        teams=tuple(
            inbox_views.Person(str(each.id), each.name) for each in found.teams if each.name != found.team
        ),
        further_key=new_key() if may_reply else "",
        done=done,
        priority=_priority(row, to),
        joined=tuple(
            _joined(each, found, to, new_key() if may_reply and not done else "") for each in found.joined
        ),
        also_here=also_here,
        resolve_key=new_key() if may_reply and not done else "",
        reopen_key=new_key() if may_reply and done else "",
        delivery=delivery(row.id, found.on_its_way, to, new_key),
        correction=_correction(found, new_key) if may_reply else None,
        alike=tuple(_alike(each) for each in found.alike),
        previous_href=neighbours[0],
        next_href=neighbours[1],
        version=row.version,
        call_owed=found.call_owed,
        about=found.order,
    )


def _priority(row: InboxRow, to: Reader) -> tuple[staff_case_views.PriorityPart, ...]:
    """What makes it pressing, the greatest part first; waiting counts, too."""
    waited = 0 if row.resolved_at else rules.age(to.now - row.opened_at)
    parts = {**row.priority_parts, "age": waited}
    ranked = sorted(parts.items(), key=lambda part: -part[1])
    return tuple(staff_case_views.PriorityPart(code, points) for code, points in ranked if points)


def _joined(
    review: ReviewView, found: CaseView, to: Reader, answer_key: str
) -> staff_case_views.JoinedReview:
    """`answer_key`: of the form that answers it; "": not by this person, or not now."""
    source, limits, text = words.source(to.words, review.source), source_of(review.source), shown(review.body)
    answer = composer_views.Composer(
        answer_key,
        limit_chars=limits.reply_limit_chars,
        limit_bytes=limits.reply_limit_bytes,
        blocked=_unanswerable(review, found, to),
    )
    return staff_case_views.JoinedReview(
        id=str(review.id),
        at=review.written_at,
        source=source,
        stars=review.stars,
        language=review.lang,
        text=text,
        title=shown(review.title),
        excerpt=excerpt(text) if len(text) > EXCERPT_CHARS else "",
        reply=review.reply,
        answer=answer if answer_key else None,
    )


@dataclass(frozen=True)
class Refused:
    """What somebody tried, what they had typed, and why it was not done."""

    deed: Deed
    because: str
    conflict: bool
    """Somebody else was faster: said at the top of the page."""
    place: str = ""
    """Which form it was, where a page has several of a kind."""
    typed: Mapping[str, str] = field(default_factory=dict)
    """By field."""
    confirm: bool = False
    """It can be sent once the person says that the wording is meant."""


def again(taken: TakenBack) -> Refused:
    """What was taken back, as something that can be sent once it is better."""
    deed: Literal["reply", "message"] = "reply" if taken.kind == "public_reply" else "message"
    further = str(taken.review_id or "")
    place = f"reply-{further}" if further else ""
    return Refused(deed, "", False, place, {"text": taken.body, "review": further})


def refused(view: staff_case_views.StaffCase, tried: Refused) -> staff_case_views.StaffCase:
    """The page after something was not done, with what was typed: in its form, else above the page."""
    if not _has_form(view, tried):
        typed = [tried.typed[name] for name in _WORDS if tried.typed.get(name, "").strip()]
        return replace(view, conflict=tried.because, unsent="\n".join(typed))
    here = "" if tried.conflict else tried.because
    text = tried.typed.get("text", "")
    if tried.deed == "reply" and tried.place:
        view = replace(view, joined=tuple(_answered(each, tried, here) for each in view.joined))
    elif tried.place:
        return replace(view, conflict=tried.because, typed_in=tried.place, typed=tuple(tried.typed.items()))
    elif tried.deed in ("reply", "message", "note"):
        composer = replace(getattr(view, tried.deed), text=text, problem=here, confirm=tried.confirm)
        view = replace(view, **{tried.deed: composer})
    elif tried.deed == "goodwill":
        points, reason = tried.typed.get("points", ""), tried.typed.get("reason", "")
        view = replace(view, goodwill=replace(view.goodwill, points=points, reason=reason, problem=here))
    elif tried.deed == "correct" and view.correction:
        view = replace(view, correction=replace(view.correction, problem=here))
    elif tried.deed == "resolve":
        view = replace(view, agreed=text, agreed_problem=here)
    else:
        return replace(view, conflict=tried.because)
    return replace(view, conflict=tried.because if tried.conflict else "")


def _has_form(view: staff_case_views.StaffCase, tried: Refused) -> bool:
    """Whether the page, as the case is now, has the form that was sent."""
    open_to_me = bool(view.further_key) and not view.done
    if tried.deed == "goodwill":
        return not view.goodwill.blocked and view.customer.member and view.goodwill.limit_points > 0
    if tried.deed == "resolve":
        return bool(view.resolve_key)
    if tried.deed == "remedy":
        return open_to_me and not view.goodwill.blocked
    if tried.deed == "all_the_same":
        return open_to_me and view.held_out
    if tried.deed == "reply" and tried.place:
        return any(each.id == tried.typed.get("review") and each.answer for each in view.joined)
    return open_to_me if tried.place else tried.deed != "tag"


def _answered(
    review: staff_case_views.JoinedReview, tried: Refused, problem: str
) -> staff_case_views.JoinedReview:
    """With what was typed, if it was this one that could not be answered."""
    if tried.typed.get("review") != review.id or review.answer is None:
        return review
    text = tried.typed.get("text", "")
    return replace(review, answer=replace(review.answer, text=text, problem=problem, confirm=tried.confirm))


def _reply(found: CaseView, to: Reader, source: Source, new_key: NewKey) -> composer_views.Composer:
    blocked = _read_only(to) or _when_done(found, to)
    if not blocked and found.row.review is None:
        blocked = to.words.gettext("There is no review to answer.")
    if not blocked and found.row.review:
        blocked = _unanswerable(found.row.review, found, to)
    return composer_views.Composer(
        new_key(),
        limit_chars=source.reply_limit_chars,
        limit_bytes=source.reply_limit_bytes,
        blocked=blocked,
    )


def _unanswerable(review: ReviewView, found: CaseView, to: Reader) -> str:
    """Why no reply to the review can be sent now; "": one can."""
    if review.state == "tombstone":
        return words.failure(to.words, GONE)
    if review.id not in found.answerable:
        return to.words.gettext("This source is not connected: reply there, or write to the customer here.")
    if found.on_its_way.reply_waits:
        return to.words.gettext("A reply is already waiting to be sent.")
    return ""


def _message(found: CaseView, to: Reader, new_key: NewKey) -> composer_views.Composer:
    blocked = _read_only(to) or _when_done(found, to)
    if not blocked and found.row.customer_id is None:
        blocked = to.words.gettext("It is not known which customer wrote this review.")
    return composer_views.Composer(new_key(), limit_chars=rules.TEXT_LIMIT_CHARS, blocked=blocked)


def _goodwill(found: CaseView, to: Reader, new_key: NewKey) -> composer_views.Goodwill:
    blocked = _when_done(found, to)
    if "inbox.goodwill" not in to.permissions:
        blocked = to.words.gettext("Your role may look, but not give points.")
    given = sum(event.points for event in found.events if event.kind == "goodwill")
    return composer_views.Goodwill(new_key(), found.points_left, given, blocked=blocked)


def _read_only(to: Reader) -> str:
    if "inbox.reply" in to.permissions:
        return ""
    return to.words.gettext("Your role may look, but not write.")


def _when_done(found: CaseView, to: Reader) -> str:
    if found.row.state not in machine.DONE:
        return ""
    return to.words.gettext("The case is done. Reopen it first.")


def delivery(case_id: UUID, found: OnItsWay, to: Reader, new_key: NewKey) -> delivery_views.Delivery:
    """What has been written on a case and has not arrived; what can be done about it, by whoever may."""
    may_reply = "inbox.reply" in to.permissions
    may_retry = may_reply and not found.reply_waits
    return delivery_views.Delivery(
        str(case_id),
        tuple(_outgoing(each, to, new_key) for each in found.outgoing) if may_reply else (),
        tuple(_undelivered(each, may_retry, to, new_key) for each in found.undelivered),
    )


def _outgoing(message: Outgoing, to: Reader, new_key: NewKey) -> delivery_views.Outgoing:
    left_s = max(0, ceil((message.send_after - to.now).total_seconds()))
    private = message.kind == "private_message"
    return delivery_views.Outgoing(message.body, left_s, new_key(), str(message.id), private)


def _undelivered(
    message: Undelivered, may_retry: bool, to: Reader, new_key: NewKey
) -> delivery_views.Undelivered:
    return delivery_views.Undelivered(
        text=message.body,
        failed=message.state == "failed",
        reason=words.failure(to.words, message.failure) if message.failure else "",
        attempts=message.attempts,
        retry_key=new_key() if may_retry and message.state == "failed" else "",
        message_id=str(message.id),
    )


def _review(found: CaseView, to: Reader) -> staff_case_views.StaffReview:
    review = found.row.review
    if review is None:
        return staff_case_views.StaffReview("", found.row.opened_at, "", "", None, "", "")
    title, text = shown(review.title), shown(review.body)
    title_runs, runs = marks.in_review(title, text, _phrases(review))
    return staff_case_views.StaffReview(
        id=str(review.id),
        at=review.written_at,
        source=words.source(to.words, review.source),
        language=review.lang,
        stars=review.stars,
        title=title,
        text=text,
        product=_product(review),
        verified=review.verified,
        state=review.standing,
        sentiment=_sentiment(review.reading),
        aspects=_aspects(review.reading),
        title_runs=title_runs,
        runs=runs,
        why=_why(review),
        public_reply=review.reply,
    )


def _correction(found: CaseView, new_key: NewKey) -> staff_case_views.Correction | None:
    """The form with what a person last said, else with what the model reads."""
    review = found.row.review
    if review is None or not (review.title or review.body):
        return None
    if found.corrected:
        said = found.corrected.correction
        known = said.aspects or {}
        aspects = tuple((name, known.get(name, "")) for name in ASPECTS)
        by = found.corrected.person or "API"
        return staff_case_views.Correction(new_key(), said.sentiment, said.stars, aspects, by)
    read = {each.code: each.polarity for each in _aspects(review.reading)}
    aspects = tuple((name, read.get(name, "")) for name in ASPECTS)
    if review.reading is None:
        return staff_case_views.Correction(new_key(), aspects=aspects)
    return staff_case_views.Correction(
        new_key(), review.reading.sentiment, review.reading.stars_predicted, aspects
    )


def _alike(near: Alike) -> staff_case_views.AlikeReview:
    review = near.review
    return staff_case_views.AlikeReview(
        excerpt=excerpt(shown(review.body or review.title)),
        language=review.lang,
        stars=review.stars,
        at=review.written_at,
        near_duplicate=near.near_duplicate,
        case_href=f"/staff/inbox/cases/{near.case_id}" if near.case_id else "",
        case_number=str(near.case_number or ""),
        case_state=_STATES.get(near.case_state or "", near.case_state or ""),
    )


def _phrases(review: ReviewView) -> list[Phrase]:
    """What is marked in the text: what is urgent first, then what the model goes by, then each aspect."""
    urgent = [Phrase(words, "urgent") for each in review.urgency for words in each.words]
    evidence = review.reading.evidence if review.reading else None
    read = [Phrase(words, evidence.sentiment) for words in evidence.words] if evidence else []
    about = [Phrase(each.words, each.polarity, each.code) for each in _aspects(review.reading)]
    return urgent + read + about


def _why(review: ReviewView) -> tuple[staff_case_views.Why, ...]:
    """Each reason with the words that gave it; stars have none."""
    said = {_URGENCY.get(each.kind, each.kind): each.words for each in review.urgency}
    evidence = review.reading.evidence if review.reading else None
    if evidence:
        said["mismatch"] = evidence.words
        if evidence.sentiment == "negative":
            said["negative_text"] = evidence.words
    return tuple(staff_case_views.Why(code, said.get(code, ())) for code in reasons(review, "review"))


def _product(review: ReviewView | None) -> str:
    return (review.product_name or review.product_sku) if review else ""


def _sentiment(reading: Reading | None) -> inbox_views.Sentiment | None:
    if reading is None:
        return None
    return inbox_views.Sentiment(reading.sentiment, reading.confidence, round(reading.stars_expected, 1))


def _aspects(reading: Reading | None) -> tuple[inbox_views.Aspect, ...]:
    found = reading.aspects if reading else ()
    return tuple(
        inbox_views.Aspect(each.aspect, each.polarity, each.confidence, each.words)
        for each in found
        if each.confidence >= ASPECT_SHOWN_FROM
    )


def _customer(found: CaseView, to: Reader) -> staff_case_views.CustomerPicture:
    customer, shown_name = found.customer, found.row.customer_name
    if customer is None:
        return staff_case_views.CustomerPicture(shown_name, False)
    return staff_case_views.CustomerPicture(
        name=customer.name or shown_name,
        member=customer.member_id is not None,
        tier=to.tiers.get(customer.tier_code, customer.tier_code),
        points_active=customer.points_active,
        orders=customer.orders,
        spend_minor=customer.spend_minor,
        currency=customer.currency,
        last_order_at=customer.last_order_at,
        reviews=customer.reviews,
        cases=customer.cases,
        email=customer.email if "customers.email" in to.permissions else "",
        member_href=f"/staff/studio/members/{customer.member_id}"
        if customer.member_id and "members.read" in to.permissions
        else "",
        earlier_reviews=tuple(_earlier_review(each, to) for each in found.earlier_reviews),
        earlier_cases=tuple(map(_earlier_case, found.earlier_cases)),
    )


def _earlier_review(earlier: EarlierReview, to: Reader) -> staff_case_views.EarlierReview:
    review = earlier.review
    return staff_case_views.EarlierReview(
        # What was removed has no page.
        href="" if review.standing == "deleted" else f"/staff/moderation/reviews/{review.id}",
        # From here a link leads to where it is decided, and that must not know them.
        stars=None if review.standing == "pending" else review.stars,
        at=review.written_at,
        about=_product(review) or in_language(earlier.store, to.words.locale),
        language=review.lang,
        excerpt=excerpt(shown(review.body or review.title), EARLIER_CHARS),
        state=review.standing,
    )


def _earlier_case(earlier: EarlierCase) -> staff_case_views.EarlierCase:
    state = _STATES.get(earlier.state, earlier.state)
    href = f"/staff/inbox/cases/{earlier.id}"
    return staff_case_views.EarlierCase(href, str(earlier.number), state, earlier.opened_at)


def _clock(clock: ClockView, now: datetime) -> inbox_views.Clock:
    """What is overdue is shown so at once, though it is written down a little later."""
    late = clock.state in ("running", "warning") and clock.due_at <= now
    return inbox_views.Clock(clock.kind, "breached" if late else clock.state, clock.due_at)


def _event(event: EventView, found: CaseView, to: Reader) -> staff_case_views.CaseEvent:
    by_customer = event.actor == "customer"
    return staff_case_views.CaseEvent(
        at=event.at,
        kind=event.kind,
        actor=(found.row.customer_name or to.words.gettext("Customer")) if by_customer else event.person,
        text=_text(event, to) or _told(event, to),
        points=event.points,
        delivery=event.delivery,
        pictures=tuple(_picture(each) for each in event.pictures),
    )


def _picture(picture: UUID) -> Picture:
    return Picture(str(picture), f"/media/cases/{picture}", f"/media/cases/{picture}/small")


def _text(event: EventView, to: Reader) -> str:
    """Somebody's words, with what they sent along; of a call first what became of it."""
    outcome = event.detail.get("outcome") if event.kind == "call" else None
    if outcome:
        return f"{word(to.words, 'call_outcome', outcome)}: {event.text}"
    if event.unmailed:
        why = word(to.words, "suppressed", event.unmailed)
        alone = to.words.gettext("On their page alone, not by mail: %(why)s", why=why)
        return f"{event.text}\n{alone}"
    if not event.attachments:
        return event.text
    names = ", ".join(event.attachments)
    return f"{event.text}\n{to.words.gettext('Attached, not kept: %(names)s', names=names)}"


def _told(event: EventView, to: Reader) -> str:
    """What an event without words of a person says."""
    if event.kind.startswith("clock_"):
        return word(to.words, "clock", event.detail["clock"])
    if event.kind in ("opened", "matter_joined") and "cause" in event.detail:
        return word(to.words, "reason", event.detail["cause"])
    return event.about


def survey(said: Said) -> SurveySaid:
    """What was answered in one survey."""
    scores = tuple((each.question, each.score) for each in said.answers if each.score is not None)
    return SurveySaid(said.answered_at, scores, next((each.body for each in said.answers if each.body), ""))
