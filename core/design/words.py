"""The words for codes: one word for one thing, in the reader's language.

Pages ask ``word(kind, code)``; a code that is not here is a mistake of ours and raises KeyError.
"""

from core.i18n import Translator, mark

_WORDS: dict[str, dict[str, str]] = {
    "role": {
        "owner": mark("Owner"),
        "marketer": mark("Marketer"),
        "community_manager": mark("Community manager"),
        "agent": mark("Agent"),
        "auditor": mark("Auditor"),
    },
    "section": {
        "inbox": mark("Inbox"),
        "studio": mark("Studio"),
        "mails": mark("Outgoing mail"),
        "parked": mark("Parked work"),
        "demo": mark("About the demo"),
        "home": mark("Home"),
        "activity": mark("Activity"),
        "rewards": mark("Rewards"),
        "achievements": mark("Goals"),
        "reviews": mark("My reviews"),
    },
    "sign_in_problem": {
        "wrong": mark("The e-mail address or the password is not right."),
        "invalid_email": mark("This does not look like an e-mail address."),
        "too_many": mark("Too many attempts. Please wait a few minutes and try again."),
        "link_expired": mark("This link has expired or was used already. Ask for a new one below."),
        "signed_out": mark("You are signed out."),
        "session_expired": mark("Your session has ended. Please sign in again."),
    },
    "entry": {
        "earn": mark("Earned for an order"),
        "earn_review": mark("Earned for a review"),
        "earn_event": mark("Earned"),
        "settle": mark("Pending points became available"),
        "void": mark("Pending points fell away"),
        "redeem": mark("Spent on a reward"),
        "reverse": mark("Reward cancelled, points returned"),
        "clawback": mark("Taken back for a return"),
        "expire": mark("Expired"),
        "goodwill": mark("A goodwill gift from the shop"),
        "adjust": mark("Adjusted by the shop"),
        "hold": mark("Reserved at checkout"),
        "release": mark("Reservation released"),
        "transfer": mark("Transferred"),
        "merge": mark("Two accounts became one"),
        "opening": mark("Carried over from the earlier programme"),
    },
    "referral_state": {
        "claimed": mark("Invited"),
        "rewarded": mark("Rewarded"),
        "withdrawn": mark("Order went back"),
        "lapsed": mark("No order in time"),
    },
    "entry_state": {
        "active": mark("Available"),
        "pending": mark("Pending"),
        "held": mark("Reserved"),
        "spent": mark("Spent"),
        "expired": mark("Expired"),
        "taken_back": mark("Taken back"),
    },
    "reward": {
        "percent_off": mark("Percentage discount"),
        "amount_off": mark("Amount off"),
        "product": mark("Free product"),
        "shipping": mark("Free shipping"),
        "gift_card": mark("Gift card"),
        "store_credit": mark("Store credit"),
        "experience": mark("Experience"),
        "donation": mark("Donation"),
        "cash_back": mark("Cash back"),
    },
    "reward_state": {
        "on": mark("On offer"),
        "off": mark("Off"),
        "later": mark("Begins later"),
        "over": mark("Over"),
        "sold_out": mark("Sold out"),
    },
    "rule_state": {
        "draft": mark("Draft"),
        "published": mark("In force"),
        "retired": mark("Retired"),
    },
    "campaign_state": {
        "draft": mark("Draft"),
        "published": mark("Running"),
        "ended": mark("Ended"),
    },
    "limit_period": {
        "day": mark("Again tomorrow"),
        "week": mark("Again next week"),
        "month": mark("Again next month"),
        "year": mark("Again next year"),
    },
    "voucher_state": {
        "issued": mark("Ready to use"),
        "used": mark("Used"),
        "cancelled": mark("Cancelled"),
        "expired": mark("Expired"),
    },
    "review_state": {
        "pending": mark("Being checked"),
        "published": mark("Published"),
        "hidden": mark("Not shown"),
        "deleted": mark("Deleted"),
    },
    "customer_case": {
        "open": mark("We are on it"),
        "waiting_for_you": mark("Waiting for your answer"),
        "answered": mark("We have answered"),
        "resolved": mark("Resolved"),
    },
    "customer_case_next": {
        "open": mark("Somebody from the shop reads your review and writes to you."),
        "waiting_for_you": mark("We asked you something. As soon as you answer, we go on."),
        "answered": mark("If something is still not right, answer and we take it up again."),
        "resolved": mark("Nothing more to do. If the trouble comes back, answer and the case reopens."),
    },
    "sentiment": {
        "negative": mark("Negative"),
        "neutral": mark("Neutral"),
        "positive": mark("Positive"),
    },
    "aspect": {
        "quality": mark("Quality"),
        "price": mark("Price"),
        "shipping": mark("Shipping"),
        "service": mark("Service"),
        "packaging": mark("Packaging"),
        "accuracy": mark("As described"),
        "usability": mark("Ease of use"),
        "design": mark("Design"),
        "returns": mark("Returns"),
        "website": mark("Website"),
        "payment": mark("Payment"),
    },
    "reason": {
        "low_stars": mark("Two stars or fewer"),
        "negative_text": mark("Negative text"),
        "urgent": mark("Urgent"),
        "safety": mark("Safety"),
        "legal": mark("Legal matter"),
        "fraud": mark("Suspected fraud"),
        "discrimination": mark("Discrimination"),
        "churn": mark("About to leave"),
        "mismatch": mark("Stars and text disagree"),
        "manual": mark("Opened by hand"),
    },
    "clock": {
        "first_reply": mark("First reply"),
        "private_contact": mark("Private contact"),
        "next_reply": mark("Next reply"),
        "resolution": mark("Resolution"),
    },
    "clock_state": {
        "running": mark("Running"),
        "warning": mark("Due soon"),
        "paused": mark("Paused"),
        "breached": mark("Overdue"),
        "satisfied": mark("Met"),
        "satisfied_late": mark("Met late"),
    },
    "inbox_view": {
        "open": mark("Open cases"),
        "unanswered": mark("Unanswered"),
        "due_soon": mark("Due soon"),
        "mine": mark("Mine"),
        "resolved": mark("Resolved"),
    },
    "case_state": {
        "open": mark("New"),
        "assigned": mark("Assigned"),
        "in_progress": mark("In progress"),
        "waiting": mark("Waiting for the customer"),
        "remedy_offered": mark("Goodwill given"),
        "reopened": mark("Reopened"),
        "on_hold": mark("On hold"),
        "resolved": mark("Resolved"),
        "closed": mark("Closed"),
    },
    "case_event": {
        "opened": mark("Case opened"),
        "review_joined": mark("Another review joined"),
        "review_revised": mark("Review revised by its author"),
        "scored": mark("Review scored"),
        "assigned": mark("Assigned"),
        "taken_over": mark("Taken over"),
        "reply": mark("Public reply"),
        "message": mark("Private message"),
        "customer_message": mark("Message from the customer"),
        "note": mark("Internal note"),
        "goodwill": mark("Goodwill points"),
        "clock_warning": mark("Clock close to its target"),
        "clock_breached": mark("Target missed"),
        "clock_satisfied": mark("Target met"),
        "paused": mark("Paused"),
        "resumed": mark("Resumed"),
        "resolved": mark("Resolved"),
        "reopened": mark("Reopened"),
        "closed": mark("Closed"),
        "undone": mark("Taken back before sending"),
    },
    "delivery": {
        "queued": mark("Waiting to be sent"),
        "sent": mark("Sent"),
        "failed": mark("Not delivered"),
        "kept": mark("Kept here, no mail server"),
        "cancelled": mark("Taken back before sending"),
    },
    "metric": {
        "points": mark("Qualifying points"),
        "spend": mark("Spend"),
        "orders": mark("Orders"),
        "events": mark("Events"),
    },
    "tier_basis": {
        "reached": mark("Reached"),
        "requalified": mark("Confirmed"),
        "soft_landing": mark("On the way down"),
        "grace": mark("In grace"),
        "override": mark("Given by hand"),
    },
    "tier_reason": {
        "joined": mark("Joined"),
        "earned": mark("Something was counted"),
        "window": mark("Time passed"),
        "published": mark("Other terms"),
        "requalified": mark("Confirmed for another period"),
        "downgraded": mark("The period was not enough"),
        "grace": mark("Grace began"),
        "override": mark("Given by hand"),
        "override_ended": mark("The time by hand ended"),
        "merged": mark("Two members became one"),
    },
}


def codes(kind: str) -> frozenset[str]:
    """The codes of a kind that pages have words for."""
    return frozenset(_WORDS[kind])


def kinds() -> frozenset[str]:
    """The kinds of codes there are."""
    return frozenset(_WORDS)


def word(translator: Translator, kind: str, code: str) -> str:
    """The word for a code; KeyError for an unknown kind or code."""
    return translator.gettext(_WORDS[kind][code])
