"""What the studio's page of goals and busy hours is rendered from; see views."""

from dataclasses import dataclass

from core.design.case_views import SettingsForm
from core.design.dashboard_views import Board


@dataclass(frozen=True)
class GoalLine:
    """A goal of the month: how far it is (`share` of it, from 0 to 1), and what it lacks as a sentence."""

    label: str
    wanted: str
    now: str
    share: float
    lacks: str
    reached: bool


@dataclass(frozen=True)
class GoalBoard:
    """`staff/goal_board.html`."""

    month: str
    goals: tuple[GoalLine, ...]
    forms: tuple[SettingsForm, ...]
    boards: tuple[Board, ...]
    """Hours of the week: what comes in, and who is there."""
    short: tuple[str, ...]
    """Sentences: hours that lack people."""
    young: str = ""
    """Says that there is less than one week to look at."""
