"""SQL over what members may give and have given."""

TERMS = "SELECT points_min, points_max, points_per_day FROM transfer_terms"

PUT_TERMS = """
INSERT INTO transfer_terms (merchant_id, points_min, points_max, points_per_day)
VALUES (current_merchant(), $1, $2, $3)
ON CONFLICT (merchant_id) DO UPDATE SET points_min = excluded.points_min, points_max = excluded.points_max,
    points_per_day = excluded.points_per_day
"""

DROP_TERMS = "DELETE FROM transfer_terms"

# Sorted, so that two who give to each other at once do not wait in a circle.
LOCK_MEMBERS = """
SELECT id, left_at IS NULL AS is_member FROM members WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""

# The receiving posting names the giving one as its parent.
GIVEN_SINCE = """
SELECT coalesce(sum(j.points), 0)::bigint FROM ledger_journal j
JOIN ledger_accounts a ON a.id = j.account_id
WHERE a.member_id = $1 AND j.verb = 'transfer' AND j.parent_id IS NULL AND j.effective_at >= $2
"""
