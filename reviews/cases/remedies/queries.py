"""SQL over remedies, authorities and budgets."""

GIVEN_MINOR = """
    SELECT coalesce(sum(amount_minor), 0)::bigint FROM case_remedies
    WHERE case_id = $1 AND staff_id = $2 AND approved_by IS NULL
"""
GIVEN_POINTS = """
    SELECT coalesce(sum(points), 0)::bigint FROM case_remedies
    WHERE case_id = $1 AND staff_id = $2 AND approved_by IS NULL
"""
AUTHORITIES = "SELECT role, points, amount_minor FROM case_authorities"
SET_AUTHORITY = """
    INSERT INTO case_authorities (merchant_id, role, points, amount_minor)
    VALUES (current_merchant(), $1, $2, $3)
    ON CONFLICT (merchant_id, role) DO UPDATE SET points = $2, amount_minor = $3
"""
BUDGET = "SELECT points_budget_id, points_per_month, amount_minor_per_month FROM case_budgets"
SET_BUDGET = """
    INSERT INTO case_budgets (merchant_id, points_budget_id, points_per_month, amount_minor_per_month)
    VALUES (current_merchant(), $1, $2, $3)
    ON CONFLICT (merchant_id) DO UPDATE
        SET points_budget_id = $1, points_per_month = $2, amount_minor_per_month = $3
"""
OPEN_MONTH = """
    INSERT INTO case_budget_months (merchant_id, month, limit_minor) VALUES (current_merchant(), $1, $2)
    ON CONFLICT (merchant_id, month) DO NOTHING
"""
LIMIT_MONTH = """
    UPDATE case_budget_months SET limit_minor = $2::bigint
    WHERE month = $1 AND ($2::bigint IS NULL OR spent_minor <= $2::bigint) RETURNING month
"""
SPEND = """
    UPDATE case_budget_months SET spent_minor = spent_minor + $2
    WHERE month = $1 AND (limit_minor IS NULL OR spent_minor + $2 <= limit_minor) RETURNING spent_minor
"""
ASK = """
    INSERT INTO case_remedy_requests (merchant_id, id, case_id, key, remedy, asked_by, asked_at)
    VALUES (current_merchant(), $1, $2, $3, $4::jsonb, $5, $6)
    ON CONFLICT (merchant_id, key) DO NOTHING RETURNING id
"""
ASKED = "SELECT id, case_id, remedy, asked_by FROM case_remedy_requests WHERE key = $1"
REQUEST = """
    SELECT case_id, key, remedy, state, asked_by FROM case_remedy_requests WHERE id = $1 FOR NO KEY UPDATE
"""
DECIDE = "UPDATE case_remedy_requests SET state = $2, decided_by = $3, decided_at = $4 WHERE id = $1"
WAITING = """
    SELECT q.id, q.case_id, c.number, q.remedy, q.asked_by, s.name AS asked_by_name, q.asked_at
    FROM case_remedy_requests q JOIN cases c ON c.id = q.case_id JOIN staff s ON s.id = q.asked_by
    WHERE q.merchant_id = $1 AND q.state = 'waiting' ORDER BY q.id LIMIT 200
"""
