"""What the shop may not send, and what somebody has to look at twice. Pure.

The words are in lint.toml, in every language that we read. Rather too often than not where somebody only
has to confirm; where it is refused, only what cannot be meant otherwise.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from core.errors import DomainError, Forbidden, Kind
from reviews.search.words import simplified
from sentiment.urgency import folded, one_of

Reason = Literal["asks", "offers", "threat", "legal", "review", "variable"]
REFUSED: tuple[Reason, ...] = ("asks", "offers", "threat", "variable")
"""These are never sent; of the others a person has to say that they are meant."""

WORDS_FILE = Path(__file__).with_name("lint.toml")
_VARIABLE = re.compile(r"\{[a-z]+(?:\|[^{}\n]*)?\}")


@dataclass(frozen=True)
class Finding:
    """What is wrong, and the words that show it.

    asks: for a review to be changed, removed or better. offers: something for a review. threat. legal: words
    of lawyers. review: it speaks of changing one, perhaps harmlessly. variable: a template's, not filled.
    """

    reason: Reason
    words: str


class WordingRefused(DomainError):
    """This is never sent."""

    code = "wording_refused"
    kind = Kind.INVALID
    title = "A message may not say this"


class WordingUnconfirmed(DomainError):
    """It can be sent when the person says that it is meant."""

    code = "wording_unconfirmed"
    kind = Kind.INVALID
    title = "Look at this wording once more, and confirm it"


class WordingNeedsApproval(Forbidden):
    """Words of lawyers are sent by somebody who may approve."""

    code = "wording_needs_approval"


def lint(text: str) -> list[Finding]:
    """Everything that is wrong with a text that is to be sent, what is refused first."""
    line = " ".join(text.split())
    even = folded(simplified(line))
    found = []
    if unfilled := _VARIABLE.search(line):
        found.append(Finding("variable", unfilled[0]))
    for reason, pattern in _patterns().items():
        if match := pattern.search(even):
            found.append(Finding(reason, line[match.start() : match.end()].strip()))
    # What asks for a change speaks of one, too: once is enough.
    return [each for each in found if each.reason != "review"] or found


def check(text: str, confirmed: bool, may_approve: bool) -> list[Finding]:
    """What was confirmed. Raises WordingRefused, WordingNeedsApproval or WordingUnconfirmed."""
    found = lint(text)
    for each in found:
        if each.reason in REFUSED:
            raise WordingRefused(reason=each.reason, words=each.words)
    for each in found:
        if each.reason == "legal" and not may_approve:
            raise WordingNeedsApproval(reason=each.reason, words=each.words)
        if not confirmed:
            raise WordingUnconfirmed(reason=each.reason, words=each.words)
    return found


@cache
def _patterns() -> dict[Reason, re.Pattern[str]]:
    file = tomllib.loads(simplified(WORDS_FILE.read_text(encoding="utf-8")))
    reasons: tuple[Reason, ...] = ("asks", "offers", "threat", "legal", "review")
    return {reason: one_of(file[reason]) for reason in reasons}
