"""What an article may be, the passages it is found by, and when an answer is sure. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from core.i18n import LOCALES, Locale
from reviews.knowledge.model import ArticleText, ArticleUnfit, Passage, Texts

TITLE_LIMIT_CHARS = 200
ASKED_LIMIT = 20
BODY_LIMIT_CHARS = 20_000
PASSAGE_CHARS = 700
"""Longer paragraphs are cut between sentences: the model reads about so much."""
QUESTION_LIMIT_CHARS = 500

# Measured on the demo's articles; docs/knowledge.md has the figures and how to take them again.
WORDS_WEIGHT = 0.25
"""What shared words count beside nearness in meaning, of which there is one unit."""
BACKGROUND = 0.69
"""Similarity that questions reach which no article answers: nothing below it stands out."""
SURE_MARGIN = 0.04
"""So much must lie between a sure answer and the second, or the background."""
SURE_FROM_ARTICLES = 10
"""With fewer there is too little to stand out from."""
KEEP_QUESTIONS_DAYS = 90

NEW = "new"
"""The address of an article that has no code yet; none can have this one."""

_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SENTENCE_END = re.compile(r"(?<=[.!?]\s)|(?<=[。！？])")


def checked(code: str, texts: Texts) -> dict[Locale, ArticleText]:
    """The texts without space around them. Raises ArticleUnfit."""
    if not _CODE.fullmatch(code) or len(code) > 60 or code == NEW:
        raise ArticleUnfit(
            "a code is small letters, digits and hyphens, at most 60, and not new", field="code"
        )
    if not texts:
        raise ArticleUnfit("an article has a text in at least one language", field="texts")
    return {_language(language): _text(language, text) for language, text in texts.items()}


def passages(text: ArticleText) -> list[Passage]:
    """What an article is found by: its title, how customers ask for it, and its paragraphs with the title."""
    found = [Passage("title", text.title, text.title)]
    found += [Passage("asked", each, each) for each in text.asked]
    found += [Passage("passage", part, f"{text.title} {part}") for part in _parts(text.body)]
    return found


def similarity(near: float, words: float) -> float:
    """Of a question and an article, 0-1: nearness in meaning and the share of its words, both 0-1."""
    return max(0.0, near + WORDS_WEIGHT * words) / (1 + WORDS_WEIGHT)


def ranked(near: Mapping[UUID, float], words: Mapping[UUID, float]) -> list[tuple[UUID, float]]:
    """Articles and their similarity, the best first."""
    found = [(each, similarity(near.get(each, 0.0), words.get(each, 0.0))) for each in {*near, *words}]
    return sorted(found, key=lambda one: (-one[1], one[0]))


def is_sure(best_first: Sequence[float], articles: int) -> bool:
    """Whether the best of these similarities answers by itself, among so many published articles."""
    if articles < SURE_FROM_ARTICLES or not best_first:
        return False
    second = best_first[1] if len(best_first) > 1 else 0.0
    return best_first[0] - max(second, BACKGROUND) >= SURE_MARGIN


def telling(passages: Sequence[str], words_of: Callable[[str], str], question: str) -> str:
    """The passage that shares most words with the question, words of every passage aside; else the first."""
    asked = set(words_of(question).split())
    shared = [asked.intersection(words_of(each).split()) for each in passages]
    common = set[str]().union(*shared).intersection(*shared)
    return max(zip(passages, shared, strict=True), key=lambda one: len(one[1] - common))[0]


def _language(language: str) -> Locale:
    for known in LOCALES:
        if language == known:
            return known
    raise ArticleUnfit(f"languages are {', '.join(LOCALES)}", field="texts")


def _text(language: str, text: ArticleText) -> ArticleText:
    title, body = _clean(text.title), _clean(text.body)
    asked = tuple(dict.fromkeys(line for each in text.asked if (line := _clean(each))))
    if not 1 <= len(title) <= TITLE_LIMIT_CHARS or "\n" in title:
        raise ArticleUnfit(f"a title has 1 to {TITLE_LIMIT_CHARS} characters", field=f"{language}.title")
    if not 1 <= len(body) <= BODY_LIMIT_CHARS:
        raise ArticleUnfit(f"a body has 1 to {BODY_LIMIT_CHARS} characters", field=f"{language}.body")
    if len(asked) > ASKED_LIMIT or any(len(each) > TITLE_LIMIT_CHARS for each in asked):
        raise ArticleUnfit(
            f"at most {ASKED_LIMIT} ways to ask, each of {TITLE_LIMIT_CHARS} characters",
            field=f"{language}.asked",
        )
    return ArticleText(title, body, asked)


def _clean(text: str) -> str:
    return text.replace("\0", "").replace("\r\n", "\n").strip()


def _parts(body: str) -> list[str]:
    found: list[str] = []
    for paragraph in re.split(r"\n\s*\n", body):
        part = ""
        for sentence in _SENTENCE_END.split(paragraph.strip()):
            if part and len(part) + len(sentence) > PASSAGE_CHARS:
                found.append(part.strip())
                part = ""
            part += sentence
        if part.strip():
            found.append(part.strip())
    return found
