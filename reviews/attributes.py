"""What the form asks stars for besides the whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from core import db
from core.errors import DomainError, Kind

ASKED_LIMIT = 6
"""More than a few questions keep people from answering any."""

_ASKED = "SELECT code, name FROM review_attributes WHERE asked ORDER BY position, code"
_PUT = """
    INSERT INTO review_attributes (merchant_id, code, name, position)
    SELECT current_merchant(), code, name::jsonb, n FROM unnest($1::text[], $2::text[]) WITH ORDINALITY
        AS t (code, name, n)
    ON CONFLICT (merchant_id, code) DO UPDATE SET
        name = excluded.name, position = excluded.position, asked = true
"""
_RETIRE = "UPDATE review_attributes SET asked = false WHERE asked AND code <> ALL ($1::text[])"
_RATE = """
    INSERT INTO review_attribute_ratings (merchant_id, review_id, version, code, stars)
    SELECT current_merchant(), $1, $2, n.code, n.stars
    FROM unnest($3::text[], $4::smallint[]) AS n (code, stars)
    JOIN review_attributes a ON a.code = n.code AND a.asked
    ON CONFLICT (review_id, version, code) DO NOTHING
"""
_RATINGS = """
    SELECT g.review_id, a.code, a.name, g.stars
    FROM unnest($1::uuid[]) AS n (id) JOIN reviews r ON r.id = n.id
    JOIN review_attribute_ratings g ON g.review_id = r.id AND g.version = r.version
    JOIN review_attributes a ON a.code = g.code
    ORDER BY a.position, a.code
"""


class TooManyAttributes(DomainError):
    """The form asks for at most ASKED_LIMIT attributes."""

    code = "too_many_attributes"
    kind = Kind.INVALID
    title = "Too many attributes"


@dataclass(frozen=True)
class Attribute:
    """Something to give stars for; `name` is by language."""

    code: str
    name: Mapping[str, str]


@dataclass(frozen=True)
class Rated:
    """The stars, 1 to 5, that a wording gives to an attribute."""

    code: str
    name: Mapping[str, str]
    stars: int


async def asked() -> list[Attribute]:
    """What the form asks for now, in its order."""
    return [Attribute(row["code"], db.from_json(row["name"])) for row in await db.fetch(_ASKED)]


async def ask(attributes: Sequence[Attribute]) -> None:
    """Ask for these and no others from now on; what was answered before stays. Raises TooManyAttributes."""
    if len(attributes) > ASKED_LIMIT:
        raise TooManyAttributes(f"at most {ASKED_LIMIT}")
    codes = [each.code for each in attributes]
    await db.execute(_RETIRE, codes)
    await db.execute(_PUT, codes, [db.to_json(each.name) for each in attributes])


async def rate(review_id: UUID, version: int, stars: Mapping[str, int]) -> None:
    """Note the stars of a wording; what is not asked for is left out."""
    if stars:
        await db.execute(_RATE, review_id, version, list(stars), list(stars.values()))


async def of_reviews(review_ids: Sequence[UUID]) -> dict[UUID, list[Rated]]:
    """What the current wordings say of attributes, by review."""
    found: dict[UUID, list[Rated]] = {}
    for row in await db.fetch(_RATINGS, list(review_ids)):
        rated = Rated(row["code"], db.from_json(row["name"]), row["stars"])
        found.setdefault(row["review_id"], []).append(rated)
    return found
