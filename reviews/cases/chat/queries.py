"""SQL of the chat box; all in the open transaction."""

# Two questions that are sent together wait for each other.
LOCK_CUSTOMER = "SELECT id FROM customers WHERE id = $1 FOR NO KEY UPDATE"
GOING_ON = """
    SELECT id FROM case_chats WHERE customer_id = $1 AND case_id IS NULL AND last_at > $2
    ORDER BY last_at DESC LIMIT 1
"""
BEGIN_CHAT = """
    INSERT INTO case_chats (id, merchant_id, customer_id, started_at, last_at)
    VALUES ($1, current_merchant(), $2, $3, $3)
"""
ADD_LINE = """
    WITH said AS (UPDATE case_chats SET last_at = $5 WHERE id = $1)
    INSERT INTO case_chat_lines (merchant_id, chat_id, question, articles, sure, at)
    VALUES (current_merchant(), $1, $2, $3::jsonb, $4, $5)
"""
LINES = "SELECT question, articles, sure, at FROM case_chat_lines WHERE chat_id = $1 ORDER BY id"
HAND_OVER = "UPDATE case_chats SET case_id = $2 WHERE id = $1"
