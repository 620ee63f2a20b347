-- One earn on one campaign budget. What stands here supersedes ledger_earn_one() of 0003_ledger_writer/10_earn.sql and
-- ledger_take_budget() of 04_budgets.sql there.

-- Take points out of a budget or of one of its periods; false if it has not so many left.
CREATE OR REPLACE FUNCTION ledger_take_budget(p_budget uuid, p_period date, p_points bigint) RETURNS bool LANGUAGE plpgsql AS $$
DECLARE
    own int := pg_backend_pid() % ledger_slots();
    available bigint;
BEGIN
    -- As long as there is plenty, one statement. Should others empty the slot while it is read, we hold its lock, and
    -- take what is left below.
    UPDATE ledger_budget_slots SET points_left = points_left - p_points
    WHERE budget_id = p_budget AND period_start = p_period AND slot = (
        SELECT slot FROM ledger_budget_slots WHERE budget_id = p_budget AND period_start = p_period AND slot = own
        AND points_left / ledger_slots() >= p_points FOR NO KEY UPDATE SKIP LOCKED);
    IF FOUND THEN RETURN true; END IF;
    -- Undone when it finds nothing: a slot that, read again, has too few points would stay locked, out of order.
    BEGIN
        UPDATE ledger_budget_slots SET points_left = points_left - p_points
        WHERE budget_id = p_budget AND period_start = p_period AND slot = (
            SELECT slot FROM ledger_budget_slots WHERE budget_id = p_budget AND period_start = p_period
            AND points_left >= p_points ORDER BY slot <> own, slot LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED);
        IF FOUND THEN RETURN true; END IF;
        RAISE EXCEPTION 'no slot' USING ERRCODE = 'RG002';
    EXCEPTION WHEN SQLSTATE 'RG002' THEN NULL;
    END;
    -- A budget that is used up is refused without a lock.
    SELECT sum(points_left) INTO available FROM ledger_budget_slots WHERE budget_id = p_budget AND period_start = p_period;
    IF available < p_points THEN RETURN false; END IF;
    PERFORM slot FROM ledger_budget_slots WHERE budget_id = p_budget AND period_start = p_period
    ORDER BY slot FOR NO KEY UPDATE;
    SELECT sum(points_left) INTO available FROM ledger_budget_slots WHERE budget_id = p_budget AND period_start = p_period;
    IF coalesce(available, -1) < p_points THEN RETURN false; END IF;
    PERFORM ledger_share_out(p_budget, p_period, available - p_points);
    RETURN true;
END $$;

-- What ledger_take_claims() does, for one earn on one budget.
CREATE FUNCTION ledger_take_one(b ledger_budgets, p_member uuid, p_period date, p_points bigint) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
    IF b.points_per_member IS NOT NULL
       AND NOT ledger_take_member(b.id, p_member, '-infinity', p_points, b.points_per_member) THEN RETURN false; END IF;
    IF b.points_per_member_period IS NOT NULL
       AND NOT ledger_take_member(b.id, p_member, p_period, p_points, b.points_per_member_period) THEN RETURN false; END IF;
    IF b.points_total IS NOT NULL AND NOT ledger_take_budget(b.id, '-infinity', p_points) THEN RETURN false; END IF;
    IF b.points_per_period IS NULL THEN RETURN true; END IF;
    PERFORM ledger_open_period(b.id, p_period);
    RETURN ledger_take_budget(b.id, p_period, p_points);
END $$;

-- One earn on one budget; NULL: it must go the long way. (On no budget it comes by ledger_earn_plain().)
CREATE OR REPLACE FUNCTION ledger_earn_one(c jsonb, p_now timestamptz) RETURNS ledger_result LANGUAGE plpgsql AS $$
DECLARE
    merchant uuid := current_merchant();
    made uuid;
    member uuid := c->>'member';
    wallet text := coalesce(c->>'wallet', 'points');
    n bigint := c->>'points';
    pending bigint := CASE WHEN (c->>'pending')::bool THEN n ELSE 0 END;
    debit ledger_side := coalesce(c->>'side', 'issued');
    credit ledger_side := CASE WHEN pending > 0 THEN 'pending' ELSE 'active' END;
    at timestamptz := c->>'effective_at';
    expires timestamptz := c->>'expires_at';
    settles timestamptz := c->>'settles_at';
    period date;
    b ledger_budgets;
    a ledger_accounts;
BEGIN
    -- What ledger_check_command() would refuse is left to it.
    IF expires <= p_now OR c->>'parent' IS NOT NULL OR (n BETWEEN 1 AND 1000000000000) IS NOT TRUE
       OR debit NOT IN ('issued', 'goodwill', 'opening', 'adjusted') OR (length(c->>'key') BETWEEN 1 AND 296) IS NOT TRUE
       OR (at BETWEEN '1970-01-01Z' AND '2300-01-01Z') IS NOT TRUE OR expires > '2300-01-01Z'
       OR NOT settles BETWEEN '1970-01-01Z' AND '2300-01-01Z' THEN RETURN NULL; END IF;
    SELECT t.* INTO a FROM ledger_accounts t JOIN wallet_types w ON w.id = t.wallet_type_id
    WHERE w.merchant_id = merchant AND w.code = wallet AND t.member_id = member AND t.merged_into IS NULL AND t.points_debt = 0
    FOR NO KEY UPDATE OF t;
    IF NOT FOUND THEN RETURN ledger_not_merged_now(member, wallet); END IF;
    IF jsonb_array_length(c->'budgets') > 1 THEN RETURN NULL; END IF;
    IF c->'budgets' <> '[]' THEN
        SELECT * INTO b FROM ledger_budgets WHERE id = (c->'budgets'->>0)::uuid
        AND NOT EXISTS (SELECT FROM ledger_journal WHERE merchant_id = merchant AND key = c->>'key');
        IF NOT FOUND THEN RETURN NULL; END IF;             -- unknown, or posted before: that claims nothing
        period := ledger_period(b, at);
        IF NOT ledger_take_one(b, member, period, n) THEN PERFORM ledger_fail('budget_exhausted', ''); END IF;
    END IF;
    made := uuidv7();                                      -- now that it is our turn: ids follow the order of postings;
                                                           -- the outbox row has it too, since each asks for random bits
    a.seq := a.seq + 1;
    a.points_pending := a.points_pending + pending;
    a.points_active := a.points_active + n - pending;
    a.hash := sha256(a.hash || ledger_content(a.id, a.seq, made, 'earn', NULL, n, at, p_now, a.points_pending, a.points_active,
        a.points_held, 0, ledger_entry_text(1, debit, credit, n, made, 1, expires), c->'reason', c->>'key'));
    WITH journal AS (
        INSERT INTO ledger_journal (id, merchant_id, account_id, seq, key, fingerprint, verb, points, reason, effective_at,
                                    recorded_at, pending_after, active_after, held_after, debt_after, hash)
        VALUES (made, merchant, a.id, a.seq, c->>'key', ledger_fingerprint(c), 'earn', n, c->'reason', at, p_now,
                a.points_pending, a.points_active, a.points_held, 0, a.hash)
        ON CONFLICT (merchant_id, key) DO NOTHING RETURNING id
    ), entries AS (
        INSERT INTO ledger_entries (journal_id, line, merchant_id, debit, credit, points, lot_journal_id, lot_line, expires_at)
        SELECT id, 1, merchant, debit, credit, n, id, 1, expires FROM journal
    ), lots AS (
        INSERT INTO ledger_lots (journal_id, line, merchant_id, account_id, points, points_pending, points_active, settles_at,
                                 expires_at, root_id)
        SELECT id, 1, merchant, a.id, n, pending, n - pending, settles, expires, id FROM journal
    ), account AS (
        UPDATE ledger_accounts t SET seq = a.seq, points_pending = a.points_pending, points_active = a.points_active, hash = a.hash
        FROM journal WHERE t.id = a.id
    ), uses AS (
        INSERT INTO ledger_budget_uses (journal_id, budget_id, merchant_id, member_id, earn_id, period_start, points)
        SELECT id, b.id, merchant, member, id, period, n FROM journal WHERE b.id IS NOT NULL
    )
    INSERT INTO outbox (id, merchant_id, topic, payload, created_at, available_at)
    SELECT id, merchant, 'points.posted', jsonb_build_object('postings', jsonb_build_array(jsonb_build_object(
           'journal', id, 'member', member, 'wallet', wallet))), p_now, p_now FROM journal;
    IF NOT FOUND AND b.id IS NOT NULL THEN PERFORM ledger_fail('posting_running', c->>'key'); END IF;
    IF NOT FOUND THEN RETURN NULL; END IF;                 -- posted before
    RETURN (c->>'key', false, made, a.id, a.seq, n, a.points_pending, a.points_active, a.points_held, 0::bigint)::ledger_result;
END $$;

REVOKE ALL ON FUNCTION ledger_take_one FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_take_one TO regulars_ledger;
