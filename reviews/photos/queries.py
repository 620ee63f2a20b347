"""The SQL of pictures; everything runs in the open transaction of the merchant."""

# Of the current wording.
OF_REVIEWS = """
    SELECT p.id, p.review_id, p.width, p.height, p.first_version FROM review_photos p
    WHERE p.review_id = ANY ($1::uuid[]) AND p.last_version IS NULL ORDER BY p.id
"""
ADD = """
    INSERT INTO review_photos (id, merchant_id, review_id, first_version, width, height, image, small,
                               added_at)
    SELECT n.id, current_merchant(), $1, $2, n.width, n.height, n.image, n.small, $3
    FROM unnest($4::uuid[], $5::int[], $6::int[], $7::bytea[], $8::bytea[])
         AS n (id, width, height, image, small)
"""
# A wording is kept with the pictures that it had.
END = """
    UPDATE review_photos SET last_version = $3
    WHERE review_id = $1 AND last_version IS NULL AND id <> ALL ($2::uuid[])
"""
DELETE = "DELETE FROM review_photos WHERE review_id = $1"
FIND = """
    SELECT CASE WHEN $2 THEN p.small ELSE p.image END AS jpeg, 
           (SELECT CASE WHEN c.merged_into IS NULL THEN c.id ELSE c.merged_into END
            FROM customers c WHERE c.id = r.customer_id) AS customer_id,
           r.published AND p.last_version IS NULL AS public
    FROM review_photos p JOIN reviews r ON r.id = p.review_id
    WHERE p.id = $1 AND r.state = 'live'
"""
MERCHANT = "SELECT merchant_id FROM gate_review_photo($1)"
