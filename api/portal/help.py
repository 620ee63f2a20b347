"""Help: the shop's articles, found by what the customer would like to know."""

from typing import Any, Literal

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from api.forms import KeyedForm, once_to
from api.pages import locale_of, page
from api.portal.common import Customer
from core import clock, db
from core.design import knowledge_views as views
from core.errors import NotFound
from core.ids import new_id
from reviews.knowledge import finding, service
from reviews.knowledge.model import Answer

PATH = "/portal/help"


class HelpfulForm(KeyedForm, forbid_unknown_fields=True, kw_only=True):
    """Whether a version of an article helped."""

    version: int
    helpful: Literal["yes", "no"]


@get("/help")
async def help_page(request: Customer, q: FromQuery[str] = "") -> Response[Any]:
    """All articles, or those that answer `q`, the best first."""
    locale, user = locale_of(request), request.user
    if q.strip():
        answers = await finding.answers(user.merchant_id, q, locale, clock.now())
        found = tuple(_found(each) for each in answers)
    else:
        async with db.transaction(user.merchant_id):
            articles = [each for each in await service.every() if each.live]
        told = [(each.code, *finding.in_language(each.live.texts, locale)) for each in articles if each.live]
        found = tuple(
            views.FoundArticle(f"{PATH}/{code}", text.title, "", language)
            for code, language, text in sorted(told, key=lambda one: one[2].title)
        )
    return page(request, "portal/help.html", views.PortalHelp(q.strip(), found), section="help")


@get("/help/{code:str}")
async def article(request: Customer, code: FromPath[str], said: FromQuery[bool] = False) -> Response[Any]:
    """One article that is published. Raises NotFound."""
    async with db.transaction(request.user.merchant_id):
        kept = await service.find(code)
    if kept.live is None:
        raise NotFound(f"no article {code}")
    language, text = finding.in_language(kept.live.texts, locale_of(request))
    paragraphs = tuple(part.strip() for part in text.body.split("\n\n") if part.strip())
    shown = views.ArticleText(language, text.title, paragraphs)
    view = views.PortalArticle(code, kept.live.number, shown, str(new_id()), said)
    return page(request, "portal/help_article.html", view, section="help")


@post("/help/{code:str}/helpful", status_code=303)
async def helpful(request: Customer, code: FromPath[str], data: URLEncodedBody[HelpfulForm]) -> Response[Any]:
    """Say whether it helped. Raises NotFound."""
    now, customer = clock.now(), request.user.profile.id

    async def effect() -> str:
        await service.vote(code, data.version, customer, data.helpful == "yes", now)
        return f"{PATH}/{code}?said=true"

    return await once_to(request, data.idempotency_key, [data.version, data.helpful], effect, now)


handlers = [help_page, article, helpful]


def _found(answer: Answer) -> views.FoundArticle:
    return views.FoundArticle(f"{PATH}/{answer.code}", answer.title, answer.passage, answer.language)
