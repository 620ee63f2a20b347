"""What a cycle of a case promises: which clocks it has, how long they run and when they stand still. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, get_args

import msgspec

from core.errors import DomainError, Kind
from reviews.cases.calendars import rules as working_time
from reviews.cases.calendars.public_days import day_kind
from reviews.cases.calendars.rules import Calendar, CalendarWithoutHours
from reviews.cases.machine import State

ClockKind = Literal["first_reply", "private_contact", "next_reply", "resolution"]
CLOCKS: tuple[ClockKind, ...] = get_args(ClockKind)

MARKS_PERCENT = (50, 80, 100, 150, 200)
"""Of the target: two warnings, then three levels of escalation."""
WARNINGS = 2
DUE = MARKS_PERCENT.index(100)

MAY_PAUSE: tuple[State, ...] = ("waiting_for_customer", "waiting_for_third_party", "remedy_offered")
LONGEST_TARGET_S = 90 * 24 * 3600
REACH = timedelta(days=working_time.SEARCH_DAYS / 2)
"""The last mark of a target lies within this time, whenever a cycle begins."""

HOUR_S = 3600
_DAY_S = 24 * HOUR_S


class PolicyUnfit(DomainError):
    """A target, a state or a name that cannot be."""

    code = "policy_unfit"
    kind = Kind.INVALID
    title = "The policy cannot be like this"


class Targets(msgspec.Struct, frozen=True):
    """Seconds of working time; None: a cycle has no such clock."""

    first_reply: int | None = None
    private_contact: int | None = None
    next_reply: int | None = None
    resolution: int | None = None

    def of(self, kind: ClockKind) -> int | None:
        """The target of one clock."""
        found: int | None = getattr(self, kind)
        return found


class Terms(msgspec.Struct, frozen=True):
    """What a cycle was promised when it began; it stays so whatever the policy says later.

    `policy` names where it comes from ("": as shipped). Without a calendar every moment is working time.
    """

    targets: Targets
    pauses: tuple[State, ...]
    calendar: Calendar | None = None
    policy: str = ""
    call: bool = False
    """The customer is called before the case is resolved; see reviews.cases.calls."""


class Fits(msgspec.Struct, frozen=True):
    """For which cases a policy is; what is empty or None fits all."""

    sources: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    urgent: bool | None = None


class Policy(msgspec.Struct, frozen=True):
    """One policy of a merchant; `calendar` is the code of one, "": every moment is working time."""

    code: str
    name: str
    fits: Fits
    targets: Targets
    pauses: tuple[State, ...]
    calendar: str = ""
    call: bool = False


class Subject(msgspec.Struct, frozen=True):
    """What of a case chooses its policy."""

    source: str = ""
    tier: str = ""
    language: str = ""
    urgent: bool = False
    answered: bool = False
    """The shop has answered the review in public already."""
    reachable: bool = False
    """It is known which customer wrote it."""


PAUSES: tuple[State, ...] = ("waiting_for_customer", "waiting_for_third_party")
SHIPPED = {
    # urgent
    False: Terms(Targets(first_reply=_DAY_S, next_reply=_DAY_S, resolution=5 * _DAY_S), PAUSES),
    True: Terms(
        Targets(
            first_reply=4 * HOUR_S,
            private_contact=8 * HOUR_S,
            next_reply=4 * HOUR_S,
            resolution=2 * _DAY_S,
        ),
        PAUSES,
    ),
}
"""Until the merchant writes policies, and for cases that none of them fits."""


def check(policy: Policy) -> None:
    """Raises PolicyUnfit."""
    targets = [(kind, policy.targets.of(kind)) for kind in CLOCKS]
    if all(target is None for _, target in targets):
        raise PolicyUnfit("a policy needs a target")
    for kind, target in targets:
        if target is not None and not 60 <= target <= LONGEST_TARGET_S:
            raise PolicyUnfit(f"{kind}: a minute to {LONGEST_TARGET_S // _DAY_S} days")
    if unknown := [state for state in policy.pauses if state not in MAY_PAUSE]:
        raise PolicyUnfit(f"clocks never stand still in {', '.join(unknown)}")


def check_reach(targets: Targets, calendar: Calendar, now: datetime) -> None:
    """Raises PolicyUnfit where a calendar has so few hours that a target would never be due."""
    longest = max(target for kind in CLOCKS if (target := targets.of(kind)))
    work = timedelta(seconds=longest) * MARKS_PERCENT[-1] / 100
    try:
        reached = working_time.due_at(calendar, now, work, day_kind) <= now + REACH
    except CalendarWithoutHours:
        reached = False
    if not reached:
        raise PolicyUnfit("the calendar has too few working hours for this target")


def fits(wanted: Fits, subject: Subject) -> bool:
    """Whether a policy is for this case."""
    return (
        (not wanted.sources or subject.source in wanted.sources)
        and (not wanted.tiers or subject.tier in wanted.tiers)
        and (not wanted.languages or any(_speaks(subject.language, each) for each in wanted.languages))
        and (wanted.urgent is None or wanted.urgent == subject.urgent)
    )


def _speaks(language: str, wanted: str) -> bool:
    """zh-Hant is a zh."""
    return language == wanted or language.startswith(f"{wanted}-")


def choose(policies: Sequence[Policy], subject: Subject) -> Policy | None:
    """The first policy that fits; None: what is shipped holds."""
    return next((policy for policy in policies if fits(policy.fits, subject)), None)


def first_clocks(terms: Terms, subject: Subject) -> list[ClockKind]:
    """The clocks that start with a cycle; the next reply's starts when the customer has written."""
    unneeded: set[ClockKind] = {"next_reply"}
    if subject.answered or not subject.source:
        unneeded.add("first_reply")
    if not subject.reachable:
        unneeded.add("private_contact")
    return [kind for kind in CLOCKS if kind not in unneeded and terms.targets.of(kind)]


def marks(terms: Terms, target_s: int, start: datetime, done: timedelta = timedelta()) -> list[datetime]:
    """When each of MARKS_PERCENT of a target will have passed, of which `done` has by `start`."""
    left = [max(timedelta(seconds=target_s) * percent / 100 - done, timedelta()) for percent in MARKS_PERCENT]
    if terms.calendar is not None:
        try:
            return working_time.all_due_at(terms.calendar, start, left, day_kind)
        except CalendarWithoutHours:
            pass  # from before calendars had to reach so far: better a promise by the wall clock than no case
    return [start + each for each in left]


def worked(terms: Terms, start: datetime, end: datetime) -> timedelta:
    """How much working time lies between two moments."""
    if terms.calendar is None:
        return max(end - start, timedelta())
    return working_time.worked(terms.calendar, start, end, day_kind)
