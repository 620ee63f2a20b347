"""View models of the knowledge base: what staff write, and what customers read."""

from dataclasses import dataclass
from datetime import datetime

from core.design.case_views import SettingsForm, SettingsTable


@dataclass(frozen=True)
class ArticleText:
    """An article in one language; `paragraphs` of plain text."""

    language: str
    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class FoundArticle:
    """`share`: how similar it is, 0-1. `sure`: it would be given as the answer."""

    href: str
    title: str
    passage: str
    language: str
    share: float = 0.0
    sure: bool = False


@dataclass(frozen=True)
class KnowledgePage:
    """`staff/knowledge.html`: all articles, what customers asked in vain, and a question to try."""

    articles: SettingsTable
    unanswered: SettingsTable
    q: str
    answers: tuple[FoundArticle, ...]
    new_href: str = ""
    """Empty: this person may only look."""


@dataclass(frozen=True)
class VersionLine:
    """A version in the history; `state`: code of kind "article_state"."""

    number: int
    state: str
    person: str
    at: datetime


@dataclass(frozen=True)
class StaffArticle:
    """`staff/knowledge_article.html`. Empty keys: it cannot be done now, or not by this person."""

    code: str
    title: str
    shown: tuple[ArticleText, ...]
    """The draft as customers would read it, or else what they read."""
    shown_state: str
    shown_number: int
    helpful: int
    unhelpful: int
    history: tuple[VersionLine, ...]
    publish_key: str
    withdraw_key: str
    form: SettingsForm | None
    conflict: str = ""


@dataclass(frozen=True)
class PortalHelp:
    """`portal/help.html`: without `q` all articles."""

    q: str
    articles: tuple[FoundArticle, ...]


@dataclass(frozen=True)
class PortalArticle:
    """`portal/help_article.html`; posts `helpful` yes or no. `said`: this customer has just answered."""

    code: str
    version: int
    text: ArticleText
    key: str
    said: bool
