"""Questions, what answers mean, and who is asked. Pure.

Nothing here can give anything for an answer.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

Question = Literal["csat", "effort", "nps", "text"]
QUESTIONS: tuple[Question, ...] = get_args(Question)
Kind = Literal["resolution", "recommend"]
SkipReason = Literal["cooldown", "reopened", "unwanted"]

SCALES: Mapping[Question, range] = {"csat": range(1, 6), "effort": range(1, 6), "nps": range(11)}
"""csat: 1 very dissatisfied … 5 very satisfied; effort: 1 very hard … 5 very easy; nps: 0-10."""
PROMOTERS_FROM, DETRACTORS_TO = 9, 6
BAD_TO: Mapping[Question, int] = {"csat": 2, "effort": 2, "nps": DETRACTORS_TO}
"""Answers up to which somebody looks at what else was written."""
CHANGEABLE_FOR = timedelta(days=1)
TEXT_LIMIT_CHARS = 2000


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How the shop asks; the defaults before anybody has said otherwise."""

    after_resolution: bool = False
    after_hours: Annotated[int, Meta(ge=0, le=720)] = 24
    effort: bool = True
    recommend: bool = False
    recommend_after_days: Annotated[int, Meta(ge=1, le=90)] = 14
    cooldown_days: Annotated[int, Meta(ge=1, le=365)] = 30
    """So long nobody is asked again, whatever it is about."""
    valid_days: Annotated[int, Meta(ge=1, le=90)] = 30


def questions(kind: Kind, settings: Settings) -> tuple[Question, ...]:
    """What is asked, in this order; the last one is for words."""
    if kind == "recommend":
        return "nps", "text"
    return ("csat", "effort", "text") if settings.effort else ("csat", "text")


def following(asked: Sequence[Question], question: Question) -> Question | None:
    """The question after this one."""
    place = list(asked).index(question) + 1
    return asked[place] if place < len(asked) else None


def asked_too_soon(last_asked_at: datetime | None, settings: Settings, now: datetime) -> bool:
    """Whether somebody was asked so short a time ago that they are left alone."""
    return last_asked_at is not None and now < last_asked_at + timedelta(days=settings.cooldown_days)


def is_open(expires_at: datetime, answered_at: datetime | None, now: datetime) -> bool:
    """Whether an answer is taken: until the link ends, and for a day after the first one."""
    return now < (answered_at + CHANGEABLE_FOR if answered_at else expires_at)


def is_bad(scores: Mapping[Question, int]) -> bool:
    """Whether these answers are such that somebody should look."""
    return any(scores.get(question, 99) <= limit for question, limit in BAD_TO.items())


def nps(counts: Mapping[int, int]) -> float | None:
    """Promoters less detractors, from -100 to 100, of how often each answer of 0-10 was given."""
    total = sum(counts.values())
    if not total:
        return None
    promoters = sum(n for score, n in counts.items() if score >= PROMOTERS_FROM)
    detractors = sum(n for score, n in counts.items() if score <= DETRACTORS_TO)
    return 100 * (promoters - detractors) / total
