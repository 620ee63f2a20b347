"""One table that has something of a person, as data: an export reads it, an erasure carries it out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

# What of a person a column names: their ids as a customer, the shop's words for them, what is theirs.
Whose = Literal[
    "customers",
    "words",
    "members",
    "accounts",
    "orders",
    "order_words",
    "reviews",
    "cases",
    "chats",
    "surveys",
]
WORDS: frozenset[Whose] = frozenset({"words", "order_words"})
"""Not ids, but what the shop calls them."""


DELETE: Literal["delete"] = "delete"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A table, by which column its rows are somebody's, and what becomes of them.

    Every column of words is named in `erased`, `stays` or `codes`; a test reads the database's own list.
    """

    table: str
    area: str
    """The file of an export that it goes into."""
    by: str
    whose: Whose = "customers"
    what: str
    """What it is, in a few words; docs/privacy.md shows it."""
    erased: Mapping[str, str] | Literal["delete"] = field(default_factory=dict)
    """Columns and what they become, as SQL; or the rows go."""
    stays: Mapping[str, str] = field(default_factory=dict)
    """Columns of words that stay, and why."""
    codes: str = ""
    """Columns that hold codes, numbers or digests, never somebody's words; apart by spaces."""
    withheld: str = ""
    """Columns that an export leaves out: secrets, bytes, what is somebody else's; apart by spaces."""
    exported: bool = True
    """False: nothing in it says anything to anybody."""
    only: str = "true"
    """Which of the rows an export has, as SQL over `t`: not what somebody else wrote."""
    wording: bool = False
    """What its author published: it can stay, without a name, where they say so."""
    history: bool = False
    """Nobody else may change it: the role of erasures does."""

    @property
    def deletes(self) -> bool:
        """Whether the rows go."""
        return self.erased == DELETE

    def columns(self) -> frozenset[str]:
        """Every column that is named."""
        becomes = () if isinstance(self.erased, str) else tuple(self.erased)
        return frozenset((*becomes, *self.stays, *self.codes.split(), *self.withheld.split()))


@dataclass(frozen=True)
class Person:
    """One person with all who were merged into them, and what is theirs."""

    customers: tuple[UUID, ...]
    words: tuple[str, ...]
    members: tuple[UUID, ...] = ()
    accounts: tuple[UUID, ...] = ()
    orders: tuple[UUID, ...] = ()
    order_words: tuple[str, ...] = ()
    reviews: tuple[UUID, ...] = ()
    cases: tuple[UUID, ...] = ()
    chats: tuple[UUID, ...] = ()
    surveys: tuple[UUID, ...] = ()

    def of(self, place: Place) -> tuple[UUID, ...] | tuple[str, ...]:
        """What the place's column is compared with."""
        found: tuple[UUID, ...] | tuple[str, ...] = getattr(self, place.whose)
        return found
