-- ---------------------------------------------------------------- everything that can disagree, recomputed
--
-- Each function answers faults of the open merchant; no rows: all is well. It also looks at what the foreign keys of
-- other tables would guarantee.

CREATE FUNCTION ledger_check_balances() RETURNS TABLE (fault text, id uuid) LANGUAGE sql STABLE AS $$
    WITH each AS (
        SELECT j.id, j.account_id, j.seq, j.pending_after, j.active_after, j.held_after, j.debt_after,
               coalesce(sum(CASE 'pending'::ledger_side WHEN e.credit THEN e.points WHEN e.debit THEN -e.points END), 0) AS pending,
               coalesce(sum(CASE 'active'::ledger_side WHEN e.credit THEN e.points WHEN e.debit THEN -e.points END), 0) AS active,
               coalesce(sum(CASE 'held'::ledger_side WHEN e.credit THEN e.points WHEN e.debit THEN -e.points END), 0) AS held,
               coalesce(sum(CASE 'debt'::ledger_side WHEN e.debit THEN e.points WHEN e.credit THEN -e.points END), 0) AS debt
        FROM ledger_journal j LEFT JOIN ledger_entries e ON e.journal_id = j.id GROUP BY j.id
    ), running AS (
        SELECT id, pending_after, active_after, held_after, debt_after, sum(pending) OVER w AS pending,
               sum(active) OVER w AS active, sum(held) OVER w AS held, sum(debt) OVER w AS debt
        FROM each WINDOW w AS (PARTITION BY account_id ORDER BY seq)
    ), sums AS (
        SELECT account_id, sum(pending) AS pending, sum(active) AS active, sum(held) AS held, sum(debt) AS debt,
               count(*) AS postings, max(seq) AS last_seq
        FROM each GROUP BY 1
    )
    SELECT 'balance differs from entries', a.id FROM ledger_accounts a LEFT JOIN sums s ON s.account_id = a.id
    WHERE (a.points_pending, a.points_active, a.points_held, a.points_debt)
          IS DISTINCT FROM (coalesce(s.pending, 0), coalesce(s.active, 0), coalesce(s.held, 0), coalesce(s.debt, 0))
    UNION ALL
    SELECT 'postings are missing', a.id FROM ledger_accounts a LEFT JOIN sums s ON s.account_id = a.id
    WHERE (a.seq, a.seq) IS DISTINCT FROM (coalesce(s.postings, 0), coalesce(s.last_seq, 0))
    UNION ALL
    SELECT 'balance after a posting differs', r.id FROM running r
    WHERE (r.pending_after, r.active_after, r.held_after, r.debt_after)
          IS DISTINCT FROM (r.pending, r.active, r.held, r.debt)
    UNION ALL
    SELECT 'posting without its account or parent', j.id FROM ledger_journal j
    WHERE NOT EXISTS (SELECT FROM ledger_accounts a WHERE a.id = j.account_id)
       OR j.parent_id IS NOT NULL AND NOT EXISTS (SELECT FROM ledger_journal p WHERE p.id = j.parent_id)
$$;

CREATE FUNCTION ledger_check_lots() RETURNS TABLE (fault text, id uuid) LANGUAGE sql STABLE AS $$
    WITH moved AS (
        SELECT lot_journal_id, lot_line,
               sum(CASE 'pending'::ledger_side WHEN credit THEN points WHEN debit THEN -points ELSE 0 END) AS pending,
               sum(CASE 'active'::ledger_side WHEN credit THEN points WHEN debit THEN -points ELSE 0 END) AS active,
               sum(CASE 'held'::ledger_side WHEN credit THEN points WHEN debit THEN -points ELSE 0 END) AS held,
               sum(points) FILTER (WHERE journal_id = lot_journal_id AND line = lot_line AND NOT is_member_side(debit)) AS made
        FROM ledger_entries WHERE lot_journal_id IS NOT NULL GROUP BY 1, 2
    ), lots AS (
        SELECT account_id, sum(points_pending) AS pending, sum(points_active) AS active, sum(points_held) AS held
        FROM ledger_lots GROUP BY 1
    ), taken AS (
        SELECT parent_id, sum(points) AS points FROM ledger_journal WHERE verb::text IN ('clawback', 'void') GROUP BY 1
    )
    SELECT 'lot differs from what was taken of it', coalesce(l.journal_id, m.lot_journal_id)
    FROM ledger_lots l FULL JOIN moved m ON m.lot_journal_id = l.journal_id AND m.lot_line = l.line
    WHERE (l.points, l.points_pending, l.points_active, l.points_held) IS DISTINCT FROM (m.made, m.pending, m.active, m.held)
    UNION ALL
    SELECT 'balance differs from lots', a.id FROM ledger_accounts a FULL JOIN lots l ON l.account_id = a.id
    WHERE (a.points_pending, a.points_active, a.points_held)
          IS DISTINCT FROM (coalesce(l.pending, 0), coalesce(l.active, 0), coalesce(l.held, 0))
    UNION ALL
    SELECT 'entry without its posting', e.journal_id FROM ledger_entries e
    WHERE NOT EXISTS (SELECT FROM ledger_journal j WHERE j.id = e.journal_id)
    UNION ALL
    SELECT 'lot without its earn', l.journal_id FROM ledger_lots l
    WHERE NOT EXISTS (SELECT FROM ledger_journal j WHERE j.id = l.root_id AND j.verb = 'earn')
    UNION ALL
    SELECT 'taken back differs from its postings', l.journal_id
    FROM ledger_lots l LEFT JOIN taken t ON t.parent_id = l.journal_id AND l.line = 1
    WHERE l.points_clawed_back <> coalesce(t.points, 0)
$$;

CREATE FUNCTION ledger_check_holds() RETURNS TABLE (fault text, id uuid) LANGUAGE sql STABLE AS $$
    WITH gone AS (
        SELECT parent_id, sum(points) AS points FROM ledger_journal WHERE verb::text IN ('capture', 'release') GROUP BY 1
    ), held AS (SELECT account_id, sum(points_left) AS points FROM ledger_holds GROUP BY 1)
    SELECT 'hold differs from its postings', h.journal_id FROM ledger_holds h LEFT JOIN gone g ON g.parent_id = h.journal_id
    WHERE h.points_left <> h.points - coalesce(g.points, 0)
    UNION ALL
    SELECT 'held points without a hold', a.id FROM ledger_accounts a LEFT JOIN held h ON h.account_id = a.id
    WHERE a.points_held <> coalesce(h.points, 0)
$$;

-- Who stood in for a lot cannot have paid more than it gave.
CREATE FUNCTION ledger_check_dues() RETURNS TABLE (fault text, id uuid) LANGUAGE sql STABLE AS $$
    WITH debts AS (SELECT account_id, sum(points_left) AS points FROM ledger_dues WHERE payer = 'debt' GROUP BY 1),
    written_off AS (
        SELECT lot_journal_id, lot_line, sum(CASE WHEN debit = 'written_off' THEN points ELSE -points END) AS points
        FROM ledger_entries WHERE 'written_off' IN (debit, credit) GROUP BY 1, 2
    ), paid AS (
        SELECT lot_journal_id, lot_line, sum(CASE WHEN debit = 'active' THEN points ELSE -points END) AS points
        FROM ledger_entries
        WHERE debit = 'active' AND credit IN ('clawed_back', 'debt') OR debit = 'clawed_back' AND credit = 'active' GROUP BY 1, 2
    ), nobody AS (
        SELECT lot_journal_id, lot_line, sum(points_left) AS points FROM ledger_dues WHERE payer = 'nobody' GROUP BY 1, 2
    ), payers AS (
        SELECT payer_journal_id, payer_line, sum(points_left) AS points FROM ledger_dues WHERE payer = 'lot' GROUP BY 1, 2
    )
    SELECT 'debt differs from what it stands for', a.id FROM ledger_accounts a LEFT JOIN debts d ON d.account_id = a.id
    WHERE a.points_debt <> coalesce(d.points, 0)
    UNION ALL
    SELECT 'written off differs from entries', coalesce(w.lot_journal_id, n.lot_journal_id)
    FROM written_off w FULL JOIN nobody n USING (lot_journal_id, lot_line) WHERE w.points IS DISTINCT FROM n.points
      AND coalesce(w.points, 0) <> coalesce(n.points, 0)
    UNION ALL
    SELECT 'lot is owed more than it paid', p.payer_journal_id
    FROM payers p LEFT JOIN paid x ON x.lot_journal_id = p.payer_journal_id AND x.lot_line = p.payer_line
    WHERE p.points > coalesce(x.points, 0)
$$;

CREATE FUNCTION ledger_check_budgets() RETURNS TABLE (fault text, id uuid) LANGUAGE sql STABLE AS $$
    WITH uses AS (
        SELECT u.budget_id, u.member_id, k.period_start, u.points
        FROM ledger_budget_uses u CROSS JOIN LATERAL (VALUES (date '-infinity'), (u.period_start)) AS k (period_start)
        WHERE k.period_start IS NOT NULL
    ), slots AS (
        SELECT budget_id, period_start, sum(points) - sum(points_left) AS used FROM ledger_budget_slots GROUP BY 1, 2
    )
    SELECT 'budget differs from its uses', s.budget_id FROM slots s
    WHERE s.used <> (SELECT coalesce(sum(u.points), 0) FROM uses u
                     WHERE u.budget_id = s.budget_id AND u.period_start = s.period_start)
    UNION ALL
    SELECT 'budget of a member differs from its uses', m.member_id FROM ledger_budget_members m
    WHERE m.points_used <> (SELECT coalesce(sum(u.points), 0) FROM uses u WHERE u.budget_id = m.budget_id
                            AND u.member_id = m.member_id AND u.period_start = m.period_start)
    UNION ALL
    SELECT 'budget used without a posting', u.journal_id FROM ledger_budget_uses u
    WHERE NOT EXISTS (SELECT FROM ledger_journal j WHERE j.id = u.journal_id)
       OR NOT EXISTS (SELECT FROM ledger_journal j WHERE j.id = u.earn_id)
$$;

CREATE FUNCTION ledger_check() RETURNS TABLE (fault text, id uuid) LANGUAGE sql STABLE AS $$
    SELECT * FROM ledger_check_balances() UNION ALL SELECT * FROM ledger_check_lots()
    UNION ALL SELECT * FROM ledger_check_holds() UNION ALL SELECT * FROM ledger_check_dues()
    UNION ALL SELECT * FROM ledger_check_budgets()
$$;

-- The first posting of each account whose hash is not that of its content and of the posting before it, or the last one
-- if the account says that another should follow. No rows: nothing was changed since it was written.
CREATE FUNCTION ledger_verify() RETURNS TABLE (account_id uuid, seq bigint, journal_id uuid) LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (x.account_id) x.account_id, x.seq, x.id
    FROM (SELECT j.id, j.account_id, j.seq, j.hash, ledger_content(j) AS content, lag(j.hash) OVER w AS before,
                 lag(j.seq) OVER w AS seq_before, lead(j.hash) OVER w AS after
          FROM ledger_journal j WINDOW w AS (PARTITION BY j.account_id ORDER BY j.seq)) x
    JOIN ledger_accounts a ON a.id = x.account_id
    WHERE x.hash <> sha256(coalesce(x.before, '') || x.content) OR x.seq <> coalesce(x.seq_before, 0) + 1
       OR x.after IS NULL AND (x.hash, x.seq) <> (a.hash, a.seq)
    ORDER BY x.account_id, x.seq
$$;
