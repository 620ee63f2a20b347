"""The SQL that changes cases, and what it has to look at; all in the open transaction."""

# ---------------------------------------------------------------- opening, whole batches

JUDGED = """
    SELECT r.id AS review_id, r.version, r.state, r.customer_id, p.id AS person_id, r.replied_at,
           c.id AS case_id, c.state AS case_state,
           r.source, coalesce(nullif(v.lang, ''), s.lang, '') AS language, coalesce(m.tier_code, '') AS tier,
           r.order_id, ARRAY(SELECT a ->> 'aspect' FROM jsonb_array_elements(s.aspects) a
                             WHERE a ->> 'polarity' = 'negative') AS aspects,
           (SELECT count(*) FROM customers f JOIN orders o ON o.customer_id = f.id
            WHERE (f.id = p.id OR f.merged_into = p.id) AND o.paid_at IS NOT NULL
              AND o.cancelled_at IS NULL)::int AS orders
    FROM reviews r
    LEFT JOIN customers a ON a.id = r.customer_id
    LEFT JOIN customers p ON p.id = CASE WHEN a.merged_into IS NULL THEN a.id ELSE a.merged_into END
         AND p.deleted_at IS NULL
    LEFT JOIN case_reviews x ON x.review_id = r.id
    LEFT JOIN cases c ON c.id = x.case_id
    LEFT JOIN review_versions v ON v.review_id = r.id AND v.number = r.version
    LEFT JOIN LATERAL (SELECT lang, aspects FROM review_scores y
                       WHERE y.review_id = r.id AND y.version = r.version
                       ORDER BY y.scored_at DESC LIMIT 1) s ON true
    LEFT JOIN members m ON m.customer_id = p.id AND m.left_at IS NULL
    WHERE r.id = ANY($1::uuid[])
"""
# Openers of one merchant take turns from here to the end of their transactions.
TAKE_TURN = """
    INSERT INTO case_numbers (merchant_id, last) VALUES ($1, 0)
    ON CONFLICT (merchant_id) DO UPDATE SET last = case_numbers.last RETURNING last
"""
TAKE_NUMBERS = "UPDATE case_numbers SET last = last + $2 WHERE merchant_id = $1"
HAVE_CASES = "SELECT review_id FROM case_reviews WHERE review_id = ANY($1::uuid[])"
# Open cases of the same customer, whoever stands for them, and of the same order.
SAME_CUSTOMER = """
    SELECT r.id AS review_id, c.id AS case_id
    FROM reviews r JOIN customers a ON a.id = r.customer_id
    CROSS JOIN LATERAL (SELECT CASE WHEN a.merged_into IS NULL THEN a.id ELSE a.merged_into END AS id) p
    JOIN customers f ON f.id = p.id OR f.merged_into = p.id
    JOIN cases c ON c.customer_id = f.id AND c.open
    WHERE r.id = ANY ($1::uuid[]) ORDER BY c.opened_at, c.id
"""
SAME_ORDER = """
    SELECT r.id AS review_id, c.id AS case_id
    FROM reviews r JOIN reviews o ON o.order_id = r.order_id AND o.id <> r.id
    JOIN case_reviews x ON x.review_id = o.id JOIN cases c ON c.id = x.case_id AND c.open
    WHERE r.id = ANY ($1::uuid[]) ORDER BY c.opened_at, c.id
"""
# In the order of their ids, as everybody locks several cases.
LOCK_MANY = "SELECT id, state FROM cases WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE"
INSERT_CASES = """
    WITH opened AS (
        INSERT INTO cases (merchant_id, id, number, review_id, customer_id, state, priority, priority_parts,
                           owner_id, team_id, answered_at, assigned_at, opened_at, updated_at, cause,
                           order_id)
        SELECT $1, id, number, review_id, customer_id, state, priority, parts::jsonb, owner_id, team_id,
               answered_at, CASE WHEN owner_id IS NOT NULL THEN $2::timestamptz END, $2, $2, cause, order_id
        FROM unnest($3::uuid[], $4::int[], $5::uuid[], $6::uuid[], $7::text[], $8::smallint[], $9::text[],
                    $10::uuid[], $11::uuid[], $12::timestamptz[], $13::text[], $14::uuid[])
             AS t (id, number, review_id, customer_id, state, priority, parts, owner_id, team_id, answered_at,
                   cause, order_id)
        RETURNING id, review_id)
    INSERT INTO case_reviews (merchant_id, case_id, review_id, joined_at)
    SELECT $1, id, review_id, $2 FROM opened WHERE review_id IS NOT NULL
"""
# Customers who can still be spoken with, and who stands for them.
ASKING = """
    SELECT c.id, s.id AS stands, p.locale, coalesce(m.tier_code, '') AS tier,
           (SELECT count(*) FROM customers f JOIN orders o ON o.customer_id = f.id
            WHERE (f.id = s.id OR f.merged_into = s.id) AND o.paid_at IS NOT NULL
              AND o.cancelled_at IS NULL)::int AS orders
    FROM customers c
    JOIN customers s ON s.id = CASE WHEN c.merged_into IS NULL THEN c.id ELSE c.merged_into END
    LEFT JOIN customer_profiles p ON p.customer_id = s.id
    LEFT JOIN members m ON m.customer_id = s.id AND m.left_at IS NULL
    WHERE c.id = ANY ($1::uuid[]) AND s.deleted_at IS NULL
"""
# Of these people and of whoever was merged into them; locked in the order of ids, as everybody locks several.
OPEN_CASES = """
    SELECT c.id, c.opened_at, f.stands
    FROM (SELECT id, id AS stands FROM unnest($1::uuid[]) AS t (id)
          UNION ALL SELECT id, merged_into FROM customers WHERE merged_into = ANY ($1::uuid[])) f
    JOIN cases c ON c.customer_id = f.id AND c.open
    ORDER BY c.id FOR NO KEY UPDATE OF c
"""
JOIN_CASE = """
    INSERT INTO case_reviews (merchant_id, case_id, review_id, joined_at) VALUES ($1, $2, $3, $4)
"""
RAISE = "UPDATE cases SET priority = greatest(priority, $2), priority_parts = $3::jsonb WHERE id = $1"
PARTS = "SELECT priority_parts FROM cases WHERE id = $1"
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
           assigned_at = CASE WHEN owner_id IS DISTINCT FROM $4 THEN $5 ELSE assigned_at END,
           snoozed_until = CASE WHEN $3 > 0 THEN NULL ELSE snoozed_until END,
           duplicate_of = $6, resolved_at = CASE WHEN $2 IN ('resolved', 'closed', 'spam', 'duplicate')
                                                 THEN coalesce(resolved_at, $5) END
    WHERE id = $1 RETURNING version
"""
GIVE_TO_TEAM = """
    UPDATE cases SET team_id = $2, owner_id = $3,
           assigned_at = CASE WHEN owner_id IS DISTINCT FROM $3 THEN $4 ELSE assigned_at END
    WHERE id = $1
"""
SNOOZE = "UPDATE cases SET snoozed_until = $2 WHERE id = $1"
TOUCH = "UPDATE cases SET version = version + 1, updated_at = $2, snoozed_until = NULL WHERE id = $1"
BY_NUMBER = "SELECT id FROM cases WHERE merchant_id = current_merchant() AND number = $1"
NEXT_CYCLE = "UPDATE cases SET cycle = cycle + 1, answered_at = NULL WHERE id = $1 RETURNING cycle"
UNANSWERED = "UPDATE cases SET answered_at = NULL WHERE id = $1"
ANSWERED = "UPDATE cases SET answered_at = coalesce(answered_at, $2) WHERE id = $1"
# Whether the customer has said something after a moment, and since when an answer to that is owed.
SPOKE_SINCE = """
    SELECT count(*) > 0 AS spoke, min(at) FILTER (WHERE kind <> 'review_revised') AS owed_since
    FROM case_events WHERE case_id = $1 AND actor = 'customer' AND at > $2
      AND kind IN ('customer_message', 'review_joined', 'review_revised')
"""
# Whether a private word is all that is left to say: the review is gone, or was answered in public before the
# customer or somebody of the shop took the matter up again.
PRIVATE_WILL_DO = """
    SELECT r.state <> 'live' OR (r.replied_at IS NOT NULL AND EXISTS (
        SELECT FROM case_events e WHERE e.case_id = c.id AND e.cycle = $2 AND e.kind = 'reopened'
                                    AND e.detail ->> 'because' <> 'revised'))
    FROM cases c JOIN reviews r ON r.id = c.review_id WHERE c.id = $1
"""
# The case of the same person in which the matter of a duplicate goes on.
GOES_ON_IN = """
    SELECT d.id FROM cases c JOIN cases d ON d.id = c.duplicate_of
    JOIN customers a ON a.id = c.customer_id JOIN customers b ON b.id = d.customer_id
    WHERE c.id = $1 AND c.state = 'duplicate'
      AND CASE WHEN a.merged_into IS NULL THEN a.id ELSE a.merged_into END
          = CASE WHEN b.merged_into IS NULL THEN b.id ELSE b.merged_into END
"""

# ---------------------------------------------------------------- clocks

START_CLOCKS = """
    WITH started AS (
        INSERT INTO case_clocks (merchant_id, case_id, cycle, kind, round, target_s, terms_id, started_at,
                                 counted_from, marks, due_at)
        SELECT $1, case_id, cycle, kind, round, target_s, terms_id, $2, $2, marks, due_at
        FROM jsonb_to_recordset($3::jsonb) AS t (case_id uuid, cycle int, kind text, round int, target_s int,
                                                 terms_id uuid, marks timestamptz[], due_at timestamptz)
        ON CONFLICT DO NOTHING RETURNING case_id, cycle, kind, round, due_at)
    INSERT INTO case_events (merchant_id, case_id, cycle, kind, actor, detail, at)
    SELECT $1, case_id, cycle, 'clock_started', 'system',
           jsonb_build_object('clock', kind, 'round', round, 'due_at', due_at), $2 FROM started
"""
_TERMS = "(SELECT t.terms FROM case_terms t WHERE t.id = k.terms_id) AS terms"
_RUNS = "satisfied_at IS NULL AND stopped_at IS NULL"
# What was said at $5 answers no clock that started later, and one that the end of the cycle stopped since.
SATISFY = f"""
    UPDATE case_clocks k SET satisfied_at = $4, stopped_at = NULL
    WHERE case_id = $1 AND cycle = $2 AND kind = $3 AND satisfied_at IS NULL AND started_at <= $5
      AND (stopped_at IS NULL OR stopped_at >= $5)
    RETURNING round, due_at, paused_at, counted_from, worked, {_TERMS}
"""
STOP = f"UPDATE case_clocks SET stopped_at = $3 WHERE case_id = $1 AND cycle = $2 AND {_RUNS}"
# Before the case moves: what was stopped otherwise stays so.
RUN_ON = """
    UPDATE case_clocks k SET stopped_at = NULL FROM cases c
    WHERE c.id = $1 AND k.case_id = c.id AND k.cycle = $2 AND k.satisfied_at IS NULL
      AND k.stopped_at = c.resolved_at
"""
NEXT_DUE = f"""
    UPDATE cases SET due_at = (SELECT min(due_at) FROM case_clocks k WHERE k.case_id = cases.id
        AND k.cycle = cases.cycle AND k.paused_at IS NULL AND {_RUNS})
    WHERE id = $1
"""
BEGIN_CYCLES = """
    UPDATE cases c SET terms_id = t.terms_id, due_at = t.due_at
    FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS t (id, terms_id, due_at) WHERE c.id = t.id
"""
RUNNING = f"""
    SELECT case_id, cycle, kind, round, target_s, marks, counted_from, worked, paused_at, pauses, {_TERMS}
    FROM case_clocks k WHERE case_id = $1 AND cycle = $2 AND {_RUNS}
    ORDER BY kind, round FOR NO KEY UPDATE
"""
# Which replies are owed, how often the next one was, and what the cycle was promised.
OWED = f"""
    SELECT coalesce(bool_or({_RUNS}) FILTER (WHERE kind = 'first_reply'), false) AS first,
           coalesce(bool_or({_RUNS}) FILTER (WHERE kind = 'next_reply'), false) AS next,
           coalesce(max(round) FILTER (WHERE kind = 'next_reply'), 0) AS rounds,
           (SELECT t.terms FROM cases c JOIN case_terms t ON t.id = c.terms_id WHERE c.id = $1) AS terms
    FROM case_clocks k WHERE case_id = $1 AND cycle = $2
"""
_ONE_CLOCK = "case_id = $1 AND cycle = $2 AND kind = $3 AND round = $4"
PAUSE = f"""
    UPDATE case_clocks SET marks = $5, worked = $6, paused_at = $7, pauses = pauses + 1 WHERE {_ONE_CLOCK}
"""
RESUME = f"""
    UPDATE case_clocks SET marks = $5, due_at = $6, counted_from = $7, paused_at = NULL WHERE {_ONE_CLOCK}
"""
# Marks 1 and 2 are warnings, 3 to 5 levels of escalation. A sweep that comes late says every level, for each
# is told to somebody else, and of the warnings only the last, if nothing is breached.
_SAY = f"""
    WITH passed AS (
        SELECT case_id, cycle, kind, round, said AS was,
               (SELECT count(*) FROM unnest(marks) mark WHERE mark <= $2)::smallint AS passed
        FROM case_clocks WHERE {{which}} AND next_at <= $2 AND {_RUNS}
        ORDER BY case_id, kind, round {{how}}),
    hit AS (
        UPDATE case_clocks k SET said = p.passed,
               breached_at = CASE WHEN k.breached_at IS NULL AND p.passed > 2 THEN $2 ELSE k.breached_at END
        FROM passed p WHERE (k.case_id, k.cycle, k.kind, k.round) = (p.case_id, p.cycle, p.kind, p.round)
        RETURNING k.case_id, k.cycle, k.kind, k.round, k.due_at, p.was, p.passed)
    INSERT INTO case_events (merchant_id, case_id, cycle, kind, actor, detail, at)
    SELECT $1, case_id, cycle, CASE WHEN mark > 2 THEN 'clock_breached' ELSE 'clock_warning' END, 'system',
           jsonb_build_object('clock', kind, 'round', round, 'due_at', due_at,
                              'level', CASE mark WHEN 1 THEN 50 WHEN 2 THEN 80 ELSE mark - 2 END), $2
    FROM hit CROSS JOIN LATERAL generate_series(was + 1, passed) mark
    WHERE mark > 2 OR mark = passed
    ORDER BY case_id, kind, round, mark
    ON CONFLICT DO NOTHING
    RETURNING kind, case_id, cycle, detail ->> 'clock' AS clock, (detail ->> 'round')::int AS round,
              (detail ->> 'level')::int AS level
"""
SWEEP = _SAY.format(which="merchant_id = $1", how="LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED")
SAY_OF_CASE = _SAY.format(which="case_id = $3 AND cycle = $4", how="FOR NO KEY UPDATE")

# Who could be told of a clock that still runs, in the order of the levels.
OVERDUE = f"""
    SELECT c.number, ARRAY[
        (SELECT id FROM staff WHERE id = c.owner_id AND disabled_at IS NULL),
        (SELECT s.id FROM case_teams t JOIN staff s ON s.id = t.lead_id
         WHERE t.id = c.team_id AND s.disabled_at IS NULL),
        (SELECT id FROM staff WHERE role = 'community_manager' AND disabled_at IS NULL
         ORDER BY created_at, id LIMIT 1),
        (SELECT id FROM staff WHERE role = 'owner' AND disabled_at IS NULL ORDER BY created_at, id LIMIT 1)
    ] AS chain
    FROM case_clocks k JOIN cases c ON c.id = k.case_id
    WHERE k.case_id = $1 AND k.cycle = $2 AND k.kind = $3 AND k.round = $4
      AND k.paused_at IS NULL AND {_RUNS}
    FOR NO KEY UPDATE OF k
"""
TOLD = """
    SELECT (detail ->> 'to')::uuid AS id FROM case_events
    WHERE case_id = $1 AND cycle = $2 AND kind = 'escalated' AND detail ->> 'clock' = $3
      AND coalesce((detail ->> 'round')::int, 1) = $4
"""
STAFF_ADDRESS = "SELECT email, locale FROM staff WHERE id = $1"

# The deed "close" on many at once: no clock of theirs runs any more.
CLOSE_QUIET = """
    WITH closed AS (
        UPDATE cases SET state = 'closed', version = version + 1, updated_at = $4
        WHERE id IN (SELECT id FROM cases WHERE merchant_id = $1 AND state = 'resolved' AND resolved_at <= $2
                     ORDER BY id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED)
        RETURNING id, cycle)
    INSERT INTO case_events (merchant_id, case_id, cycle, kind, actor, detail, at)
    SELECT $1, id, cycle, 'closed', 'system', '{}', $4 FROM closed RETURNING case_id
"""

# ---------------------------------------------------------------- conversation and remedies

FIND_MESSAGE = """
    SELECT m.case_id, m.cycle, r.id AS review_id, r.source, m.kind, m.state, m.body, m.created_at, m.attempts,
           m.review_version < r.version AS overtaken,
           m.kind = 'public_reply' AND r.state = 'tombstone' AS gone
    FROM case_messages m JOIN cases c ON c.id = m.case_id
    LEFT JOIN reviews r ON r.id = CASE WHEN m.review_id IS NULL THEN c.review_id ELSE m.review_id END
    WHERE m.id = $1
"""
VERSION = "SELECT version FROM reviews WHERE id = $1 AND state = 'live'"
REVIEW_OF = """
    SELECT r.id AS review_id, r.source, r.account FROM case_reviews x JOIN reviews r ON r.id = x.review_id
    WHERE x.case_id = $1 AND x.review_id = $2
"""
CANCEL = """
    UPDATE case_messages SET state = 'cancelled'
    WHERE id = $1 AND case_id = $2 AND state = 'queued' AND send_after > $3 RETURNING id
"""
TAKEN_BACK = """
    SELECT m.kind, m.body, nullif(m.review_id, c.review_id) AS review_id
    FROM case_messages m JOIN cases c ON c.id = m.case_id
    WHERE m.id = $1 AND m.case_id = $2 AND m.state = 'cancelled'
"""
SENT = "UPDATE case_messages SET state = 'sent', sent_at = $2, failure = NULL WHERE id = $1"
SENDING = "UPDATE case_messages SET state = 'sending' WHERE id = $1"
TRIED = "UPDATE case_messages SET failure = $2, attempts = $3 WHERE id = $1"
# Not if a later one to the same review went out since: the older would take its place.
RETRY = """
    UPDATE case_messages m SET state = 'sending', failure = NULL, attempts = 0, review_version = (
        SELECT r.version FROM reviews r JOIN cases c ON c.id = m.case_id
        WHERE r.id = CASE WHEN m.review_id IS NULL THEN c.review_id ELSE m.review_id END)
    WHERE id = $1 AND case_id = $2 AND kind = 'public_reply' AND state = 'failed'
      AND NOT EXISTS (SELECT FROM case_messages o WHERE o.case_id = $2 AND o.kind = 'public_reply'
                      AND o.state = 'sent' AND o.id > m.id AND o.review_id IS NOT DISTINCT FROM m.review_id)
    RETURNING id
"""
WAITING = """
    SELECT id FROM case_messages
    WHERE case_id = $1 AND kind = 'public_reply' AND state IN ('queued', 'sending')
"""
FAILED = "UPDATE case_messages SET state = 'failed', failure = $2, attempts = $3 WHERE id = $1"
PUBLISH_REPLY = "UPDATE reviews SET reply = $2, replied_at = $3 WHERE id = $1"
IS_CUSTOMERS = """
    SELECT EXISTS (SELECT FROM customers WHERE id = $1 AND (id = $2 OR merged_into = $2))
"""
IS_ERASED = """
    SELECT s.deleted_at IS NOT NULL FROM customers c
    JOIN customers s ON s.id = CASE WHEN c.merged_into IS NULL THEN c.id ELSE c.merged_into END
    WHERE c.id = $1
"""
REMEDY_BY_KEY = """
    SELECT id, case_id, staff_id, kind, points, amount_minor, currency, order_line, message, journal_id,
           coalesce((SELECT w.code FROM vouchers v JOIN rewards w ON w.id = v.reward_id
                     WHERE v.id = g.voucher_id), '') AS reward
    FROM case_remedies g WHERE key = $1
"""
MEMBER = """
    SELECT m.id FROM members m
    JOIN customers c
         ON m.customer_id = CASE WHEN c.merged_into IS NULL THEN c.id ELSE c.merged_into END
    WHERE c.id = $1 AND m.left_at IS NULL
"""
