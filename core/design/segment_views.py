"""What the studio's pages about segments are rendered from; see views."""

from dataclasses import dataclass
from datetime import datetime

from core.design.reward_views import FormGroup


@dataclass(frozen=True)
class SegmentRow:
    """The newest version of a segment. `taints`: codes of kind "taint"."""

    href: str
    name: str
    code: str
    sentence: str
    taints: tuple[str, ...]
    versions: int
    since: datetime | None


@dataclass(frozen=True)
class StudioSegments:
    """`staff/segments.html`."""

    segments: tuple[SegmentRow, ...]
    presets: tuple[tuple[str, str], ...]
    """Name and address of a form that is filled in; empty: the reader may not make any."""


@dataclass(frozen=True)
class SegmentLook:
    """`staff/segment_look.html`: what a form means as it is typed. `members` None: nothing is typed yet."""

    sentence: str = ""
    members: int | None = None
    of: int = 0
    """All members."""
    taints: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class SegmentForm:
    """Posts to `action`; while it is typed, `staff/segment_look.html` follows.

    What `groups` say all holds; of each of `anys` at least one thing. `more` is the number of the next of
    these, 0: there can be no more.
    """

    action: str
    key: str
    version: int
    groups: tuple[FormGroup, ...]
    look: SegmentLook
    anys: tuple[tuple[FormGroup, ...], ...] = ()
    more: int = 0


@dataclass(frozen=True)
class SegmentVersion:
    """A version as a line of a table."""

    number: int
    href: str
    sentence: str
    since: datetime | None
    current: bool


@dataclass(frozen=True)
class SegmentMember:
    """Somebody in a segment."""

    href: str
    customer: str
    tier: str
    joined_at: datetime


@dataclass(frozen=True)
class StudioSegment:
    """`staff/segment.html`: a version of a segment, or (without `versions`) a new one."""

    name: str
    code: str
    sentence: str = ""
    taints: tuple[str, ...] = ()
    members: int = 0
    of: int = 0
    rows: tuple[SegmentMember, ...] = ()
    next_href: str = ""
    first_href: str = ""
    csv_href: str = ""
    campaign_href: str = ""
    list_key: str = ""
    """Not empty: the reader may take a list of its members."""
    versions: tuple[SegmentVersion, ...] = ()
    form: SegmentForm | None = None
    beyond_form: bool = False
