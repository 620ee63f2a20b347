"""Who is asked, about what, and when. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from reviews.invitations.model import Audience, Decision, Later, Line, Send, Settings, Skip

STALE_AFTER = timedelta(days=14)
"""A mail that could not go out for so long is not sent any more."""


def delivered_lines(lines: Sequence[Line]) -> list[Line]:
    """What of a delivered order was delivered.

    What was paid back before it was sent was not, but a refund after delivery changes nothing. If all of it
    was called off first and delivered all the same, it was fulfilled anew: then all of it was delivered.
    """
    kept = [each for each in lines if not 0 < each.amount_minor <= each.refunded_before_minor]
    return kept or list(lines)


def to_review(lines: Sequence[Line]) -> list[Line]:
    """What was delivered and has no review yet."""
    return [each for each in delivered_lines(lines) if not each.reviewed]


def decide(
    audience: Audience,
    settings: Settings,
    due_at: datetime,
    quiet_until: datetime | None,
    now: datetime,
    reminder: bool,
) -> Decision:
    """Whether to write to somebody now. A reminder is no second question: the cool-down is not for it.

    `quiet_until`: when the quiet hours end that it is now.
    """
    if not audience.has_address:
        return Skip("no_address")
    if audience.opted_out:
        return Skip("opted_out")
    if audience.consent_missing:
        return Skip("no_consent")
    if not audience.lines_to_review:
        return Skip("reviewed")
    cooled = timedelta(days=settings.cooldown_days)
    if not reminder and audience.asked_at is not None and now < audience.asked_at + cooled:
        return Skip("cooldown")
    if now > due_at + STALE_AFTER:
        return Skip("too_late")
    if quiet_until:
        return Later(quiet_until)
    return Send()
