"""Answers to a question, by meaning and by words, whatever the languages of both."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import structlog

from core import db
from core.i18n import DEFAULT_LOCALE, Locale
from reviews.knowledge import queries, rules, service
from reviews.knowledge.model import Answer, ArticleText
from reviews.moderation.redaction import redacted
from reviews.search import meaning, words
from sentiment.model_file import ModelError

ANSWERS = 5

log = structlog.get_logger(__name__)


async def answers(
    merchant_id: UUID, question: str, language: Locale, now: datetime, limit: int = ANSWERS
) -> list[Answer]:
    """What the shop's articles say to a customer's question, the best first; only the first can be sure.

    Call it outside of a transaction: the model reads the question first. What was asked is kept for 90
    days, with personal data covered, so that staff see what is missing.
    """
    question = _plain(question)
    if not question:
        return []
    read = await _read(question)
    async with db.transaction(merchant_id):
        found = await nearest(question, read, language, limit)
        await _keep(question, language, found, now)
    return found


async def suggestions(merchant_id: UUID, text: str, language: Locale, limit: int = ANSWERS) -> list[Answer]:
    """The same for staff: nothing of it is kept."""
    text = _plain(text)
    if not text:
        return []
    read = await _read(text)
    async with db.transaction(merchant_id):
        return await nearest(text, read, language, limit)


async def nearest(
    question: str, read: tuple[str, str] | None, language: Locale, limit: int = ANSWERS
) -> list[Answer]:
    """Articles by similarity, in the open transaction; `read`: see reviews.search.meaning.embedding()."""
    near: dict[UUID, float] = {}
    if read:
        near = {row["article_id"]: row["near"] for row in await db.fetch(queries.NEAR, *read)}
    asked = words.indexed(question)
    shared = {row["article_id"]: row["words"] for row in await db.fetch(queries.WORDS, asked)}
    best = [one for one in rules.ranked(near, shared) if one[1] > 0][: max(limit, 2)]
    articles: int = await db.fetchval(queries.LIVE_COUNT)
    # Words alone say too little to be sure of.
    sure = bool(best) and best[0][0] in near and rules.is_sure([value for _, value in best], articles)
    return await _shown(best[:limit], sure, question, language)


async def _shown(best: list[tuple[UUID, float]], sure: bool, question: str, language: Locale) -> list[Answer]:
    live = {row["id"]: row for row in await db.fetch(queries.LIVE, [article_id for article_id, _ in best])}
    found = []
    for n, (article_id, value) in enumerate(best):
        # Withdrawn between two statements: it is no answer any more.
        if article_id in live:
            row = live[article_id]
            chosen, text = in_language(service.texts_of(row["texts"]), language)
            told = [each.body for each in rules.passages(text) if each.kind == "passage"]
            passage = rules.telling(told, words.indexed, question)
            first = sure and n == 0
            found.append(
                Answer(article_id, row["code"], row["number"], chosen, text.title, passage, value, first)
            )
    return found


_OTHER_CHINESE: dict[Locale, tuple[Locale, ...]] = {"zh-Hans": ("zh-Hant",), "zh-Hant": ("zh-Hans",)}


def in_language(texts: Mapping[Locale, ArticleText], language: Locale) -> tuple[Locale, ArticleText]:
    """An article's text for this reader, and its language: theirs, the other Chinese, English, or any."""
    order = (language, *_OTHER_CHINESE.get(language, ()), DEFAULT_LOCALE)
    chosen = next((each for each in order if each in texts), next(iter(texts)))
    return chosen, texts[chosen]


async def _read(question: str) -> tuple[str, str] | None:
    try:
        return await meaning.embedding(question)
    except ModelError as error:
        log.warning("the model cannot be loaded: articles are found by words alone", code=error.code)
        return None


async def _keep(question: str, language: Locale, found: list[Answer], now: datetime) -> None:
    best = found[0] if found else None
    near = best.article_id if best and best.similarity >= rules.BACKGROUND else None
    kept = redacted(question)[: rules.QUESTION_LIMIT_CHARS]
    await db.execute(
        queries.KEEP_QUESTION, db.merchant_id(), kept, language, near, bool(best and best.sure), now
    )


def _plain(question: str) -> str:
    return " ".join(question.replace("\0", "").split())[: rules.QUESTION_LIMIT_CHARS]
