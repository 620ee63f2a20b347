-- Opening balances in sets, once more: who owes or was merged is known as well when sent again, and of two connections
-- that post the same key neither fails. What stands here supersedes all functions of 0030_opening_sets.sql.
SET LOCAL ROLE regulars_ledger;
DROP FUNCTION ledger_open(text[], uuid[], text[], bigint[], bool[], timestamptz[], timestamptz[], timestamptz[], jsonb[], timestamptz);
SET LOCAL ROLE regulars_owner;
DROP FUNCTION ledger_open_turn(ledger_opening[], bigint, timestamptz), ledger_open_rest(ledger_opening[], bigint, timestamptz);

-- Post those of one turn, an account each. Who owes, or was merged, is left to the general way. Answers the places
-- of the others.
CREATE FUNCTION ledger_open_turn(p_rows ledger_opening[], p_turn bigint, p_now timestamptz) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    m uuid := current_merchant();
    ids text := ledger_fresh_ids();
    posted bigint[];
BEGIN
    WITH locked AS (
        SELECT g.*, a.id AS account_id, a.seq + 1 AS seq, a.points_pending, a.points_active, a.points_held AS held,
               a.points_debt AS debt, a.hash
        FROM unnest(p_rows) g
        JOIN ledger_accounts a ON a.member_id = g.member_id AND a.wallet_type_id = g.wallet_type_id
        WHERE g.turn = p_turn AND a.merged_into IS NULL AND (g.pending OR a.points_debt = 0)
        ORDER BY a.id FOR NO KEY UPDATE OF a
    ), named AS MATERIALIZED (
        SELECT n, ledger_nth_id(ids, row_number() OVER ()) AS id, account_id, seq, key, points, pending, settles_at, expires_at,
               effective_at AS at, reason, hash, held, debt,
               points_pending + CASE WHEN pending THEN points ELSE 0 END AS pending_after,
               points_active + CASE WHEN pending THEN 0 ELSE points END AS active_after,
               CASE WHEN pending THEN 'pending' ELSE 'active' END::ledger_side AS side
        FROM locked
    ), journal AS (
        INSERT INTO ledger_journal (id, merchant_id, account_id, seq, key, fingerprint, verb, points, reason, effective_at,
                                    recorded_at, pending_after, active_after, held_after, debt_after, hash)
        SELECT id, m, account_id, seq, key, '', 'earn', points, reason, at, p_now, pending_after, active_after, held, debt,
               sha256(hash || ledger_content(account_id, seq, id, 'earn', NULL, points, at, p_now, pending_after, active_after, held,
                      debt, ledger_entry_text(1, 'opening', side, points, id, 1, expires_at), reason, key))
        FROM named RETURNING account_id, seq, pending_after, active_after, hash
    ), entries AS (
        INSERT INTO ledger_entries (journal_id, line, merchant_id, debit, credit, points, lot_journal_id, lot_line, expires_at)
        SELECT id, 1, m, 'opening', side, points, id, 1, expires_at FROM named
    ), lots AS (
        INSERT INTO ledger_lots (journal_id, line, merchant_id, account_id, points, points_pending, points_active, settles_at,
                                 expires_at, root_id)
        SELECT id, 1, m, account_id, points, CASE WHEN pending THEN points ELSE 0 END, CASE WHEN pending THEN 0 ELSE points END,
               settles_at, expires_at, id FROM named
    ), balances AS (
        UPDATE ledger_accounts a SET seq = j.seq, points_pending = j.pending_after, points_active = j.active_after, hash = j.hash
        FROM journal j WHERE a.id = j.account_id
    )
    SELECT coalesce(array_agg(n), '{}') INTO posted FROM named;
    PERFORM ledger_announce_set(ids, cardinality(posted), p_now);
    RETURN posted;
END $$;

-- What the set could not post of a turn: accounts with debt and merged ones are rare, and posted one by one. Answers the
-- places of those whose key is known.
CREATE FUNCTION ledger_open_rest(p_rows ledger_opening[], p_turn bigint, p_posted bigint[], p_now timestamptz) RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
    g ledger_opening;
    known bigint[] := '{}';
BEGIN
    FOR g IN SELECT * FROM unnest(p_rows) x WHERE x.turn = p_turn AND x.n <> ALL (p_posted) ORDER BY x.n LOOP
        IF EXISTS (SELECT FROM ledger_journal WHERE merchant_id = (SELECT current_merchant()) AND key = g.key) THEN
            known := known || g.n;
            CONTINUE;
        END IF;
        PERFORM ledger_post(jsonb_build_array(jsonb_build_object('verb', 'earn', 'key', g.key, 'member', g.member_id,
            'wallet', g.wallet, 'points', g.points, 'side', 'opening', 'pending', g.pending, 'settles_at', g.settles_at,
            'expires_at', g.expires_at, 'effective_at', g.effective_at, 'reason', g.reason, 'budgets', '[]'::jsonb)), p_now);
    END LOOP;
    RETURN known;
END $$;

-- The same rows, those of this turn whose key is known by now in turn 0.
CREATE FUNCTION ledger_open_known(p_rows ledger_opening[], p_turn bigint) RETURNS ledger_opening[] LANGUAGE sql AS $$
    SELECT array_agg((g.n, CASE WHEN j.id IS NULL THEN g.turn ELSE 0 END, g.key, g.member_id, g.wallet, g.wallet_type_id,
                      g.points, g.pending, g.settles_at, g.expires_at, g.effective_at, g.reason)::ledger_opening ORDER BY g.n)
    FROM unnest(p_rows) g
    LEFT JOIN ledger_journal j ON g.turn = p_turn AND j.merchant_id = (SELECT current_merchant()) AND j.key = g.key
$$;

-- Post opening balances: arrays of equal length, up to some ten thousand a call, no key twice. Answers the places of
-- those that were not posted because their key is known already; whoever calls compares what it says. Members and
-- wallets must exist, and what expires lie ahead.
CREATE FUNCTION ledger_open(p_keys text[], p_members uuid[], p_wallets text[], p_points bigint[], p_pending bool[],
                            p_settles_at timestamptz[], p_expires_at timestamptz[], p_effective_at timestamptz[], p_reasons jsonb[],
                            p_now timestamptz)
RETURNS TABLE (known bigint) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
-- Thousands of rows of tables with many millions: by index, in order of the accounts, whatever the planner expects.
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET work_mem = '64MB' AS $$
DECLARE
    m uuid := current_merchant();
    w jsonb := (SELECT jsonb_object_agg(code, id) FROM wallet_types WHERE merchant_id = m);
    rows ledger_opening[];
    before ledger_opening[];
    posted bigint[];
    also bigint[] := '{}';
BEGIN
    rows := ARRAY(
        SELECT (g.n, row_number() OVER (PARTITION BY g.member, g.wallet ORDER BY g.n), g.key, g.member, g.wallet,
                (w->>g.wallet)::uuid, g.points, g.pending, g.settles_at, g.expires_at, g.at, g.reason)::ledger_opening
        FROM unnest(p_keys, p_members, p_wallets, p_points, p_pending, p_settles_at, p_expires_at, p_effective_at, p_reasons)
             WITH ORDINALITY AS g (key, member, wallet, points, pending, settles_at, expires_at, at, reason, n));
    INSERT INTO ledger_accounts (merchant_id, member_id, wallet_type_id)
    SELECT DISTINCT m, g.member_id, g.wallet_type_id FROM unnest(rows) g
    WHERE NOT EXISTS (SELECT FROM ledger_accounts a WHERE a.member_id = g.member_id AND a.wallet_type_id = g.wallet_type_id)
    ORDER BY 2, 3 ON CONFLICT (member_id, wallet_type_id) DO NOTHING;
    FOR r IN 1 .. coalesce((SELECT max(g.turn) FROM unnest(rows) g), 0) LOOP
        LOOP                                               -- again whenever others have posted one of these keys meanwhile
            BEGIN
                posted := ledger_open_turn(rows, r, p_now);
                EXIT;
            EXCEPTION WHEN unique_violation THEN
                before := rows;
                rows := ledger_open_known(rows, r);
                IF rows = before THEN RAISE; END IF;
            END;
        END LOOP;
        IF cardinality(posted) < (SELECT count(*) FROM unnest(rows) g WHERE g.turn = r) THEN
            also := also || ledger_open_rest(rows, r, posted, p_now);
        END IF;
    END LOOP;
    RETURN QUERY SELECT g.n FROM unnest(rows) g WHERE g.turn = 0 UNION ALL SELECT unnest(also);
END $$;

DO $$
DECLARE f regprocedure;
BEGIN
    FOREACH f IN ARRAY '{ledger_open_turn, ledger_open_rest, ledger_open_known, ledger_open}'::regproc[] LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO regulars_ledger', f);
    END LOOP;
    GRANT EXECUTE ON FUNCTION ledger_open TO regulars_app;
    ALTER FUNCTION ledger_open OWNER TO regulars_ledger;
END $$;
