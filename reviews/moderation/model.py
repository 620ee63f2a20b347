"""What the policy looks at, and what it answers.

No rating, sentiment or score is in these types, nor anything that follows from one: a policy that could see
them could suppress criticism. tests/unit/reviews/test_moderation_types.py holds it.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

Reason = Literal[
    "spam",
    "duplicate",
    "profanity",
    "personal_data",
    "off_topic",
    "insider",
    "fraud",
    "edited",
    "unlawful",
    "passed",
]
"""Why something was decided. Each says what is wrong with a text as such, never whether it praises."""

HIDES: tuple[Reason, ...] = (
    "spam", "duplicate", "profanity", "personal_data", "off_topic", "insider", "fraud", "unlawful",
)  # fmt: skip
"""What staff may hide a review for."""

Profile = Literal["shop", "marketplace"]


class Submission(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One wording as the policy sees it."""

    title: str
    body: str
    author: str = ""
    """The name that is shown, which may say as much as a text."""
    repeats: str = ""
    """The id of an earlier review with the same words."""
    insider: bool = False
    """The author is known to belong to the shop."""
    insider_disclosed: bool = False
    hidden_before: str = ""
    """Why staff hid an earlier wording of it."""
    signals: tuple[str, ...] = ()
    """Kinds of reviews.fraud.rules.Signal that should hold it."""


class Finding(msgspec.Struct, frozen=True):
    """Something that a person should look at, with what was found."""

    reason: Reason
    evidence: Mapping[str, Any]


class Verdict(msgspec.Struct, frozen=True):
    """Findings hold a review; without any it is approved.

    `redacted`: kinds of personal data that are not shown.
    """

    findings: tuple[Finding, ...]
    redacted: tuple[str, ...]

    @property
    def moderation(self) -> str:
        """approved or held."""
        return "held" if self.findings else "approved"

    @property
    def reason(self) -> Reason:
        """The one that stands for all."""
        if self.findings:
            return self.findings[0].reason
        return "personal_data" if self.redacted else "passed"
