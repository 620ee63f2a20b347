-- ---------------------------------------------------------------- writing a planned posting

-- What one side of an account changes by, over all moves. Debt grows when it is debited, the others when credited.
CREATE FUNCTION ledger_change(p_moves ledger_move[], p_side ledger_side) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(sum(CASE WHEN (credit = p_side) = (p_side <> 'debt') THEN points ELSE -points END), 0)::bigint
    FROM unnest(p_moves) WHERE p_side IN (debit, credit)
$$;

-- Entries of a posting, the lots that it makes and the lots that it changes.
CREATE FUNCTION ledger_write_moves(d ledger_draft) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_entries (journal_id, line, merchant_id, debit, credit, points, lot_journal_id, lot_line, expires_at)
    SELECT d.id, m.ordinality, (d.account).merchant_id, m.debit, m.credit, m.points, m.lot_journal_id, m.lot_line, m.expires_at
    FROM unnest(d.moves) WITH ORDINALITY m;
    INSERT INTO ledger_lots (journal_id, line, merchant_id, account_id, points, points_pending, points_active, settles_at,
                             expires_at, root_id)
    SELECT d.id, m.ordinality, (d.account).merchant_id, (d.account).id, m.points, x.pending, x.active, m.settles_at,
           m.expires_at, m.root_id
    FROM unnest(d.moves) WITH ORDINALITY m
    JOIN ledger_lot_changes(d.moves) x ON x.lot_journal_id = m.lot_journal_id AND x.lot_line = m.lot_line
    WHERE m.root_id IS NOT NULL;
    UPDATE ledger_lots l SET points_pending = l.points_pending + x.pending, points_active = l.points_active + x.active,
           points_held = l.points_held + x.held
    FROM ledger_lot_changes(d.moves) x
    WHERE l.journal_id = x.lot_journal_id AND l.line = x.lot_line AND x.lot_journal_id <> d.id;
END $$;

CREATE FUNCTION ledger_lot_changes(p_moves ledger_move[])
RETURNS TABLE (lot_journal_id uuid, lot_line smallint, pending bigint, active bigint, held bigint)
LANGUAGE sql IMMUTABLE AS $$
    SELECT m.lot_journal_id, m.lot_line,
           sum(CASE 'pending'::ledger_side WHEN credit THEN points WHEN debit THEN -points ELSE 0 END)::bigint,
           sum(CASE 'active'::ledger_side WHEN credit THEN points WHEN debit THEN -points ELSE 0 END)::bigint,
           sum(CASE 'held'::ledger_side WHEN credit THEN points WHEN debit THEN -points ELSE 0 END)::bigint
    FROM unnest(p_moves) m WHERE m.lot_journal_id IS NOT NULL GROUP BY 1, 2
$$;

-- What a posting changes beside journal, entries, lots and account.
CREATE FUNCTION ledger_write_more(d ledger_draft, c jsonb, p_parent uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CASE c->>'verb'
        WHEN 'earn' THEN
            IF c->'budgets' <> '[]' THEN PERFORM ledger_note_uses(d, c); END IF;
        WHEN 'clawback', 'void' THEN                       -- on the earn that is taken back, whoever paid
            UPDATE ledger_lots SET points_clawed_back = points_clawed_back + d.points
            WHERE journal_id = p_parent AND line = 1;
            PERFORM ledger_give_back(d.id, p_parent, d.points);
        WHEN 'hold' THEN
            INSERT INTO ledger_holds (journal_id, merchant_id, account_id, points, points_left, ends_at)
            VALUES (d.id, (d.account).merchant_id, (d.account).id, d.points, d.points, (c->>'until')::timestamptz);
        WHEN 'capture', 'release' THEN
            UPDATE ledger_holds SET points_left = points_left - d.points WHERE journal_id = p_parent;
        ELSE NULL;
    END CASE;
END $$;

-- Write one planned posting.
CREATE FUNCTION ledger_write(d ledger_draft, c jsonb, p_key text, p_parent uuid, p_now timestamptz) RETURNS ledger_result
LANGUAGE plpgsql AS $$
DECLARE
    a ledger_accounts := d.account;
    at timestamptz := (c->>'effective_at')::timestamptz;
    entries text;
BEGIN
    a.seq := a.seq + 1;
    a.points_pending := a.points_pending + ledger_change(d.moves, 'pending');
    a.points_active := a.points_active + ledger_change(d.moves, 'active');
    a.points_held := a.points_held + ledger_change(d.moves, 'held');
    a.points_debt := a.points_debt + ledger_change(d.moves, 'debt');
    entries := (SELECT string_agg(ledger_entry_text(m.ordinality::int, m.debit, m.credit, m.points, m.lot_journal_id,
                                                    m.lot_line, m.expires_at), '' ORDER BY m.ordinality)
                FROM unnest(d.moves) WITH ORDINALITY m);
    a.hash := sha256(a.hash || ledger_content(a.id, a.seq, d.id, (c->>'verb')::ledger_verb, p_parent, d.points, at, p_now,
        a.points_pending, a.points_active, a.points_held, a.points_debt, coalesce(entries, ''), c->'reason', p_key));
    INSERT INTO ledger_journal (id, merchant_id, account_id, seq, key, fingerprint, verb, parent_id, points, reason, effective_at,
                                recorded_at, pending_after, active_after, held_after, debt_after, hash)
    VALUES (d.id, a.merchant_id, a.id, a.seq, p_key, ledger_fingerprint(c), (c->>'verb')::ledger_verb, p_parent, d.points,
            c->'reason', at, p_now, a.points_pending, a.points_active, a.points_held, a.points_debt, a.hash);
    PERFORM ledger_write_moves(d);
    UPDATE ledger_accounts SET seq = a.seq, points_pending = a.points_pending, points_active = a.points_active,
           points_held = a.points_held, points_debt = a.points_debt, hash = a.hash
    WHERE id = a.id;
    RETURN (p_key, false, d.id, a.id, a.seq, d.points, a.points_pending, a.points_active, a.points_held, a.points_debt);
END $$;

-- The same of an earn, however it was sent. No time is infinite (ledger_check_command), so that stands for none.
CREATE FUNCTION ledger_earn_fingerprint(p_member uuid, p_wallet text, p_points text, p_side text, p_pending bool,
    p_settles_at timestamptz, p_expires_at timestamptz, p_budgets jsonb, p_effective_at timestamptz, p_reason jsonb)
RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
    RETURN sha256(uuid_send(p_member) || timestamptz_send(p_effective_at)
        || timestamptz_send(coalesce(p_settles_at, 'infinity')) || timestamptz_send(coalesce(p_expires_at, 'infinity'))
        || convert_to(p_points || E'\n' || p_side || E'\n' || p_pending || E'\n' || p_budgets || E'\n' || p_reason || E'\n'
                      || p_wallet, 'UTF8'));

-- What the same key must say again. Fields that a verb got later do not count as long as they say nothing.
CREATE FUNCTION ledger_fingerprint(c jsonb) RETURNS bytea LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF c->>'verb' = 'earn' THEN
        RETURN ledger_earn_fingerprint((c->>'member')::uuid, coalesce(c->>'wallet', 'points'), c->>'points',
            coalesce(c->>'side', 'issued'), coalesce((c->>'pending')::bool, false), (c->>'settles_at')::timestamptz,
            (c->>'expires_at')::timestamptz, coalesce(c->'budgets', '[]'), (c->>'effective_at')::timestamptz, c->'reason');
    END IF;
    IF c->>'verb' = 'reverse' AND c->'points' = 'null' THEN c := c - 'points'; END IF;
    RETURN sha256(convert_to(c::text, 'UTF8'));
END $$;

CREATE FUNCTION ledger_note_uses(d ledger_draft, c jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO ledger_budget_uses (journal_id, budget_id, merchant_id, member_id, earn_id, period_start, points)
    SELECT d.id, b.id, (d.account).merchant_id, (c->>'member')::uuid, d.id,
           ledger_period(b, (c->>'effective_at')::timestamptz), d.points
    FROM ledger_budgets b WHERE b.id IN (SELECT jsonb_array_elements_text(c->'budgets')::uuid)
$$;
