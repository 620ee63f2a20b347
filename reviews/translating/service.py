"""Ask for a translation, have it written, show it; in the open transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from core import db, outbox
from core.errors import DomainError, Kind
from core.i18n import Locale
from core.outbox.failures import pause_s
from core.settings import settings
from reviews import language_model
from reviews.language_model import EndpointFailure
from reviews.translating import queries, rules
from reviews.wording import masked, shown

WRITE = "review.translate"
"""Topic: translation (id)."""


class TranslationsOff(DomainError):
    """The installation names no language model."""

    code = "translations_off"
    kind = Kind.CONFLICT
    title = "There are no translations here"


@dataclass(frozen=True)
class Translation:
    """The last one of a wording; `failure`: code of why there is none."""

    state: Literal["asked", "ready", "failed"]
    body: str
    failure: str
    model: str


async def ask(review_id: UUID, reader: Locale, by: UUID, now: datetime) -> None:
    """Have a worker translate the current wording; once it is asked for, or without words: nothing.

    Raises TranslationsOff.
    """
    if not language_model.enabled():
        raise TranslationsOff()
    model = settings().draft_model
    translation = await db.fetchval(queries.ASK, review_id, reader, model, by, now)
    if translation:
        await outbox.add(WRITE, {"translation": translation}, now)


async def write(translation_id: UUID, now: datetime) -> None:
    """Have the model write it; once it is there or has failed: nothing."""
    asked = await db.fetchrow(queries.ASKED, translation_id)
    if asked is None:
        return
    try:
        text = await _written(asked)
    except EndpointFailure as failure:
        if failure.again and asked["attempts"] + 1 < rules.ATTEMPTS:
            await db.execute(queries.TRIED, translation_id)
            delay_s = pause_s(asked["attempts"] + 1)
            await outbox.add(WRITE, {"translation": translation_id}, now, delay_s=delay_s)
        else:
            await db.execute(queries.FAILED, translation_id, failure.code, now)
    else:
        await db.execute(queries.READY, translation_id, text, now)


async def latest(review_id: UUID, version: int, reader: Locale) -> Translation | None:
    """The last one of this wording in this language."""
    row = await db.fetchrow(queries.LATEST, review_id, version, reader)
    return Translation(row["state"], row["body"], row["failure"], row["model"]) if row else None


async def _written(asked: db.Row) -> str:
    """Raises EndpointFailure."""
    said = await _said(asked)
    if not language_model.enabled():
        raise EndpointFailure("translations_off")
    messages = rules.messages(said, asked["language"])
    text = rules.checked(await language_model.complete(settings(), messages, rules.MOST_TOKENS), said)
    await db.fetchrow(queries.LOCK, asked["review_id"])
    if await _said(asked) != said:
        raise EndpointFailure("translation_overtaken")
    return text


async def _said(asked: db.Row) -> str:
    """What goes out. Raises EndpointFailure when the wording is no longer there."""
    row = await db.fetchrow(queries.SAID, asked["review_id"], asked["version"])
    said = shown(row["said"]).strip()[: rules.LIMIT_CHARS] if row else ""
    if row is None or not said:
        raise EndpointFailure("translation_overtaken")
    return masked(said, row["names"])
