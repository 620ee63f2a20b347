"""Reviews that speak of the same thing: near-duplicates and look-alikes, in whatever language.

Distances are 1 - cosine; docs/decisions/0012-sentiment.md says what the limits find, and what they cost.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from core import db
from reviews import reading
from reviews.reading import ReviewView

WIDTH = 384
"""Numbers of an embedding; models of another width give none."""
NEAR_DUPLICATE = 0.03
"""Of 4,000 real texts no two different ones were nearer; of 0.04 four pairs were."""
LOOK_ALIKE = 0.15
SPARE = 20
"""So many more are looked at than are shown: some may have been removed or edited."""

_NEIGHBOURS = """
    SELECT n.review_id, n.version, n.distance
    FROM review_embeddings e
    CROSS JOIN LATERAL review_neighbours(e.model, e.embedding, $2 + 1, $3) n
    WHERE e.review_id = $1 AND n.review_id <> e.review_id
    ORDER BY n.distance, n.review_id LIMIT $2
"""


_ALIKE = f"""
    SELECT n.distance, c.id AS case_id, c.number, c.state AS case_state, {reading.COLUMNS}
    FROM review_embeddings e
    CROSS JOIN LATERAL review_neighbours(e.model, e.embedding, $2 + {SPARE}, $3) n
    JOIN reviews r ON r.id = n.review_id AND r.state = 'live' AND r.version = n.version {reading.JOINS}
    LEFT JOIN case_reviews x ON x.review_id = r.id LEFT JOIN cases c ON c.id = x.case_id
    WHERE e.review_id = $1 AND n.review_id <> e.review_id
    ORDER BY n.distance, n.review_id LIMIT $2
"""


@dataclass(frozen=True)
class Alike:
    """A review that says much the same, and what became of it."""

    review: ReviewView
    distance: float
    near_duplicate: bool
    """The same text, up to a few letters or words."""
    case_id: UUID | None
    case_number: int | None
    case_state: str | None


@dataclass(frozen=True)
class Neighbour:
    """A review near to another; `version` is the wording that was compared."""

    review_id: UUID
    version: int
    distance: float


async def neighbours(review_id: UUID, limit: int = 10, max_distance: float = LOOK_ALIKE) -> list[Neighbour]:
    """The merchant's reviews nearest to this one, removed ones among them; none before it was scored."""
    rows = await db.fetch(_NEIGHBOURS, review_id, limit, max_distance)
    return [Neighbour(**row) for row in rows]


async def alike(review_id: UUID, limit: int = 5) -> list[Alike]:
    """Live reviews of the merchant that say much the same, the nearest first."""
    return [
        Alike(
            reading.review_of(row),
            row["distance"],
            row["distance"] <= NEAR_DUPLICATE,
            row["case_id"],
            row["number"],
            row["case_state"],
        )
        for row in await db.fetch(_ALIKE, review_id, limit, LOOK_ALIKE)
    ]


def vector(embedding: Iterable[float]) -> str:
    """An embedding as text, for an argument that is cast to vector."""
    return "[" + ",".join([f"{number:.6f}" for number in embedding]) + "]"
