"""Ask after a resolution and after a delivery: everybody, not too often; and the links that open a survey."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core import db
from core.errors import DomainError, NotFound
from core.errors import Kind as ErrorKind
from core.ids import new_id
from core.notifications import service as notifications
from core.people.tokens import LinkEnded, digest
from reviews.surveys import notices, queries, rules
from reviews.surveys.rules import Kind, Question, Settings

BATCH = 200
CATCH_UP = timedelta(days=7)
"""So long after its time somebody is still asked, should the sweep have been down."""


class CaseUnfit(DomainError):
    """Not a case of this customer that is resolved."""

    code = "survey_case_unfit"
    kind = ErrorKind.NOT_FOUND
    title = "A survey is about a resolved case of the customer"


@dataclass(frozen=True)
class Survey:
    """A survey and whose it is."""

    id: UUID
    kind: Kind
    customer_id: UUID
    case_id: UUID | None
    questions: Sequence[Question]
    expires_at: datetime
    answered_at: datetime | None
    opened_case_id: UUID | None
    locale: str

    def is_open(self, now: datetime) -> bool:
        """Whether an answer is taken."""
        return rules.is_open(self.expires_at, self.answered_at, now)


@dataclass(frozen=True)
class Answer:
    """`score` of a question, or words."""

    question: Question
    score: int | None
    body: str


async def settings() -> Settings:
    """How the merchant of the open transaction asks."""
    row = await db.fetchrow(queries.SETTINGS)
    return Settings(**row) if row else Settings()


async def change(new: Settings, staff_id: UUID | None, now: datetime) -> None:
    """From now on; earlier settings stay on record."""
    if new != await settings():
        values = [getattr(new, name) for name in Settings.__struct_fields__]
        await db.execute(queries.ADD_SETTINGS, new_id(), *values, staff_id, now)


async def sweep(now: datetime) -> int:
    """Make surveys of what was resolved and delivered, and ask; answers how many were asked."""
    wanted = await settings()
    await db.execute(queries.PURGE_LINKS, now - rules.CHANGEABLE_FOR)
    began: datetime | None = await db.fetchval(queries.BEGAN)
    if began is None:
        return 0
    expires_at = now + timedelta(days=wanted.valid_days)
    if wanted.after_resolution:
        until = now - timedelta(hours=wanted.after_hours)
        asked = list(rules.questions("resolution", wanted))
        since = max(began - timedelta(hours=wanted.after_hours), until - CATCH_UP)
        await db.execute(queries.AFTER_RESOLUTION, since, until, asked, now, expires_at, BATCH)
    if wanted.recommend:
        until = now - timedelta(days=wanted.recommend_after_days)
        asked = list(rules.questions("recommend", wanted))
        since = max(began - timedelta(days=wanted.recommend_after_days), until - CATCH_UP)
        await db.execute(queries.AFTER_DELIVERY, since, until, asked, now, expires_at, BATCH)
    rows = await db.fetch(queries.WAITING, BATCH)
    lately: set[UUID] = set()
    return sum([await _ask(row, wanted, lately, now) for row in rows])


async def _ask(row: db.Row, wanted: Settings, lately: set[UUID], now: datetime) -> int:
    """Ask or leave out; 1: somebody was asked. `lately`: who was asked in this sweep."""
    customer_id, survey_id = row["customer_id"], row["id"]
    if row["reopened"]:
        await db.execute(queries.SKIP, survey_id, "reopened")
        return 0
    if customer_id in lately or rules.asked_too_soon(row["asked_at"], wanted, now):
        await db.execute(queries.SKIP, survey_id, "cooldown")
        return 0
    told = {"survey": survey_id}
    found = await notifications.notify(notices.SURVEY.code, customer_id, told, f"survey:{survey_id}", now)
    if all(each.state == "suppressed" for each in found):
        await db.execute(queries.SKIP, survey_id, "unwanted")
        return 0
    lately.add(customer_id)
    await db.execute(queries.SENT, survey_id, now, now + timedelta(days=wanted.valid_days))
    return 1


async def make(kind: Kind, customer_id: UUID, case_id: UUID | None, now: datetime) -> str:
    """A link for the shop's own channel; answers its path.

    A cycle of a case has one survey: asked again, another link to the same. Raises CaseUnfit.
    """
    wanted = await settings()
    if (kind == "resolution") != (case_id is not None):
        raise CaseUnfit()
    if case_id is not None and not await db.fetchval(queries.IS_RESOLVED, case_id, customer_id):
        raise CaseUnfit()
    survey_id = await db.fetchval(
        queries.MAKE, new_id(), kind, customer_id, case_id, list(rules.questions(kind, wanted)), now,
        now + timedelta(days=wanted.valid_days),
    )  # fmt: skip
    if survey_id is None:
        survey_id = await db.fetchval(queries.OF_CYCLE, case_id)
    return await notices.link(survey_id)


async def of_case(case_id: UUID, now: datetime) -> str:
    """make() for whoever a resolved case is about. Raises CaseUnfit."""
    customer_id = await db.fetchval(queries.ASKED_ABOUT, case_id)
    if customer_id is None:
        raise CaseUnfit()
    return await make("resolution", customer_id, case_id, now)


async def open_link(token: str) -> tuple[Survey, dict[Question, Answer]]:
    """The survey that a link opens, with the answers so far, in the open transaction. Raises LinkEnded."""
    survey_id = await db.fetchval(queries.LINK, digest(token))
    row = await db.fetchrow(queries.SURVEY, survey_id) if survey_id else None
    if row is None:
        raise LinkEnded()
    return Survey(**row), await answers(survey_id)


async def answers(survey_id: UUID) -> dict[Question, Answer]:
    """The newest answer to each question."""
    rows = await db.fetch(queries.ANSWERS, survey_id)
    return {row["question"]: Answer(**row) for row in rows}


async def lock(survey_id: UUID) -> Survey:
    """The survey, locked. Raises NotFound."""
    row = await db.fetchrow(queries.LOCK, survey_id)
    if row is None:
        raise NotFound(f"no survey {survey_id}")
    return Survey(**row)


@dataclass(frozen=True)
class Said:
    """What a customer answered in one survey."""

    kind: Kind
    answered_at: datetime
    answers: tuple[Answer, ...]


async def of_customer(customer_id: UUID, limit: int = 12) -> list[Said]:
    """What they answered before, the newest first."""
    found: dict[UUID, Said] = {}
    for row in await db.fetch(queries.OF_CUSTOMER, customer_id, limit):
        before = found.get(row["id"])
        answer = Answer(row["question"], row["score"], row["body"])
        found[row["id"]] = Said(
            row["kind"], row["answered_at"], (*(before.answers if before else ()), answer)
        )
    return list(found.values())
