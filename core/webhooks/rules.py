"""When to try again, when to give up; pure."""

import random
from datetime import datetime, timedelta

from core.webhooks.model import Failure

SCHEDULE_S = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Pauses between attempts, as the standard suggests: ten attempts within 76 hours."""
JITTER = 0.2
DISABLE_AFTER = timedelta(days=3)
"""An endpoint that has taken nothing for so long is not asked any more."""
LONGEST_QUIET = timedelta(hours=1)
LONGEST_ASKED_S = 86_400
GONE = 410


def pause_s(step: int, asked_s: int = 0) -> float | None:
    """How long to wait after the attempt number `step` (from 1) has failed; None: it was the last.

    `asked_s`: what the answer's Retry-After asks for. Jitter keeps what failed together from coming together.
    """
    if step > len(SCHEDULE_S):
        return None
    longest: float = max(SCHEDULE_S[step - 1], min(asked_s, LONGEST_ASKED_S))
    return longest * random.uniform(1.0, 1.0 + JITTER)


def quiet_until(failure: Failure, failing_since: datetime, now: datetime) -> datetime | None:
    """How long an endpoint that does not answer is left in peace: half as long as it has been silent.

    Each request to it would keep a worker waiting to the end of its time-out.
    """
    if failure not in ("timeout", "unreachable"):
        return None
    return now + min((now - failing_since) / 2, LONGEST_QUIET)


def failure_of(status: int) -> Failure | None:
    """What an answer means; None: taken. A redirect is not followed: it could lead anywhere."""
    if 200 <= status < 300:
        return None
    return "gone" if status == GONE else "refused"


def disables(failure: Failure, failing_since: datetime, now: datetime) -> str:
    """Why this failure ends the endpoint: "gone", "failing", or "" when it does not."""
    if failure == "gone":
        return "gone"
    return "failing" if now - failing_since >= DISABLE_AFTER else ""
