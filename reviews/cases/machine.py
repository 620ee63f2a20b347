"""What can happen to a case, as data: its states, the deeds that move it, and who may do them. Pure.

docs/cases.md draws this table; `python -m reviews.cases.diagram` writes the drawing.
"""

from collections.abc import Mapping
from typing import Literal, get_args

State = Literal[
    "new",
    "triaged",
    "assigned",
    "in_progress",
    "waiting_for_customer",
    "waiting_for_us",
    "waiting_for_third_party",
    "remedy_offered",
    "reopened",
    "resolved",
    "closed",
    "spam",
    "duplicate",
]
Deed = Literal[
    "triage",
    "assign",
    "reply",
    "reply_failed",
    "message",
    "message_sent",
    "customer_message",
    "call",
    "goodwill",
    "wait_for_customer",
    "wait_for_third_party",
    "take_up",
    "join",
    "revised",
    "resolve",
    "close",
    "spam",
    "duplicate",
    "reopen",
]

STATES: tuple[State, ...] = get_args(State)
DEEDS: tuple[Deed, ...] = get_args(Deed)
SETTLED: tuple[State, ...] = ("resolved", "closed")
DONE: tuple[State, ...] = (*SETTLED, "spam", "duplicate")
OPEN: tuple[State, ...] = tuple(state for state in STATES if state not in DONE)
UNTOUCHED: tuple[State, ...] = ("new", "triaged", "assigned", "reopened")
"""Nobody has done anything about it in this cycle."""
WAITING: tuple[State, ...] = ("waiting_for_customer", "waiting_for_us", "waiting_for_third_party")


def _all_open(to: State) -> dict[State, State]:
    return dict.fromkeys(OPEN, to)


_SAME: dict[State, State] = {state: state for state in OPEN}
# With another review, or another wording of theirs, customers have said what we waited for.
_SPOKEN: dict[State, State] = _SAME | dict.fromkeys(
    ("waiting_for_customer", "remedy_offered"), "waiting_for_us"
)
_KEPT: dict[State, State] = {"spam": "spam", "duplicate": "duplicate"}

TRANSITIONS: Mapping[Deed, Mapping[State, State]] = {
    # deed               from -> to; what is not here is refused
    "triage": _SAME | {"new": "triaged"},
    "assign": _SAME | {"new": "assigned", "triaged": "assigned"},
    "reply": _all_open("in_progress"),
    # The case was settled while its reply was on its way.
    "reply_failed": dict.fromkeys(SETTLED, "in_progress"),
    "message": _all_open("in_progress"),
    "message_sent": {"in_progress": "waiting_for_customer"},
    # Whoever was not touched stays so: its first clocks run already.
    "customer_message": _all_open("waiting_for_us")
    | {state: state for state in UNTOUCHED}
    | dict.fromkeys(DONE, "reopened"),
    "call": _all_open("in_progress"),
    "goodwill": _all_open("remedy_offered"),
    "wait_for_customer": _all_open("waiting_for_customer"),
    "wait_for_third_party": _all_open("waiting_for_third_party"),
    "take_up": dict.fromkeys(WAITING, "in_progress"),
    "join": _SPOKEN,
    "revised": _SPOKEN | _KEPT | dict.fromkeys(SETTLED, "reopened"),
    "resolve": _all_open("resolved"),
    "close": {"resolved": "closed"},
    "spam": _all_open("spam"),
    "duplicate": _all_open("duplicate"),
    "reopen": dict.fromkeys(DONE, "reopened"),
}

PERMISSIONS: Mapping[str, str] = {
    # deed          permission of core.people.roles
    "take_over": "inbox.reply",
    "assign": "inbox.assign",
    "triage": "inbox.assign",
    "note": "inbox.reply",
    "reply": "inbox.reply",
    "message": "inbox.reply",
    "call": "inbox.reply",
    "undo": "inbox.reply",
    "goodwill": "inbox.goodwill",
    "wait": "inbox.reply",
    "take_up": "inbox.reply",
    "snooze": "inbox.reply",
    "resolve": "inbox.reply",
    "reopen": "inbox.reply",
    "spam": "inbox.reply",
    "duplicate": "inbox.reply",
    "settings": "inbox.settings",
    "approve": "inbox.approve",
}


def after(deed: Deed, state: State) -> State | None:
    """The state of a case after a deed; None: the deed is refused in this state."""
    return TRANSITIONS[deed].get(state)
