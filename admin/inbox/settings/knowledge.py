"""The knowledge base: all articles, one with its draft and history, and what customers asked in vain."""

from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from admin.inbox.settings.common import ROOT, Fields, Staff, code_field, reads, save, sets, show
from api.pages import locale_of
from core import clock, db
from core.design import case_views as views
from core.design import knowledge_views as shown
from core.design.formats import formats
from core.design.reward_views import FormField, FormGroup
from core.design.words import word
from core.i18n import LOCALES, OWN_NAMES, Locale, Translator, translator
from core.ids import new_id
from reviews.knowledge import finding, rules, service
from reviews.knowledge.model import Answer, Article, ArticleText, Asked, Texts, Version
from reviews.knowledge.rules import NEW

PATH = f"{ROOT}/knowledge"
LIST = "staff/knowledge.html"
ONE = "staff/knowledge_article.html"


@get("/settings/knowledge", guards=[reads])
async def overview(request: Staff, q: FromQuery[str] = "") -> Response[Any]:
    """All articles, what customers asked and nobody answered, and `q` as a customer would find it."""
    locale, user = locale_of(request), request.user
    answers = await finding.suggestions(user.merchant_id, q, locale) if q.strip() else []
    async with db.transaction(user.merchant_id):
        articles = await service.every()
        asked = await service.unanswered(clock.now() - timedelta(days=rules.KEEP_QUESTIONS_DAYS))
    words = translator(locale)
    view = shown.KnowledgePage(
        articles=_articles(articles, locale, words),
        unanswered=_unanswered(asked, request, words),
        q=q,
        answers=tuple(found(each, f"{PATH}/{each.code}") for each in answers),
        new_href=f"{PATH}/{NEW}" if "inbox.settings" in user.permissions else "",
    )
    return show(request, view, template=LIST)


@get("/settings/knowledge/{code:str}", guards=[reads])
async def article(request: Staff, code: FromPath[str]) -> Response[Any]:
    """One article, or the form of a new one. Raises NotFound."""
    return show(request, await _view(request, "" if code == NEW else code), template=ONE)


@post("/settings/knowledge", guards=[sets], status_code=303)
async def put(request: Staff, data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Save the draft of one."""
    code, by = data.get("code", "").strip(), request.user.member.id
    revision = data.get("revision", "")

    async def effect() -> None:
        seen = int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 9 else None
        await service.put(code, _texts(data), by, clock.now(), seen)

    known = "" if data.get("new") else code
    return await save(request, data, f"{PATH}/{code}", effect, lambda b: _view(request, known, data, b), ONE)


@post("/settings/knowledge/{code:str}/publish", guards=[sets], status_code=303)
async def publish(request: Staff, code: FromPath[str], data: URLEncodedBody[dict[str, str]]) -> Response[Any]:
    """Let customers read the draft."""
    by = request.user.member.id

    async def effect() -> None:
        await service.publish(code, by, clock.now())

    return await save(request, data, f"{PATH}/{code}", effect, lambda b: _view(request, code, because=b), ONE)


@post("/settings/knowledge/{code:str}/withdraw", guards=[sets], status_code=303)
async def withdraw(
    request: Staff, code: FromPath[str], data: URLEncodedBody[dict[str, str]]
) -> Response[Any]:
    """Let nobody find it any more."""
    by = request.user.member.id

    async def effect() -> None:
        await service.withdraw(code, by, clock.now())

    return await save(request, data, f"{PATH}/{code}", effect, lambda b: _view(request, code, because=b), ONE)


handlers = [overview, article, put, publish, withdraw]


def found(answer: Answer, href: str) -> shown.FoundArticle:
    """An answer in a list."""
    return shown.FoundArticle(
        href, answer.title, answer.passage, answer.language, answer.similarity, answer.sure
    )


def _texts(data: Fields) -> Texts:
    """Of each language in which anything was typed."""
    texts: dict[Locale, ArticleText] = {}
    for locale in LOCALES:
        title, asked, body = (data.get(f"{name}_{locale}", "") for name in ("title", "asked", "body"))
        if title.strip() or asked.strip() or body.strip():
            texts[locale] = ArticleText(title, body, tuple(asked.splitlines()))
    return texts


def _articles(articles: list[Article], locale: Locale, words: Translator) -> views.SettingsTable:
    lines = tuple(
        views.SettingsLine(
            (
                finding.in_language(each.versions[0].texts, locale)[1].title,
                _state(each, words),
                ", ".join(OWN_NAMES[language] for language in (each.live or each.versions[0]).texts),
                f"{each.helpful} / {each.helpful + each.unhelpful}" if each.live else "–",
            ),
            f"{PATH}/{each.code}",
        )
        for each in articles
    )
    heads = (
        *(words.gettext("Article"), words.gettext("State")),
        *(words.gettext("Languages"), words.gettext("Found helpful")),
    )
    return views.SettingsTable(words.gettext("Articles"), heads, lines, words.gettext("No articles yet."))


def _state(article: Article, words: Translator) -> str:
    said = [word(words, "article_state", (article.live or article.versions[0]).state)]
    if article.live and article.draft:
        said.append(word(words, "article_state", "draft"))
    return " · ".join(said)


def _unanswered(asked: list[Asked], request: Staff, words: Translator) -> views.SettingsTable:
    form = formats(locale_of(request))
    zone = request.user.shop.time_zone
    lines = tuple(
        views.SettingsLine(
            (each.question, str(each.times), form.date(each.last_at, zone), each.nearest or "–")
        )
        for each in asked
    )
    heads = (
        *(words.gettext("Question"), words.gettext("Times asked")),
        *(words.gettext("Last asked"), words.gettext("Nearest article")),
    )
    caption = words.gettext("Asked, and not surely answered")
    return views.SettingsTable(caption, heads, lines, words.gettext("Nothing in the last 90 days."))


async def _view(
    request: Staff, code: str, typed: Fields | None = None, because: str = ""
) -> shown.StaffArticle:
    """One article; `code` "": a new one."""
    locale, user = locale_of(request), request.user
    words, may = translator(locale), "inbox.settings" in user.permissions
    kept = None
    if code:
        async with db.transaction(user.merchant_id):
            kept = await service.find(code)
    version = (kept.draft or kept.live or kept.versions[0]) if kept else None
    form = _form(kept, typed, words, because if typed else "") if may else None
    return shown.StaffArticle(
        code=code,
        title=finding.in_language(version.texts, locale)[1].title
        if version
        else words.gettext("New article"),
        shown=tuple(text(language, each) for language, each in version.texts.items()) if version else (),
        shown_state=version.state if version else "draft",
        shown_number=version.number if version else 0,
        helpful=kept.helpful if kept else 0,
        unhelpful=kept.unhelpful if kept else 0,
        history=tuple(_line(each) for each in kept.versions) if kept else (),
        publish_key=str(new_id()) if may and kept and kept.draft else "",
        withdraw_key=str(new_id()) if may and kept and kept.live else "",
        form=form,
        conflict="" if typed else because,
    )


def text(language: str, found: ArticleText) -> shown.ArticleText:
    """An article's text for a page."""
    paragraphs = tuple(part.strip() for part in found.body.split("\n\n") if part.strip())
    return shown.ArticleText(language, found.title, paragraphs)


def _line(version: Version) -> shown.VersionLine:
    at = version.ended_at or version.published_at or version.written_at
    return shown.VersionLine(version.number, version.state, version.written_by, at)


def _form(
    article: Article | None, typed: Fields | None, words: Translator, because: str
) -> views.SettingsForm:
    version = (article.draft or article.live or article.versions[0]) if article else None
    texts = version.texts if version else {}
    revision = str(article.draft.revision if article and article.draft else 0)
    fields = typed if typed is not None else {"code": article.code if article else "", "revision": revision}
    first = [FormField("revision", "", fields.get("revision", revision), "hidden")]
    if article:
        first.append(FormField("code", "", article.code, "hidden"))
    else:
        first += [FormField("new", "", "yes", "hidden"), code_field(fields, words)]
    groups = [FormGroup(words.gettext("Article"), tuple(first))] if not article else []
    for n, locale in enumerate(LOCALES):
        hidden = tuple(first) if article and n == 0 else ()
        own = _language_fields(locale, texts.get(locale), typed, words)
        groups.append(FormGroup(OWN_NAMES[locale], (*hidden, *own)))
    return views.SettingsForm(
        PATH,
        words.gettext("Change the draft") if article else words.gettext("New article"),
        words.gettext("Save draft"),
        str(new_id()),
        tuple(groups),
        because,
        PATH,
        article.code if article else "",
    )


def _language_fields(
    locale: Locale, text: ArticleText | None, typed: Fields | None, words: Translator
) -> tuple[FormField, ...]:
    kept = {"title": text.title, "asked": "\n".join(text.asked), "body": text.body} if text else {}

    def value(name: str) -> str:
        return typed.get(f"{name}_{locale}", "") if typed is not None else kept.get(name, "")

    return (
        FormField(f"title_{locale}", words.gettext("Title"), value("title")),
        FormField(
            f"asked_{locale}",
            words.gettext("Other ways to ask"),
            value("asked"),
            "textarea",
            words.gettext("As customers ask for it, one on each line: it is found by them."),
            rows=4,
            limit_chars=rules.ASKED_LIMIT * (rules.TITLE_LIMIT_CHARS + 2),
        ),
        FormField(
            f"body_{locale}",
            words.gettext("Text"),
            value("body"),
            "textarea",
            words.gettext("Plain text; an empty line begins a paragraph."),
            rows=8,
            limit_chars=rules.BODY_LIMIT_CHARS,
        ),
    )
