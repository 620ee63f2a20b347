"""The SQL of the intake: each statement handles a whole batch."""

from collections.abc import Mapping

STORES = "SELECT external_id, id FROM stores WHERE external_id = ANY($1::text[])"

# A customer who was merged stands for the survivor; an address that two people have names neither.
CUSTOMERS = """
    SELECT external_id AS word, id, coalesce(merged_into, id) AS person FROM customers
    WHERE external_id = ANY($1::text[]) AND deleted_at IS NULL
"""
CUSTOMERS_BY_EMAIL = "SELECT word, id, person FROM customers_of_emails($1::text[])"

# The order line of that very customer, paid before the review was written: the last one.
ORDER_LINES = """
    SELECT w.n, l.order_id, l.line_id
    FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[])
         AS w (n, customer_id, person_id, sku, order_word, written_at)
    CROSS JOIN LATERAL (
        SELECT ol.order_id, ol.line_id, o.paid_at FROM orders o JOIN order_lines ol ON ol.order_id = o.id
        WHERE o.customer_id IN (w.customer_id, w.person_id) AND o.paid_at <= w.written_at
          AND (w.sku = '' OR ol.sku = w.sku) AND (w.order_word = '' OR o.external_id = w.order_word)
        ORDER BY o.paid_at DESC, ol.order_id, ol.line_id LIMIT 1) l
    ORDER BY w.n, l.paid_at
"""
MERGED = "SELECT id, merged_into FROM customers WHERE merged_into = ANY($1::uuid[])"

# The same for reviews that came before the event of their order did, or before their author
# was merged with who ordered.
PROVE_LATE = """
    UPDATE reviews r SET order_id = l.order_id, order_line_id = l.line_id
    FROM reviews w JOIN customers c ON c.id = w.customer_id CROSS JOIN LATERAL (
        SELECT ol.order_id, ol.line_id FROM orders o JOIN order_lines ol ON ol.order_id = o.id
        WHERE o.customer_id IN (
                SELECT k.id FROM customers k
                WHERE k.id = CASE WHEN c.merged_into IS NULL THEN c.id ELSE c.merged_into END
                   OR k.merged_into = CASE WHEN c.merged_into IS NULL THEN c.id ELSE c.merged_into END)
          AND o.paid_at <= w.written_at AND ol.sku = w.product_sku
        ORDER BY o.paid_at DESC, ol.order_id, ol.line_id LIMIT 1) l
    WHERE w.merchant_id = $1 AND w.order_id IS NULL AND w.customer_id IS NOT NULL AND w.received_at >= $2
      AND w.product_sku <> '' AND r.id = w.id
    RETURNING r.id
"""

# Locked in the order of their ids, so that two intakes never wait for each other.
KNOWN = """
    SELECT r.id, r.source, r.account, r.external_id, r.version, r.edited_at, r.removed_at,
           r.by_author
    FROM reviews r JOIN unnest($2::text[], $3::text[], $4::text[]) AS k (source, account, external_id)
      ON r.merchant_id = $1 AND (r.source, r.account, r.external_id) = (k.source, k.account, k.external_id)
    ORDER BY r.id FOR NO KEY UPDATE OF r
"""
KNOWN_VERSIONS = """
    SELECT review_id, number, fingerprint FROM review_versions WHERE review_id = ANY($1::uuid[])
"""

# What the intake tells of a review (FACTS) and of one wording of it (WORDING): columns with the types
# in which they come. Numbers come as text: that is the quickest.
FACTS = {
    "source": "text", "account": "text", "external_id": "text", "store_id": "uuid", "product_sku": "text",
    "product_name": "text", "customer_id": "uuid", "author": "text", "order_id": "uuid",
    "order_line_id": "text", "solicited": "bool", "incentivised": "bool", "written_at": "timestamptz",
    "reply": "text", "replied_at": "timestamptz", "kind": "text", "moderation": "text",
    "by_author": "bool",
}  # fmt: skip
WORDING = {
    "fingerprint": "bytea", "rating_raw": "text", "scale_min": "text", "scale_max": "text",
    "rating_norm": "text", "title": "text", "body": "text", "lang": "text", "edited_at": "timestamptz",
    "extra": "text", "photo_urls": "text",
}  # fmt: skip
STAGED = {"n": "int", "id": "uuid", **FACTS, **WORDING}


def _arrays(columns: Mapping[str, str], first: int) -> str:
    """Rows `t` out of arguments from number `first` on, one array a column."""
    arrays = ", ".join(f"${first + n}::{kind}[]" for n, kind in enumerate(columns.values()))
    return f"unnest({arrays}) AS t ({', '.join(columns)})"


# Many rows come by COPY, which is cheaper than arrays. The table stays with the connection and is empty again
# at the end of each transaction.
_TYPED = ", ".join(f"{name} {kind}" for name, kind in STAGED.items())
STAGE = f"CREATE TEMP TABLE IF NOT EXISTS review_intake ({_TYPED}) ON COMMIT DELETE ROWS"
UNSTAGE = "DELETE FROM pg_temp.review_intake"

_FACTS, _WORDING = ", ".join(FACTS), ", ".join(WORDING)
_WORDING_VALUES = """fingerprint, rating_raw::numeric, scale_min::numeric, scale_max::numeric,
    rating_norm::numeric, title, body, lang, edited_at, extra::jsonb,
    CASE photo_urls WHEN '[]' THEN ARRAY[]::text[]
                    ELSE ARRAY(SELECT jsonb_array_elements_text(photo_urls::jsonb)) END"""

# In the order of their keys, so that two intakes of the same reviews never wait for each other. Of several
# wordings the first is inserted; whatever is known by then goes the way of what is known.
_INSERT = f"""
    WITH made AS (
        INSERT INTO reviews (merchant_id, received_at, version, state, id, rating_norm, edited_at, {_FACTS})
        SELECT $1, $2, 1, 'live', id, rating_norm::numeric, edited_at, {_FACTS}
        FROM {{rows}} ORDER BY source, account, external_id, n
        ON CONFLICT (merchant_id, source, account, external_id) DO NOTHING RETURNING id
    ), versions AS (
        INSERT INTO review_versions (merchant_id, review_id, number, received_at, {_WORDING})
        SELECT $1, id, 1, $2, {_WORDING_VALUES} FROM {{rows}} JOIN made USING (id)
    )
    SELECT t.n, t.id FROM {{rows}} JOIN made USING (id)
"""
INSERT_STAGED = _INSERT.format(rows="pg_temp.review_intake t")
INSERT = _INSERT.format(rows=_arrays(STAGED, 3))

# The current wording is another now.
_CURRENT = {
    "id": "uuid",
    "rating_norm": "text",
    "edited_at": "timestamptz",
    "version": "int",
    "state": "text",
}
UPDATE = f"""
    UPDATE reviews r SET
        store_id = coalesce(t.store_id, r.store_id),
        product_sku = coalesce(nullif(t.product_sku, ''), r.product_sku),
        product_name = coalesce(nullif(t.product_name, ''), r.product_name),
        customer_id = coalesce(r.customer_id, t.customer_id),
        author = coalesce(nullif(t.author, ''), r.author),
        order_id = coalesce(r.order_id, t.order_id),
        order_line_id = CASE WHEN r.order_id IS NULL THEN t.order_line_id ELSE r.order_line_id END,
        solicited = coalesce(t.solicited, r.solicited),
        incentivised = r.incentivised OR t.incentivised, by_author = r.by_author OR t.by_author,
        rating_norm = t.rating_norm::numeric, written_at = least(r.written_at, t.written_at),
        edited_at = t.edited_at, version = t.version, state = t.state,
        reply = coalesce(nullif(t.reply, ''), r.reply), replied_at = coalesce(t.replied_at, r.replied_at),
        moderation = CASE WHEN r.moderated_by = 'source' THEN t.moderation ELSE r.moderation END
    FROM {_arrays(_CURRENT | FACTS, 2)} WHERE r.merchant_id = $1 AND r.id = t.id
"""

# The wording is as it was, but what its source tells about it may have changed.
UPDATE_FACTS = f"""
    UPDATE reviews r SET product_name = n.product_name, solicited = n.solicited,
        incentivised = n.incentivised, reply = n.reply, replied_at = n.replied_at, moderation = n.moderation
    FROM (
        SELECT o.id, coalesce(nullif(t.product_name, ''), o.product_name) AS product_name,
               coalesce(t.solicited, o.solicited) AS solicited,
               o.incentivised OR t.incentivised AS incentivised,
               coalesce(nullif(t.reply, ''), o.reply) AS reply,
               coalesce(t.replied_at, o.replied_at) AS replied_at,
               CASE WHEN o.moderated_by = 'source' THEN t.moderation ELSE o.moderation END AS moderation
        FROM {_arrays({"id": "uuid"} | FACTS, 2)} JOIN reviews o ON o.id = t.id AND o.merchant_id = $1) n
    WHERE r.id = n.id AND (r.product_name, r.solicited, r.incentivised, r.reply, r.replied_at, r.moderation)
        IS DISTINCT FROM (n.product_name, n.solicited, n.incentivised, n.reply, n.replied_at, n.moderation)
    RETURNING r.id
"""

INSERT_VERSIONS = f"""
    INSERT INTO review_versions (merchant_id, received_at, review_id, number, {_WORDING})
    SELECT $1, $2, review_id, number, {_WORDING_VALUES}
    FROM {_arrays({"review_id": "uuid", "number": "int"} | WORDING, 3)}
"""

# First wordings that came together: between these ids, at this moment.
RECEIVED = """
    SELECT id FROM reviews WHERE merchant_id = $1 AND id BETWEEN $2 AND $3 AND received_at = $4 ORDER BY id
"""

# Removed before we ever saw it: the row remembers, so that the review does not come back when it comes late.
# It is answered only where it has become a tombstone: neither where it was one, nor where it was written
# anew since.
REMOVE = """
    WITH was AS (
        SELECT id, state FROM reviews
        WHERE merchant_id = $1 AND source = $2 AND account = $3 AND external_id = $4 FOR NO KEY UPDATE
    ), noted AS (
        INSERT INTO reviews AS r
            (merchant_id, source, account, external_id, received_at, version, state, removed_at)
        SELECT $1::uuid, $2::text, $3::text, $4::text, $6::timestamptz, 0, 'tombstone', $5::timestamptz
        FROM (SELECT count(*) FROM was) looked_first
        ON CONFLICT (merchant_id, source, account, external_id) DO UPDATE SET
            removed_at = excluded.removed_at,
            state = CASE WHEN r.edited_at > excluded.removed_at THEN r.state ELSE 'tombstone' END
        WHERE r.removed_at IS NULL OR r.removed_at < excluded.removed_at
        RETURNING id, state
    )
    SELECT n.id FROM noted n LEFT JOIN was w USING (id)
    WHERE n.state = 'tombstone' AND w.state IS DISTINCT FROM 'tombstone'
"""
