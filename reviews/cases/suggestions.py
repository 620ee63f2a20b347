"""What an answer could say: from the knowledge base, and from what helped in cases like this one.

Each names where it comes from; inserting one never sends anything.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from core import db
from core.errors import NotFound
from core.i18n import Locale
from reviews import similar
from reviews.cases.templates import rules as templates
from reviews.cases.templates import service as template_service
from reviews.cases.templates.service import Known
from reviews.knowledge import finding
from reviews.knowledge import service as knowledge
from reviews.moderation.redaction import redacted
from reviews.wording import shown

Channel = Literal["public", "private"]
ARTICLES = 3
CASES = 3
ARTICLE_FROM = 0.56
"""Similarity of complaint and article from which it is shown; measured, see docs/knowledge.md."""

_REVIEW = """
    SELECT v.title, v.body, e.model, e.embedding::text AS embedding FROM review_embeddings e
    JOIN review_versions v ON v.review_id = e.review_id AND v.number = e.version
    WHERE e.review_id = $1
"""
# Of each resolved case whose review says much the same, the last public reply, else the last message.
_ALIKE = """
    SELECT DISTINCT ON (n.distance, c.id) m.id, m.body, c.id AS case_id, c.number,
           coalesce(p.name, '') AS name, coalesce(r.author, '') AS author
    FROM review_embeddings e
    CROSS JOIN LATERAL review_neighbours(e.model, e.embedding, $3, $2) n
    JOIN case_reviews x ON x.review_id = n.review_id
    JOIN cases c ON c.id = x.case_id AND c.state IN ('resolved', 'closed')
    JOIN case_messages m ON m.case_id = c.id AND m.state = 'sent'
         AND m.kind IN ('public_reply', 'private_message')
    LEFT JOIN reviews r ON r.id = c.review_id
    LEFT JOIN customer_profiles p ON p.customer_id = c.customer_id
    WHERE e.review_id = $1 AND n.review_id <> e.review_id AND c.id <> $4
    ORDER BY n.distance, c.id, m.kind = 'public_reply' DESC, m.created_at DESC LIMIT $5
"""
_ONE = """
    SELECT m.body, coalesce(p.name, '') AS name, coalesce(r.author, '') AS author
    FROM case_messages m JOIN cases c ON c.id = m.case_id AND c.state IN ('resolved', 'closed')
    LEFT JOIN reviews r ON r.id = c.review_id
    LEFT JOIN customer_profiles p ON p.customer_id = c.customer_id
    WHERE m.id = $1 AND m.state = 'sent' AND m.kind IN ('public_reply', 'private_message')
"""
_DRAFT = "SELECT body FROM case_drafts WHERE id = $1 AND case_id = $2 AND state = 'ready'"
_NEIGHBOURS = 30


@dataclass(frozen=True)
class Suggestion:
    """`key` names it for text(); `title` of an article, `number` of a case; `href` is left to pages."""

    key: str
    text: str
    title: str = ""
    article: str = ""
    case_id: UUID | None = None
    number: int = 0
    language: str = ""


async def suggest(case_id: UUID, review_id: UUID | None, language: Locale) -> list[Suggestion]:
    """For a case about this review, in the open transaction; nothing before its review was read."""
    row = await db.fetchrow(_REVIEW, review_id) if review_id else None
    if row is None:
        return []
    text = shown(f"{row['title']}\n{row['body']}").strip()
    answers = await finding.nearest(text, (row["model"], row["embedding"]), language, ARTICLES)
    found = [
        Suggestion(f"article:{each.code}", each.passage, each.title, each.code, language=each.language)
        for each in answers
        if each.similarity >= ARTICLE_FROM
    ]
    alike = await db.fetch(_ALIKE, review_id, similar.LOOK_ALIKE, _NEIGHBOURS, case_id, 2 * CASES)
    cases: dict[UUID, Suggestion] = {}
    for each in alike:
        said = Suggestion(
            f"case:{each['id']}", _nobodys(each), case_id=each["case_id"], number=each["number"]
        )
        cases.setdefault(each["case_id"], said)
    return found + list(cases.values())[:CASES]


async def text(key: str, channel: Channel, known: Known, case_id: UUID) -> str:
    """What is inserted for a template (template:CODE), an article, a message of another case or a draft of
    this one, in the open transaction. Raises NotFound."""
    kind, _, name = key.partition(":")
    if kind == "template":
        template = await template_service.find(name)
        if not template.fits(channel):
            raise NotFound(f"no template {name} for this")
        return templates.fill(template.text(known.language), known.of(channel))
    if kind == "article":
        article = await knowledge.find(name)
        if article.live is None:
            raise NotFound(f"no article {name}")
        return finding.in_language(article.live.texts, known.language)[1].body
    if kind == "draft":
        written: str | None = await db.fetchval(_DRAFT, _id(name), case_id)
        if written is None:
            raise NotFound(f"no draft {name}")
        return templates.fill(written, known.of(channel))
    row = await db.fetchrow(_ONE, _id(name)) if kind == "case" else None
    if row is None:
        raise NotFound(f"nothing to insert: {key}")
    return templates.fill(_nobodys(row), known.of(channel))


def _nobodys(row: db.Row) -> str:
    """What was said to somebody else, without their name and other personal data."""
    said: str = row["body"]
    for name in sorted({row["name"], row["author"], *row["name"].split()[:1]}, key=len, reverse=True):
        if len(name) > 1:
            said = said.replace(name, "{customer}")
    return redacted(said)


def _id(name: str) -> UUID:
    try:
        return UUID(name)
    except ValueError as error:
        raise NotFound(f"no message {name}") from error
