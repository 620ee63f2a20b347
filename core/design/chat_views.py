"""View models of the chat box on the portal."""

from dataclasses import dataclass
from datetime import datetime

from core.design.portal_review_views import MyCase


@dataclass(frozen=True)
class ChatSource:
    """An article that answers, or may."""

    title: str
    passage: str
    href: str


@dataclass(frozen=True)
class ChatLine:
    """A question and what was shown; `sure`: the one source is the answer."""

    question: str
    at: datetime
    sources: tuple[ChatSource, ...]
    sure: bool


@dataclass(frozen=True)
class PortalChat:
    """`portal/chat.html`. Posts `text` to /portal/chat/ask and /portal/chat/person."""

    lines: tuple[ChatLine, ...]
    ask_key: str
    person_key: str
    ask_limit_chars: int
    person_limit_chars: int
    cases: tuple[MyCase, ...]
    """The customer's conversations with people, the newest first."""
    asked: str = ""
    """What was typed before a problem."""
    ask_problem: str = ""
    words: str = ""
    person_problem: str = ""
