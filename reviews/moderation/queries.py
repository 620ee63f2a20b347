"""The SQL of the policy and of decisions. Stars, sentiment and scores are not read here."""

# Locked in the order of their ids, so that two workers never wait for each other in a circle.
WORDINGS = """
    SELECT r.id, r.version, r.state, r.moderation, r.customer_id, r.product_sku, r.verified, r.written_at,
           r.insider, r.disclosure_journal_id, r.author, v.title, v.body, m.id AS member_id,
           EXISTS (SELECT FROM review_photos p
                   WHERE p.review_id = r.id AND p.last_version IS NULL) AS has_photo
    FROM reviews r
    JOIN review_versions v ON (v.review_id, v.number) = (r.id, r.version)
    LEFT JOIN members m ON m.customer_id = r.customer_id
    WHERE r.id = ANY ($1::uuid[]) AND r.source = 'first_party'
    ORDER BY r.id FOR NO KEY UPDATE OF r
"""

# Whose address is one of the staff's, also one of somebody merged into them; or who is on the shop's list.
INSIDERS = """
    SELECT c.id FROM unnest($1::uuid[]) AS c (id)
    WHERE EXISTS (SELECT FROM review_insiders i WHERE i.customer_id = c.id AND i.removed_at IS NULL)
       OR EXISTS (SELECT FROM customers k JOIN customer_profiles p ON p.customer_id = k.id
                  JOIN staff s ON lower(s.email) = lower(p.email)
                  WHERE k.id = c.id OR k.merged_into = c.id)
"""

ADD_DIGESTS = """
    INSERT INTO review_text_digests (merchant_id, review_id, version, digest)
    SELECT current_merchant(), * FROM unnest($1::uuid[], $2::int[], $3::bytea[])
    ON CONFLICT (review_id, version) DO NOTHING
"""
# The first review that had the same words and is still there.
REPEATS = """
    SELECT n.id, (SELECT o.review_id FROM review_text_digests o JOIN reviews r ON r.id = o.review_id
                  WHERE o.merchant_id = current_merchant() AND o.digest = n.digest AND o.review_id < n.id
                    AND r.state = 'live' AND r.version = o.version
                  ORDER BY o.review_id LIMIT 1) AS of
    FROM unnest($1::uuid[], $2::bytea[]) AS n (id, digest)
"""
# Where a person's word was the last one, and it was to hide.
HIDDEN_BEFORE = """
    SELECT n.id, m.reason FROM unnest($1::uuid[]) AS n (id)
    CROSS JOIN LATERAL (SELECT x.moderation, x.reason FROM review_moderations x
                        WHERE x.review_id = n.id AND x.moderated_by = 'staff' ORDER BY x.id DESC LIMIT 1) m
    WHERE m.moderation = 'hidden'
"""

SET = """
    UPDATE reviews r SET moderation = n.moderation, moderated_by = $1
    FROM unnest($2::uuid[], $3::text[]) AS n (id, moderation) WHERE r.id = n.id
"""
NOTE = """
    INSERT INTO review_moderations (id, merchant_id, review_id, version, moderation, reason, moderated_by,
                                    staff_id, detail, at)
    SELECT n.id, current_merchant(), n.review_id, n.version, n.moderation, n.reason, $1,
           $2, n.detail::jsonb, $3
    FROM unnest($4::uuid[], $5::uuid[], $6::int[], $7::text[], $8::text[], $9::text[])
         AS n (id, review_id, version, moderation, reason, detail)
"""

SHOWN_BY_POLICY = """
    SELECT id, version FROM reviews
    WHERE id = ANY ($1::uuid[]) AND state = 'live' AND moderation = 'approved' AND moderated_by = 'policy'
    ORDER BY id FOR NO KEY UPDATE
"""
LOCK = """
    SELECT r.id, r.version, r.state, r.moderation, r.source, r.customer_id, r.insider, r.disclosure_journal_id
    FROM reviews r WHERE r.id = $1 AND r.version > 0 FOR NO KEY UPDATE
"""
DISCLOSE_INSIDER = "UPDATE reviews SET insider = true WHERE id = $1 AND NOT insider"

PROFILE = "SELECT profile FROM review_profiles ORDER BY id DESC LIMIT 1"
SET_PROFILE = """
    INSERT INTO review_profiles (id, merchant_id, profile, changed_by, changed_at)
    VALUES ($1, current_merchant(), $2, $3, $4)
"""
LISTED = """
    SELECT i.id, c.external_id AS customer, i.note, s.name AS added_by, i.added_at
    FROM review_insiders i JOIN customers c ON c.id = i.customer_id JOIN staff s ON s.id = i.added_by
    WHERE i.removed_at IS NULL ORDER BY i.id
"""
LIST = """
    INSERT INTO review_insiders (id, merchant_id, customer_id, note, added_by, added_at)
    SELECT $1, merchant_id, CASE WHEN merged_into IS NULL THEN id ELSE merged_into END, $3, $4, $5
    FROM customers WHERE external_id = $2
    ON CONFLICT (customer_id) WHERE removed_at IS NULL DO NOTHING
"""
UNLIST = """
UPDATE review_insiders SET removed_by = coalesce(removed_by, $2), removed_at = coalesce(removed_at, $3)
WHERE id = $1 RETURNING id
"""
