"""The questions of a survey, one a page, opened by a link without signing in and without scripts."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.params import FromQuery, URLEncodedBody

from api.pages import locale_of, page, see_other
from api.portal.common import link_ended
from api.problems import STATUS
from core import clock, db, tenancy
from core.design import survey_views as views
from core.i18n import translator
from core.ids import new_id
from core.people.tokens import LinkEnded, merchant_of
from reviews.surveys import answering, rules
from reviews.surveys import service as surveys
from reviews.surveys.notices import PATH
from reviews.surveys.rules import QUESTIONS, Question
from reviews.surveys.service import Answer, Survey

Visitor = Request[Any, Any, Any]


@get(PATH)
async def show_question(
    request: Visitor, token: FromQuery[str] = "", q: FromQuery[str] = ""
) -> Response[Any]:
    """One question; the first without one named. Opening it writes nothing."""
    return await _page(request, token, q, clock.now())


@post(PATH, status_code=303)
async def answer(
    request: Visitor, data: URLEncodedBody[dict[str, str]], token: FromQuery[str] = "", q: FromQuery[str] = ""
) -> Response[Any]:
    """Keep the answer and go on to the next question, or to the thanks."""
    now = clock.now()
    try:
        merchant_id, survey, _ = await _opened(token)
    except LinkEnded:
        return link_ended(request, "/portal")
    question = _question(q, survey)
    typed = data.get("score", "")
    score = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 2 else None
    try:
        async with db.transaction(merchant_id):
            text = data.get("text", "").replace("\r\n", "\n") if question == "text" else ""
            await answering.answer(survey.id, question, None if question == "text" else score, text, now)
    except answering.SurveyClosed:
        return see_other(_path(token, "done"))
    except answering.AnswerUnfit as error:
        words = translator(locale_of(request))
        problem = (
            words.gettext("That is more than fits: up to %(limit)s characters.", limit=rules.TEXT_LIMIT_CHARS)
            if question == "text"
            else words.gettext("Please choose one of the answers.")
        )
        return await _page(request, token, question, now, problem, data.get("text", ""), STATUS[error.kind])
    return see_other(_path(token, rules.following(survey.questions, question) or "done"))


router = Router("/", route_handlers=[show_question, answer], include_in_schema=False)


async def _opened(token: str) -> tuple[UUID, Survey, dict[Question, Answer]]:
    merchant_id = await merchant_of("gate_survey_link", token)
    async with db.transaction(merchant_id):
        return merchant_id, *await surveys.open_link(token)


def _question(q: str, survey: Survey) -> Question:
    return next((each for each in QUESTIONS if each == q and each in survey.questions), survey.questions[0])


def _path(token: str, q: str) -> str:
    return f"{PATH}?{urlencode({'token': token, 'q': q})}"


async def _page(
    request: Visitor, token: str, q: str, now: datetime, problem: str = "", typed: str = "", status: int = 200
) -> Response[Any]:
    try:
        merchant_id, survey, known = await _opened(token)
    except LinkEnded:
        return link_ended(request, "/portal")
    if now >= survey.expires_at and survey.answered_at is None:
        return link_ended(request, "/portal")
    async with db.transaction(merchant_id):
        shop = (await tenancy.shop()).name(locale_of(request))
    done = q == "done" or not survey.is_open(now)
    question = _question(q, survey)
    before = None if done else known.get(question)
    view = views.SurveyPage(
        shop=shop,
        question="done" if done else question,
        action=_path(token, question),
        number=list(survey.questions).index(question) + 1,
        count=len(survey.questions),
        key=str(new_id()),
        scale=tuple(rules.SCALES.get(question, ())),
        score=before.score if before else None,
        text=typed or (before.body if before else ""),
        limit=rules.TEXT_LIMIT_CHARS,
        problem=problem,
        again_href=_path(token, survey.questions[0]) if done and survey.is_open(now) else "",
    )
    return page(request, "portal/survey.html", view, shop=shop, status=status, now=now)
