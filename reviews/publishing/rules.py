"""Which reviews are shown to everybody, and in which order. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from reviews.sources import OURS

Sort = Literal["newest", "highest", "lowest", "helpful"]

HERE = tuple(source.code for source in OURS if source.published_here)
"""Reviews that live elsewhere are shown there: their sources do not give them away."""


@dataclass(frozen=True)
class Policy:
    """One version of the public statement on how reviews are verified; its text is in the template."""

    version: int
    since: datetime


POLICIES = (Policy(1, datetime(2026, 11, 26, tzinfo=UTC)),)
"""Every version that ever held, the current one last. A change of what the software does adds one."""


def policy(version: int) -> Policy | None:
    """That version, if there ever was one."""
    return next((each for each in POLICIES if each.version == version), None)


@dataclass(frozen=True)
class Wanted:
    """What a page is to show; the product is a SKU, '' for reviews of the shop itself."""

    product: str
    sort: Sort = "newest"
    stars: int | None = None
    verified: bool = False
    """Verified purchases alone."""
    photos: bool = False
    """With photos alone."""
    language: str = ""
    """BCP 47; "zh" also finds zh-Hant."""


@dataclass(frozen=True)
class Published:
    """A review as everybody may see it: personal data in its texts and in the name is covered.

    To be escaped where shown.
    """

    id: UUID
    author: str
    """As shown; '': anonymous."""
    stars: int | None
    rating: Decimal | None
    """1 to 5, not rounded."""
    title: str
    body: str
    language: str
    written_at: datetime
    edited: bool
    product: str
    """SKU."""
    product_name: str
    verified: bool
    """An order of its author proves the purchase."""
    incentivised: bool
    solicited: bool | None
    insider: bool
    """Somebody of the shop wrote it, or close to it."""
    photos: tuple[UUID, ...]
    """Pictures that are kept here, under /media/reviews."""
    photo_urls: tuple[str, ...]
    """Pictures where its source keeps them."""
    helpful: int
    reply: str
    replied_at: datetime | None
