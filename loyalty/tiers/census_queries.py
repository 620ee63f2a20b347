"""SQL over a census: a few look-ups of an index, whatever the number of members."""

ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('tier census ' || current_merchant(), 0))"

FIND = """
SELECT id, as_of, from_codes, pinned, year FROM tier_censuses
WHERE merchant_id = current_merchant() AND set_code = $1 AND shape = $2 AND version_id = $3
  AND as_of >= $4 AND as_of <= $5
"""
FORGET = """
DELETE FROM tier_censuses
WHERE merchant_id = current_merchant() AND (set_code = $1 AND shape = $2 OR as_of < $3)
"""
ADD = """
INSERT INTO tier_censuses (merchant_id, set_code, shape, version_id, as_of, year)
VALUES (current_merchant(), $1, $2, $3, $4, $5) RETURNING id
"""

# Of each tier that somebody is in: who has less than each threshold, and in the end everybody.
UPTO = """
SELECT f.code AS from_code, coalesce(c.members, 0) AS members, coalesce(c.points, 0) AS points,
       coalesce(c.spend_minor, 0) AS spend_minor
FROM unnest($2::text[]) f (code)
CROSS JOIN unnest($3::bigint[] || NULL::bigint) WITH ORDINALITY t (threshold, place)
LEFT JOIN LATERAL (
    SELECT members, points, spend_minor FROM tier_census_counts
    WHERE census_id = $1 AND from_code = f.code
      AND value < CASE WHEN t.threshold IS NULL THEN 9223372036854775807 ELSE t.threshold END
    ORDER BY value DESC LIMIT 1
) c ON true
ORDER BY f.code, t.place
"""

# Of each move from $2 to $3, what counts lying from $4 until just before $5.
EXAMPLES = """
SELECT e.example_id AS member_id, c.external_id, p.name, e.from_code, e.to_code, e.value
FROM (
    SELECT m.from_code, m.to_code, x.value, x.example_id,
           row_number() OVER (PARTITION BY m.from_code, m.to_code ORDER BY x.value) AS n
    FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[]) m (from_code, to_code, low, high)
    CROSS JOIN LATERAL (
        SELECT value, example_id FROM tier_census_counts
        WHERE census_id = $1 AND from_code = m.from_code AND value >= m.low
          AND value < CASE WHEN m.high IS NULL THEN 9223372036854775807 ELSE m.high END
        ORDER BY value LIMIT $6
    ) x
) e
JOIN members b ON b.id = e.example_id JOIN customers c ON c.id = b.customer_id
LEFT JOIN customer_profiles p ON p.customer_id = c.id
ORDER BY e.n, e.from_code, e.to_code LIMIT $6
"""
