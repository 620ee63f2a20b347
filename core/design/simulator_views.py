"""What the simulator's pages are rendered from; see views."""

from dataclasses import dataclass
from datetime import datetime

from core.design.reward_views import FormField


@dataclass(frozen=True)
class TraceLine:
    """One rule: what it gave out of what, or why it gave nothing; `how` in the reader's language."""

    name: str
    href: str
    sentence: str
    points: int
    how: str
    gave: bool


@dataclass(frozen=True)
class Trace:
    """What one wallet would get, rule by rule in stacking order; those that give nothing come after."""

    wallet: str
    points: int
    lines: tuple[TraceLine, ...]


@dataclass(frozen=True)
class BacktestLine:
    """A back-test in a list. `percent`: how far it is; 100: over."""

    href: str
    name: str
    wallet: str
    starts_at: datetime
    ends_at: datetime
    percent: int
    points: int
    by: str


@dataclass(frozen=True)
class Simulator:
    """`staff/simulator.html`: one order of one member, and back-tests."""

    fields: tuple[FormField, ...]
    traces: tuple[Trace, ...]
    tried: bool
    problem: str
    about: str
    """The member as they are looked at, in words."""
    form: tuple[FormField, ...]
    runs: tuple[BacktestLine, ...]
    key: str = ""
    """Not empty: the reader may ask for a back-test."""
    run_problem: str = ""


@dataclass(frozen=True)
class Month:
    """`points` of a month, as whole as it was in the stretch."""

    name: str
    events: int
    members: int
    points: int
    cost_minor: int


@dataclass(frozen=True)
class BacktestPage:
    """`staff/backtest.html`, and `staff/backtest_progress.html` (its progress alone, for htmx)."""

    name: str
    sentence: str
    wallet: str
    starts_at: datetime
    ends_at: datetime
    percent: int
    progress_href: str
    """Empty: it is over."""
    events: int = 0
    members: int = 0
    points: int = 0
    points_due: int = 0
    cost_minor: int = 0
    currency: str = ""
    months: tuple[Month, ...] = ()
    granted: int | None = None
    """What the ledger gave; None: the rule was not in force."""
    expected: tuple[int, int, int] | None = None
    """Points a month: the mean, and between what it lies with 95 % confidence."""
