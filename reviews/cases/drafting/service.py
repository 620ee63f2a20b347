"""Ask for a draft, have it written, show it; in the open transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from core import db, outbox
from core.errors import DomainError, Kind, NotFound
from core.outbox.failures import pause_s
from core.settings import settings
from reviews import language_model
from reviews.cases import events, machine, service, suggestions
from reviews.cases.drafting import queries, rules
from reviews.cases.drafting.rules import Cited, DraftUnfit, Source
from reviews.cases.templates import service as templates
from reviews.knowledge import finding
from reviews.knowledge import service as knowledge
from reviews.language_model import EndpointFailure
from reviews.wording import masked, shown

WRITE = "case.draft"
"""Topic: draft (id)."""


class DraftsOff(DomainError):
    """The installation names no language model."""

    code = "drafts_off"
    kind = Kind.CONFLICT
    title = "There are no drafts here"


class DraftRefused(DomainError):
    """The matter is one that a person writes about alone."""

    code = "draft_refused"
    kind = Kind.CONFLICT
    title = "On this a person writes alone"


class DraftWithoutSources(DomainError):
    """No article and no resolved case says anything about it."""

    code = "draft_without_sources"
    kind = Kind.CONFLICT
    title = "There is nothing that a draft could draw on"


class DraftRunning(DomainError):
    """One is being written."""

    code = "draft_running"
    kind = Kind.CONFLICT
    title = "A draft is being written already"


@dataclass(frozen=True)
class Draft:
    """The last one of this cycle; `failure`: code of why there is none."""

    id: UUID
    state: Literal["asked", "ready", "failed"]
    body: str
    sources: list[Cited]
    failure: str
    model: str


@dataclass(frozen=True)
class _Said:
    """What the customer said, and what of it may go out."""

    whole: str
    masked: str


async def ask(case_id: UUID, by: UUID, expected_version: int, now: datetime) -> UUID:
    """Have a draft written by a worker. Raises the errors above, and service.CaseStateRefuses."""
    await service.person(by, "reply")
    case = await service.lock(case_id, expected_version)
    if not language_model.enabled():
        raise DraftsOff()
    if case.state in machine.DONE:
        raise service.CaseStateRefuses(f"draft while the case is {case.state}", state=case.state)
    said = await _said(case_id)
    if topic := rules.topic_of(said.whole):
        raise DraftRefused(topic=topic)
    if not await _sources(case_id, case.review_id, by):
        raise DraftWithoutSources()
    draft: UUID | None = await db.fetchval(queries.ASK, case_id, case.cycle, by, now, settings().draft_model)
    if draft is None:
        raise DraftRunning()
    await events.add(case.id, case.cycle, "draft_asked", now, staff_id=by, draft=draft)
    await outbox.add(WRITE, {"draft": draft}, now)
    return draft


async def write(draft_id: UUID, now: datetime) -> None:
    """Have the model write it; once it is there or has failed: nothing."""
    asked = await db.fetchrow(queries.ASKED, draft_id)
    if asked is None:
        return
    try:
        text, cited = await _written(asked)
    except DraftUnfit as unfit:
        await db.execute(queries.FAILED, draft_id, unfit.code, now)
    except EndpointFailure as failure:
        if failure.again and asked["attempts"] + 1 < rules.ATTEMPTS:
            await db.execute(queries.TRIED, draft_id)
            await outbox.add(WRITE, {"draft": draft_id}, now, delay_s=pause_s(asked["attempts"] + 1))
        else:
            await db.execute(queries.FAILED, draft_id, failure.code, now)
    else:
        await db.execute(queries.READY, draft_id, text, db.to_json(cited), now)


async def latest(case_id: UUID) -> Draft | None:
    """The last one of this cycle."""
    row = await db.fetchrow(queries.LATEST, case_id)
    if row is None:
        return None
    sources = db.from_json_as(row["sources"], list[Cited]) if row["sources"] else []
    return Draft(row["id"], row["state"], row["body"], sources, row["failure"], row["model"])


async def _written(asked: db.Row) -> tuple[str, list[Cited]]:
    """Raises DraftUnfit or EndpointFailure."""
    said = await _said(asked["case_id"])
    # The customer may have written since it was asked for, or articles may be gone.
    if not language_model.enabled() or rules.topic_of(said.whole):
        raise DraftUnfit("draft_refused")
    sources = await _sources(asked["case_id"], asked["review_id"], asked["asked_by"])
    if not sources:
        raise DraftUnfit("draft_without_sources")
    language = (await templates.known(asked["case_id"], asked["asked_by"])).language
    written = await language_model.complete(
        settings(), rules.messages(said.masked, sources, language), rules.MOST_TOKENS
    )
    return rules.checked(written, sources)


async def _said(case_id: UUID) -> _Said:
    row = await db.fetchrow(queries.SAID, case_id)
    if row is None:
        raise NotFound(f"no case {case_id}")
    whole = "\n\n".join(part for part in (shown(row["review"]).strip(), *row["messages"]) if part)
    return _Said(whole, masked(whole, row["names"]))


async def _sources(case_id: UUID, review_id: UUID | None, by: UUID) -> list[Source]:
    known = await templates.known(case_id, by)
    found = []
    for each in await suggestions.suggest(case_id, review_id, known.language):
        if each.article:
            article = await knowledge.find(each.article)
            if article.live is None:
                continue
            _, text = finding.in_language(article.live.texts, known.language)
            href = f"/staff/inbox/settings/knowledge/{each.article}"
            found.append(Source(Cited(each.key, text.title, href), text.body))
        else:
            cited = Cited(each.key, f"#{each.number}", f"/staff/inbox/cases/{each.case_id}")
            found.append(Source(cited, each.text))
    return found
