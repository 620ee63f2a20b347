"""What of cases comes first, who gets them, and what may not be said with a gift. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

from reviews.scoring.rules import Flag

UNDO_S = 10
"""How long a reply can be taken back."""
TEXT_LIMIT_CHARS = 4000
CLOSE_AFTER = timedelta(days=30)
"""A resolved case of which nothing more is heard is closed."""
DUE_SOON = timedelta(hours=2)
LONGEST_SNOOZE = timedelta(days=31)
DUPLICATES_DEEP = 5
"""So often a duplicate of a duplicate is followed."""
POINTS_AN_HOUR = 1
"""A case that waits rises in the queue by so much priority; case_rank() in SQL does the same."""

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


_CAUSE_WEIGHT: Mapping[str, int] = {"stock_gone": 40, "late_promise": 30, "silent_carrier": 30}
_ASKED_WEIGHT = 20


def asks_for_change(text: str) -> bool:
    """Whether words that come with a gift speak of changing or removing a review, or of praise.

    Rather too often than not: a gift can always be explained without the review.
    """
    return _ASKS.search(text) is not None


def urgency_kinds(flags: Sequence[Flag]) -> list[str]:
    """The kinds of urgency among the reasons, in their order."""
    return [each["kind"] for flag in flags if flag.reason == "urgency" for each in flag.detail["kinds"]]


def is_urgent(urgency: int) -> bool:
    """Whether a case of this urgency (a part of its priority) goes to the front; merely leaving does not."""
    return urgency > _URGENCY_WEIGHT["leaving"]


def age(waits: timedelta) -> int:
    """The part of the priority that a case has gained by waiting."""
    return max(0, int(waits.total_seconds() / 3600 * POINTS_AN_HOUR))


def priority(
    flags: Sequence[Flag], rating_norm: Decimal | None, negative: float, orders: int
) -> dict[str, int]:
    """The parts of a case's priority; their sum is what the queue sorts by, the highest first.

    `negative` is the probability that the text is negative (0-1), `orders` how many the customer paid
    and did not call off.
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


def priority_unreviewed(cause: str, orders: int) -> dict[str, int]:
    """The parts of the priority of a case without a review; trouble of ours comes before a question."""
    return {"cause": _CAUSE_WEIGHT.get(cause, _ASKED_WEIGHT), "customer": min(orders, 10) * 2}
