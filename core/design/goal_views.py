"""What the pages about achievements are rendered from; see views."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Goal:
    """An achievement that can be reached; texts in the reader's language."""

    name: str
    description: str
    sentence: str
    """What must be done."""
    value: int
    target: int
    standing: str
    """How far the member is."""
    points: int
    times: int
    """How often it was reached."""
    ends_at: datetime | None = None


@dataclass(frozen=True)
class ReachedGoal:
    name: str
    at: datetime
    points: int


@dataclass(frozen=True)
class PortalGoals:
    """`portal/goals.html`."""

    goals: tuple[Goal, ...] = ()
    reached: tuple[ReachedGoal, ...] = ()
    friends: bool = False
    """Members can bring friends."""


@dataclass(frozen=True)
class StaffGoal:
    """An achievement as staff see it. Ending it posts to /staff/studio/achievements/{code}/retire."""

    code: str
    name: str
    sentence: str
    points: int
    version: int
    awards: int
    since: datetime
    retire_key: str = ""
    """Empty: this reader cannot end it."""


@dataclass(frozen=True)
class GoalForm:
    """A new achievement, or a new version, as typed. Posts to /staff/studio/achievements."""

    key: str
    """Empty: this reader cannot make any."""
    currency: str
    fields: dict[str, str]
    problem: str = ""
    """In the reader's language."""


@dataclass(frozen=True)
class StaffGoals:
    """`staff/achievements.html`."""

    goals: tuple[StaffGoal, ...]
    form: GoalForm
