"""What the pages about published reviews are rendered from; see views."""

from dataclasses import dataclass
from datetime import datetime

from core.design.review_views import Picture


@dataclass(frozen=True)
class PolicyVersion:
    """One version of the statement on how reviews are verified."""

    version: int
    since: datetime
    href: str


@dataclass(frozen=True)
class ReviewPolicy:
    """`public/review_policy.html`."""

    shop: str
    version: int
    since: datetime
    current: bool
    """It holds now."""
    versions: tuple[PolicyVersion, ...]
    """All there are, the current one first."""


@dataclass(frozen=True)
class ReviewOnPage:
    """A published review, as everybody may read it."""

    stars: int | None
    title: str
    text: str
    language: str
    author: str
    at: datetime
    edited: bool
    verified: bool
    incentivised: bool
    insider: bool
    pictures: tuple[Picture, ...]
    reply: str


@dataclass(frozen=True)
class ReviewsPage:
    """`public/reviews.html`: what the widget shows, without a script."""

    shop: str
    about: str
    """The product, or the shop itself."""
    mean: float | None
    """1 to 5, with one digit; None: nobody gave stars."""
    count: int
    reviews: tuple[ReviewOnPage, ...]
    policy_href: str
    first_href: str = ""
    next_href: str = ""


@dataclass(frozen=True)
class StoreProduct:
    """A product on the shelf of the sample shop."""

    name: str
    href: str


@dataclass(frozen=True)
class Storefront:
    """`public/storefront.html`."""

    shop: str
    products: tuple[StoreProduct, ...]


@dataclass(frozen=True)
class StorePage:
    """`public/store_page.html`: a product's page as a shop would have it, with the widget."""

    shop: str
    code: str
    sku: str
    name: str
    jsonld: str
    """The inside of a script element, safe as it is."""


@dataclass(frozen=True)
class FoundPiece:
    """Part of an excerpt; `match`: it is what was looked for."""

    text: str
    match: bool


@dataclass(frozen=True)
class FoundReview:
    """A review that fits what was looked for."""

    stars: int | None
    author: str
    source: str
    product: str
    language: str
    written_at: datetime
    pieces: tuple[FoundPiece, ...]
    state: str
    """Code of kind "review_shown"."""
    case_href: str = ""
    """Empty: it opened no case."""


@dataclass(frozen=True)
class ReviewSearch:
    """`staff/review_search.html`. The form asks /staff/inbox/search with q, by, stars and product."""

    q: str = ""
    by: str = "words"
    """words or meaning."""
    stars: str = ""
    product: str = ""
    rows: tuple[FoundReview, ...] = ()
    asked: bool = False
    problem: str = ""
    waiting: int = 0
    """Reviews whose words are not kept yet."""
    next_href: str = ""
    first_href: str = ""
