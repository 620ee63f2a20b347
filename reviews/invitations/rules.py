"""Who is asked, about what, and when. Pure."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.days import day_of
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


def decide(
    audience: Audience, settings: Settings, due_at: datetime, zone: ZoneInfo, now: datetime, reminder: bool
) -> Decision:
    """Whether to write to somebody now. A reminder is no second question: the cool-down is not for it."""
    if not audience.has_address:
        return Skip("no_address")
    if audience.opted_out:
        return Skip("opted_out")
    if not audience.lines_to_review:
        return Skip("reviewed")
    cooled = timedelta(days=settings.cooldown_days)
    if not reminder and audience.asked_at is not None and now < audience.asked_at + cooled:
        return Skip("cooldown")
    if now > due_at + STALE_AFTER:
        return Skip("too_late")
    if ends := quiet_ends(settings.quiet_from, settings.quiet_until, zone, now):
        return Later(ends)
    return Send()


def quiet_ends(quiet_from: time, quiet_until: time, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When the quiet hours end that it is now; None: it is none. They may last over midnight."""
    here = now.astimezone(zone)
    clock = here.time()
    if quiet_from == quiet_until:
        return None
    over_midnight = quiet_from > quiet_until
    quiet = clock >= quiet_from or clock < quiet_until if over_midnight else quiet_from <= clock < quiet_until
    if not quiet:
        return None
    day = day_of(now, zone) + timedelta(days=1 if over_midnight and clock >= quiet_from else 0)
    ends = datetime.combine(day, quiet_until, zone).astimezone(now.tzinfo)
    # Where the clock is put back over the end, the first of the two ends may have passed.
    return ends if ends > now else ends + timedelta(hours=1)
