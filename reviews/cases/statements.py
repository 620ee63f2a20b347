"""The SQL that changes cases, and what it has to look at; all in the open transaction."""

# ---------------------------------------------------------------- opening, whole batches

JUDGED = """
    SELECT r.id AS review_id, r.version, r.state, r.customer_id, r.replied_at,
           c.id AS case_id, c.state AS case_state,
           (SELECT count(*) FROM orders o
            WHERE o.customer_id = r.customer_id AND o.paid_at IS NOT NULL)::int AS orders
    FROM reviews r LEFT JOIN cases c ON c.review_id = r.id
    WHERE r.id = ANY($1::uuid[])
"""
# Openers of one merchant take turns from here to the end of their transactions.
TAKE_TURN = """
    INSERT INTO case_numbers (merchant_id, last) VALUES ($1, 0)
    ON CONFLICT (merchant_id) DO UPDATE SET last = case_numbers.last RETURNING last
"""
TAKE_NUMBERS = "UPDATE case_numbers SET last = last + $2 WHERE merchant_id = $1"
HAVE_CASES = "SELECT review_id FROM cases WHERE review_id = ANY($1::uuid[])"
LOADS = """
    SELECT s.id, count(c.id)::int AS cases FROM staff s LEFT JOIN cases c ON c.owner_id = s.id AND c.open
    WHERE s.role IN ('agent', 'community_manager') AND s.disabled_at IS NULL GROUP BY s.id
"""
INSERT_CASES = """
    INSERT INTO cases (merchant_id, id, number, review_id, customer_id, state, priority, priority_parts,
                       owner_id, answered_at, due_at, opened_at, updated_at)
    SELECT $1, id, number, review_id, customer_id, state, priority, parts::jsonb,
           owner_id, answered_at, due_at, $2, $2
    FROM unnest($3::uuid[], $4::int[], $5::uuid[], $6::uuid[], $7::text[], $8::smallint[], $9::text[],
                $10::uuid[], $11::timestamptz[], $12::timestamptz[])
         AS t (id, number, review_id, customer_id, state, priority, parts, owner_id, answered_at, due_at)
"""
INSERT_CLOCKS = """
    INSERT INTO case_clocks (merchant_id, case_id, cycle, started_at, kind, target_s, warn_at, due_at)
    SELECT $1, case_id, cycle, $2, kind, target_s, warn_at, due_at
    FROM unnest($3::uuid[], $4::int[], $5::text[], $6::int[], $7::timestamptz[], $8::timestamptz[])
         AS t (case_id, cycle, kind, target_s, warn_at, due_at)
"""
INSERT_EVENTS = """
    INSERT INTO case_events (merchant_id, case_id, cycle, kind, actor, detail, at)
    SELECT $1, case_id, cycle, kind, 'system', detail::jsonb, $2
    FROM unnest($3::uuid[], $4::int[], $5::text[], $6::text[]) AS t (case_id, cycle, kind, detail)
"""

# ---------------------------------------------------------------- one case

# Not FOR UPDATE: that would also stop the sweep from noting what the clocks of this case say.
LOCK = """
    SELECT c.id, c.number, c.state, c.cycle, c.version, c.owner_id, c.customer_id, c.review_id,
           r.source, r.account, coalesce(c.priority_parts ->> 'urgency', '0')::int AS urgency
    FROM cases c LEFT JOIN reviews r ON r.id = c.review_id
    WHERE c.id = $1 FOR NO KEY UPDATE OF c
"""
MOVE = """
    UPDATE cases SET state = $2, version = version + $3, owner_id = $4, updated_at = $5,
           resolved_at = CASE WHEN $2 IN ('resolved', 'closed') THEN coalesce(resolved_at, $5) END
    WHERE id = $1 RETURNING version
"""
NEXT_CYCLE = "UPDATE cases SET cycle = cycle + 1, answered_at = NULL WHERE id = $1 RETURNING cycle"
UNANSWERED = "UPDATE cases SET answered_at = NULL WHERE id = $1"
ANSWERED = "UPDATE cases SET answered_at = coalesce(answered_at, $2) WHERE id = $1"

# ---------------------------------------------------------------- clocks

SATISFY = """
    UPDATE case_clocks SET satisfied_at = $4
    WHERE case_id = $1 AND cycle = $2 AND kind = $3 AND satisfied_at IS NULL AND stopped_at IS NULL
    RETURNING due_at
"""
STOP = """
    UPDATE case_clocks SET stopped_at = $3
    WHERE case_id = $1 AND cycle = $2 AND satisfied_at IS NULL AND stopped_at IS NULL
"""
NEXT_DUE = """
    UPDATE cases SET due_at = (SELECT min(due_at) FROM case_clocks k WHERE k.case_id = cases.id
        AND k.cycle = cases.cycle AND k.satisfied_at IS NULL AND k.stopped_at IS NULL)
    WHERE id = $1
"""
_RUNNING = "satisfied_at IS NULL AND stopped_at IS NULL AND breached_at IS NULL"
_NOTE = """
    INSERT INTO case_events (merchant_id, case_id, cycle, kind, actor, detail, at)
    SELECT $1, case_id, cycle, '{kind}', 'system', jsonb_build_object('clock', kind, 'due_at', due_at), $2
    FROM hit RETURNING case_id
"""
_SWEEP = """
    WITH hit AS (
        UPDATE case_clocks k SET {column} = $2
        FROM (SELECT case_id, cycle, kind FROM case_clocks
              WHERE merchant_id = $1 AND {when} AND {running}
              ORDER BY case_id, kind LIMIT $3 FOR UPDATE SKIP LOCKED) d
        WHERE (k.case_id, k.cycle, k.kind) = (d.case_id, d.cycle, d.kind)
        RETURNING k.case_id, k.cycle, k.kind, k.due_at)
"""
BREACH = _SWEEP.format(column="breached_at", when="due_at <= $2", running=_RUNNING) + _NOTE.format(
    kind="clock_breached"
)
WARN = _SWEEP.format(
    column="warned_at", when="warn_at <= $2 AND due_at > $2 AND warned_at IS NULL", running=_RUNNING
) + _NOTE.format(kind="clock_warning")

QUIET = """
    SELECT id FROM cases WHERE merchant_id = $1 AND state = 'resolved' AND resolved_at <= $2
    ORDER BY id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
"""

# ---------------------------------------------------------------- conversation and remedies

FIND_MESSAGE = "SELECT case_id, kind, state, body, send_after, attempts FROM case_messages WHERE id = $1"
CANCEL = """
    UPDATE case_messages SET state = 'cancelled'
    WHERE id = $1 AND case_id = $2 AND state = 'queued' AND send_after > $3 RETURNING id
"""
SENT = "UPDATE case_messages SET state = 'sent', sent_at = $2, failure = NULL WHERE id = $1"
SENDING = "UPDATE case_messages SET state = 'sending' WHERE id = $1"
TRIED = "UPDATE case_messages SET failure = $2, attempts = $3 WHERE id = $1"
RETRY = """
    UPDATE case_messages SET state = 'sending', failure = NULL, attempts = 0
    WHERE id = $1 AND case_id = $2 AND kind = 'public_reply' AND state = 'failed' RETURNING id
"""
WAITING = """
    SELECT id FROM case_messages
    WHERE case_id = $1 AND kind = 'public_reply' AND state IN ('queued', 'sending')
"""
FAILED = "UPDATE case_messages SET state = 'failed', failure = $2, attempts = $3 WHERE id = $1"
PUBLISH_REPLY = "UPDATE reviews SET reply = $2, replied_at = $3 WHERE id = $1"
ADDRESS = """
    SELECT p.email, p.locale FROM customer_profiles p WHERE p.customer_id = $1 AND p.email IS NOT NULL
"""
IS_CUSTOMERS = """
    SELECT EXISTS (SELECT FROM customers WHERE id = $1 AND (id = $2 OR merged_into = $2))
"""
REMEDY_BY_KEY = """
    SELECT id, case_id, staff_id, points, message, journal_id FROM case_remedies WHERE key = $1
"""
GIVEN = "SELECT coalesce(sum(points), 0)::bigint FROM case_remedies WHERE case_id = $1 AND staff_id = $2"
MEMBER = """
    SELECT m.id FROM members m
    JOIN customers c
         ON m.customer_id = CASE WHEN c.merged_into IS NULL THEN c.id ELSE c.merged_into END
    WHERE c.id = $1 AND m.left_at IS NULL
"""
