-- ---------------------------------------------------------------- moves

CREATE FUNCTION ledger_sum(p_moves ledger_move[]) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT coalesce(sum(points), 0)::bigint FROM unnest(p_moves) $$;

-- Points out of active lots that have not expired, those that expire first before the others.
CREATE FUNCTION ledger_take(p_account uuid, p_points bigint, p_at timestamptz, p_credit ledger_side, p_skip uuid DEFAULT NULL)
RETURNS ledger_move[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(('active', p_credit, least(points_active, p_points - before), journal_id, line, NULL, NULL,
                               NULL)::ledger_move ORDER BY expires_at NULLS LAST, journal_id, line), '{}')
    FROM (SELECT journal_id, line, points_active, expires_at,
                 coalesce(sum(points_active) OVER (ORDER BY expires_at NULLS LAST, journal_id, line
                          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::bigint AS before
          FROM ledger_lots
          WHERE account_id = p_account AND points_pending + points_active + points_held > 0 AND points_active > 0
            AND (expires_at IS NULL OR expires_at > p_at) AND journal_id IS DISTINCT FROM p_skip) l
    WHERE before < p_points;
$$;

-- What is active, has expired and waits for its sweep is swept now: who owes has nothing active.
CREATE FUNCTION ledger_sweep(p_account uuid, p_at timestamptz, p_skip uuid DEFAULT NULL) RETURNS ledger_move[]
LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(('active', 'expired', points_active, journal_id, line, NULL, NULL, NULL)::ledger_move
                              ORDER BY journal_id, line), '{}')
    FROM ledger_lots
    WHERE account_id = p_account AND points_pending + points_active + points_held > 0 AND points_active > 0
      AND expires_at <= p_at AND journal_id IS DISTINCT FROM p_skip;
$$;

-- What went from one lot to a side, less what came back from there.
CREATE FUNCTION ledger_lot_net(l ledger_lots, p_side ledger_side) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(CASE WHEN credit = p_side THEN points ELSE -points END), 0)::bigint
    FROM ledger_entries
    WHERE lot_journal_id = l.journal_id AND lot_line = l.line AND lot_journal_id <> journal_id AND p_side IN (debit, credit);
$$;

CREATE FUNCTION ledger_add(d ledger_draft, p_debit ledger_side, p_credit ledger_side, p_points bigint, p_lot uuid, p_line int)
RETURNS ledger_draft LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF p_points > 0 THEN
        d.moves := d.moves || (p_debit, p_credit, p_points, p_lot, p_line, NULL, NULL, NULL)::ledger_move;
    END IF;
    RETURN d;
END $$;

-- Somebody stands in for points of a lot.
CREATE FUNCTION ledger_add_due(a ledger_accounts, p_lot uuid, p_line int, p_payer ledger_payer, p_by uuid, p_by_line int,
                               p_points bigint)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO ledger_dues (merchant_id, account_id, lot_journal_id, lot_line, payer, payer_journal_id, payer_line, points_left)
    SELECT a.merchant_id, a.id, p_lot, p_line, p_payer, p_by, p_by_line, p_points WHERE p_points > 0
$$;

-- Points of a lot that have become active pay what the account owes, the oldest debt first. Who pays the debt that
-- stands for another lot stands in for it from then on.
CREATE FUNCTION ledger_pay_debt(d ledger_draft, p_lot uuid, p_line int, p_points bigint) RETURNS ledger_draft
LANGUAGE plpgsql AS $$
DECLARE
    n bigint := least(p_points, d.owed);
    part bigint;
    due ledger_dues;
BEGIN
    IF n <= 0 THEN RETURN d; END IF;
    d := ledger_add(d, 'active', 'debt', n, p_lot, p_line);
    d.owed := d.owed - n;
    FOR due IN SELECT * FROM ledger_dues WHERE account_id = (d.account).id AND payer = 'debt' AND points_left > 0 ORDER BY id LOOP
        part := least(n, due.points_left);
        UPDATE ledger_dues SET points_left = points_left - part WHERE id = due.id;
        IF (due.lot_journal_id, due.lot_line) <> (p_lot, p_line) THEN
            PERFORM ledger_add_due(d.account, due.lot_journal_id, due.lot_line, 'lot', p_lot, p_line, part);
        END IF;
        n := n - part;
        EXIT WHEN n = 0;
    END LOOP;
    RETURN d;
END $$;

-- Points of a lot have become active: they pay debt. If the lot's time is over they expire at once and pay nothing.
CREATE FUNCTION ledger_arrive(d ledger_draft, p_lot uuid, p_line int, p_points bigint, p_expires_at timestamptz, p_at timestamptz)
RETURNS ledger_draft LANGUAGE plpgsql AS $$
BEGIN
    IF p_expires_at <= p_at THEN RETURN ledger_add(d, 'active', 'expired', p_points, p_lot, p_line); END IF;
    RETURN ledger_pay_debt(d, p_lot, p_line, p_points);
END $$;

-- Points have come back to a lot (they are active there). What had been taken back of this lot is settled first: what was
-- written off, what is owed, then the lots that stood in for it, the last one first. The rest arrives.
CREATE FUNCTION ledger_come_back(d ledger_draft, p_lot uuid, p_line int, p_points bigint, p_at timestamptz)
RETURNS ledger_draft LANGUAGE plpgsql AS $$
DECLARE
    n bigint := p_points;
    part bigint;
    due ledger_dues;
BEGIN
    WHILE n > 0 LOOP
        SELECT * INTO due FROM ledger_dues WHERE lot_journal_id = p_lot AND lot_line = p_line AND points_left > 0
        ORDER BY payer, CASE payer WHEN 'lot' THEN -id ELSE id END LIMIT 1;
        EXIT WHEN NOT FOUND;
        part := least(n, due.points_left);
        UPDATE ledger_dues SET points_left = points_left - part WHERE id = due.id;
        CASE due.payer
            WHEN 'nobody' THEN d := ledger_add(d, 'active', 'written_off', part, p_lot, p_line);
            WHEN 'debt' THEN
                d := ledger_add(d, 'active', 'debt', part, p_lot, p_line);
                d.owed := d.owed - part;
            WHEN 'lot' THEN
                d := ledger_add(d, 'active', 'clawed_back', part, p_lot, p_line);
                d := ledger_add(d, 'clawed_back', 'active', part, due.payer_journal_id, due.payer_line);
                d := ledger_come_back(d, due.payer_journal_id, due.payer_line, part, p_at);
        END CASE;
        n := n - part;
    END LOOP;
    RETURN ledger_arrive(d, p_lot, p_line, n, (SELECT expires_at FROM ledger_lots WHERE journal_id = p_lot AND line = p_line), p_at);
END $$;

-- What a posting took of lots, those of it that must come back now: `p_skip` came back before, the last taken first.
CREATE FUNCTION ledger_back(p_taken uuid, p_from ledger_side, p_skip bigint, p_points bigint)
RETURNS TABLE (lot_journal_id uuid, lot_line smallint, points bigint, account_id uuid, taken int) LANGUAGE sql STABLE AS $$
    SELECT t.lot_journal_id, t.lot_line, least(t.before + t.points, p_skip + p_points) - greatest(t.before, p_skip),
           l.account_id, t.line
    FROM (SELECT e.lot_journal_id, e.lot_line, e.points, e.line,
                 coalesce(sum(e.points) OVER (ORDER BY e.line DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::bigint
                 AS before
          FROM ledger_entries e WHERE e.journal_id = p_taken AND e.credit = p_from) t
    JOIN ledger_lots l ON l.journal_id = t.lot_journal_id AND l.line = t.lot_line
    WHERE t.before < p_skip + p_points AND t.before + t.points > p_skip ORDER BY t.line DESC
$$;

-- Give the account's share of these points back from a side to the lots that they were taken of.
CREATE FUNCTION ledger_give(d ledger_draft, p_taken uuid, p_from ledger_side, p_skip bigint, p_points bigint, p_at timestamptz)
RETURNS ledger_draft LANGUAGE plpgsql AS $$
DECLARE b record;
BEGIN
    FOR b IN SELECT * FROM ledger_back(p_taken, p_from, p_skip, p_points) WHERE account_id = (d.account).id LOOP
        d := ledger_add(d, p_from, 'active', b.points, b.lot_journal_id, b.lot_line);
        d := ledger_come_back(d, b.lot_journal_id, b.lot_line, b.points, p_at);
        d.points := d.points + b.points;
    END LOOP;
    RETURN d;
END $$;

-- Lots and debts have come together: what is active pays, the first to expire first. If that is not enough, what only
-- waits for its sweep expires: who owes has nothing active.
CREATE FUNCTION ledger_settle_up(d ledger_draft, p_at timestamptz) RETURNS ledger_draft LANGUAGE plpgsql AS $$
DECLARE m ledger_move;
BEGIN
    IF d.owed = 0 THEN RETURN d; END IF;
    FOREACH m IN ARRAY ledger_take((d.account).id, d.owed, p_at, 'debt') LOOP
        d := ledger_pay_debt(d, m.lot_journal_id, m.lot_line, m.points);
    END LOOP;
    IF d.owed > 0 THEN d.moves := d.moves || ledger_sweep((d.account).id, p_at); END IF;
    RETURN d;
END $$;
