"""Pages of one product's reviews, a million against few; search by words, with policies and without."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import asyncpg

from core import db
from reviews import reading as reviews
from reviews.publishing import service as publishing
from reviews.publishing.rules import Wanted
from reviews.search import queries, words
from tests.benchmarks.registry import Figures, at_most, benchmark
from tests.benchmarks.rig import ROWS, Database, Rig
from tests.benchmarks.rounds import alternate, seconds

FEW = 10_000
SKU = "lamp"
TURN = 4
"""How often each page or query is asked for in a turn."""

# Every 13th has two stars, every second a proven purchase, every 20th a picture, every 10th is Chinese.
FILL = """
SET session_replication_role = replica;
INSERT INTO reviews (id, merchant_id, source, account, external_id, product_sku, product_name, author,
                     order_id, order_line_id, rating_norm, written_at, edited_at, received_at, version, state,
                     helpful)
SELECT ('0192' || lpad(to_hex({part}), 4, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
       '{merchant}', 'first_party', '', 'b' || n, '{sku}', 'Lamp', 'Ana', o.id, o.line,
       CASE WHEN n % 13 = 0 THEN 2 WHEN n % 31 = 0 THEN 1 WHEN n % 7 = 0 THEN 3 WHEN n % 3 = 0 THEN 4
            ELSE 5 END,
       t.at, t.at, t.at, 1, 'live', CASE WHEN n % 50 = 0 THEN n % 9 ELSE 0 END
FROM generate_series(1, {rows}) n
CROSS JOIN LATERAL (SELECT timestamptz '2026-01-01'
                           - make_interval(secs => n::bigint * 7919 % 63072000) AS at) t
CROSS JOIN LATERAL (SELECT CASE WHEN n % 2 = 0 THEN gen_random_uuid() END AS id,
                           CASE WHEN n % 2 = 0 THEN '1' END AS line) o;
INSERT INTO review_versions (merchant_id, review_id, number, fingerprint, rating_raw, scale_min, scale_max,
                             rating_norm, title, body, lang, edited_at, received_at, photo_urls)
SELECT r.merchant_id, r.id, 1, 'x', r.rating_norm, 1, 5, r.rating_norm, 'Lamp',
       (ARRAY['good light', 'it broke soon', 'lovely on my desk', 'never again',
              'the cable is short'])[1 + n % 5]
       || ' ' || (ARRAY['arrived late', 'well packed', 'nice colour', 'too dim',
                        'as described'])[1 + n / 5 % 5]
       || ' word' || n % 200 || ' rare' || n % 5000,
       CASE WHEN n % 10 = 0 THEN 'zh' ELSE 'en' END, r.edited_at, r.received_at,
       CASE WHEN n % 20 = 0 THEN ARRAY['https://pictures.test/1.jpg'] ELSE '{{}}' END
FROM reviews r CROSS JOIN LATERAL (SELECT substr(r.external_id, 2)::int AS n) x
WHERE r.merchant_id = '{merchant}';
INSERT INTO review_words (review_id, merchant_id, version, written_at, words)
SELECT r.id, r.merchant_id, 1, r.written_at,
       to_tsvector('review_words',
                   v.body || CASE WHEN v.lang = 'zh' THEN ' 质量 量很 很好 好' ELSE '' END)
FROM reviews r JOIN review_versions v ON v.review_id = r.id WHERE r.merchant_id = '{merchant}';
"""

PAGES = tuple(
    Wanted(SKU, sort, stars, verified, photos, language)
    for sort in ("newest", "highest", "lowest", "helpful")
    for stars, verified, photos, language in (
        (None, False, False, ""),
        (2, False, False, ""),
        (None, True, False, ""),
        (None, False, True, ""),
        (None, False, False, "zh"),
    )
)

QUERIES = ("rare77", "word7 packed", '"short arrived"', "质量很好 light", "late -again rare4", "light")
"""Some find a few hundred of a million, some a fifth of all."""

# What review_search() does inside, by whom no policy holds.
PLAIN = f"""
    SELECT {reviews.COLUMNS}, x.written_at AS place
    FROM (SELECT w.review_id, w.written_at FROM review_words w JOIN reviews r ON r.id = w.review_id
          WHERE w.merchant_id = $1 AND w.words @@ to_tsquery('review_words', $2)
            AND r.merchant_id = $1 AND r.state = 'live'
          ORDER BY w.written_at DESC, w.review_id DESC LIMIT $3) x
    JOIN reviews r ON r.id = x.review_id {reviews.JOINS}
    ORDER BY x.written_at DESC, x.review_id DESC
"""


@benchmark(
    "reviews.page",
    "two pages of a product's reviews in each of 4 orders with each of 5 filters, from 1 M of the product",
    "the same from 10 k",
    "s",
    at_most(3),
)
def pages(rig: Rig) -> Figures:
    many = max(FEW, round(ROWS * rig.scale))
    with _filled(rig, many, FEW) as (database, (large, small)):
        return alternate(
            lambda: seconds(lambda: asyncio.run(_pages(database, large))),
            lambda: seconds(lambda: asyncio.run(_pages(database, small))),
            rig.rounds,
        )


@benchmark(
    "reviews.search",
    "searches by words over 1 M reviews, rare and common ones, as the application under row-level security",
    "the same statement by a superuser, without it",
    "s",
    at_most(1.5),
)
def search(rig: Rig) -> Figures:
    with _filled(rig, max(FEW, round(ROWS * rig.scale))) as (database, (large,)):
        return alternate(
            lambda: seconds(lambda: asyncio.run(_guarded(database, large))),
            lambda: seconds(lambda: asyncio.run(_plain(database, large))),
            rig.rounds,
        )


@contextmanager
def _filled(rig: Rig, *sizes: int) -> Iterator[tuple[Database, list[UUID]]]:
    """A database with a merchant for each size, all of whose reviews are of one product."""
    with rig.alone(100, 1) as database:
        merchants = [UUID(int=(0x0192FFFF << 96) + 0x7000_8000_0000_0000_0000 + n) for n in range(len(sizes))]
        for part, (merchant, rows) in enumerate(zip(merchants, sizes, strict=True)):
            database.execute(
                f"INSERT INTO merchants (id, code, name, currency, created_at)"
                f" VALUES ('{merchant}', 'reviews-{part}', '{{}}', 'USD', now())"
            )
            database.execute(FILL.format(part=part, merchant=merchant, sku=SKU, rows=rows))
        database.execute("VACUUM (ANALYZE) reviews, review_versions, review_words")
        yield database, merchants


async def _pages(database: Database, merchant: UUID) -> None:
    await db.connect(database.app_url, pool_size=1)
    try:
        for wanted in itertools.chain.from_iterable(itertools.repeat(PAGES, TURN)):
            async with db.transaction(merchant):
                first = await publishing.page(wanted)
                await publishing.page(wanted, first.next or "")
    finally:
        await db.disconnect()


async def _guarded(database: Database, merchant: UUID) -> None:
    await db.connect(database.app_url, pool_size=1)
    try:
        for text in QUERIES * TURN:
            async with db.transaction(merchant):
                query = str(words.parse(text))
                await db.fetch(queries.BY_WORDS, query, None, None, None, False, None, None, 21)
    finally:
        await db.disconnect()


async def _plain(database: Database, merchant: UUID) -> None:
    # Without a cache each statement is planned for the words at hand, as in review_search().
    connection = await asyncpg.connect(database.admin_url, statement_cache_size=0)
    try:
        await connection.execute("SET jit = off")
        for text in QUERIES * TURN:
            async with connection.transaction():
                await connection.fetch(PLAIN, merchant, str(words.parse(text)), 21)
    finally:
        await connection.close()
