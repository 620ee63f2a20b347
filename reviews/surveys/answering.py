"""An answer is kept, joins the customer's case, and a bad one with words has somebody look at it."""

from datetime import datetime
from uuid import UUID

from core import db
from core.errors import DomainError, Kind
from core.ids import new_id
from reviews.cases import conversation, events, service, unreviewed
from reviews.cases.unreviewed import Asked
from reviews.surveys import queries, rules
from reviews.surveys import service as surveys
from reviews.surveys.rules import Question
from reviews.surveys.service import Survey


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
    """Keep one answer, in the open transaction; the same again changes nothing, another one replaces it.

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
        asked = Asked(survey.customer_id, "survey", detail={"survey": survey.id, "answers": scores})
        (begun,) = await unreviewed.begin([asked], now)
        case_id = begun.case_id
    await conversation.customer_message(case_id, survey.customer_id, text, now)
    await db.execute(queries.OPENED, survey.id, case_id)
