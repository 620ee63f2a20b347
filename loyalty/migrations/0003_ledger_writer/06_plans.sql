-- ---------------------------------------------------------------- plans: what a command moves

-- earn: points out of a programme side into a new lot; a debt is paid from it first.
CREATE FUNCTION ledger_plan_earn(d ledger_draft, c jsonb, p_at timestamptz) RETURNS ledger_draft LANGUAGE plpgsql AS $$
DECLARE pending bool := coalesce((c->>'pending')::bool, false);
BEGIN
    d.points := (c->>'points')::bigint;
    d.moves := ARRAY[(coalesce(c->>'side', 'issued')::ledger_side,
                      CASE WHEN pending THEN 'pending' ELSE 'active' END::ledger_side, d.points, d.id, 1,
                      (c->>'settles_at')::timestamptz, (c->>'expires_at')::timestamptz, d.id)::ledger_move];
    IF pending THEN RETURN d; END IF;
    RETURN ledger_arrive(d, d.id, 1, d.points, (c->>'expires_at')::timestamptz, p_at);
END $$;

-- settle: what is still pending of a lot (or so many of its points) becomes active; debt is paid from it first.
CREATE FUNCTION ledger_plan_settle(d ledger_draft, c jsonb, p_parent uuid, p_at timestamptz) RETURNS ledger_draft LANGUAGE plpgsql AS $$
DECLARE l ledger_lots;
BEGIN
    SELECT * INTO l FROM ledger_lots WHERE journal_id = p_parent AND line = 1;
    d.points := least(l.points_pending, (c->>'points')::bigint);
    d := ledger_add(d, 'pending', 'active', d.points, l.journal_id, l.line);
    RETURN ledger_arrive(d, l.journal_id, l.line, d.points, l.expires_at, p_at);
END $$;

-- void: what is still pending of a lot (or so many of its points) never becomes active.
CREATE FUNCTION ledger_plan_void(d ledger_draft, c jsonb, p_parent uuid) RETURNS ledger_draft LANGUAGE plpgsql AS $$
DECLARE l ledger_lots;
BEGIN
    SELECT * INTO l FROM ledger_lots WHERE journal_id = p_parent AND line = 1;
    d.points := least(l.points_pending, (c->>'points')::bigint);
    RETURN ledger_add(d, 'pending', 'voided', d.points, l.journal_id, l.line);
END $$;

-- clawback: points of one earn are taken back: its own pending, then its own active points. What had expired
-- was never spent, so nobody pays for it. The rest was spent: other lots pay; what they lack is refused,
-- written off or owed, by policy. Expired and written-off points pass through debt and leave none there.
CREATE FUNCTION ledger_plan_clawback(d ledger_draft, c jsonb, p_parent uuid, p_at timestamptz) RETURNS ledger_draft
LANGUAGE plpgsql AS $$
DECLARE
    l ledger_lots;
    n bigint := (c->>'points')::bigint;
    expired bigint;
    part bigint;
BEGIN
    SELECT * INTO l FROM ledger_lots WHERE journal_id = p_parent AND line = 1;
    IF n > l.points - l.points_clawed_back THEN
        PERFORM ledger_fail('clawback_exceeds_earn', format('%s of %s left', n, l.points - l.points_clawed_back));
    END IF;
    d.points := n;
    part := least(n, l.points_pending);
    d := ledger_add(d, 'pending', 'clawed_back', part, l.journal_id, l.line);
    n := n - part;
    part := least(n, l.points_active);
    d := ledger_add(d, 'active', 'clawed_back', part, l.journal_id, l.line);
    n := n - part;
    IF n = 0 THEN RETURN d; END IF;
    expired := least(n, ledger_lot_net(l, 'expired'));
    d := ledger_add(d, 'debt', 'clawed_back', expired, NULL, NULL);
    d := ledger_add(d, 'expired', 'debt', expired, l.journal_id, l.line);
    RETURN ledger_plan_stand_in(d, c, l, n - expired, p_at);
END $$;

-- Points of a lot were spent and are taken back: others stand in for it.
CREATE FUNCTION ledger_plan_stand_in(d ledger_draft, c jsonb, l ledger_lots, p_points bigint, p_at timestamptz)
RETURNS ledger_draft LANGUAGE plpgsql AS $$
DECLARE
    n bigint := p_points;
    others ledger_move[];
BEGIN
    IF n = 0 THEN RETURN d; END IF;
    others := ledger_take((d.account).id, n, p_at, 'clawed_back', l.journal_id);
    d.moves := d.moves || others;
    PERFORM ledger_add_due(d.account, l.journal_id, l.line, 'lot', m.lot_journal_id, m.lot_line, m.points)
    FROM unnest(others) WITH ORDINALITY m ORDER BY ordinality;
    n := n - ledger_sum(others);
    IF n = 0 THEN RETURN d; END IF;
    IF c->>'policy' = 'forbid' THEN PERFORM ledger_fail('points_insufficient', format('%s missing', n)); END IF;
    d := ledger_add(d, 'debt', 'clawed_back', n, NULL, NULL);
    IF c->>'policy' = 'clamp' THEN
        PERFORM ledger_add_due(d.account, l.journal_id, l.line, 'nobody', NULL, NULL, n);
        RETURN ledger_add(d, 'written_off', 'debt', n, l.journal_id, l.line);
    END IF;
    PERFORM ledger_add_due(d.account, l.journal_id, l.line, 'debt', NULL, NULL, n);
    d.moves := d.moves || ledger_sweep((d.account).id, p_at, l.journal_id);
    RETURN d;
END $$;

-- redeem and hold: points are spent or held, those that expire first before the others.
CREATE FUNCTION ledger_plan_spend(d ledger_draft, c jsonb, p_credit ledger_side, p_at timestamptz) RETURNS ledger_draft
LANGUAGE plpgsql AS $$
BEGIN
    d.points := (c->>'points')::bigint;
    d.moves := ledger_take((d.account).id, d.points, p_at, p_credit);
    IF ledger_sum(d.moves) < d.points THEN
        PERFORM ledger_fail('points_insufficient', format('%s of %s available', ledger_sum(d.moves), d.points));
    END IF;
    RETURN d;
END $$;

-- How many points of a posting its children of these verbs have moved out of a side.
CREATE FUNCTION ledger_children(p_parent uuid, p_from ledger_side, p_verbs ledger_verb[]) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT coalesce(sum(e.points), 0) FROM ledger_journal j JOIN ledger_entries e ON e.journal_id = j.id
            WHERE j.parent_id = p_parent AND j.verb <> 'expire' AND j.verb = ANY (p_verbs) AND e.debit = p_from);
END $$;

-- release: a hold or a part of it is given up; the lots that were taken last get their points back first.
CREATE FUNCTION ledger_plan_release(d ledger_draft, c jsonb, p_parent uuid, p_at timestamptz) RETURNS ledger_draft
LANGUAGE plpgsql AS $$
DECLARE
    still bigint := (SELECT points_left FROM ledger_holds WHERE journal_id = p_parent);
    n bigint := coalesce((c->>'points')::bigint, still);
BEGIN
    IF still = 0 THEN RETURN d; END IF;
    IF n > still THEN PERFORM ledger_fail('hold_exceeded', format('%s of %s held', n, still)); END IF;
    RETURN ledger_give(d, p_parent, 'held', ledger_children(p_parent, 'held', '{release}'), n, p_at);
END $$;

-- capture: a hold or a part of it is spent, in the order in which the lots were taken.
CREATE FUNCTION ledger_plan_capture(d ledger_draft, c jsonb, p_parent uuid, p_at timestamptz) RETURNS ledger_draft
LANGUAGE plpgsql AS $$
DECLARE
    h ledger_holds;
    skip bigint := ledger_children(p_parent, 'held', '{capture}');
BEGIN
    SELECT * INTO h FROM ledger_holds WHERE journal_id = p_parent;
    d.points := coalesce((c->>'points')::bigint, h.points_left);
    IF p_at >= h.ends_at THEN PERFORM ledger_fail('hold_ended', h.ends_at::text); END IF;
    IF d.points > h.points_left OR h.points_left = 0 THEN
        PERFORM ledger_fail('hold_exceeded', format('%s of %s held', d.points, h.points_left));
    END IF;
    d.moves := ARRAY(
        SELECT ('held', 'redeemed', least(before + points, skip + d.points) - greatest(before, skip), lot_journal_id, lot_line,
                NULL, NULL, NULL)::ledger_move
        FROM (SELECT lot_journal_id, lot_line, points, line,
                     coalesce(sum(points) OVER (ORDER BY line ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::bigint AS before
              FROM ledger_entries WHERE journal_id = p_parent AND credit = 'held') t
        WHERE before < skip + d.points AND before + points > skip ORDER BY line);
    RETURN d;
END $$;

-- expire: what is active of the lots of a posting whose time has come.
CREATE FUNCTION ledger_plan_expire(d ledger_draft, p_parent uuid, p_at timestamptz) RETURNS ledger_draft
LANGUAGE plpgsql AS $$
BEGIN
    d.moves := ARRAY(SELECT ('active', 'expired', points_active, journal_id, line, NULL, NULL, NULL)::ledger_move
                     FROM ledger_lots WHERE journal_id = p_parent AND account_id = (d.account).id
                       AND points_active > 0 AND expires_at <= p_at ORDER BY line);
    d.points := ledger_sum(d.moves);
    RETURN d;
END $$;

-- deduct: points are taken away by hand, those that expire first; what lacks is refused, owed or let go, by policy.
CREATE FUNCTION ledger_plan_deduct(d ledger_draft, c jsonb, p_at timestamptz) RETURNS ledger_draft LANGUAGE plpgsql AS $$
DECLARE n bigint := (c->>'points')::bigint;
BEGIN
    d.moves := ledger_take((d.account).id, n, p_at, 'adjusted');
    d.points := ledger_sum(d.moves);
    n := n - d.points;
    IF n = 0 OR c->>'policy' = 'clamp' THEN RETURN d; END IF;
    IF c->>'policy' = 'forbid' THEN PERFORM ledger_fail('points_insufficient', format('%s missing', n)); END IF;
    d.points := d.points + n;
    d := ledger_add(d, 'debt', 'adjusted', n, NULL, NULL);
    PERFORM ledger_add_due(d.account, d.id, 0, 'debt', NULL, NULL, n);
    d.moves := d.moves || ledger_sweep((d.account).id, p_at);
    RETURN d;
END $$;

CREATE FUNCTION ledger_plan(d ledger_draft, c jsonb, p_parent uuid, p_now timestamptz) RETURNS ledger_draft
LANGUAGE plpgsql AS $$
BEGIN
    CASE c->>'verb'
        WHEN 'earn' THEN RETURN ledger_plan_earn(d, c, p_now);
        WHEN 'settle' THEN RETURN ledger_plan_settle(d, c, p_parent, p_now);
        WHEN 'void' THEN RETURN ledger_plan_void(d, c, p_parent);
        WHEN 'clawback' THEN RETURN ledger_plan_clawback(d, c, p_parent, p_now);
        WHEN 'redeem' THEN RETURN ledger_plan_spend(d, c, 'redeemed', p_now);
        WHEN 'hold' THEN RETURN ledger_plan_spend(d, c, 'held', p_now);
        WHEN 'capture' THEN RETURN ledger_plan_capture(d, c, p_parent, p_now);
        WHEN 'release' THEN RETURN ledger_plan_release(d, c, p_parent, p_now);
        WHEN 'expire' THEN RETURN ledger_plan_expire(d, p_parent, (c->>'effective_at')::timestamptz);
        WHEN 'deduct' THEN RETURN ledger_plan_deduct(d, c, p_now);
    END CASE;
END $$;
