"""What articles are made of, and what is found in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from core.errors import DomainError, Kind
from core.i18n import Locale

State = Literal["draft", "published", "superseded", "withdrawn"]
PassageKind = Literal["title", "asked", "passage"]


class ArticleUnfit(DomainError):
    """A code, language or text that no article can have."""

    code = "article_unfit"
    kind = Kind.INVALID
    title = "The article cannot be kept like this"


class ArticleChanged(DomainError):
    """Somebody else has saved the draft since it was looked at."""

    code = "article_changed"
    kind = Kind.CONFLICT
    title = "Somebody else has changed the draft; look at it again"


class ArticleStateRefuses(DomainError):
    """There is no draft to publish, or no published version to withdraw."""

    code = "article_state_refuses"
    kind = Kind.CONFLICT
    title = "The article has no version for that"


class ArticleText(Struct, frozen=True, forbid_unknown_fields=True):
    """An article in one language. `asked`: other words in which customers ask for it; `body`: plain text,
    paragraphs with an empty line between them."""

    title: str
    body: str
    asked: tuple[str, ...] = ()


Texts = Mapping[Locale, ArticleText]


@dataclass(frozen=True)
class Version:
    """One version; its texts stand from when it is published."""

    number: int
    state: State
    texts: dict[Locale, ArticleText]
    revision: int
    written_by: str
    """Name of the person; "": the API."""
    written_at: datetime
    published_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True)
class Article:
    """An article with its versions, the newest first.

    `helpful` and `unhelpful`: what customers said of the live one.
    """

    id: UUID
    code: str
    versions: tuple[Version, ...]
    helpful: int = 0
    unhelpful: int = 0

    @property
    def live(self) -> Version | None:
        """What customers read."""
        return next((each for each in self.versions if each.state == "published"), None)

    @property
    def draft(self) -> Version | None:
        """What is being written."""
        return next((each for each in self.versions if each.state == "draft"), None)


@dataclass(frozen=True)
class Passage:
    """A stretch of an article in one language; `read_as` is what is embedded for it."""

    kind: PassageKind
    body: str
    read_as: str


@dataclass(frozen=True)
class Answer:
    """An article that answers a question, in the reader's language where it has it.

    `similarity` is 0-1. `sure`: it stands out so far that it may be given as the answer; otherwise it is
    one of several that may help.
    """

    article_id: UUID
    code: str
    version: int
    language: Locale
    title: str
    passage: str
    similarity: float
    sure: bool


@dataclass(frozen=True)
class Asked:
    """A question of a customer that no article surely answered; `times` it was asked in these words."""

    question: str
    lang: str
    times: int
    last_at: datetime
    nearest: str
    """Code of the article that came nearest; "": none."""
