"""The SQL of what everybody may see. Each page reads as many rows of an index as it shows."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from reviews.publishing.rules import HERE, Wanted

COLUMNS = """
    r.id, r.author, r.stars, r.rating_norm AS rating, r.product_sku AS product, r.product_name, r.verified,
    r.incentivised, r.solicited, r.insider, r.helpful, r.written_at, r.edited_at > r.written_at AS edited,
    r.reply, r.replied_at, v.title, v.body, v.photo_urls,
    CASE WHEN v.lang <> '' THEN v.lang ELSE coalesce(s.lang, '') END AS language
"""
JOINS = """
    JOIN review_versions v ON v.review_id = r.id AND v.number = r.version
    LEFT JOIN LATERAL (SELECT x.lang FROM review_scores x WHERE x.review_id = r.id AND x.version = r.version
                       ORDER BY x.scored_at DESC LIMIT 1) s ON true
"""
_OF_PRODUCT = """
    r.merchant_id = $1 AND r.product_sku = $2 AND r.published AND r.source = ANY ($3::text[])
"""
# No EXISTS: the planner would read all pictures of all reviews into a hash table, for a page of ten.
_PHOTOS = """
    ((SELECT cardinality(x.photo_urls) FROM review_versions x
      WHERE x.review_id = r.id AND x.number = r.version) > 0
     OR (SELECT true FROM review_photos p WHERE p.review_id = r.id AND p.last_version IS NULL LIMIT 1))
"""
# What its source declares, else what was read in it.
_LANGUAGE = """
    (SELECT CASE WHEN x.lang <> '' THEN x.lang
                 ELSE (SELECT y.lang FROM review_scores y WHERE y.review_id = r.id AND y.version = r.version
                       ORDER BY y.scored_at DESC LIMIT 1) END
     FROM review_versions x WHERE x.review_id = r.id AND x.number = r.version)
"""

Argument = Callable[[Any], str]


def page(merchant: UUID, wanted: Wanted, place: Sequence[Any] | None, rows: int) -> tuple[str, list[Any]]:
    """Statement and arguments of one page that starts after `place`, the sort values of a row."""
    arguments: list[Any] = [merchant, wanted.product, list(HERE)]

    def argument(value: Any) -> str:
        arguments.append(value)
        return f"${len(arguments)}"

    limit = argument(rows)
    where = " AND ".join((_OF_PRODUCT, *_conditions(wanted, argument)))
    ids = _SORTS[wanted.sort](where, argument, place, limit)
    statement = f"""
        SELECT {COLUMNS} FROM (SELECT row_number() OVER () AS n, i.id FROM ({ids}) i) o
        JOIN reviews r ON r.id = o.id {JOINS} ORDER BY o.n
    """
    return statement, arguments


def _conditions(wanted: Wanted, argument: Argument) -> list[str]:
    found = []
    if wanted.stars is not None:
        found.append(f"r.stars = {argument(wanted.stars)}::smallint")
    if wanted.verified:
        found.append("r.verified")
    if wanted.photos:
        found.append(_PHOTOS)
    if wanted.language:
        word = argument(wanted.language)
        found.append(f"({_LANGUAGE} = {word} OR {_LANGUAGE} LIKE {word} || '-%')")
    return found


def _newest(where: str, argument: Argument, place: Sequence[Any] | None, limit: str) -> str:
    if place:
        at, last = place
        where += f" AND (r.written_at, r.id) < ({argument(at)}::timestamptz, {argument(last)}::uuid)"
    return f"SELECT r.id FROM reviews r WHERE {where} ORDER BY r.written_at DESC, r.id DESC LIMIT {limit}"


def _highest(where: str, argument: Argument, place: Sequence[Any] | None, limit: str) -> str:
    where += " AND r.stars IS NOT NULL"
    if place:
        stars, at, last = place
        where += (
            f" AND (r.stars, r.written_at, r.id) <"
            f" ({argument(stars)}::smallint, {argument(at)}::timestamptz, {argument(last)}::uuid)"
        )
    return f"""SELECT r.id FROM reviews r WHERE {where}
               ORDER BY r.stars DESC, r.written_at DESC, r.id DESC LIMIT {limit}"""


def _lowest(where: str, argument: Argument, place: Sequence[Any] | None, limit: str) -> str:
    """One star after the other, the newest of each first: the index has no such order as a whole."""
    first = "1"
    if place:
        stars, at, last = place
        first = f"greatest({argument(stars)}::int, 1)"  # a cursor may come from anybody
        where += (
            f" AND (k.stars > {first} OR"
            f" (r.written_at, r.id) < ({argument(at)}::timestamptz, {argument(last)}::uuid))"
        )
    return f"""
        SELECT x.id FROM generate_series({first}, 5) AS k (stars) CROSS JOIN LATERAL (
            SELECT r.id, r.written_at FROM reviews r WHERE {where} AND r.stars = k.stars::smallint
            ORDER BY r.written_at DESC, r.id DESC LIMIT {limit}) x
        ORDER BY k.stars, x.written_at DESC, x.id DESC LIMIT {limit}
    """


def _helpful(where: str, argument: Argument, place: Sequence[Any] | None, limit: str) -> str:
    """Those with votes by an index of their own; then, or beside them, the newest of those without."""
    voted, rest = f"{where} AND r.helpful > 0", f"{where} AND r.helpful = 0"
    if place:
        votes, at, last = argument(place[0]), argument(place[1]), argument(place[2])
        voted += f" AND (r.helpful, r.written_at, r.id) < ({votes}::int, {at}::timestamptz, {last}::uuid)"
        rest += f" AND ({votes}::int > 0 OR (r.written_at, r.id) < ({at}::timestamptz, {last}::uuid))"
    return f"""
        SELECT x.id FROM (
            (SELECT r.id, r.helpful, r.written_at FROM reviews r WHERE {voted}
             ORDER BY r.helpful DESC, r.written_at DESC, r.id DESC LIMIT {limit})
            UNION ALL
            (SELECT r.id, r.helpful, r.written_at FROM reviews r WHERE {rest}
             ORDER BY r.written_at DESC, r.id DESC LIMIT {limit})) x
        ORDER BY x.helpful DESC, x.written_at DESC, x.id DESC LIMIT {limit}
    """


_SORTS = {"newest": _newest, "highest": _highest, "lowest": _lowest, "helpful": _helpful}

SHOP = "SELECT id, name, locale FROM gate_shop($1)"
PRODUCT_URL = "SELECT product_url FROM review_publishing WHERE merchant_id = $1"
KEEP_PRODUCT_URL = """
    INSERT INTO review_publishing (merchant_id, product_url, updated_at) VALUES ($1, $2, $3)
    ON CONFLICT (merchant_id) DO UPDATE
    SET product_url = excluded.product_url, updated_at = excluded.updated_at
"""

# One vote a voter; of two at once the second finds the first.
VOTE = """
    INSERT INTO review_votes (merchant_id, review_id, voter, at)
    SELECT $1, id, $3, $4 FROM reviews WHERE id = $2 AND published AND source = ANY ($5::text[])
    ON CONFLICT (review_id, voter) DO NOTHING RETURNING review_id
"""
COUNT_VOTE = "UPDATE reviews SET helpful = helpful + 1 WHERE id = $1 RETURNING helpful"
VOTES = "SELECT helpful FROM reviews WHERE id = $1 AND published AND source = ANY ($2::text[])"

# ---------------------------------------------------------------- feeds

# What a feed takes: about a product, with stars and words, on the page that shows it.
_FED = """
    r.merchant_id = $1 AND r.published AND r.source = ANY ($2::text[])
    AND r.product_sku <> '' AND r.stars IS NOT NULL AND (v.title <> '' OR v.body <> '')
"""


def _escaped(text: str) -> str:
    """How many bytes a text takes at most once it stands in XML."""
    return f"octet_length({text}) + 4 * (length({text}) - length(translate({text}, '&<>' || chr(13), '')))"


# Where each part of a feed ends, so that no part is larger than $3 bytes: $4 for the frame of each review, $5
# for its address without the SKU, which stands in it twice.
PARTS = f"""
    SELECT DISTINCT ON (part) id AS last FROM (
        SELECT id, div(sum(bytes) OVER (ORDER BY id), $3::bigint) AS part FROM (
            SELECT r.id, $4::bigint + 2 * ($5::bigint + 5 * octet_length(r.product_sku))
                   + {_escaped("v.title")} + {_escaped("v.body")} + {_escaped("r.author")}
                   + 2 * ({_escaped("r.product_name")}) + 5 * octet_length(v.photo_urls::text)
                   + 60 * cardinality(v.photo_urls) AS bytes
            FROM reviews r JOIN review_versions v ON v.review_id = r.id AND v.number = r.version
            WHERE {_FED}) sized) parted
    ORDER BY part, id DESC
"""
# $3: after this review; $4: up to this one, or NULL for the last part, whose end moves on.
FEED = f"""
    SELECT {COLUMNS} FROM reviews r {JOINS}
    WHERE {_FED} AND ($3::uuid IS NULL OR r.id > $3) AND ($4::uuid IS NULL OR r.id <= $4)
    ORDER BY r.id LIMIT $5
"""
