"""What the inbox says in the reader's language: why something cannot be done, and where reviews live."""

from core.errors import DomainError
from core.i18n import Translator, mark

NO_REWARD = dict.fromkeys(
    (
        *("reward_inactive", "reward_not_on_now", "reward_tier_locked", "reward_segment_locked"),
        *("reward_limit_reached", "reward_sold_out", "code_pool_empty", "points_choice_invalid"),
    ),
    mark("The customer cannot have this reward now: it is off, sold out or not for them. Nothing was given."),
)
"""What a reward may say against being given."""
_PROBLEMS = NO_REWARD | {
    "case_changed": mark(
        "Somebody else did something on this case meanwhile. Nothing of yours was done:"
        " look at the case below and send it again if it still fits."
    ),
    "case_state_refuses": mark("The case is not in a state for this any more. Nothing was done."),
    "call_required": mark(
        "This case asks for a telephone call before it is resolved. Log it under “More”, also one in vain."
    ),
    "drafts_off": mark("There are no drafts here."),
    "draft_refused": mark("On safety, law, fraud, discrimination and medicine a person writes alone."),
    "draft_without_sources": mark("No article and no resolved case says anything a draft could draw on."),
    "translations_off": mark("There are no translations here."),
    "draft_running": mark("A draft is being written already."),
    "reply_waiting": mark("A reply is already waiting to be sent."),
    "too_late_to_undo": mark("It is too late: the message is already on its way."),
    "nothing_to_retry": mark("There is no failed reply to send again, or somebody is doing so already."),
    "nobody_to_answer": mark("There is nobody to whom this could be sent."),
    "customer_not_a_member": mark("Only members can receive points."),
    "goodwill_points_unfit": mark("Write a whole number of points, at least 1."),
    "goodwill_asks_for_change": mark(
        "A gift never asks for a changed, removed or better review. Say what it is for without the review."
    ),
    "idempotency_key_running": mark("This is being done already. Look at the timeline in a moment."),
    "idempotency_key_reused": mark(
        "This form was sent before with other content. Look at the timeline, and send it again if needed."
    ),
    "goodwill_key_reused": mark(
        "This form was sent before with other content. Look at the timeline, and send it again if needed."
    ),
    "remedy_held_out": mark(
        "By chance this customer is among those who get no remedy. You may allow it all the same, with a"
        " reason."
    ),
    "not_held_out": mark("This customer is not held out: remedies can be given."),
    "remedy_unfit": mark("Check the amount and what it is for: nothing was given."),
    "remedy_budget_exhausted": mark("This month's budget for remedies is used up. Nothing was given."),
    "remedy_budget_below_use": mark("More than that was given this month already."),
    "remedy_decided": mark("Somebody else was faster: it is decided already."),
    "remedy_second_person": mark("Whoever asks for a remedy cannot decide on it."),
    "correction_unfit": mark("Choose how the text reads: stars, or negative, neutral or positive."),
    "inbound_mail_decided": mark("Somebody else was faster: this mail is decided already."),
    "inbound_sender_unknown": mark("It is not known which customer wrote this. Type the number of a case."),
    "nothing_chosen": mark("Tick the cases first, and for assigning choose a person."),
    "case_tag_unfit": mark("A tag has 1 to 40 characters, and a case at most 20 tags."),
    "snooze_unfit": mark("Choose a moment within the next month."),
    "owner_unfit": mark("This person cannot take over cases."),
    "case_team_gone": mark("There is no such team any more."),
    "duplicate_unfit": mark("There is no other case with this number that is still open."),
}
SOURCES = {
    "first_party": mark("Our own pages"),
    "import": mark("Imported file"),
    "judgeme": "Judge.me",
    "google": "Google",
    "trustpilot": "Trustpilot",
    "woocommerce": "WooCommerce",
    "app_store": "App Store",
}
FAILURES = {
    "source_not_connected": mark("The source is not connected."),
    "source_failed": mark("Something went wrong here while reading from the source."),
    "source_away": mark("The source cannot be reached, or answers what cannot be read."),
    "source_limited": mark("The source was called as often as it allows."),
    "source_cursor_lost": mark("The source has lost our place in its list; we begin anew."),
    "source_credentials_refused": mark("The source refuses the credentials: connect it again."),
    "source_refused": mark("The source refuses this."),
    "source_review_gone": mark("The source has no such review any more."),
    "source_unreadable": mark("The source describes the review in a way that cannot be read."),
    "source_suspicious": mark("So many reviews are missing at the source that nothing was removed."),
    "review_revised": mark(
        "The customer has changed the review since this was written. Read it, then send it again if it fits."
    ),
    "review_removed": mark("The review was taken back: there is nothing left to answer."),
    "customer_erased": mark("The customer's data was deleted: nobody could read it any more."),
    "secret_sealed": mark("The stored credentials cannot be read with the keys of this installation."),
}
"""What went wrong with a source."""


_WORDING = {
    "asks": mark(
        "“%(words)s” asks for a changed, removed or better review. No source allows that, and neither do we."
    ),
    "offers": mark("“%(words)s” offers something for a review. Say what it is for without the review."),
    "threat": mark("“%(words)s” can be read as a threat. Say it without."),
    "variable": mark("%(words)s is not filled in. Write what belongs there."),
    "legal": mark("“%(words)s” are words for lawyers. Is it meant so?"),
    "review": mark("“%(words)s” speaks of changing a review. Make sure that it asks for nothing."),
}
_APPROVAL = mark("“%(words)s” are words for lawyers. Ask a manager to send this, or say it without.")


def problem(words: Translator, error: DomainError) -> str:
    """Why it was not done; empty: nothing that the person could do better on the same page."""
    if error.code == "wording_needs_approval":
        return words.gettext(_APPROVAL, words=error.extra["words"])
    if error.code in ("wording_refused", "wording_unconfirmed"):
        sentence = _WORDING[error.extra["reason"]]
        return words.gettext(sentence, words=error.extra["words"])
    if error.code == "goodwill_above_authority":
        left = error.extra["limit_points"]
        return words.ngettext(
            "You may give %(num)s more point on this case.",
            "You may give %(num)s more points on this case.",
            left,
        )
    if error.code == "case_text_unfit":
        if limit := error.extra.get("limit_bytes"):
            return words.gettext(
                "The source takes at most %(limit)s bytes; a Chinese character has three.", limit=limit
            )
        return words.gettext("Write 1 to %(limit)s characters.", limit=error.extra["limit_chars"])
    return words.gettext(_PROBLEMS[error.code]) if error.code in _PROBLEMS else ""


_DRAFTS = {
    "draft_no_answer": mark("The sources do not answer this; nothing was drafted."),
    "draft_ungrounded": mark("What was drafted rests on no source, so it is not shown."),
    "draft_wording": mark("What was drafted says something that may not be sent, so it is not shown."),
    "draft_too_long": mark("What was drafted is too long."),
    "draft_endpoint_away": mark("The language model cannot be reached now."),
    "draft_endpoint_refuses": mark(
        "The language model refuses; whoever runs Regulars should look at its settings."
    ),
    "translation_overtaken": mark("The review was changed or removed meanwhile."),
    "draft_unreadable": mark("The answer of the language model cannot be read."),
}


def draft_failed(words: Translator, code: str) -> str:
    """Why there is no draft; "": there is one, or will be."""
    sentence = _DRAFTS.get(code) or _PROBLEMS.get(code, "")
    return words.gettext(sentence) if sentence else code


def failure(words: Translator, code: str) -> str:
    """What went wrong with a source."""
    return words.gettext(FAILURES[code]) if code in FAILURES else code


def source(words: Translator, code: str) -> str:
    """Where a review lives; a source that we have no name for is called by its code."""
    return words.gettext(SOURCES[code]) if code in SOURCES else code
