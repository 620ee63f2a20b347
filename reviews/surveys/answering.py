"""An answer is kept, joins the customer's case, and a bad one with words has somebody look at it."""

from datetime import datetime
from uuid import UUID

from core import db
from core.errors import DomainError, Kind
from core.ids import new_id
from reviews.cases import conversation, events, inserting, service
from reviews.cases import rules as case_rules
from reviews.cases.inserting import Opened
from reviews.cases.routing import service as routing
from reviews.cases.routing.service import Wanted
from reviews.cases.targets import service as targets
from reviews.cases.targets.rules import Subject
from reviews.scoring.rules import Flag
from reviews.surveys import queries, rules
from reviews.surveys import service as surveys
from reviews.surveys.rules import Question
from reviews.surveys.service import Survey
from sentiment.types import Text
from sentiment.urgency import find_urgency


class AnswerUnfit(DomainError):
    """Not a question of this survey, not on its scale, or too many words."""

    code = "survey_answer_unfit"
    kind = Kind.INVALID
    title = "This is no answer to this question"


class SurveyClosed(DomainError):
    """It was answered more than a day ago, or its time is over."""

    code = "survey_closed"
    kind = Kind.CONFLICT
    title = "The survey takes no answers any more"


async def answer(survey_id: UUID, question: Question, score: int | None, text: str, now: datetime) -> None:
    """Keep one answer, in the open transaction; the same again changes nothing, another one within a day counts.

    Raises AnswerUnfit, SurveyClosed or NotFound.
    """
    survey = await surveys.lock(survey_id)
    text = text.replace("\0", "").strip()
    _check(survey, question, score, text)
    if not survey.is_open(now):
        raise SurveyClosed()
    before = await surveys.answers(survey_id)
    known = before.get(question)
    if known and (known.score, known.body) == (score, text):
        return
    await db.execute(queries.ANSWER, new_id(), survey_id, question, score, text, now)
    await db.execute(queries.ANSWERED, survey_id, now)
    if survey.case_id and question != "text":
        case = await service.lock(survey.case_id)
        await events.add(
            case.id, case.cycle, "survey_answered", now, by_customer=True, question=question, score=score
        )
    scores = {name: each.score for name, each in before.items() if each.score is not None}
    if question == "text" and text and rules.is_bad(scores):
        await _have_looked_at(survey, scores, text, now)


def _check(survey: Survey, question: Question, score: int | None, text: str) -> None:
    if question not in survey.questions:
        raise AnswerUnfit(f"{question} is not asked")
    if question == "text":
        if score is not None or len(text) > rules.TEXT_LIMIT_CHARS:
            raise AnswerUnfit(f"up to {rules.TEXT_LIMIT_CHARS} characters")
    elif score not in rules.SCALES[question] or text:
        raise AnswerUnfit(f"one of {min(rules.SCALES[question])} to {max(rules.SCALES[question])}")


async def _have_looked_at(survey: Survey, scores: dict[Question, int], text: str, now: datetime) -> None:
    """Into the case that it is about, else into one of the customer that is open, else into a new one."""
    case_id = survey.opened_case_id or survey.case_id
    if case_id is None:
        case_id = await db.fetchval(queries.OPEN_CASE, survey.customer_id)
    if case_id is None:
        case_id = await _open(survey, scores, text, now)
    await conversation.customer_message(case_id, survey.customer_id, text, now)
    await db.execute(queries.OPENED, survey.id, case_id)


async def _open(survey: Survey, scores: dict[Question, int], text: str, now: datetime) -> UUID:
    """A case as a review opens one: routed, ranked, with its clocks; without a review."""
    last = await inserting.take_turn()
    person = await db.fetchrow(queries.PERSON, survey.customer_id)
    assert person is not None  # the survey's customer
    kinds = [{"kind": each.kind, "words": list(each.words)} for each in find_urgency(Text(text=text))]
    flags = [Flag("urgency", {"kinds": kinds})] if kinds else []
    parts = case_rules.priority(flags, rules.stars(scores), 0.0, person["orders"])
    language = survey.locale
    subject = Subject(
        source="", tier=person["tier"], language=language, urgent=case_rules.is_urgent(parts["urgency"]),
        answered=False, reachable=True,
    )  # fmt: skip
    (place,) = await routing.places([Wanted((), language)], now)
    (terms,) = await targets.terms_for([subject])
    reasons = [{"reason": "survey", **scores}, *({"reason": flag.reason, **flag.detail} for flag in flags)]
    opened = Opened(
        case_id=new_id(),
        number=last + 1,
        review_id=None,
        customer_id=survey.customer_id,
        answered_at=None,
        place=place,
        parts=parts,
        subject=subject,
        terms=terms,
        why={"reasons": reasons, "survey": survey.id},
        cause="survey",
    )
    await inserting.write([opened], now)
    return opened.case_id
