"""The policy. Pure: what a wording is held for, and which personal data in it is not shown.

Its only input is a Submission, which knows neither stars nor sentiment.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from reviews.moderation.model import Finding, Submission, Verdict
from reviews.moderation.redaction import personal_data
from reviews.wording import shown

DUPLICATE_MIN_LETTERS = 30
"""Shorter texts ("Great product!") are the same by chance. A Chinese character counts as two letters."""
RUN_LIMIT = 12
"""So often the same sign in a row is no word."""

# A bare "it.Shop" is a missing space, not an address.
_LINK = re.compile(
    r"https?://\S{0,80}|\bwww\.[\w-][\w.-]*|(?<![@\w.-])(?:[a-z0-9-]{2,63}\.)+(?:(?:com|net|org|cn|tw|hk|ru|xyz|io)\b|[a-z]{2,6}/)",
    re.IGNORECASE,
)
_WIDE = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_RUN = re.compile(rf"([^\W\d_])\1{{{RUN_LIMIT - 1},}}")


def judge(submission: Submission) -> Verdict:
    """What the policy says of a wording."""
    text = shown(f"{submission.title}\n{submission.body}").strip()
    data = personal_data(text)
    return Verdict(
        findings=tuple(_findings(submission, text)),
        redacted=tuple(dict.fromkeys(each.kind for each in data)),
    )


def _findings(submission: Submission, text: str) -> Iterator[Finding]:
    if submission.hidden_before:
        yield Finding("edited", {"hidden_for": submission.hidden_before})
    if submission.insider and not submission.insider_disclosed:
        yield Finding("insider", {})
    if submission.repeats or "near_duplicate" in submission.signals:
        yield Finding("duplicate", {"of": submission.repeats})
    if odd := [each for each in submission.signals if each != "near_duplicate"]:
        yield Finding("fraud", {"signals": odd})
    all_shown = f"{shown(submission.author)}\n{text}"
    if words := _words_in(all_shown, "profanity"):
        yield Finding("profanity", {"words": words})
    if signs := _spam(all_shown):
        yield Finding("spam", {"signs": signs})
    if text and _says_nothing(text):
        yield Finding("off_topic", {"text": text[:60]})


def _spam(text: str) -> list[str]:
    """Links (an e-mail address is none), offers, and signs repeated without end."""
    signs = [match[0] for match in _LINK.finditer(text)][:3]
    signs += _words_in(text, "solicitation")
    signs += [match[0][:RUN_LIMIT] for match in _RUN.finditer(text)][:1]
    return signs


def _says_nothing(text: str) -> bool:
    """No letter in it, or nothing but a word that people try forms with."""
    words = " ".join(re.findall(r"\w+", text.casefold()))
    has_letter = any(unicodedata.category(each)[0] == "L" for each in text)
    is_feeling = any(unicodedata.category(each) == "So" for each in text)  # an emoji is an opinion
    is_mark = re.search(r"\d\s*[/%]", text)  # 10/10
    return not (has_letter or is_feeling or is_mark) or words in _lists()["placeholder"]["all"]


def letters(title: str, body: str) -> str:
    """The words of a wording without case, spaces, width and signs; empty: too short to be compared."""
    plain = unicodedata.normalize("NFKC", shown(f"{title} {body}")).casefold()
    kept = re.sub(r"[\W_]+", "", plain)
    weight = len(kept) + len(re.findall(f"[{_WIDE}]", kept))
    return kept if weight >= DUPLICATE_MIN_LETTERS else ""


def _words_in(text: str, topic: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return sorted({match[0] for match in _pattern(topic).finditer(plain)})


@cache
def _pattern(topic: str) -> re.Pattern[str]:
    words = {word.casefold() for words in _lists()[topic].values() for word in words}
    wide = [word for word in words if re.search(f"[{_WIDE}]", word)]
    latin = sorted(words - set(wide))
    return re.compile(rf"\b(?:{_any(latin)})\b|{_any(wide)}")


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


@cache
def _lists() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
