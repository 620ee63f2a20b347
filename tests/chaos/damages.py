"""Ways to damage the database of a merchant, and what the verifier has to find of each.

By name: SQL (`{m}` is the merchant's condition, `{merchant}` its id), kind of the finding, and what it is.
"""

ONE_EARN = (
    "(SELECT id FROM ledger_journal WHERE {m} AND verb = 'earn' AND reason ? 'note' ORDER BY id LIMIT 1)"
)
ONE_ORDER = (
    "(SELECT id FROM ledger_journal WHERE {m} AND verb = 'earn' AND reason ? 'order' ORDER BY id LIMIT 1)"
)
COPY = """
    INSERT INTO ledger_journal SELECT (jsonb_populate_record(j, jsonb_build_object(
        'id', gen_random_uuid(), 'key', j.key || '!', 'seq', j.seq + 100000))).*
    FROM ledger_journal j WHERE id = {one}
"""
DAMAGES = {
    "a posting is gone": (f"DELETE FROM ledger_journal WHERE id = {ONE_EARN}", "lost", "earn"),
    "a posting is there twice": (COPY.replace("{one}", ONE_EARN), "doubled", "earn"),
    "points of an order are there twice": (
        COPY.replace("{one}", ONE_ORDER),
        "doubled",
        "points of an order",
    ),
    "points of an order are gone": (
        f"DELETE FROM ledger_journal WHERE id = {ONE_ORDER}",
        "lost",
        "points of an order",
    ),
    "an entry has other points": (
        f"UPDATE ledger_entries SET points = points + 1 WHERE journal_id = {ONE_EARN}",
        "wrong",
        "hash of a posting",
    ),
    "entries are gone": (
        f"DELETE FROM ledger_entries WHERE journal_id = {ONE_EARN}",
        "lost",
        "posting without entries",
    ),
    "a balance is higher": (
        "UPDATE ledger_accounts SET points_pending = points_pending + 1 WHERE {m}",
        "wrong",
        "balance",
    ),
    "a posting is forgotten by its account": (
        "UPDATE ledger_accounts SET seq = seq - 1 WHERE {m} AND seq > 0",
        "lost",
        "the last posting of an account",
    ),
    "a lot has less": (
        "UPDATE ledger_lots SET points_active = points_active - 1 WHERE {m} AND points_active > 0",
        "wrong",
        "what is left of a lot",
    ),
    "a lot is gone": (
        f"DELETE FROM ledger_lots WHERE journal_id = {ONE_EARN}",
        "lost",
        "lot that entries name",
    ),
    "a lot was taken back": (
        f"UPDATE ledger_lots SET points_clawed_back = 1 WHERE journal_id = {ONE_EARN}",
        "wrong",
        "what was taken back of a lot",
    ),
    "a hold has more": (
        "UPDATE ledger_holds SET points_left = points_left + 1 WHERE {m} AND points_left < points",
        "wrong",
        "what is left of a hold",
    ),
    "a hold is gone": ("DELETE FROM ledger_holds WHERE {m}", "lost", "hold of a posting"),
    "a capture is gone": ("DELETE FROM ledger_journal WHERE {m} AND verb = 'capture'", "lost", "capture"),
    "somebody owes more": (
        "INSERT INTO ledger_dues (merchant_id, account_id, lot_journal_id, lot_line, payer, points_left)"
        " SELECT merchant_id, id, id, 0, 'debt', 1 FROM ledger_accounts WHERE {m}",
        "wrong",
        "debt beside what it stands for",
    ),
    "a budget has less": (
        "UPDATE ledger_budget_slots SET points_left = points_left - 1 WHERE {m} AND points_left > 0",
        "wrong",
        "what is used of a budget",
    ),
    "a member used more of a budget": (
        "INSERT INTO ledger_budget_members (budget_id, member_id, period_start, merchant_id, points_used)"
        " SELECT budget_id, member_id, '-infinity', merchant_id, points + 1 FROM ledger_budget_uses"
        " WHERE {m} LIMIT 1",
        "wrong",
        "what a member used of a budget",
    ),
    "a use of a budget has no posting": (
        "UPDATE ledger_budget_uses SET earn_id = gen_random_uuid() WHERE {m}",
        "doubled",
        "use of a budget without its posting",
    ),
    "stock is lower": (
        "UPDATE reward_stock SET units = units - 1 WHERE {m} AND units > 0",
        "wrong",
        "stock of a reward",
    ),
    "a voucher is gone": ("DELETE FROM vouchers WHERE {m} AND state = 'issued'", "lost", "redeem"),
    "a redemption has no voucher": (
        "DELETE FROM vouchers WHERE {m} AND state = 'issued'",
        "doubled",
        "redemption without its voucher",
    ),
    "a voucher cost something else": (
        "UPDATE vouchers SET points = points + 1 WHERE {m}",
        "wrong",
        "price of a voucher",
    ),
    "a voucher is cancelled": (
        "UPDATE vouchers SET state = 'cancelled' WHERE {m} AND state = 'issued'",
        "doubled",
        "cancel that nobody asked for",
    ),
    "a cancelled voucher is good again": (
        "UPDATE vouchers SET state = 'issued' WHERE {m} AND state = 'cancelled'",
        "lost",
        "cancel",
    ),
    "an event is gone": ("DELETE FROM events WHERE {m} AND type = 'order.paid'", "lost", "event"),
    "an order was refunded more": (
        "UPDATE orders SET refunded_minor = refunded_minor + 100 WHERE {m}",
        "wrong",
        "amounts of an order",
    ),
    "an order is gone": ("DELETE FROM orders WHERE {m}", "lost", "order of an event"),
    "a clock is due later": (
        "UPDATE case_clocks SET due_at = due_at + interval '1 s' WHERE {m}",
        "wrong",
        "due_at of a clock",
    ),
    "a clock forgot a pause": (
        "UPDATE case_clocks SET pauses = pauses + 1 WHERE {m}",
        "wrong",
        "pauses of a clock",
    ),
    "a clock is gone": ("DELETE FROM case_clocks WHERE {m}", "lost", "clock of an event"),
    "a clock never started": (
        "DELETE FROM case_events WHERE {m} AND kind = 'clock_started'",
        "wrong",
        "clock that never started",
    ),
    "a clock speaks twice": (
        "DROP INDEX case_events_clock_once; INSERT INTO case_events SELECT (jsonb_populate_record(e,"
        " jsonb_build_object('id', gen_random_uuid()))).* FROM case_events e WHERE {m}",
        "doubled",
        "word of a clock",
    ),
    "a case is due later": (
        "UPDATE cases SET due_at = due_at + interval '1 s' WHERE {m}",
        "wrong",
        "when a case is due",
    ),
    "a number was given to nobody": (
        "UPDATE case_numbers SET last = last + 1 WHERE {m}",
        "wrong",
        "numbers of cases",
    ),
    "a rating is counted twice": (
        "UPDATE review_rating_deltas SET reviews = reviews + 1 WHERE {m}",
        "wrong",
        "count of ratings",
    ),
    "a review is gone": ("DELETE FROM reviews WHERE {m}", "lost", "wording of a review"),
    "a wording is there twice": (
        "UPDATE reviews SET version = version + 1 WHERE {m} AND state = 'live'",
        "doubled",
        "wording of a review",
    ),
    "a removed review is back": (
        "UPDATE reviews SET state = 'live' WHERE {m} AND state = 'tombstone'",
        "lost",
        "removal",
    ),
    "a note is gone": ("DELETE FROM case_messages WHERE {m} AND kind = 'note'", "lost", "note"),
    "a message is there twice": (
        "INSERT INTO case_messages SELECT (jsonb_populate_record(e, jsonb_build_object('id',"
        " gen_random_uuid()))).* FROM case_messages e WHERE {m} AND kind = 'private_message'",
        "doubled",
        "private_message",
    ),
    "a gift is gone": ("DELETE FROM case_remedies WHERE {m}", "lost", "goodwill"),
    "a gift was never posted": (
        "UPDATE case_remedies SET journal_id = gen_random_uuid() WHERE {m}",
        "wrong",
        "points of goodwill",
    ),
    "work is left": (
        "INSERT INTO outbox (merchant_id, topic, payload, created_at, available_at)"
        " SELECT id, 'some.work', '{}', now(), now() - interval '1 s' FROM merchants WHERE id = '{merchant}'",
        "stuck",
        "some.work",
    ),
    "a review was not read": ("DELETE FROM review_scores WHERE {m}", "stuck", "review that nobody has read"),
    "a negative review has no case": (
        "DELETE FROM case_reviews WHERE {m}",
        "stuck",
        "negative review without a case",
    ),
}
