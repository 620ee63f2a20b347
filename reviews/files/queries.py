"""The SQL of files: what a complete feed leaves out, runs and where they are, reviews on their way out."""

# A feed that is always complete speaks for its source: what it leaves out is deleted, what it has again is
# not.
LEFT_OUT = """
    UPDATE reviews SET state = 'tombstone', removed_at = $5
    WHERE merchant_id = $1 AND source = $2 AND account = $3 AND state = 'live' AND version > 0
      AND NOT external_id = ANY ($4::text[])
    RETURNING id
"""
RETURNED = """
    UPDATE reviews SET state = 'live', removed_at = NULL
    WHERE merchant_id = $1 AND source = $2 AND account = $3 AND state = 'tombstone' AND version > 0
      AND external_id = ANY ($4::text[])
    RETURNING id
"""

# ---------------------------------------------------------------- runs

RUN = """id, file_name, fingerprint, size_bytes, format, encoding, choices, state, offset_bytes, line, rows,
    counts, rejects_bytes, bytes_done, findings, failure, staff_id, created_at, updated_at"""
UNFINISHED = f"""
    SELECT {RUN} FROM review_imports
    WHERE merchant_id = $1 AND fingerprint = $2 AND format = $3 AND encoding = $4 AND choices = $5::jsonb
      AND state = 'running' AND staff_id IS NULL
    ORDER BY id DESC LIMIT 1
"""
START = f"""
    INSERT INTO review_imports (merchant_id, file_name, fingerprint, size_bytes, format, encoding, choices,
        state, staff_id, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, $10) RETURNING {RUN}
"""
# Only from where this run came to: of two that read one file at once, one finds that the other was here.
ADVANCE = """
    UPDATE review_imports SET offset_bytes = $3, line = $4, rows = $5, counts = $6::jsonb, rejects_bytes = $7,
        bytes_done = $8, updated_at = $9
    WHERE id = $1 AND rows = $2 AND state IN ('running', 'checking') RETURNING id
"""
END = """
    UPDATE review_imports SET state = $2, counts = $3::jsonb, findings = coalesce($4::jsonb, findings),
        failure = $5, updated_at = $6
    WHERE id = $1
"""
GIVE_UP = "UPDATE review_imports SET state = 'dropped', updated_at = $2 WHERE id = $1 AND state = 'running'"

# ---------------------------------------------------------------- out

_OUTGOING = """
    FROM reviews r JOIN review_versions v ON v.review_id = r.id AND v.number = r.version
    LEFT JOIN customers c ON c.id = r.customer_id
    LEFT JOIN customer_profiles p ON p.customer_id = r.customer_id
    LEFT JOIN stores s ON s.id = r.store_id
    LEFT JOIN orders o ON o.id = r.order_id
    WHERE r.merchant_id = $1 AND r.state = 'live' AND ($2::text[] IS NULL OR r.source = ANY ($2))
      AND ($3::text IS NULL OR r.account = $3)
"""
OUTGOING_COUNT = f"SELECT count(*) {_OUTGOING}"
OUTGOING = f"""
    SELECT r.source, r.account, r.external_id, r.kind, r.written_at, v.edited_at, v.rating_raw, v.scale_min,
           v.scale_max, v.rating_norm, v.title, v.body, v.lang, r.author, r.product_sku, r.product_name,
           v.photo_urls, r.moderation, r.solicited, r.incentivised, r.verified, r.reply, r.replied_at,
           v.extra, c.external_id AS customer, p.email, s.external_id AS store, o.external_id AS order_word
    {_OUTGOING} ORDER BY r.id
"""

# ---------------------------------------------------------------- files that were sent to us

RUNS = f"""
    SELECT {", ".join(f"i.{name.strip()}" for name in RUN.split(","))}, s.name AS by
    FROM review_imports i LEFT JOIN staff s ON s.id = i.staff_id
    WHERE i.merchant_id = $1 AND ($2::uuid IS NULL OR i.id = $2) ORDER BY i.id DESC LIMIT $3
"""
LOCKED = f"SELECT {RUN} FROM review_imports WHERE id = $1 FOR UPDATE"
AGAIN = """
    UPDATE review_imports SET format = $2, encoding = $3, choices = $4::jsonb, state = $5,
        findings = $6::jsonb, failure = $7, updated_at = $8, offset_bytes = 0, line = 0, rows = 0,
        bytes_done = 0, counts = '{}'
    WHERE id = $1
"""
ADD_PARTS = """
    INSERT INTO review_import_parts (merchant_id, import_id, number, bytes)
    SELECT $1, $2, number - 1, bytes FROM unnest($3::bytea[]) WITH ORDINALITY AS t (bytes, number)
"""
PARTS = "SELECT bytes FROM review_import_parts WHERE import_id = $1 ORDER BY number"
DROP_PARTS = "DELETE FROM review_import_parts WHERE import_id = $1"
ADD_REJECTS = """
    INSERT INTO review_import_rejects (merchant_id, import_id, number, line, column_name, code, reason)
    SELECT $1, $2, $3 + number, line, column_name, code, reason
    FROM unnest($4::bigint[], $5::text[], $6::text[], $7::text[])
         WITH ORDINALITY AS t (line, column_name, code, reason, number)
"""
REJECTS = """
    SELECT line, column_name, code, reason FROM review_import_rejects
    WHERE import_id = $1 ORDER BY number LIMIT $2
"""
DROP_REJECTS = "DELETE FROM review_import_rejects WHERE import_id = $1"
DROP_OLD_REJECTS = """
    DELETE FROM review_import_rejects r USING review_imports i
    WHERE i.id = r.import_id AND i.merchant_id = $1 AND i.updated_at < $2
"""
FORGOTTEN = """
    SELECT id FROM review_imports
    WHERE merchant_id = $1 AND staff_id IS NOT NULL AND state IN ('checking', 'checked', 'running', 'failed')
      AND updated_at < $2
      AND EXISTS (SELECT FROM review_import_parts p WHERE p.import_id = review_imports.id)
    FOR UPDATE
"""
DROP = """
    UPDATE review_imports SET state = 'dropped', findings = NULL, failure = NULL, updated_at = $2
    WHERE id = $1
"""
