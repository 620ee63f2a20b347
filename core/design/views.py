"""What each page is rendered from: frozen, plain values only.

Times are timezone-aware (UTC); the page shows them in `Frame.time_zone`. Points are integers, money is
an integer in the currency's minor unit beside its ISO 4217 code. A field that is documented as a code
takes one of `core.design.words.codes(kind)`. An empty string means "there is none"; a `*_key` is the
idempotency key that the form of that action carries. Texts that come from data (names, reviews, rule
sentences) are shown as they are, escaped.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Notice:
    """A message at the top of a page, already in the reader's language."""

    kind: str
    """info, good, warning or problem."""
    text: str


@dataclass(frozen=True)
class Frame:
    """What surrounds a page."""

    path: str
    """Path and query of this page; the language switch returns to it."""
    now: datetime
    time_zone: str
    """IANA name."""
    shop: str = ""
    """The merchant's or store's name; empty before sign-in."""
    who: str = ""
    """The same person in all pages of this browser, and nobody else: what is typed is kept by it."""
    person: str = ""
    """Who is signed in; empty: nobody, and then there is no sign-out and no navigation."""
    role: str = ""
    """Code of kind "role"; staff pages only."""
    sections: tuple[str, ...] = ()
    """Codes of kind "section" that the role may open; staff pages only."""
    section: str = ""
    """Code of kind "section": where this page is; empty: nowhere in the navigation."""
    notices: tuple[Notice, ...] = ()
    theme: str = ""
    """light or dark; empty: as the device is set."""


@dataclass(frozen=True)
class Problem:
    """`error.html`. Without title and detail the page explains the status in its own words."""

    status: int
    code: str
    request_id: str
    title: str = ""
    detail: str = ""
    back_href: str = "/"
