-- What the one writer does to many accounts at once: expiry, and opening balances. A statement posts one lot an account,
-- since the next posting of an account needs the hash of the one before.

-- 0013 gave idle lots a date, which a posting's hash covers: it stays as it is now, and they expire early.
SET LOCAL ROLE regulars_ledger;
DROP FUNCTION ledger_end_idle;
SET LOCAL ROLE regulars_owner;
REVOKE UPDATE (expires_at) ON ledger_lots FROM regulars_ledger;

-- Ids in order of time, told apart by their key: asking the system for random bits costs more than the posting.
CREATE FUNCTION ledger_set_id(p_merchant uuid, p_key text, p_now timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM p_now) * 1000)::bigint), 12, '0') || '7' || substr(md5(p_merchant || p_key), 1, 3)
            || '8' || substr(md5(p_merchant || p_key), 4, 15))::uuid
$$;

-- Expire what is active of these lots, one an account, as of p_at; the accounts are locked. Answers the postings.
CREATE FUNCTION ledger_expire_lots(p_lots uuid[], p_lines smallint[], p_at timestamptz[], p_reason jsonb, p_now timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE posted bigint;
BEGIN
    WITH due AS MATERIALIZED (
        SELECT l.journal_id AS lot, l.line, l.points_active AS points, g.at, a.merchant_id, a.id AS account_id, a.seq + 1 AS seq,
               a.member_id AS member, w.code AS wallet,
               a.points_pending, a.points_active - l.points_active AS active, a.points_held, a.points_debt, a.hash,
               'expire:' || l.journal_id || ':' || l.line || ':' || (
                   -- A cancelled redemption can bring points back to a lot that expired before: that is another posting.
                   SELECT count(*) FROM ledger_entries e WHERE e.lot_journal_id = l.journal_id AND e.lot_line = l.line
                   AND e.lot_journal_id <> e.journal_id AND e.credit = 'expired') AS key
        FROM unnest(p_lots, p_lines, p_at) AS g (lot, line, at)
        JOIN ledger_lots l ON l.journal_id = g.lot AND l.line = g.line AND l.points_active > 0
        JOIN ledger_accounts a ON a.id = l.account_id
        JOIN wallet_types w ON w.id = a.wallet_type_id
    ), named AS MATERIALIZED (
        SELECT d.*, ledger_set_id(merchant_id, key, p_now) AS id FROM due d
    ), chained AS MATERIALIZED (
        SELECT n.*, sha256(n.hash || ledger_content(account_id, seq, id, 'expire', lot, points, at, p_now, points_pending, active,
                   points_held, points_debt, ledger_entry_text(1, 'active', 'expired', points, lot, line, NULL),
                   p_reason, key)) AS new_hash
        FROM named n
    ), journal AS (
        INSERT INTO ledger_journal (id, merchant_id, account_id, seq, key, fingerprint, verb, parent_id, points, reason, effective_at,
                                    recorded_at, pending_after, active_after, held_after, debt_after, hash)
        SELECT id, merchant_id, account_id, seq, key, sha256(convert_to(key, 'UTF8')), 'expire', lot, points, p_reason, at, p_now,
               points_pending, active, points_held, points_debt, new_hash FROM chained
    ), entries AS (
        INSERT INTO ledger_entries (journal_id, line, merchant_id, debit, credit, points, lot_journal_id, lot_line)
        SELECT id, 1, merchant_id, 'active', 'expired', points, lot, line FROM chained
    ), lots AS (
        UPDATE ledger_lots l SET points_active = 0 FROM chained c WHERE l.journal_id = c.lot AND l.line = c.line
    ), balances AS (
        UPDATE ledger_accounts a SET seq = c.seq, points_active = c.active, hash = c.new_hash
        FROM chained c WHERE a.id = c.account_id
    ), told AS (
        INSERT INTO outbox (merchant_id, topic, payload, created_at, available_at)
        SELECT merchant_id, 'points.posted', jsonb_build_object('postings', jsonb_agg(
                   jsonb_build_object('journal', id, 'member', member, 'wallet', wallet))), p_now, p_now
        FROM (SELECT c.*, row_number() OVER () / 500 AS part FROM chained c) x GROUP BY merchant_id, part
    )
    SELECT count(*) INTO posted FROM chained;
    RETURN posted;
END $$;

-- Expire lots before their date, or without one: their member was idle until p_at. p_seqs are the accounts' postings
-- that were seen; where another one came since, the member is active and nothing happens. Answers how many expired.
CREATE FUNCTION ledger_expire_idle(p_accounts uuid[], p_seqs bigint[], p_lots uuid[], p_lines smallint[], p_at timestamptz[],
                                   p_now timestamptz)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    idle uuid[];
    lots uuid[];
    lines smallint[];
    at timestamptz[];
    ended bigint := 0;
BEGIN
    PERFORM FROM ledger_accounts WHERE id = ANY (p_accounts) ORDER BY id FOR NO KEY UPDATE;
    SELECT array_agg(a.id) INTO idle FROM ledger_accounts a
    WHERE EXISTS (SELECT FROM unnest(p_accounts, p_seqs) AS g (id, seq) WHERE g.id = a.id AND g.seq = a.seq)
      AND a.id = ANY (p_accounts);
    FOR r IN 1 .. coalesce(cardinality(p_lots), 0) LOOP
        SELECT array_agg(journal_id), array_agg(line), array_agg(g_at) INTO lots, lines, at FROM (
            SELECT DISTINCT ON (l.account_id) l.journal_id, l.line, g.at AS g_at FROM unnest(p_lots, p_lines, p_at) AS g (lot, line, at)
            JOIN ledger_lots l ON l.journal_id = g.lot AND l.line = g.line
            WHERE l.account_id = ANY (idle) AND l.points_active > 0
            ORDER BY l.account_id, g.at, l.journal_id, l.line) due;
        EXIT WHEN lots IS NULL;
        ended := ended + ledger_expire_lots(lots, lines, at, '{"rule": "inactivity"}', p_now);
    END LOOP;
    RETURN ended;
END $$;

-- Post opening balances: arrays of equal length, up to some thousand a call, no key twice. Answers the places of those
-- that were not posted because their key is known already; whoever calls compares what it says. Members and wallets
-- must exist, and what expires lie ahead.
CREATE FUNCTION ledger_open(p_keys text[], p_members uuid[], p_wallets text[], p_points bigint[], p_pending bool[],
                            p_settles_at timestamptz[], p_expires_at timestamptz[], p_effective_at timestamptz[], p_reasons jsonb[],
                            p_now timestamptz)
RETURNS TABLE (known bigint) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    m uuid := current_merchant();
    w jsonb := (SELECT jsonb_object_agg(code, id) FROM wallet_types WHERE merchant_id = m);
    ranks int[];
    posted bigint;
    alone jsonb;
BEGIN
    INSERT INTO ledger_accounts (merchant_id, member_id, wallet_type_id)
    SELECT DISTINCT m, g.member, (w->>g.wallet)::uuid FROM unnest(p_members, p_wallets) AS g (member, wallet)
    WHERE NOT EXISTS (SELECT FROM ledger_accounts a WHERE a.member_id = g.member AND a.wallet_type_id = (w->>g.wallet)::uuid)
    ORDER BY 2, 3 ON CONFLICT (member_id, wallet_type_id) DO NOTHING;
    PERFORM FROM ledger_accounts a JOIN (SELECT DISTINCT * FROM unnest(p_members, p_wallets)) AS g (member, wallet)
        ON a.member_id = g.member AND a.wallet_type_id = (w->>g.wallet)::uuid ORDER BY a.id FOR NO KEY UPDATE OF a;
    -- In which round each is posted; 0: its key is known. A round has one lot an account.
    SELECT array_agg(CASE WHEN j.id IS NULL THEN round ELSE 0 END ORDER BY g.n) INTO ranks
    FROM (SELECT n, key, row_number() OVER (PARTITION BY member, wallet ORDER BY n) AS round
          FROM unnest(p_keys, p_members, p_wallets) WITH ORDINALITY AS u (key, member, wallet, n)) g
    LEFT JOIN ledger_journal j ON j.merchant_id = m AND j.key = g.key;
    FOR r IN 1 .. coalesce((SELECT max(x) FROM unnest(ranks) x), 0) LOOP
        WITH given AS MATERIALIZED (
            SELECT g.key, g.points, CASE WHEN g.pending THEN 'pending' ELSE 'active' END::ledger_side AS side, g.settles_at,
                   g.expires_at, g.at, g.reason, g.member, g.wallet, ledger_set_id(m, g.key, p_now) AS id, a.id AS account_id, a.seq + 1 AS seq,
                   a.points_pending + CASE WHEN g.pending THEN g.points ELSE 0 END AS pending,
                   a.points_active + CASE WHEN g.pending THEN 0 ELSE g.points END AS active, a.points_held, a.points_debt, a.hash
            FROM unnest(p_keys, p_members, p_wallets, p_points, p_pending, p_settles_at, p_expires_at, p_effective_at, p_reasons, ranks)
                 AS g (key, member, wallet, points, pending, settles_at, expires_at, at, reason, round)
            JOIN ledger_accounts a ON a.member_id = g.member AND a.wallet_type_id = (w->>g.wallet)::uuid
            WHERE g.round = r AND a.merged_into IS NULL AND (g.pending OR a.points_debt = 0)
            ORDER BY a.id
        ), chained AS MATERIALIZED (
            SELECT g.*, sha256(g.hash || ledger_content(account_id, seq, id, 'earn', NULL, points, at, p_now, pending, active, points_held,
                       points_debt, ledger_entry_text(1, 'opening', side, points, id, 1, expires_at), reason, key)) AS new_hash
            FROM given g
        ), journal AS (
            INSERT INTO ledger_journal (id, merchant_id, account_id, seq, key, fingerprint, verb, points, reason, effective_at,
                                        recorded_at, pending_after, active_after, held_after, debt_after, hash)
            SELECT id, m, account_id, seq, key, sha256(convert_to(key, 'UTF8')), 'earn', points, reason, at, p_now, pending,
                   active, points_held, points_debt, new_hash FROM chained
        ), entries AS (
            INSERT INTO ledger_entries (journal_id, line, merchant_id, debit, credit, points, lot_journal_id, lot_line, expires_at)
            SELECT id, 1, m, 'opening', side, points, id, 1, expires_at FROM chained
        ), lots AS (
            INSERT INTO ledger_lots (journal_id, line, merchant_id, account_id, points, points_pending, points_active, settles_at,
                                     expires_at, root_id)
            SELECT id, 1, m, account_id, points, CASE side WHEN 'pending' THEN points ELSE 0 END,
                   CASE side WHEN 'active' THEN points ELSE 0 END, settles_at, expires_at, id FROM chained
        ), balances AS (
            UPDATE ledger_accounts a SET seq = c.seq, points_pending = c.pending, points_active = c.active, hash = c.new_hash
            FROM chained c WHERE a.id = c.account_id
        ), told AS (
            INSERT INTO outbox (merchant_id, topic, payload, created_at, available_at)
            SELECT m, 'points.posted', jsonb_build_object('postings', jsonb_agg(
                       jsonb_build_object('journal', id, 'member', member, 'wallet', wallet))), p_now, p_now
            FROM (SELECT c.*, row_number() OVER () / 500 AS part FROM chained c) x GROUP BY part
        )
        SELECT count(*) INTO posted FROM chained;
        -- Accounts with debt and merged ones are rare: one by one.
        CONTINUE WHEN posted = (SELECT count(*) FROM unnest(ranks) x WHERE x = r);
        FOR alone IN
            SELECT jsonb_build_object('verb', 'earn', 'key', g.key, 'member', g.member, 'wallet', g.wallet, 'points', g.points,
                'side', 'opening', 'pending', g.pending, 'settles_at', g.settles_at, 'expires_at', g.expires_at,
                'effective_at', g.at, 'reason', g.reason, 'budgets', '[]'::jsonb)
            FROM unnest(p_keys, p_members, p_wallets, p_points, p_pending, p_settles_at, p_expires_at, p_effective_at, p_reasons, ranks)
                 AS g (key, member, wallet, points, pending, settles_at, expires_at, at, reason, round)
            WHERE g.round = r AND NOT EXISTS (SELECT FROM ledger_journal j WHERE j.merchant_id = m AND j.key = g.key)
        LOOP
            PERFORM ledger_post(jsonb_build_array(alone), p_now);
        END LOOP;
    END LOOP;
    RETURN QUERY SELECT n FROM unnest(ranks) WITH ORDINALITY AS g (round, n) WHERE round = 0;
END $$;

DO $$
DECLARE f regprocedure;
BEGIN
    FOREACH f IN ARRAY '{ledger_set_id, ledger_expire_lots, ledger_expire_idle, ledger_open}'::regproc[] LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO regulars_ledger', f);
    END LOOP;
    FOREACH f IN ARRAY '{ledger_expire_idle, ledger_open}'::regproc[] LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO regulars_app', f);
        EXECUTE format('ALTER FUNCTION %s OWNER TO regulars_ledger', f);
    END LOOP;
END $$;
