"""SQL over surveys; everything runs in the open transaction of the merchant."""

SETTINGS = """
    SELECT after_resolution, after_hours, effort, recommend, recommend_after_days, cooldown_days, valid_days
    FROM case_survey_settings ORDER BY id DESC LIMIT 1
"""
ADD_SETTINGS = """
    INSERT INTO case_survey_settings (id, merchant_id, after_resolution, after_hours, effort, recommend,
        recommend_after_days, cooldown_days, valid_days, changed_by, changed_at)
    VALUES ($1, current_merchant(), $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
BEGAN = "SELECT min(changed_at) FROM case_survey_settings WHERE after_resolution OR recommend"

# Cycles that were resolved, and still are.
AFTER_RESOLUTION = """
    INSERT INTO case_surveys (merchant_id, kind, customer_id, case_id, cycle, staff_id, team_id, questions,
                              state, made_at, expires_at)
    SELECT e.merchant_id, 'resolution', c.customer_id, c.id, e.cycle, e.staff_id, c.team_id, $3,
           'waiting', $4, $5
    FROM case_events e JOIN cases c ON c.id = e.case_id AND c.cycle = e.cycle
    WHERE e.merchant_id = current_merchant() AND e.kind = 'resolved' AND e.at > $1 AND e.at <= $2
      AND c.state IN ('resolved', 'closed') AND c.customer_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM case_surveys s
                      WHERE s.merchant_id = e.merchant_id AND s.case_id = c.id AND s.cycle = e.cycle)
    ORDER BY e.id LIMIT $6
    ON CONFLICT DO NOTHING
"""
# Everybody to whom something was delivered, whatever they may think.
AFTER_DELIVERY = """
    INSERT INTO case_surveys (merchant_id, kind, customer_id, order_id, questions, state, made_at, expires_at)
    SELECT o.merchant_id, 'recommend', o.customer_id, o.id, $3, 'waiting', $4, $5
    FROM orders o
    WHERE o.merchant_id = current_merchant() AND o.delivered_at > $1 AND o.delivered_at <= $2
      AND o.customer_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM case_surveys s WHERE s.merchant_id = o.merchant_id AND s.order_id = o.id)
    ORDER BY o.id LIMIT $6
    ON CONFLICT DO NOTHING
"""
WAITING = """
    SELECT s.id, s.kind, c.id AS customer_id,
           s.case_id IS NOT NULL
               AND (k.cycle <> s.cycle OR k.state NOT IN ('resolved', 'closed')) AS reopened,
           (SELECT max(y.sent_at) FROM case_surveys y
            WHERE y.customer_id IN (SELECT j.id FROM customers j WHERE j.id = c.id OR j.merged_into = c.id))
               AS asked_at
    FROM case_surveys s JOIN customers a ON a.id = s.customer_id
    JOIN customers c ON c.id = CASE WHEN a.merged_into IS NULL THEN a.id ELSE a.merged_into END
    LEFT JOIN cases k ON k.id = s.case_id
    WHERE s.merchant_id = current_merchant() AND s.state = 'waiting'
    ORDER BY s.id LIMIT $1 FOR NO KEY UPDATE OF s SKIP LOCKED
"""
SKIP = "UPDATE case_surveys SET state = 'skipped', skip_reason = $2 WHERE id = $1"
SENT = "UPDATE case_surveys SET state = 'sent', sent_at = $2, expires_at = $3 WHERE id = $1"

MAKE = """
    INSERT INTO case_surveys (id, merchant_id, kind, customer_id, case_id, cycle, staff_id, team_id,
                              questions, state, made_at, sent_at, expires_at)
    SELECT $1, current_merchant(), $2, $3, c.id, c.cycle,
           (SELECT e.staff_id FROM case_events e WHERE e.case_id = c.id AND e.kind = 'resolved'
            ORDER BY e.id DESC LIMIT 1),
           c.team_id, $5, 'sent', $6, $6, $7
    FROM (SELECT 1) one LEFT JOIN cases c ON c.id = $4
    ON CONFLICT DO NOTHING RETURNING id
"""
IS_RESOLVED = """
    SELECT state IN ('resolved', 'closed') AND customer_id IN (
        SELECT k.id FROM customers k WHERE k.id = $2 OR k.merged_into = $2) FROM cases WHERE id = $1
"""
# Who stands for the case's customer, if they can still be asked.
ASKED_ABOUT = """
    SELECT s.id FROM cases c JOIN customers k ON k.id = c.customer_id
    JOIN customers s ON s.id = CASE WHEN k.merged_into IS NULL THEN k.id ELSE k.merged_into END
    WHERE c.id = $1 AND s.deleted_at IS NULL
"""
OF_CYCLE = """
    SELECT s.id FROM case_surveys s JOIN cases c ON c.id = s.case_id AND c.cycle = s.cycle WHERE c.id = $1
"""

ADD_LINK = """
    INSERT INTO case_survey_links (token_hash, merchant_id, survey_id) VALUES ($1, current_merchant(), $2)
"""
LINK = """
    SELECT survey_id FROM case_survey_links WHERE token_hash = $1
"""
_SURVEY = """
    SELECT s.id, s.kind, c.id AS customer_id, s.case_id, s.questions, s.expires_at, s.answered_at,
           s.opened_case_id, coalesce(p.locale, 'en') AS locale
    FROM case_surveys s JOIN customers a ON a.id = s.customer_id
    JOIN customers c ON c.id = CASE WHEN a.merged_into IS NULL THEN a.id ELSE a.merged_into END
    LEFT JOIN customer_profiles p ON p.customer_id = c.id
    WHERE s.id = $1 AND a.deleted_at IS NULL AND c.deleted_at IS NULL
"""
SURVEY = _SURVEY
LOCK = _SURVEY + " FOR NO KEY UPDATE OF s"
ANSWERS = """
    SELECT DISTINCT ON (question) question, score, body FROM case_survey_answers
    WHERE survey_id = $1 ORDER BY question, id DESC
"""
ANSWER = """
    INSERT INTO case_survey_answers (id, merchant_id, survey_id, question, score, body, answered_at)
    VALUES ($1, current_merchant(), $2, $3, $4, $5, $6)
"""
ANSWERED = "UPDATE case_surveys SET answered_at = $2 WHERE id = $1 AND answered_at IS NULL"
OPENED = "UPDATE case_surveys SET opened_case_id = $2 WHERE id = $1"
# What somebody answered, the newest survey first.
OF_CUSTOMER = """
    SELECT s.id, s.kind, s.answered_at, x.question, x.score, x.body
    FROM case_surveys s CROSS JOIN LATERAL (
        SELECT DISTINCT ON (question) question, score, body FROM case_survey_answers y
        WHERE y.survey_id = s.id ORDER BY question, id DESC) x
    WHERE s.customer_id IN (SELECT k.id FROM customers k WHERE k.id = $1 OR k.merged_into = $1)
      AND s.answered_at IS NOT NULL
    ORDER BY s.answered_at DESC, s.id, x.question LIMIT $2
"""
PURGE_LINKS = """
    DELETE FROM case_survey_links l USING case_surveys s
    WHERE l.merchant_id = current_merchant() AND s.id = l.survey_id AND s.expires_at < $1
"""
