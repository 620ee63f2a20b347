-- ---------------------------------------------------------------- the short ways: earns without anything special
--
-- Nearly all postings are earns of members who owe nothing. They are written by the statements below,
-- which do what ledger_plan_earn() and ledger_write() do, without planning moves. What is not so goes the long way.

GRANT SELECT (id, merchant_id) ON members TO regulars_ledger;

-- One earn; NULL: it must go the long way.
CREATE FUNCTION ledger_earn_one(c jsonb, p_now timestamptz) RETURNS ledger_result LANGUAGE plpgsql AS $$
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
    claims ledger_claim[] := '{}';
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
    IF c->'budgets' <> '[]' THEN
        claims := ledger_claims(jsonb_build_array(c));
        IF NOT ledger_take_claims(claims) THEN PERFORM ledger_fail('budget_exhausted', ''); END IF;
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
    )
    INSERT INTO outbox (id, merchant_id, topic, payload, created_at, available_at)
    SELECT id, merchant, 'points.posted', jsonb_build_object('postings', jsonb_build_array(jsonb_build_object(
           'journal', id, 'member', member, 'wallet', wallet))), p_now, p_now FROM journal;
    IF NOT FOUND AND cardinality(claims) > 0 THEN PERFORM ledger_fail('posting_running', c->>'key'); END IF;
    IF NOT FOUND THEN RETURN NULL; END IF;                 -- posted before
    IF cardinality(claims) > 0 THEN
        INSERT INTO ledger_budget_uses (journal_id, budget_id, merchant_id, member_id, earn_id, period_start, points)
        SELECT made, (k.budget).id, merchant, k.member_id, made, k.period_start, n FROM unnest(claims) k;
    END IF;
    RETURN (c->>'key', false, made, a.id, a.seq, n, a.points_pending, a.points_active, a.points_held, 0::bigint)::ledger_result;
END $$;

-- No account was found that the short way can do. If it was merged while we waited for it, we hold its lock, and going
-- on to the survivor's would be out of order: the command has to come again. Else it goes the long way.
CREATE FUNCTION ledger_not_merged_now(p_member uuid, p_wallet text) RETURNS ledger_result LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger_accounts a WHERE a.member_id = p_member AND a.wallet_type_id = ledger_wallet(p_wallet)
               AND a.merged_into IS NOT NULL AND a.xmax = pg_current_xact_id()::xid) THEN
        PERFORM ledger_fail('posting_running', 'the account was merged a moment ago');
    END IF;
    RETURN NULL;
END $$;

-- ---------------------------------------------------------------- many earns in one statement

-- One row of ledger_earn(). `code` NULL: posted, or posted before (`replayed`); else why it was refused.
CREATE TYPE ledger_outcome AS (
    n int, code text, detail text, replayed bool, journal_id uuid, account_id uuid, seq bigint, points bigint,
    points_pending bigint, points_active bigint, points_held bigint, points_debt bigint);

-- An earn read once; `turn`: the how-manieth of its account in this call, 0: it goes the long way.
CREATE TYPE ledger_row AS (
    n int, c jsonb, id uuid, key text, fingerprint bytea, member_id uuid, wallet_type_id uuid, points bigint, side ledger_side,
    credit ledger_side, settles_at timestamptz, expires_at timestamptz, effective_at timestamptz, account_id uuid, turn int);

CREATE FUNCTION ledger_read_rows(p_commands jsonb, p_now timestamptz) RETURNS ledger_row[] LANGUAGE plpgsql AS $$
BEGIN
    RETURN ARRAY(
        SELECT (x.n, x.c, NULL, x.key, ledger_fingerprint(x.c), x.member_id, w.id, x.points, coalesce(x.side, 'issued')::ledger_side,
                CASE WHEN x.pending THEN 'pending' ELSE 'active' END, x.settles_at, x.expires_at, x.effective_at, NULL,
                coalesce(x.c->>'verb' = 'earn' AND x.points BETWEEN 1 AND 1000000000000 AND length(x.key) BETWEEN 1 AND 296
                 AND coalesce(x.side, 'issued') IN ('issued', 'goodwill', 'opening', 'adjusted') AND w.id IS NOT NULL
                 AND coalesce(x.c->'budgets', '[]') = '[]' AND x.c->>'parent' IS NULL AND coalesce(x.expires_at > p_now, true)
                 AND x.effective_at BETWEEN '1970-01-01Z' AND '2300-01-01Z'
                 AND coalesce(x.settles_at BETWEEN '1970-01-01Z' AND '2300-01-01Z', true)
                 AND coalesce(x.expires_at < '2300-01-01Z', true)
                 AND row_number() OVER (PARTITION BY x.key ORDER BY x.n) = 1, false)::int)::ledger_row
        FROM (SELECT e.ordinality::int AS n, e.c, r.* FROM jsonb_array_elements(p_commands) WITH ORDINALITY e (c)
              CROSS JOIN LATERAL jsonb_to_record(e.c) r (key text, member uuid, wallet text, points numeric, side text,
                  pending bool, settles_at timestamptz, expires_at timestamptz, effective_at timestamptz))
             x (n, c, key, member_id, wallet, points, side, pending, settles_at, expires_at, effective_at)
        LEFT JOIN wallet_types w ON w.merchant_id = (SELECT current_merchant()) AND w.code = coalesce(x.wallet, 'points')
        ORDER BY x.n);
END $$;

-- Give each row its account, locked in sorted order, and its turn there.
CREATE FUNCTION ledger_place_rows(p_rows ledger_row[]) RETURNS ledger_row[] LANGUAGE plpgsql AS $$
DECLARE
    wanted uuid[];
    base text;
    low bigint;
BEGIN
    INSERT INTO ledger_accounts (merchant_id, member_id, wallet_type_id)
    SELECT DISTINCT current_merchant(), m.id, r.wallet_type_id FROM unnest(p_rows) r JOIN members m ON m.id = r.member_id
    WHERE r.turn = 1 AND NOT EXISTS (SELECT FROM ledger_accounts a
                                     WHERE a.member_id = r.member_id AND a.wallet_type_id = r.wallet_type_id)
    ORDER BY 2, 3 ON CONFLICT (member_id, wallet_type_id) DO NOTHING;
    wanted := ARRAY(SELECT CASE WHEN a.merged_into IS NULL THEN a.id ELSE ledger_resolve(a.id) END FROM unnest(p_rows) r
                    JOIN ledger_accounts a ON a.member_id = r.member_id AND a.wallet_type_id = r.wallet_type_id);
    PERFORM id FROM ledger_accounts WHERE id = ANY (wanted) ORDER BY id FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM ledger_accounts WHERE id = ANY (wanted) AND merged_into IS NOT NULL) THEN
        PERFORM ledger_fail('posting_running', 'an account was merged a moment ago');
    END IF;
    -- Ids in the order of the rows: one from the clock, the others count on from it. Random bits cost a system call.
    base := uuidv7();
    low := ('x' || right(base, 12))::bit(48)::bigint;
    RETURN ARRAY(
        SELECT (r.n, r.c, (left(base, 24) || lpad(to_hex((low + r.n) & 281474976710655), 12, '0'))::uuid, r.key, r.fingerprint,
                r.member_id, r.wallet_type_id, r.points, r.side, r.credit, r.settles_at, r.expires_at, r.effective_at, a.id,
                CASE WHEN r.turn = 0 OR a.id IS NULL OR a.merged_into IS NOT NULL OR a.points_debt > 0 OR j.id IS NOT NULL THEN 0
                ELSE row_number() OVER (PARTITION BY a.id, r.turn = 1 AND j.id IS NULL ORDER BY r.n) END)::ledger_row
        FROM unnest(p_rows) r
        LEFT JOIN ledger_accounts a ON a.member_id = r.member_id AND a.wallet_type_id = r.wallet_type_id
        LEFT JOIN ledger_journal j ON j.merchant_id = (SELECT current_merchant()) AND j.key = r.key
        ORDER BY r.n);
END $$;

-- Write rows of as many accounts.
CREATE FUNCTION ledger_write_rows(p_rows ledger_row[], p_now timestamptz) RETURNS SETOF ledger_outcome LANGUAGE sql AS $$
    WITH new AS MATERIALIZED (
        SELECT r.*, current_merchant() AS merchant_id, a.seq + 1 AS seq, k.pending, k.active, a.points_held AS held,
               sha256(a.hash || ledger_content(a.id, a.seq + 1, r.id, 'earn', NULL, r.points, r.effective_at, p_now,
                      k.pending, k.active, a.points_held, 0,
                      ledger_entry_text(1, r.side, r.credit, r.points, r.id, 1, r.expires_at), r.c->'reason', r.key)) AS hash
        FROM unnest(p_rows) r JOIN ledger_accounts a ON a.id = r.account_id
        CROSS JOIN LATERAL (SELECT a.points_pending + CASE r.credit WHEN 'pending' THEN r.points ELSE 0 END AS pending,
                                   a.points_active + CASE r.credit WHEN 'active' THEN r.points ELSE 0 END AS active) k
    ), journal AS (
        INSERT INTO ledger_journal (id, merchant_id, account_id, seq, key, fingerprint, verb, points, reason, effective_at,
                                    recorded_at, pending_after, active_after, held_after, debt_after, hash)
        SELECT id, merchant_id, account_id, seq, key, fingerprint, 'earn', points, c->'reason', effective_at, p_now,
               pending, active, held, 0, hash FROM new
    ), entries AS (
        INSERT INTO ledger_entries (journal_id, line, merchant_id, debit, credit, points, lot_journal_id, lot_line, expires_at)
        SELECT id, 1, merchant_id, side, credit, points, id, 1, expires_at FROM new
    ), lots AS (
        INSERT INTO ledger_lots (journal_id, line, merchant_id, account_id, points, points_pending, points_active, settles_at,
                                 expires_at, root_id)
        SELECT id, 1, merchant_id, account_id, points, CASE credit WHEN 'pending' THEN points ELSE 0 END,
               CASE credit WHEN 'active' THEN points ELSE 0 END, settles_at, expires_at, id FROM new
    ), accounts AS (
        UPDATE ledger_accounts a SET seq = new.seq, points_pending = new.pending, points_active = new.active, hash = new.hash
        FROM new WHERE a.id = new.account_id
    )
    SELECT n, NULL, NULL, false, id, account_id, seq, points, pending, active, held, 0::bigint FROM new
$$;

-- One row the long way; what it refuses is its outcome, and leaves nothing behind.
CREATE FUNCTION ledger_earn_long(p_row ledger_row, p_now timestamptz) RETURNS ledger_outcome LANGUAGE plpgsql AS $$
DECLARE
    r ledger_result;
    said text;
BEGIN
    IF p_row.c->>'verb' IS DISTINCT FROM 'earn' THEN PERFORM ledger_fail('command_invalid', 'only earns'); END IF;
    IF p_row.c->'budgets' <> '[]' AND NOT ledger_take_claims(ledger_claims(jsonb_build_array(p_row.c))) THEN
        PERFORM ledger_fail('budget_exhausted', '');
    END IF;
    r := ledger_post_one(p_row.c, p_now);
    RETURN (p_row.n, NULL, NULL, r.replayed, r.journal_id, r.account_id, r.seq, r.points, r.points_pending, r.points_active,
            r.points_held, r.points_debt)::ledger_outcome;
EXCEPTION
    WHEN SQLSTATE 'RG001' THEN
        GET STACKED DIAGNOSTICS said = PG_EXCEPTION_DETAIL;
        RETURN (p_row.n, SQLERRM, said, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)::ledger_outcome;
    WHEN foreign_key_violation THEN
        RETURN (p_row.n, 'member_unknown', p_row.member_id, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)::ledger_outcome;
END $$;

-- Post many earns, each for itself: one outcome for each, `n` is its place from 1. A refused one leaves nothing behind and
-- hinders nobody.
CREATE FUNCTION ledger_earn(p_commands jsonb, p_now timestamptz) RETURNS SETOF ledger_outcome
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    rows ledger_row[] := ledger_place_rows(ledger_read_rows(p_commands, p_now));
    done ledger_outcome[] := '{}';
BEGIN
    FOR t IN 1 .. (SELECT coalesce(max(turn), 0) FROM unnest(rows)) LOOP
        done := done || ARRAY(SELECT o FROM ledger_write_rows(ARRAY(SELECT r FROM unnest(rows) r WHERE r.turn = t), p_now) o);
    END LOOP;
    done := done || ARRAY(SELECT ledger_earn_long(r, p_now) FROM unnest(rows) r WHERE r.turn = 0 ORDER BY r.n);
    PERFORM ledger_announce(
        (SELECT coalesce(jsonb_agg(jsonb_build_object('journal', o.journal_id, 'member', r.member_id,
                                                      'wallet', coalesce(r.c->>'wallet', 'points')) ORDER BY r.n), '[]')
         FROM unnest(done) o JOIN unnest(rows) r ON r.n = o.n WHERE o.code IS NULL AND NOT o.replayed), p_now);
    RETURN QUERY SELECT * FROM unnest(done) o ORDER BY o.n;
END $$;
