"""What can happen to a case, who may do it, what comes first, and when it is due. Pure."""

import heapq
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, get_args
from uuid import UUID

from reviews.scoring.rules import Flag

State = Literal[
    "new",
    "assigned",
    "in_progress",
    "waiting_for_customer",
    "remedy_offered",
    "resolved",
    "closed",
    "reopened",
]
Deed = Literal[
    "assign",
    "reply",
    "message",
    "message_sent",
    "customer_message",
    "goodwill",
    "resolve",
    "close",
    "reopen",
    "revised",
]
ClockKind = Literal["first_reply", "private_contact", "next_reply", "resolution"]

STATES: tuple[State, ...] = get_args(State)
DONE: tuple[State, ...] = ("resolved", "closed")
OPEN: tuple[State, ...] = tuple(state for state in STATES if state not in DONE)


def _all_open(to: State) -> dict[State, State]:
    return dict.fromkeys(OPEN, to)


_SAME: dict[State, State] = {state: state for state in OPEN}
_AGAIN: dict[State, State] = dict.fromkeys(DONE, "reopened")

TRANSITIONS: Mapping[Deed, Mapping[State, State]] = {
    # deed               from -> to; what is not here is refused
    "assign": _SAME | {"new": "assigned"},
    "reply": _all_open("in_progress"),
    "message": _all_open("in_progress"),
    "message_sent": {"in_progress": "waiting_for_customer"},
    "customer_message": _SAME
    | {"waiting_for_customer": "in_progress", "remedy_offered": "in_progress"}
    | _AGAIN,
    "goodwill": _all_open("remedy_offered"),
    "resolve": _all_open("resolved"),
    "close": {"resolved": "closed"},
    "reopen": _AGAIN,
    "revised": _SAME | _AGAIN,
}

PERMISSIONS: Mapping[str, str] = {
    # deed          permission of core.people.roles
    "take_over": "inbox.reply",
    "assign": "inbox.assign",
    "note": "inbox.reply",
    "reply": "inbox.reply",
    "message": "inbox.reply",
    "undo": "inbox.reply",
    "goodwill": "inbox.goodwill",
    "resolve": "inbox.reply",
    "reopen": "inbox.reply",
}

UNDO_S = 10
"""How long a reply can be taken back."""
TEXT_LIMIT_CHARS = 4000
CLOSE_AFTER = timedelta(days=30)
"""A resolved case of which nothing more is heard is closed."""
DUE_SOON = timedelta(hours=2)

WARN_PERCENT = 80
TARGETS_S: Mapping[bool, Mapping[ClockKind, int]] = {
    # urgent
    False: {"first_reply": 24 * 3600, "resolution": 5 * 24 * 3600},
    True: {"first_reply": 4 * 3600, "resolution": 2 * 24 * 3600},
}

CONTENTED_BELOW = 0.1
"""A text that is less likely than this to be negative speaks well of the shop."""

_URGENCY_WEIGHT: Mapping[str, int] = {
    "safety": 60,
    "legal": 50,
    "discrimination": 50,
    "fraud": 40,
    "leaving": 15,
}


_CHANGE = r"(?:chang|edit|updat|revis|remov|delet|withdraw|rais|improv|increas|tak\w+ down|take down)\w*"
_REVIEW = r"(?:review|rating|stars?|feedback|comment|score)\b"
_ASKS = re.compile(
    rf"\b{_CHANGE}\W+(?:\w+\W+){{0,4}}?{_REVIEW}|\b{_REVIEW}\W+(?:\w+\W+){{0,4}}?{_CHANGE}"
    r"|\b(?:five|5)[ -]?stars?\b"
    r"|[修更删刪撤][改除新回销銷]\S{0,6}[评評][价價论論分]|[评評][价價论論分]\S{0,6}[修更删刪撤][改除新回销銷]"
    r"|[改删刪撤]\S{0,4}差[评評]|差[评評]\S{0,4}[改删刪撤]|好[评評]|五星",
    re.IGNORECASE,
)


def asks_for_change(text: str) -> bool:
    """Whether words that come with a gift speak of changing or removing a review, or of praise.

    Rather too often than not: a gift can always be explained without the review.
    """
    return _ASKS.search(text) is not None


def after(deed: Deed, state: State) -> State | None:
    """The state of a case after a deed; None: the deed is refused in this state."""
    return TRANSITIONS[deed].get(state)


@dataclass(frozen=True)
class Clock:
    """A clock as it starts."""

    kind: ClockKind
    target_s: int
    warn_at: datetime
    due_at: datetime


def clocks(urgent: bool, started_at: datetime, answered: bool) -> list[Clock]:
    """The clocks of a new cycle; where the shop has answered already, none for the first reply."""
    return [
        Clock(
            kind,
            target_s,
            started_at + timedelta(seconds=target_s * WARN_PERCENT // 100),
            started_at + timedelta(seconds=target_s),
        )
        for kind, target_s in TARGETS_S[urgent].items()
        if not (answered and kind == "first_reply")
    ]


def urgency_kinds(flags: Sequence[Flag]) -> list[str]:
    """The kinds of urgency among the reasons, in their order."""
    return [each["kind"] for flag in flags if flag.reason == "urgency" for each in flag.detail["kinds"]]


def is_urgent(urgency: int) -> bool:
    """Whether a case of this urgency (a part of its priority) goes to the front; merely leaving does not."""
    return urgency > _URGENCY_WEIGHT["leaving"]


def priority(
    flags: Sequence[Flag], rating_norm: Decimal | None, negative: float, orders: int
) -> dict[str, int]:
    """The parts of a case's priority; their sum is what the queue sorts by, the highest first.

    `negative` is the probability that the text is negative (0-1), `orders` how many the customer paid.
    Urgent words in a review that stars and text call good are often a figure of speech or about a book:
    somebody still looks, but those who are angry or hurt come first.
    """
    stars = 0 if rating_norm is None else max(0, round(float(3 - rating_norm) * 10))
    urgency = max((_URGENCY_WEIGHT.get(kind, 0) for kind in urgency_kinds(flags)), default=0)
    contented = rating_norm is not None and rating_norm >= 4 and negative < CONTENTED_BELOW
    return {
        "stars": stars,
        "text": round(negative * 30),
        "urgency": urgency // 3 if contented else urgency,
        "customer": min(orders, 10) * 2,
    }


def share_out(loads: Mapping[UUID, int], cases: int) -> list[UUID | None]:
    """An owner for each new case, always whoever has the fewest open ones; None: there is nobody."""
    if not loads:
        return [None] * cases
    queue = [(load, person) for person, load in loads.items()]
    heapq.heapify(queue)
    owners: list[UUID | None] = []
    for _ in range(cases):
        load, person = heapq.heappop(queue)
        owners.append(person)
        heapq.heappush(queue, (load + 1, person))
    return owners
