"""What a review written here is about, and what its author says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

TITLE_LIMIT_CHARS = 200
BODY_LIMIT_CHARS = 10_000
AUTHOR_LIMIT_CHARS = 100


@dataclass(frozen=True)
class Subject:
    """A delivered order line, or (`line_id` and `sku` empty) the store that delivered the order."""

    customer_id: UUID
    order_id: UUID
    order: str
    """The shop's id of the order."""
    store_id: UUID
    store: str
    """The shop's id of the store."""
    store_name: Mapping[str, str]
    delivered_at: datetime
    line_id: str = ""
    sku: str = ""
    name: str = ""
    review_id: UUID | None = None
    """The live review that there is of it already."""

    @property
    def key(self) -> str:
        """Names its one review for ever."""
        return f"{self.order_id}:{self.line_id}" if self.sku else f"store:{self.store_id}:{self.customer_id}"


@dataclass(frozen=True)
class Draft:
    """What the author says. `attributes`: stars 1 to 5 by code; `author`: the name that is shown."""

    stars: int
    title: str = ""
    body: str = ""
    author: str = ""
    attributes: Mapping[str, int] = field(default_factory=dict)
    insider: bool = False
    """The author belongs to the shop or is close to it, and says so."""


@dataclass(frozen=True)
class Own:
    """A review of a customer's own, ready to be edited."""

    id: UUID
    account: str
    external_id: str
    store: str
    product_sku: str
    product_name: str
    order: str
    version: int
    written_at: datetime
    solicited: bool | None
    draft: Draft
