-- A lot can expire as often as points come back to it. What stands here supersedes this function of 0029_expiry_sets.sql.
-- Expire what is active of lots, one an account, in the order of these; answers how many. Lots are named by the place of
-- their row: where it has moved since, or its account is in use, the lot is left for the next time. `p_at`: when it
-- expires; NULL: at the date of the lot, which has come. One posting a lot; with `p_again`, whatever expired once before
-- gets a key with the posting's own id: an undone redemption can bring points back to a lot that expired. (The account's
-- number for it is not enough: after a merge the lot is in another account, whose numbers can be the same.) No command has
-- the key of an expiry: its fingerprint is empty.
CREATE OR REPLACE FUNCTION ledger_expire_lots(p_accounts uuid[], p_places tid[], p_at timestamptz[], p_reason jsonb, p_again bool,
                                   p_now timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    m uuid := current_merchant();
    ids text := ledger_fresh_ids();
    posted bigint;
BEGIN
    WITH locked AS MATERIALIZED (
        SELECT g.place, g.at, a.id AS account_id, a.seq + 1 AS seq, a.points_pending AS pending, a.points_active AS active,
               a.points_held AS held, a.points_debt AS debt, a.hash
        FROM unnest(p_accounts, p_places, p_at) AS g (account_id, place, at) JOIN ledger_accounts a ON a.id = g.account_id
        FOR NO KEY UPDATE OF a SKIP LOCKED
    ), lots AS (
        UPDATE ledger_lots l SET points_active = 0 FROM locked k
        WHERE l.ctid = k.place AND l.account_id = k.account_id AND l.points_active > 0
          AND (k.at IS NOT NULL OR l.expires_at <= p_now)
        RETURNING k.account_id, k.seq, k.pending, k.active - old.points_active AS active, k.held, k.debt, k.hash,
                  l.journal_id AS lot, l.line, old.points_active AS points, coalesce(k.at, l.expires_at) AS at
    ), numbered AS (
        SELECT l.*, ledger_nth_id(ids, row_number() OVER ()) AS id FROM lots l
    ), named AS MATERIALIZED (
        SELECT l.*, 'expire:' || lot || ':' || line || CASE WHEN p_again AND EXISTS (
                   SELECT FROM ledger_journal j WHERE j.merchant_id = m AND j.key = 'expire:' || l.lot || ':' || l.line)
                   THEN ':' || id ELSE '' END AS key
        FROM numbered l
    ), journal AS (
        INSERT INTO ledger_journal (id, merchant_id, account_id, seq, key, fingerprint, verb, parent_id, points, reason,
                                    effective_at, recorded_at, pending_after, active_after, held_after, debt_after, hash)
        SELECT id, m, account_id, seq, key, '', 'expire', lot, points, p_reason, at, p_now, pending, active, held, debt,
               sha256(hash || ledger_content(account_id, seq, id, 'expire', lot, points, at, p_now, pending, active, held, debt,
                      ledger_entry_text(1, 'active', 'expired', points, lot, line, NULL), p_reason, key))
        FROM named RETURNING account_id, seq, active_after, hash
    ), entries AS (
        INSERT INTO ledger_entries (journal_id, line, merchant_id, debit, credit, points, lot_journal_id, lot_line)
        SELECT id, 1, m, 'active', 'expired', points, lot, line FROM named
    ), balances AS (
        UPDATE ledger_accounts a SET seq = j.seq, points_active = j.active_after, hash = j.hash
        FROM journal j WHERE a.id = j.account_id
    )
    SELECT count(*) INTO posted FROM named;
    PERFORM ledger_announce_set(ids, posted, p_now);
    RETURN posted;
END $$;
