"""What the pages of writing and moderating reviews are rendered from; see core.design.views."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Picture:
    """A picture of a review, or with a message; `href` shows it whole, `small_href` in a list."""

    id: str
    href: str
    small_href: str


@dataclass(frozen=True)
class ToReview:
    """Something delivered that a customer may write about."""

    about: str
    href: str
    delivered_at: datetime
    is_store: bool = False


@dataclass(frozen=True)
class StarField:
    """Stars to be chosen; `value` 0: none yet."""

    name: str
    label: str
    value: int = 0
    required: bool = False


@dataclass(frozen=True)
class ReviewForm:
    """`portal/review_form.html`: the form posts to `action`, pictures and all."""

    about: str
    action: str
    key: str
    back_href: str
    stars: StarField
    attributes: tuple[StarField, ...] = ()
    title: str = ""
    text: str = ""
    author: str = ""
    insider: bool = False
    insider_fixed: bool = False
    """It was said before, and stays."""
    pictures: tuple[Picture, ...] = ()
    """Those it has; unticked ones go."""
    dropped: tuple[str, ...] = ()
    """Ids of those that were unticked before a problem."""
    version: int = 0
    """The wording that is replaced; 0: there is none yet."""
    stands: str = ""
    """That wording, where it is another than the one that the form was opened with."""
    there_href: str = ""
    """Where somebody who signs in changes the review that there is already."""
    picture_limit: int = 5
    picture_limit_mb: int = 10
    text_limit: int = 0
    points: tuple[str, ...] = ()
    """What members get for a review, a sentence a rule."""
    problem: str = ""
    delete_action: str = ""
    """Where its author takes it back; empty: it is not there yet."""
    delete_key: str = ""


@dataclass(frozen=True)
class Thanks:
    """`portal/review_thanks.html`: after the form of an invitation."""

    about: str
    others: tuple[ToReview, ...] = ()


@dataclass(frozen=True)
class Unsubscribe:
    """`portal/unsubscribe.html`: ends messages about one matter, or wants them again."""

    action: str
    key: str
    shop: str
    about: str
    """Code of kind "about"."""
    state: str = ""
    """out, in, or empty: nothing was said yet."""


@dataclass(frozen=True)
class LinkEnded:
    """`portal/review_link_ended.html`, of any link without signing in."""

    sign_in_href: str = "/portal/sign-in?next=/portal/reviews"


@dataclass(frozen=True)
class Evidence:
    """Why a review waits for a person: a code of kind "moderation_reason", and what was found."""

    reason: str
    text: str = ""


@dataclass(frozen=True)
class HeldReview:
    """A review that waits for a decision. There are no stars here: nobody decides by them."""

    id: str
    version: int
    at: datetime
    about: str
    author: str
    text: str
    language: str
    verified: bool
    incentivised: bool
    evidence: tuple[Evidence, ...] = ()
    signals: tuple[str, ...] = ()
    """What looks odd about it, a sentence each."""
    covered: tuple[str, ...] = ()
    """Codes of kind "personal_data" of what is not shown to the public."""
    pictures: tuple[Picture, ...] = ()
    approve_key: str = ""
    hide_key: str = ""
    """Empty keys: the reader may not decide."""


@dataclass(frozen=True)
class Decided:
    """A decision of one of the staff, with the stars that the review has."""

    at: datetime
    by: str
    moderation: str
    """approved or hidden."""
    reason: str
    """Code of kind "moderation_reason"."""
    about: str
    excerpt: str
    stars: int | None
    href: str


@dataclass(frozen=True)
class Moderation:
    """`staff/moderation.html`."""

    held_count: int
    rows: tuple[HeldReview, ...] = ()
    reasons: tuple[str, ...] = ()
    """Codes of kind "moderation_reason" to hide for."""
    marketplace: bool = False
    next_href: str = ""
    first_href: str = ""


@dataclass(frozen=True)
class Decisions:
    """`staff/moderation_decisions.html`."""

    held_count: int
    rows: tuple[Decided, ...] = ()
    next_href: str = ""
    first_href: str = ""


@dataclass(frozen=True)
class Step:
    """One decision in a review's history; `by` is empty for the policy."""

    at: datetime
    moderation: str
    reason: str
    by: str = ""


@dataclass(frozen=True)
class ModeratedReview:
    """`staff/moderation_review.html`: one review, what was decided of it, and deciding anew."""

    held_count: int
    review: HeldReview
    state: str
    """Code of kind "moderation"."""
    stars: int | None
    """None while it waits."""
    decided: bool
    steps: tuple[Step, ...] = ()
    reasons: tuple[str, ...] = ()
    marketplace: bool = False
    problem: str = ""


@dataclass(frozen=True)
class Requests:
    """`staff/moderation_requests.html`: how the shop asks for reviews, and whom it has asked.

    `fields` are the settings as typed; an empty key: the reader may not change anything.
    """

    held_count: int
    fields: dict[str, str]
    key: str
    days: int
    """Length of the period of the counts below, by the day of delivery."""
    delivered: int
    sent: int
    waiting: int
    answered: int
    unasked: int
    skipped: tuple[tuple[str, int], ...] = ()
    """Code of kind "skip_reason", and how many."""
    problem: str = ""


@dataclass(frozen=True)
class AttributeRow:
    """An attribute that the form asks for; empty: room for one more."""

    code: str = ""
    en: str = ""
    zh_hans: str = ""
    zh_hant: str = ""


@dataclass(frozen=True)
class Insider:
    """A customer who belongs to the shop."""

    id: str
    customer: str
    note: str
    added_by: str
    added_at: datetime
    remove_key: str = ""


@dataclass(frozen=True)
class ReviewSettings:
    """`staff/moderation_settings.html`. Empty keys: the reader may not change anything."""

    held_count: int
    attributes: tuple[AttributeRow, ...] = ()
    marketplace: bool = False
    insiders: tuple[Insider, ...] = ()
    attributes_key: str = ""
    profile_key: str = ""
    insider_key: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    problem: str = ""
