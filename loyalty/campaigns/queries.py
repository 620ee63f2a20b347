"""SQL over campaigns."""

ADD = """
INSERT INTO campaigns (merchant_id, code, name, state, definition, created_by, created_at)
VALUES (current_merchant(), $1, $2, 'draft', $3::jsonb, $4, $5)
ON CONFLICT (merchant_id, code) DO NOTHING RETURNING id
"""

# Other rules may have some of the codes already: then the next numbers.
FREE_RULES = """
SELECT made.code
FROM generate_series(1, $2::int + (SELECT count(*)::int FROM earning_rules)) n,
     concat($1::text, '-', n) made (code)
WHERE NOT EXISTS (SELECT FROM earning_rules taken WHERE taken.code = made.code) ORDER BY n LIMIT $2
"""

_CAMPAIGN = """
SELECT c.id, c.code, c.name, c.state, c.definition, c.budget_id, c.created_at, c.published_at, c.ended_at,
       s.name AS author
FROM campaigns c LEFT JOIN staff s ON s.id = c.created_by
"""
ONE = _CAMPAIGN + "WHERE c.code = $1"
PAGE = _CAMPAIGN + "WHERE $1::uuid IS NULL OR c.id < $1 ORDER BY c.id DESC LIMIT $2"

LOCK = "SELECT id FROM campaigns WHERE code = $1 FOR UPDATE"
BUDGET = "SELECT budget_id FROM campaigns WHERE code = $1 FOR UPDATE"

PUBLISH = """
UPDATE campaigns SET state = 'published', budget_id = $2, published_at = $3 WHERE id = $1
"""
END = "UPDATE campaigns SET state = 'ended', ended_at = $2 WHERE id = $1"
