"""Write, publish and withdraw articles; every deed locks the article, in the open transaction."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from core import db, outbox
from core.errors import NotFound
from core.i18n import Locale
from reviews.knowledge import queries, rules
from reviews.knowledge.model import (
    Article,
    ArticleChanged,
    ArticleStateRefuses,
    ArticleText,
    Asked,
    Texts,
    Version,
)
from reviews.search import words

EMBED = "knowledge.embed"
"""Topic: article (id). Its published passages are read by the model that answers."""
LISTED_LIMIT = 2000
UNANSWERED_LIMIT = 20


async def put(
    code: str, texts: Texts, by: UUID | None, now: datetime, expected_revision: int | None = None
) -> Article:
    """Save the draft of an article, which is made if it is new; what is published stays until publish().

    `expected_revision`: of the draft as the person saw it, 0 where there was none; None: whatever it is.
    Raises ArticleUnfit, ArticleChanged.
    """
    kept = db.to_json(rules.checked(code, texts))
    await db.execute(queries.INSERT_ARTICLE, db.merchant_id(), code, now)
    article_id = await _lock(code)
    draft = await db.fetchrow(queries.DRAFT, article_id)
    if expected_revision is not None and expected_revision != (draft["revision"] if draft else 0):
        raise ArticleChanged(code=code)
    if draft:
        await db.execute(queries.CHANGE_DRAFT, article_id, draft["number"], kept, by, now)
    else:
        await db.execute(queries.INSERT_DRAFT, db.merchant_id(), article_id, kept, by, now)
    return await find(code)


async def publish(code: str, by: UUID | None, now: datetime) -> Article:
    """Let customers read the draft; the version before it is superseded. Raises NotFound,
    ArticleStateRefuses."""
    article_id = await _lock(code)
    if await db.fetchrow(queries.DRAFT, article_id) is None:
        raise ArticleStateRefuses("there is no draft", code=code)
    await db.execute(queries.END_LIVE, article_id, "superseded", by, now)
    row = await db.fetchrow(queries.PUBLISH, article_id, by, now)
    assert row is not None
    await _index(article_id, row["number"], texts_of(row["texts"]), now)
    return await find(code)


async def withdraw(code: str, by: UUID | None, now: datetime) -> Article:
    """Nobody finds or reads it any more; its history stays. Raises NotFound, ArticleStateRefuses."""
    article_id = await _lock(code)
    if await db.fetchval(queries.END_LIVE, article_id, "withdrawn", by, now) is None:
        raise ArticleStateRefuses("there is no published version", code=code)
    await _forget(article_id)
    return await find(code)


async def find(code: str) -> Article:
    """An article with all of its versions. Raises NotFound."""
    rows = await db.fetch(queries.ONE, code)
    if not rows:
        raise NotFound(f"no article {code}")
    article = _article(rows)
    if article.live is None:
        return article
    votes = await db.fetchrow(queries.VOTES, article.id, article.live.number)
    assert votes is not None
    return Article(article.id, article.code, article.versions, votes["helpful"], votes["unhelpful"])


async def every(after: str | None = None, limit: int = LISTED_LIMIT) -> list[Article]:
    """All articles by code, each with its live version and its draft, or else the last one."""
    rows = await db.fetch(queries.LISTED, after, 2 * limit)
    found = [_article(list(part)) for _, part in groupby(rows, key=lambda row: row["code"])]
    return found[:limit]


async def vote(code: str, number: int, customer_id: UUID, helpful: bool, now: datetime) -> None:
    """A customer says whether a version helped; said again, the last word counts. Raises NotFound."""
    given = await db.fetchval(queries.VOTE, db.merchant_id(), code, number, customer_id, helpful, now)
    if given is None:
        raise NotFound(f"no version {number} of {code}")


async def unanswered(since: datetime) -> list[Asked]:
    """What customers asked and no article surely answered, the most frequent first."""
    return [Asked(**row) for row in await db.fetch(queries.UNANSWERED, since, UNANSWERED_LIMIT)]


async def _lock(code: str) -> UUID:
    found: UUID | None = await db.fetchval(queries.LOCK, code)
    if found is None:
        raise NotFound(f"no article {code}")
    return found


async def _index(article_id: UUID, number: int, texts: dict[Locale, ArticleText], now: datetime) -> None:
    """Let this version be found by words now, and by meaning as soon as the model has read it."""
    await _forget(article_id)
    passages = [
        (language, n, each.kind, each.body, each.read_as)
        for language, text in texts.items()
        for n, each in enumerate(rules.passages(text))
    ]
    columns = [list(column) for column in zip(*passages, strict=True)]
    await db.execute(queries.INSERT_PASSAGES, db.merchant_id(), article_id, number, *columns)
    heads = [words.indexed("\n".join((text.title, *text.asked))) for text in texts.values()]
    bodies = [words.indexed(text.body) for text in texts.values()]
    await db.execute(queries.INSERT_WORDS, db.merchant_id(), article_id, list(texts), heads, bodies)
    await outbox.add(EMBED, {"article": article_id}, now)


async def _forget(article_id: UUID) -> None:
    await db.execute(queries.FORGET_PASSAGES, article_id)
    await db.execute(queries.FORGET_WORDS, article_id)


def texts_of(stored: str) -> dict[Locale, ArticleText]:
    """Texts by language as they are kept."""
    return db.from_json_as(stored, dict[Locale, ArticleText])


def _article(rows: Sequence[db.Row]) -> Article:
    versions = tuple(
        Version(
            texts=texts_of(row["texts"]),
            **{name: row[name] for name in _PLAIN},
        )
        for row in rows
    )
    helpful, unhelpful = (max(row[name] for row in rows) for name in ("helpful", "unhelpful"))
    return Article(rows[0]["id"], rows[0]["code"], versions, helpful, unhelpful)


_PLAIN = ("number", "state", "revision", "written_by", "written_at", "published_at", "ended_at")
