"""SQL of the patrol."""

# All lists are walked along their indexes and end after a few rows.
UNDONE = """
    SELECT c.id, c.number, c.due_at, c.call_owed, coalesce(s.name, '') AS owner,
           coalesce(nullif(p.name, ''), r.author, '') AS who
    FROM ((SELECT id FROM cases WHERE merchant_id = $1 AND open AND owner_id IS NULL
           ORDER BY rank_at, id LIMIT $3)
          UNION
          (SELECT id FROM cases WHERE merchant_id = $1 AND open AND due_at <= $2
           ORDER BY due_at, id LIMIT $3)
          UNION
          (SELECT id FROM cases WHERE merchant_id = $1 AND open AND call_owed
           ORDER BY rank_at, id LIMIT $3)) u
    JOIN cases c ON c.id = u.id
    LEFT JOIN staff s ON s.id = c.owner_id
    LEFT JOIN reviews r ON r.id = c.review_id
    LEFT JOIN customer_profiles p ON p.customer_id = c.customer_id
    ORDER BY c.owner_id IS NOT NULL, c.due_at NULLS LAST, c.id LIMIT $3
"""
# Of the last day: negative reviews, as they read now, that are handled (answered or done) or on the list
# of somebody who is named.
DAY = """
    SELECT count(*)::int AS negative,
           count(*) FILTER (WHERE c.id IS NULL)::int AS without_case,
           count(*) FILTER (WHERE NOT c.open OR c.answered_at IS NOT NULL)::int AS handled,
           count(*) FILTER (WHERE c.open AND c.answered_at IS NULL AND c.owner_id IS NOT NULL)::int AS listed,
           (SELECT count(*) FROM cases WHERE merchant_id = $1 AND open AND owner_id IS NULL)::int AS unowned,
           (SELECT count(*) FROM cases WHERE merchant_id = $1 AND open AND due_at <= $3)::int AS overdue,
           (SELECT count(*) FROM cases WHERE merchant_id = $1 AND open AND call_owed)::int AS calls
    FROM (SELECT DISTINCT review_id, version FROM review_flags
          WHERE merchant_id = $1 AND flagged_at > $2 AND flagged_at <= $3) f
    JOIN reviews r ON r.id = f.review_id AND r.version = f.version AND r.state = 'live'
    LEFT JOIN case_reviews x ON x.review_id = r.id LEFT JOIN cases c ON c.id = x.case_id
"""
BEGIN = """
    INSERT INTO case_patrols (merchant_id, day, at, found) VALUES ($1, $2, $3, $4::jsonb)
    ON CONFLICT (merchant_id, day) DO NOTHING RETURNING day
"""
MANAGERS = """
    SELECT email, locale FROM staff
    WHERE disabled_at IS NULL AND role = (SELECT role FROM staff WHERE disabled_at IS NULL
                                          AND role IN ('community_manager', 'owner') ORDER BY role LIMIT 1)
    ORDER BY id
"""
LAST = "SELECT found, at FROM case_patrols ORDER BY day DESC LIMIT 1"
