"""The demo shop's articles: read from the shipped file, and published."""

import tomllib
from datetime import datetime

from admin.demo.files import data_folder
from core.i18n import Locale
from reviews.knowledge import service
from reviews.knowledge.model import ArticleText

ARTICLES_FILE = "articles.toml"


def read_articles() -> dict[str, dict[Locale, ArticleText]]:
    """Texts by code of the article and language."""
    file = tomllib.loads(data_folder().joinpath(ARTICLES_FILE).read_text(encoding="utf-8"))
    return {
        article["code"]: {
            language: ArticleText(text["title"], text["body"], tuple(text["asked"]))
            for language, text in article["texts"].items()
        }
        for article in file["article"]
    }


async def publish(now: datetime) -> int:
    """Publish all of them, in the open transaction; how many."""
    articles = read_articles()
    for code, texts in articles.items():
        await service.put(code, texts, None, now)
        await service.publish(code, None, now)
    return len(articles)
