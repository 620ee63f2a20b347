"""Articles of the knowledge base: kept by a content system, published, and asked."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from api.auth import Integrator, requires_scope
from api.idempotency import Once
from api.openapi import WRITE_PROBLEMS, problems
from core import clock, db
from core.i18n import Locale
from reviews.knowledge import finding, rules, service
from reviews.knowledge.model import Article, ArticleText

READS, WRITES = requires_scope("knowledge:read"), requires_scope("knowledge:write")
PAGE_LIMIT = 100


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`body`: plain text, an empty line between paragraphs. `asked`: other words in which customers ask."""

    title: Annotated[str, Meta(min_length=1, max_length=rules.TITLE_LIMIT_CHARS)]
    body: Annotated[str, Meta(min_length=1, max_length=rules.BODY_LIMIT_CHARS)]
    asked: Annotated[list[str], Meta(max_length=rules.ASKED_LIMIT)] = []


class Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Texts by language. `expected_revision`: of the draft that this replaces, 0: there is none yet; null:
    whatever is there."""

    texts: dict[Locale, Text]
    expected_revision: Annotated[int, Meta(ge=0, lt=2**31)] | None = None


class ArticleVersion(msgspec.Struct, frozen=True, kw_only=True):
    """`state`: draft, published, superseded (by a later version) or withdrawn."""

    number: int
    state: Literal["draft", "published", "superseded", "withdrawn"]
    revision: int
    texts: dict[Locale, Text]
    written_at: datetime
    published_at: datetime | None
    ended_at: datetime | None


class KnowledgeArticle(msgspec.Struct, frozen=True, kw_only=True):
    """An article; in lists `versions` are the published one and the draft alone, or else the last one."""

    code: str
    versions: list[ArticleVersion]
    helpful: int
    unhelpful: int


class Articles(msgspec.Struct, frozen=True):
    """By code. `next_after` asks for the next page; null: the end."""

    articles: list[KnowledgeArticle]
    next_after: str | None


class FoundAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`similarity` 0-1; `sure`: it stands out so far that it may be given as the answer by itself."""

    code: str
    version: int
    language: str
    title: str
    passage: str
    similarity: float
    sure: bool


class Answers(msgspec.Struct, frozen=True):
    """The best first; only the first can be sure."""

    answers: list[FoundAnswer]


@get("/", guards=[READS], responses=problems(401, 403))
async def list_articles(
    user: NamedDependency[Integrator],
    after: FromQuery[str] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT)] = 50,
) -> Articles:
    """All articles; `after`: a code."""
    async with db.transaction(user.merchant_id):
        found = await service.every(after or None, limit + 1)
    return Articles(
        [_shown(each) for each in found[:limit]], found[limit - 1].code if len(found) > limit else None
    )


@get("/{code:str}", guards=[READS], responses=problems(401, 403))
async def get_article(code: FromPath[str], user: NamedDependency[Integrator]) -> KnowledgeArticle:
    """One article with all of its versions."""
    async with db.transaction(user.merchant_id):
        return _shown(await service.find(code))


@put("/{code:str}", guards=[WRITES], status_code=200, responses=WRITE_PROBLEMS)
async def put_article(
    code: FromPath[str], data: JSONBody[Draft], once: NamedDependency[Once[KnowledgeArticle]]
) -> Response[KnowledgeArticle]:
    """Save the draft; what is published stays until it is published."""
    texts = {
        language: ArticleText(text.title, text.body, tuple(text.asked))
        for language, text in data.texts.items()
    }

    async def effect() -> KnowledgeArticle:
        return _shown(await service.put(code, texts, None, clock.now(), data.expected_revision))

    return await once(effect)


@post("/{code:str}/publish", guards=[WRITES], status_code=200, responses=WRITE_PROBLEMS)
async def publish_article(
    code: FromPath[str], once: NamedDependency[Once[KnowledgeArticle]]
) -> Response[KnowledgeArticle]:
    """Let customers read the draft."""

    async def effect() -> KnowledgeArticle:
        return _shown(await service.publish(code, None, clock.now()))

    return await once(effect)


@post("/{code:str}/withdraw", guards=[WRITES], status_code=200, responses=WRITE_PROBLEMS)
async def withdraw_article(
    code: FromPath[str], once: NamedDependency[Once[KnowledgeArticle]]
) -> Response[KnowledgeArticle]:
    """Let nobody find it any more; its history stays."""

    async def effect() -> KnowledgeArticle:
        return _shown(await service.withdraw(code, None, clock.now()))

    return await once(effect)


@get("/knowledge-answers", guards=[READS], responses=problems(401, 403, 422), tags=["Knowledge base"])
async def get_answers(
    user: NamedDependency[Integrator],
    q: Annotated[str, QueryParameter(min_length=1, max_length=rules.QUESTION_LIMIT_CHARS)],
    language: FromQuery[Locale] = "en",
) -> Answers:
    """What published articles say to a question in any language, in `language` where they have it. The
    question is kept for 90 days with personal data covered, so that staff see what is missing."""
    found = await finding.answers(user.merchant_id, q, language, clock.now())
    names = FoundAnswer.__struct_fields__
    return Answers([FoundAnswer(**{name: getattr(each, name) for name in names}) for each in found])


v1_articles = Router(
    "/articles",
    route_handlers=[list_articles, get_article, put_article, publish_article, withdraw_article],
    tags=["Knowledge base"],
)


def _shown(article: Article) -> KnowledgeArticle:
    versions = [
        ArticleVersion(
            texts={
                language: Text(title=text.title, body=text.body, asked=list(text.asked))
                for language, text in each.texts.items()
            },
            **{name: getattr(each, name) for name in _PLAIN},
        )
        for each in article.versions
    ]
    return KnowledgeArticle(
        code=article.code, versions=versions, helpful=article.helpful, unhelpful=article.unhelpful
    )


_PLAIN = ("number", "state", "revision", "written_at", "published_at", "ended_at")
