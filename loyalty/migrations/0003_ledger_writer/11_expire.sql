-- ---------------------------------------------------------------- expiring many lots in one statement

-- Expire up to so many lots of the open merchant whose time has come, those first that expired first; answers how many.
-- Accounts in use are left for the next time, so sweeps run side by side and hinder nobody. One posting a lot; what came
-- back to a lot that had expired before makes another, whose key also has the account's number for it.
CREATE FUNCTION ledger_expire(p_now timestamptz, p_limit int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    due ledger_lots[] := ARRAY(
        SELECT l FROM ledger_lots l
        WHERE merchant_id = (SELECT current_merchant()) AND points_active > 0 AND expires_at <= p_now
        ORDER BY expires_at LIMIT p_limit);
    accounts uuid[] := ARRAY(SELECT id FROM ledger_accounts WHERE id IN (SELECT account_id FROM unnest(due))
                             ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);
    part bigint;
    total bigint := 0;
BEGIN
    LOOP
        part := ledger_expire_turn(due, accounts, p_now);
        EXIT WHEN part = 0;
        total := total + part;
    END LOOP;
    RETURN total;
END $$;

-- The next lot of each of these accounts; answers how many there were.
CREATE FUNCTION ledger_expire_turn(p_due ledger_lots[], p_accounts uuid[], p_now timestamptz) RETURNS bigint LANGUAGE sql AS $$
    WITH next AS MATERIALIZED (
        SELECT DISTINCT ON (l.account_id) l.journal_id, l.line, l.merchant_id, l.account_id, l.points_active AS points,
               l.expires_at, uuidv7() AS id
        FROM unnest(p_due) d JOIN ledger_lots l ON l.journal_id = d.journal_id AND l.line = d.line
        WHERE l.points_active > 0 AND l.account_id = ANY (p_accounts) AND l.expires_at <= p_now
        ORDER BY l.account_id, l.expires_at, l.journal_id, l.line
    ), keyed AS (
        SELECT n.*, a.seq + 1 AS seq, a.points_pending AS pending, a.points_active - n.points AS active, a.points_held AS held,
               a.points_debt AS debt, a.hash AS before, jsonb '{"rule": "expiry"}' AS reason,
               'expire:' || n.journal_id || ':' || n.line || CASE WHEN EXISTS (
                   SELECT FROM ledger_journal j
                   WHERE j.merchant_id = n.merchant_id AND j.key = 'expire:' || n.journal_id || ':' || n.line)
                   THEN ':' || a.seq + 1 ELSE '' END AS key
        FROM next n JOIN ledger_accounts a ON a.id = n.account_id
    ), new AS MATERIALIZED (
        SELECT k.*, sha256(before || ledger_content(account_id, seq, id, 'expire', journal_id, points, expires_at, p_now,
                   pending, active, held, debt,
                   ledger_entry_text(1, 'active', 'expired', points, journal_id, line, NULL), reason, key)) AS hash
        FROM keyed k
    ), journal AS (
        INSERT INTO ledger_journal (id, merchant_id, account_id, seq, key, fingerprint, verb, parent_id, points, reason,
                                    effective_at, recorded_at, pending_after, active_after, held_after, debt_after, hash)
        SELECT id, merchant_id, account_id, seq, key, sha256(convert_to(key, 'UTF8')), 'expire', journal_id, points, reason,
               expires_at, p_now, pending, active, held, debt, hash FROM new
    ), entries AS (
        INSERT INTO ledger_entries (journal_id, line, merchant_id, debit, credit, points, lot_journal_id, lot_line)
        SELECT id, 1, merchant_id, 'active', 'expired', points, journal_id, line FROM new
    ), lots AS (
        UPDATE ledger_lots l SET points_active = 0 FROM new WHERE l.journal_id = new.journal_id AND l.line = new.line
    ), accounts AS (
        UPDATE ledger_accounts a SET seq = new.seq, points_active = new.active, hash = new.hash
        FROM new WHERE a.id = new.account_id
    ), told AS (
        SELECT ledger_announce(jsonb_agg(jsonb_build_object('journal', new.id, 'member', a.member_id, 'wallet', w.code)), p_now)
        FROM new JOIN ledger_accounts a ON a.id = new.account_id JOIN wallet_types w ON w.id = a.wallet_type_id
        HAVING count(*) > 0
    )
    SELECT count(*) FROM new WHERE (SELECT count(*) FROM told) >= 0
$$;
