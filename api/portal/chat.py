"""The chat box: the shop's articles answer first where they are sure; a person is always there."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.params import URLEncodedBody

from api.forms import KeyedForm, once_to
from api.pages import locale_of, page
from api.portal.common import Customer
from api.portal.reviews import about_case, my_case_of
from api.problems import STATUS
from core import clock, db
from core.design import chat_views as views
from core.errors import DomainError
from core.i18n import Translator, mark, translator
from core.idempotency import KeyReused, KeyRunning
from core.ids import new_id
from core.people import throttle
from core.people.throttle import Limit, TooManyAttempts
from reviews.cases import reading as cases
from reviews.cases import rules as case_rules
from reviews.cases.chat import rules, service
from reviews.cases.chat.rules import Line
from reviews.cases.chat.service import ChatFull, NothingAsked
from reviews.cases.service import TextUnfit
from reviews.knowledge import finding

PATH = "/portal/chat"
QUESTIONS = Limit("chat", 60, 3600)
"""Each makes the model read; nobody asks so much in an hour."""
CASES = 10
_PROBLEMS = {
    TextUnfit.code: mark("Write 1 to %(limit)s characters."),
    ChatFull.code: mark("That was a lot of questions: let a person take this up."),
    NothingAsked.code: mark("Write what it is about, then a person takes it up."),
    TooManyAttempts.code: mark("Too many attempts. Please wait a few minutes and try again."),
    KeyReused.code: mark("This form was sent before with another text. Your earlier answer is above."),
    KeyRunning.code: mark("Your answer is just being sent."),
}


class ChatForm(KeyedForm, forbid_unknown_fields=True, kw_only=True):
    """What the customer asks or tells."""

    text: str = ""


@get("/chat")
async def chat(request: Customer) -> Response[Any]:
    """What was asked so far, and the customer's conversations with people."""
    return page(request, "portal/chat.html", await _view(request, clock.now()), section="help")


@post("/chat/ask", status_code=303)
async def ask(request: Customer, data: URLEncodedBody[ChatForm]) -> Response[Any]:
    """Ask; what the articles say is on the page then."""
    now, user = clock.now(), request.user
    text = data.text.replace("\r\n", "\n")

    async def effect() -> str:
        await service.ask(user.profile.id, text, answers, now)
        return f"{PATH}#ask"

    try:
        # The model reads the question before a transaction is open.
        question = service.checked(text)
        await throttle.attempt((QUESTIONS, str(user.profile.id)))
        answers = await finding.answers(user.merchant_id, question, locale_of(request), now, rules.OFFERED)
        return await once_to(request, data.idempotency_key, text, effect, now)
    except DomainError as error:
        problem = _problem(translator(locale_of(request)), error, rules.QUESTION_LIMIT_CHARS)
        if not problem:
            raise
        view = replace(await _view(request, now), asked=text, ask_problem=problem)
        return page(request, "portal/chat.html", view, section="help", status=STATUS[error.kind])


@post("/chat/person", status_code=303)
async def person(request: Customer, data: URLEncodedBody[ChatForm]) -> Response[Any]:
    """A person, please: the conversation goes on in a case."""
    now, user = clock.now(), request.user
    text = data.text.replace("\r\n", "\n")

    async def effect() -> str:
        return f"/portal/cases/{await service.person(user.profile.id, text, now)}"

    try:
        return await once_to(request, data.idempotency_key, text, effect, now)
    except DomainError as error:
        problem = _problem(translator(locale_of(request)), error, case_rules.TEXT_LIMIT_CHARS)
        if not problem:
            raise
        view = replace(await _view(request, now), words=text, person_problem=problem)
        return page(request, "portal/chat.html", view, section="help", status=STATUS[error.kind])


handlers = [chat, ask, person]


async def _view(request: Customer, now: datetime) -> views.PortalChat:
    user, say = request.user, translator(locale_of(request))
    async with db.transaction(user.merchant_id):
        found = await service.lines(user.profile.id, now)
        mine = await cases.own(user.profile.id, CASES)
    return views.PortalChat(
        lines=tuple(_line(each) for each in found),
        ask_key=str(new_id()),
        person_key=str(new_id()),
        ask_limit_chars=rules.QUESTION_LIMIT_CHARS,
        person_limit_chars=case_rules.TEXT_LIMIT_CHARS,
        cases=tuple(
            my_case_of(each, about_case(each, say, user.shop.name(locale_of(request))), now) for each in mine
        ),
    )


def _line(line: Line) -> views.ChatLine:
    sources = tuple(
        views.ChatSource(each.title, each.passage, f"/portal/help/{each.code}") for each in line.articles
    )
    return views.ChatLine(line.question, line.at, sources, line.sure)


def _problem(say: Translator, error: DomainError, limit: int) -> str:
    """Why it was not done; empty: nothing that the customer could do better on the same page."""
    return say.gettext(_PROBLEMS[error.code], limit=limit) if error.code in _PROBLEMS else ""
