-- ---------------------------------------------------------------- the shortest way: one plain earn in one statement
--
-- Most of a small transaction is not its work but starting it: every expression of plpgsql, every setting of a function
-- and every statement's plan is set up anew. So this is one statement, bound to what it names where it is made: it needs
-- no search_path of its own. It writes what ledger_earn_one() writes.

-- The open merchant, or NULL. The writer's policies ask it, since it becomes a part of the statement; whatever else a
-- function of the writer does begins with current_merchant(), which fails if there is none.
CREATE FUNCTION ledger_merchant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('app.merchant', true), '')::uuid;

DO $$
DECLARE t regclass;
BEGIN
    FOREACH t IN ARRAY '{ledger_accounts, ledger_journal, ledger_entries, ledger_lots, outbox, wallet_types}'::regclass[] LOOP
        EXECUTE format('ALTER POLICY tenant ON %s TO regulars_app', t);
        EXECUTE format('CREATE POLICY writer ON %s TO regulars_ledger
                        USING (merchant_id = ledger_merchant()) WITH CHECK (merchant_id = ledger_merchant())', t);
    END LOOP;
END $$;

-- One earn on no budget; NULL: it must go the general way, be it refused, posted before, the first of its account or
-- not plain. The account is locked before the id is made: ids follow the order of postings.
CREATE FUNCTION ledger_earn_plain(
    p_key text, p_member uuid, p_wallet text, p_points bigint, p_side text, p_pending bool, p_settles_at timestamptz,
    p_expires_at timestamptz, p_effective_at timestamptz, p_reason jsonb, p_now timestamptz)
RETURNS ledger_result LANGUAGE sql SECURITY DEFINER BEGIN ATOMIC
    WITH journal AS (
        INSERT INTO ledger_journal (id, merchant_id, account_id, seq, key, fingerprint, verb, points, reason, effective_at,
                                    recorded_at, pending_after, active_after, held_after, debt_after, hash)
        SELECT made, merchant_id, id, seq, p_key,
               ledger_earn_fingerprint(p_member, p_wallet, p_points::text, p_side, p_pending, p_settles_at, p_expires_at,
                                       '[]', p_effective_at, p_reason),
               'earn', p_points, p_reason, p_effective_at, p_now, pending, active, held, 0,
               sha256(hash || ledger_content(id, seq, made, 'earn', NULL, p_points, p_effective_at, p_now, pending, active, held, 0,
                      ledger_entry_text(1, p_side::ledger_side, CASE WHEN p_pending THEN 'pending' ELSE 'active' END::ledger_side,
                                        p_points, made, 1, p_expires_at), p_reason, p_key))
        FROM (SELECT a.*, uuidv7() AS made FROM (
                SELECT t.merchant_id, t.id, t.seq + 1 AS seq, t.points_held AS held, t.hash,
                       t.points_pending + CASE WHEN p_pending THEN p_points ELSE 0 END AS pending,
                       t.points_active + CASE WHEN p_pending THEN 0 ELSE p_points END AS active
                FROM wallet_types w JOIN ledger_accounts t ON t.member_id = p_member AND t.wallet_type_id = w.id
                WHERE w.merchant_id = ledger_merchant() AND w.code = p_wallet AND t.merged_into IS NULL AND t.points_debt = 0
                  -- What ledger_check_command() would refuse is left to it.
                  AND p_points BETWEEN 1 AND 1000000000000 AND length(p_key) BETWEEN 1 AND 296
                  AND p_side IN ('issued', 'goodwill', 'opening', 'adjusted') AND coalesce(p_expires_at > p_now, true)
                  AND p_effective_at BETWEEN '1970-01-01Z' AND '2300-01-01Z'
                  AND coalesce(p_settles_at BETWEEN '1970-01-01Z' AND '2300-01-01Z', true)
                  AND coalesce(p_expires_at <= '2300-01-01Z', true)
                FOR NO KEY UPDATE OF t) a) n
        ON CONFLICT (merchant_id, key) DO NOTHING
        RETURNING id, merchant_id, account_id, seq, pending_after, active_after, held_after, hash
    ), entries AS (
        INSERT INTO ledger_entries (journal_id, line, merchant_id, debit, credit, points, lot_journal_id, lot_line, expires_at)
        SELECT id, 1, merchant_id, p_side::ledger_side, CASE WHEN p_pending THEN 'pending' ELSE 'active' END::ledger_side, p_points,
               id, 1, p_expires_at FROM journal
    ), lots AS (
        INSERT INTO ledger_lots (journal_id, line, merchant_id, account_id, points, points_pending, points_active, settles_at,
                                 expires_at, root_id)
        SELECT id, 1, merchant_id, account_id, p_points, CASE WHEN p_pending THEN p_points ELSE 0 END,
               CASE WHEN p_pending THEN 0 ELSE p_points END, p_settles_at, p_expires_at, id FROM journal
    ), account AS (
        UPDATE ledger_accounts t SET seq = j.seq, points_pending = j.pending_after, points_active = j.active_after, hash = j.hash
        FROM journal j WHERE t.id = j.account_id
    ), told AS (
        INSERT INTO outbox (id, merchant_id, topic, payload, created_at, available_at)
        SELECT id, merchant_id, 'points.posted', jsonb_build_object('postings', jsonb_build_array(jsonb_build_object(
               'journal', id, 'member', p_member, 'wallet', p_wallet))), p_now, p_now FROM journal
    )
    SELECT (p_key, false, id, account_id, seq, p_points, pending_after, active_after, held_after, 0)::ledger_result FROM journal;
END;
