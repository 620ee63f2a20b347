"""What the studio's pages about rewards are rendered from; see views."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class FormField:
    """One control of a form. `kind`: text, textarea, datetime-local, check or select."""

    name: str
    label: str
    value: str = ""
    kind: str = "text"
    hint: str = ""
    problem: str = ""
    required: bool = False
    inputmode: str = ""
    options: tuple[tuple[str, str], ...] = ()
    """Value and label, for a select."""
    limit_chars: int = 2000
    rows: int = 2
    """Both of a textarea."""


@dataclass(frozen=True)
class FormGroup:
    title: str
    fields: tuple[FormField, ...]


@dataclass(frozen=True)
class RewardForm:
    """Posts to `action`."""

    action: str
    key: str
    """Empty: this person may only look."""
    groups: tuple[FormGroup, ...]
    kind: str
    """Code of kind "reward"."""
    based_on: int = 0
    """The version that is changed; 0: a new reward."""
    problem: str = ""


@dataclass(frozen=True)
class StudioReward:
    """A reward in the list. Switching posts `active` (on or off) to /staff/studio/rewards/{code}/switch."""

    code: str
    name: str
    kind: str
    """Code of kind "reward"."""
    worth: str
    price_points: int
    chosen: bool
    """The price is the least of what the member chooses."""
    stock: int | None
    state: str
    """Code of kind "reward_state"."""
    version: int
    pool: str = ""
    pool_low: bool = False
    switch_key: str = ""
    """Empty: this person may only look."""


@dataclass(frozen=True)
class StudioPool:
    """Generating posts `count` and `pattern` to /staff/studio/pools/{code}/generate."""

    code: str
    free: int
    taken: int
    low_water: int
    low: bool
    generate_key: str = ""


@dataclass(frozen=True)
class StudioRewards:
    """`staff/rewards.html`."""

    rewards: tuple[StudioReward, ...]
    pools: tuple[StudioPool, ...]
    kinds: tuple[str, ...]
    """Codes of kind "reward", for the links that begin a new one; empty: this person may only look."""
    pool_key: str = ""
    """Of the form that makes a pool (`code`, `low_water`)."""


@dataclass(frozen=True)
class RewardVersion:
    number: int
    price_points: int
    at: datetime
    by: str


@dataclass(frozen=True)
class StudioRewardPage:
    """`staff/reward.html`. The stock's form posts `stock` (empty: without limit) to …/{code}/stock."""

    reward: StudioReward | None
    """None: a new one."""
    form: RewardForm
    versions: tuple[RewardVersion, ...] = ()
    stock_key: str = ""
