"""The model reads what is published, and again when another model answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from celery import shared_task

from core import clock, db, outbox, tenancy
from core.outbox import handles_batch
from core.worker import run_async
from reviews import similar
from reviews.knowledge import queries, rules, service
from reviews.scoring.service import columns
from reviews.scoring.tasks import scorer
from sentiment.types import Text


@dataclass(frozen=True)
class Unread:
    """The passages of one article that the model has not read: (article, language, place, text)."""

    passages: tuple[tuple[UUID, str, int, str], ...]


@handles_batch(service.EMBED, queue="scoring", size=32)
class EmbedArticles:
    """Payload: article (id)."""

    async def load(self, payloads: list[dict[str, Any]]) -> Sequence[Unread | None]:
        """What is unread of the published versions; see core.outbox.registry.Batch."""
        wanted = [UUID(each["article"]) for each in payloads]
        unread: dict[UUID, list[tuple[UUID, str, int, str]]] = {}
        for row in await db.fetch(queries.UNREAD, wanted, scorer().model):
            unread.setdefault(row["article_id"], []).append(tuple(row.values()))
        return [Unread(tuple(unread[each])) if each in unread else None for each in wanted]

    def compute(self, items: list[Unread]) -> list[list[str | None]]:
        """Their embeddings, one by one: beside others the rounded network reads a short text differently."""
        return [[_embedding(text) for *_, text in item.passages] for item in items]

    async def store(self, loaded: list[Unread], results: list[list[str | None]], now: datetime) -> None:
        """Keep them."""
        rows = sorted(
            (*passage, embedding)
            for item, found in zip(loaded, results, strict=True)
            for passage, embedding in zip(item.passages, found, strict=True)
        )
        await db.execute(queries.EMBED, scorer().model, *columns(rows, 5))


def _embedding(text: str) -> str | None:
    (found,) = scorer().read([Text(text)]).embeddings
    return None if found is None or len(found) != similar.WIDTH else similar.vector(found.tolist())


async def refresh(now: datetime) -> int:
    """Have articles read that another model has read, and forget old questions; how many articles."""
    model, due = scorer().model, 0

    async def of_merchant(merchant: tenancy.Merchant) -> None:
        nonlocal due
        async with db.transaction(merchant.id):
            rows = await db.fetch(queries.STALE, model, service.EMBED)
            await outbox.add_many(service.EMBED, [{"article": row["article_id"]} for row in rows], now)
            await db.execute(queries.FORGET_QUESTIONS, now - timedelta(days=rules.KEEP_QUESTIONS_DAYS))
        due += len(rows)

    await tenancy.for_each(of_merchant)
    return due


def run() -> None:
    """The task."""
    run_async(refresh, clock.now())


shared_task(run, name="reviews.knowledge.refresh", ignore_result=True)
