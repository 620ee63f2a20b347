"""What a list of cases can be narrowed to. Pure: a filter becomes SQL with arguments."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Sign = Literal["escalated", "low_confidence", "mismatch", "undelivered"]
SURE_FROM = 0.6
"""A reading whose best answer is less probable than this is of low confidence."""

Word = Annotated[str, Meta(max_length=60)]


class Filter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All of it holds; a field that is empty asks for nothing. `stars`: at most so many of five."""

    stars: Annotated[int, Meta(ge=1, le=4)] | None = None
    language: Word = ""
    source: Word = ""
    tag: Word = ""
    owner: Literal["", "me", "nobody"] = ""
    sign: Sign | Literal[""] = ""

    def __bool__(self) -> bool:
        return self != EVERY


EVERY = Filter()

_SCORE = """
    SELECT FROM (SELECT x.negative, x.neutral, x.positive FROM reviews r JOIN review_scores x
                 ON x.review_id = r.id AND x.version = r.version WHERE r.id = c.review_id
                 ORDER BY x.scored_at DESC LIMIT 1) s
    WHERE greatest(s.negative, s.neutral, s.positive) < {sure}
"""
_MISMATCH = """
    SELECT FROM review_flags f WHERE f.review_id = c.review_id AND f.reason = 'mismatch'
      AND f.version = (SELECT max(z.version) FROM review_flags z WHERE z.review_id = c.review_id)
"""
# As the page of a case says it (reading._UNDELIVERED): the last public reply to each review counts, and what
# names none is to the one that opened the case.
_OF = "CASE WHEN {0}.review_id IS NULL THEN c.review_id ELSE {0}.review_id END"
_UNDELIVERED = f"""
    SELECT FROM case_messages m
    WHERE m.case_id = c.id AND m.kind = 'public_reply' AND m.state = 'failed' AND NOT EXISTS (
        SELECT FROM case_messages o WHERE o.case_id = c.id AND o.id > m.id AND o.kind = 'public_reply'
           AND o.state <> 'cancelled' AND {_OF.format("o")} IS NOT DISTINCT FROM {_OF.format("m")})
"""
_SIGNS: dict[Sign, str] = {
    "escalated": "SELECT FROM case_events e WHERE e.case_id = c.id AND e.cycle = c.cycle"
    " AND e.kind = 'escalated'",
    "low_confidence": _SCORE.format(sure=SURE_FROM),
    "mismatch": _MISMATCH,
    "undelivered": _UNDELIVERED,
}
# As it was told with the review, else as the model read it.
_LANGUAGE = """
    EXISTS (SELECT FROM reviews r JOIN review_versions v ON v.review_id = r.id AND v.number = r.version
            LEFT JOIN LATERAL (SELECT x.lang FROM review_scores x WHERE x.review_id = r.id
                               AND x.version = r.version ORDER BY x.scored_at DESC LIMIT 1) s ON true
            CROSS JOIN LATERAL (SELECT lower(coalesce(nullif(v.lang, ''), s.lang, '')) AS lang) l
            WHERE r.id = c.review_id AND (l.lang = {0} OR l.lang LIKE {0} || '-%'))
"""


def where(wanted: Filter, first: int) -> tuple[str, list[Any]]:
    """Conditions on `cases c`, each with AND before it, whose arguments are $first, …; $2 is the person."""
    said: list[str] = []
    values: list[Any] = []

    def add(condition: str, value: Any) -> None:
        values.append(value)
        said.append(condition.format(f"${first + len(values) - 1}"))

    if wanted.stars:
        add("EXISTS (SELECT FROM reviews r WHERE r.id = c.review_id AND r.rating_norm <= {0})", wanted.stars)
    if wanted.language:
        add(_LANGUAGE, wanted.language)
    if wanted.source:
        add("EXISTS (SELECT FROM reviews r WHERE r.id = c.review_id AND r.source = {0})", wanted.source)
    if wanted.tag:
        add("EXISTS (SELECT FROM case_tags t WHERE t.case_id = c.id AND t.tag = {0})", wanted.tag)
    if wanted.owner:
        said.append("c.owner_id = $2" if wanted.owner == "me" else "c.owner_id IS NULL")
    if wanted.sign:
        said.append(f"EXISTS ({_SIGNS[wanted.sign]})")
    return "".join(f" AND {each}" for each in said), values
