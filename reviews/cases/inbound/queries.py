"""SQL over mails that came; everything in the open transaction."""

KNOWN = """
    SELECT state, reason FROM case_inbound_mails WHERE merchant_id = current_merchant() AND mail_key = $1
"""
CASE_BY_TOKEN = (
    "SELECT id FROM cases WHERE reply_token = ANY ($1::uuid[]) ORDER BY array_position($1, reply_token)"
)
# What our own mails refer to, in the order in which they are named.
SENT = "SELECT id, headers FROM mails WHERE id = ANY ($1::uuid[]) ORDER BY array_position($1, id)"
FROM_CUSTOMER = """
    SELECT EXISTS (
        SELECT FROM cases c JOIN customers k ON k.id = c.customer_id
        JOIN customers o ON o.id = k.id OR o.id = k.merged_into OR o.merged_into = k.id
                            OR o.merged_into = k.merged_into
        JOIN customer_profiles p ON p.customer_id = o.id
        WHERE c.id = $1 AND o.deleted_at IS NULL AND lower(p.email) = $2)
"""
IN_LAST_HOUR = """
    SELECT count(*)::int FROM case_inbound_mails
    WHERE case_id = $1 AND received_at > $2::timestamptz - interval '1 hour' AND state = 'taken'
"""
ADD = """
    INSERT INTO case_inbound_mails (merchant_id, mail_key, received_at, from_address, from_name, subject,
                                    body, attachments, state, reason, case_id)
    VALUES (current_merchant(), $1, $2, $3, $4, $5, $6, $7, 'parked', $8, $9)
    ON CONFLICT (merchant_id, mail_key) DO NOTHING RETURNING id
"""
TAKE = """
    UPDATE case_inbound_mails SET state = 'taken', case_id = $2, message_id = $3,
           reason = nullif(reason, 'none')
    WHERE id = $1
"""
REFUSE = "UPDATE case_inbound_mails SET state = 'refused' WHERE id = $1"
DECIDED = "UPDATE case_inbound_mails SET decided_by = $2, decided_at = $3 WHERE id = $1"
DISMISS = "UPDATE case_inbound_mails SET state = 'dismissed', decided_by = $2, decided_at = $3 WHERE id = $1"
LOCK = """
    SELECT id, state, from_address, subject, body, attachments, case_id FROM case_inbound_mails
    WHERE id = $1 FOR UPDATE
"""
CASE_BY_NUMBER = "SELECT id FROM cases WHERE merchant_id = current_merchant() AND number = $1"
CUSTOMER = """
    SELECT id FROM customers
    WHERE merchant_id = current_merchant() AND external_id = $1 AND deleted_at IS NULL
"""
OWN_CASE = """
    SELECT c.id FROM cases c JOIN customers k ON k.id = c.customer_id
    WHERE c.merchant_id = current_merchant() AND c.number = $1
      AND (k.id = $2 OR k.merged_into = $2 OR k.id = (SELECT merged_into FROM customers WHERE id = $2))
"""
# One person, or nobody: an address that several customers share names none of them.
SENDER = """
    SELECT (array_agg(DISTINCT c.id))[1] AS id, count(DISTINCT c.id) AS people
    FROM customer_profiles p JOIN customers k ON k.id = p.customer_id
    JOIN customers c ON c.id = CASE WHEN k.merged_into IS NULL THEN k.id ELSE k.merged_into END
    WHERE p.merchant_id = current_merchant() AND lower(p.email) = $1 AND c.deleted_at IS NULL
"""
LISTED = """
    SELECT i.id, i.received_at, i.from_address, i.from_name, i.subject, i.body, i.attachments, i.state,
           i.reason, i.case_id, c.number AS case_number, s.name AS decided_by
    FROM case_inbound_mails i LEFT JOIN cases c ON c.id = i.case_id LEFT JOIN staff s ON s.id = i.decided_by
    WHERE i.merchant_id = current_merchant() AND i.state = $1 AND ($2::uuid IS NULL OR i.id < $2)
    ORDER BY i.id DESC LIMIT $3
"""
PARKED = """
    SELECT count(*)::int FROM (SELECT FROM case_inbound_mails
                               WHERE merchant_id = current_merchant() AND state = 'parked' LIMIT 100) n
"""
