"""What the pages about published reviews are rendered from; see views."""

from dataclasses import dataclass
from datetime import datetime


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
