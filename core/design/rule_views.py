"""What the studio's pages about earning rules and campaigns are rendered from; see views."""

from dataclasses import dataclass
from datetime import datetime

from core.design.change_views import Back
from core.design.reward_views import FormGroup


@dataclass(frozen=True)
class RuleRow:
    """A version of a rule. `state`: code of kind "rule_state"."""

    code: str
    name: str
    version: int
    state: str
    sentence: str
    campaign: bool
    since: datetime | None
    until: datetime | None
    by: str
    publish_key: str = ""
    """Not empty: the reader may put it in force."""
    back: Back | None = None


@dataclass(frozen=True)
class StudioRules:
    """`staff/rules.html`: what is in force, in stacking order, and what is not."""

    rules: tuple[RuleRow, ...]
    can_edit: bool


@dataclass(frozen=True)
class RuleFigures:
    """What the rule gave, or would have given, in the last days."""

    days: int
    events: int
    members: int
    points: int


@dataclass(frozen=True)
class Meeting:
    """What the rule and another one do to each other, with the other in words."""

    text: str
    href: str
    sentence: str


@dataclass(frozen=True)
class Stacked:
    """A rule in stacking order; `mine`: the one that is typed."""

    name: str
    mine: bool
    multiplies: bool


@dataclass(frozen=True)
class RuleForm:
    """Posts to `action`; with `look` it comes back with what it means, and nothing is saved."""

    action: str
    key: str
    groups: tuple[FormGroup, ...]
    problem: str = ""
    sentence: str = ""
    """What the rule means as it is typed."""
    overlaps: tuple[Meeting, ...] = ()
    figures: RuleFigures | None = None
    stack: tuple[Stacked, ...] = ()
    """The rules that meet this one, in the order in which they are looked at."""
    problems: tuple[str, ...] = ()
    version: int = 0
    """The newest one, which this is made on."""


@dataclass(frozen=True)
class StudioRule:
    """`staff/rule.html`: one rule with its versions, or (without `versions`) a new one."""

    code: str
    name: str
    versions: tuple[RuleRow, ...] = ()
    form: RuleForm | None = None
    retire_key: str = ""
    figures: RuleFigures | None = None
    figures_href: str = ""
    """Not empty: they are counted once the page is there."""
    beyond_form: bool = False
    """The rule says more than the form can."""
    live: int = 0
    """The number of the version that is in force; posted with what takes its place."""


@dataclass(frozen=True)
class RuleGave:
    """`staff/rule_figures.html`: `would`, if the version is a draft."""

    figures: RuleFigures
    would: bool


@dataclass(frozen=True)
class CampaignRow:
    """A campaign. `state`: code of kind "campaign_state"."""

    code: str
    name: str
    state: str
    sentences: tuple[str, ...]
    start: datetime | None
    end: datetime | None
    points_given: int
    points_total: int | None
    key: str = ""
    """Not empty: the reader may publish (a draft) or end it (one that runs)."""
    change_href: str = ""
    """Of the change by which a draft is on its way; it is published there."""
    change_state: str = ""


@dataclass(frozen=True)
class StudioCampaigns:
    """`staff/campaigns.html`: all campaigns, or with `form` a new one."""

    campaigns: tuple[CampaignRow, ...]
    can_edit: bool = False
    form: RuleForm | None = None
