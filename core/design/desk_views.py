"""View models of the inbox's lists: filters, lists of one's own, what happened while a case was open."""

from dataclasses import dataclass
from datetime import datetime

from core.design.delivery_views import Delivery


@dataclass(frozen=True)
class NamedView:
    """A filter with a name; one's own can be removed by posting to `remove_action`."""

    name: str
    href: str
    current: bool = False
    remove_action: str = ""
    remove_key: str = ""


@dataclass(frozen=True)
class FilterFields:
    """The filter as its form shows it; `sources` and `languages`: code and name of what there is.

    `view`: which of the lists it narrows.
    """

    stars: str = ""
    language: str = ""
    source: str = ""
    tag: str = ""
    owner: str = ""
    sign: str = ""
    sources: tuple[tuple[str, str], ...] = ()
    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    view: str = "open"
    keep_key: str = ""
    """The list can be kept under a name; empty: nothing is filtered."""

    @property
    def active(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.stars or self.language or self.source or self.tag or self.owner or self.sign)


@dataclass(frozen=True)
class HappenedSince:
    """`kind` of kind "case_event". `person` "": no colleague did it; `own`: in another window."""

    kind: str
    person: str
    own: bool
    at: datetime


@dataclass(frozen=True)
class CaseNews:
    """`staff/case_news.html`, a fragment: who else looks, and what happened since the page was loaded."""

    href: str
    """The page of the case, in the list from which it was opened."""
    delivery: Delivery
    also_here: tuple[str, ...] = ()
    since: tuple[HappenedSince, ...] = ()
    sent: bool = False
    """What was on its way has gone out; nothing else happened."""
    within: str = ""
    """The query of that list, which every form carries."""
