-- ---------------------------------------------------------------- postings on two accounts
--
-- Each writes one posting on either side, through the side `transfer`; the receiving one has the key and '/to'.
-- Both accounts are locked before (ledger_lock_all).

CREATE FUNCTION ledger_begin(a ledger_accounts) RETURNS ledger_draft LANGUAGE sql VOLATILE AS
$$ SELECT (a, uuidv7(), a.points_debt, 0, '{}')::ledger_draft $$;

CREATE FUNCTION ledger_other(p_member text, c jsonb, a ledger_accounts) RETURNS ledger_accounts LANGUAGE plpgsql AS $$
DECLARE b ledger_accounts := ledger_lock(ledger_resolve(ledger_account_id(p_member::uuid, c->>'wallet')));
BEGIN
    IF b.id = a.id THEN PERFORM ledger_fail('same_account', p_member); END IF;
    RETURN b;
END $$;

-- transfer: active points go to another member; each lot taken makes one there, with its expiry and root.
CREATE FUNCTION ledger_transfer(a ledger_accounts, c jsonb, p_now timestamptz) RETURNS ledger_result LANGUAGE plpgsql AS $$
DECLARE
    b ledger_accounts := ledger_other(c->>'to_member', c, a);
    d ledger_draft := ledger_plan_spend(ledger_begin(a), c, 'transfer', p_now);
    t ledger_draft := ledger_begin(b);
    r ledger_result;
    x record;
BEGIN
    r := ledger_write(d, c, c->>'key', NULL, p_now);
    t.points := d.points;
    FOR x IN SELECT m.points, l.expires_at, l.root_id FROM unnest(d.moves) WITH ORDINALITY m
             JOIN ledger_lots l ON l.journal_id = m.lot_journal_id AND l.line = m.lot_line ORDER BY m.ordinality LOOP
        t := ledger_new_lot(t, x.points, x.expires_at, x.root_id, p_now);
    END LOOP;
    PERFORM ledger_write(t, c, (c->>'key') || '/to', d.id, p_now);
    RETURN r;
END $$;

-- A lot made by this posting out of points that were another's: same expiry, same root.
CREATE FUNCTION ledger_new_lot(d ledger_draft, p_points bigint, p_expires_at timestamptz, p_root uuid, p_at timestamptz)
RETURNS ledger_draft LANGUAGE plpgsql AS $$
DECLARE line int := cardinality(d.moves) + 1;
BEGIN
    d.moves := d.moves || ('transfer', 'active', p_points, d.id, line, NULL, p_expires_at, p_root)::ledger_move;
    RETURN ledger_arrive(d, d.id, line, p_points, p_expires_at, p_at);
END $$;

-- reverse: a redemption or a part of it is undone; the same lots get their points back, with the expiry they had.
-- After an undone merge some of them may be in another account: that one gets a posting too.
CREATE FUNCTION ledger_reverse(a ledger_accounts, c jsonb, p_parent uuid, p_now timestamptz) RETURNS ledger_result
LANGUAGE plpgsql AS $$
DECLARE
    spent bigint := (SELECT points FROM ledger_journal WHERE id = p_parent);
    back bigint := ledger_children(p_parent, 'redeemed', '{reverse}');
    n bigint := coalesce((c->>'points')::bigint, spent - back);
    r ledger_result;
    other uuid;
    times int := 0;
BEGIN
    IF back = spent THEN PERFORM ledger_fail('already_reversed', p_parent::text); END IF;
    IF n > spent - back THEN
        PERFORM ledger_fail('reverse_exceeds_redemption', format('%s of %s left', n, spent - back));
    END IF;
    r := ledger_give_back(a, c, c->>'key', p_parent, back, n, p_now);
    FOR other IN SELECT DISTINCT account_id FROM ledger_back(p_parent, 'redeemed', back, n) WHERE account_id <> a.id ORDER BY 1 LOOP
        times := times + 1;
        PERFORM ledger_give_back(ledger_lock(other), c, format('%s/to%s', c->>'key', nullif(times, 1)), p_parent, back, n, p_now);
    END LOOP;
    RETURN r;
END $$;

-- One account's posting of a reversal.
CREATE FUNCTION ledger_give_back(a ledger_accounts, c jsonb, p_key text, p_parent uuid, p_skip bigint, p_points bigint,
                                 p_now timestamptz)
RETURNS ledger_result LANGUAGE plpgsql AS $$
DECLARE d ledger_draft := ledger_give(ledger_begin(a), p_parent, 'redeemed', p_skip, p_points, p_now);
BEGIN
    d.points := p_points;
    RETURN ledger_write(d, c, p_key, p_parent, p_now);
END $$;

-- Moves of whole lots, out of an account or into one.
CREATE FUNCTION ledger_move_lots(p_lots ledger_lots[], p_out bool) RETURNS ledger_move[] LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(array_agg(CASE WHEN p_out THEN (side, 'transfer', points, journal_id, line, NULL, NULL, NULL)::ledger_move
                              ELSE ('transfer', side, points, journal_id, line, NULL, NULL, NULL)::ledger_move END
                              ORDER BY journal_id, line, side), '{}')
    FROM (SELECT l.journal_id, l.line, s.side, s.points
          FROM unnest(p_lots) l CROSS JOIN LATERAL (VALUES ('pending'::ledger_side, l.points_pending),
               ('active', l.points_active), ('held', l.points_held)) AS s (side, points)
          WHERE s.points > 0) moved
$$;

-- Two accounts of which one gives lots and a debt to the other: what gives, and what takes.
CREATE TYPE ledger_pair AS (giver ledger_draft, taker ledger_draft);

-- Lots with what they hold, a debt and the dues of both go from one account to another.
CREATE FUNCTION ledger_hand_over(a ledger_accounts, b ledger_accounts, p_lots ledger_lots[], p_dues bigint[]) RETURNS ledger_pair
LANGUAGE plpgsql AS $$
DECLARE
    d ledger_draft := ledger_begin(a);
    t ledger_draft := ledger_begin(b);
    debt bigint := (SELECT coalesce(sum(points_left), 0) FROM ledger_dues WHERE id = ANY (p_dues) AND payer = 'debt');
BEGIN
    d.moves := ledger_move_lots(p_lots, true);
    d.points := ledger_sum(d.moves);
    t.moves := ledger_move_lots(p_lots, false);
    t.points := d.points;
    d := ledger_add(d, 'transfer', 'debt', debt, NULL, NULL);
    d.owed := d.owed - debt;
    t := ledger_add(t, 'debt', 'transfer', debt, NULL, NULL);
    t.owed := t.owed + debt;
    UPDATE ledger_lots l SET account_id = b.id FROM unnest(p_lots) x WHERE l.journal_id = x.journal_id AND l.line = x.line;
    UPDATE ledger_dues SET account_id = b.id WHERE id = ANY (p_dues);
    RETURN (d, t);
END $$;

-- merge: a member's whole wallet goes to another's, and what is asked of it later finds it there.
CREATE FUNCTION ledger_merge(c jsonb, p_now timestamptz) RETURNS ledger_result LANGUAGE plpgsql AS $$
DECLARE
    a ledger_accounts := ledger_lock(ledger_account_id((c->>'member')::uuid, c->>'wallet'));
    b ledger_accounts := ledger_other(c->>'into', c, a);
    p ledger_pair;
    r ledger_result;
BEGIN
    IF a.merged_into IS NOT NULL THEN PERFORM ledger_fail('already_merged', c->>'member'); END IF;
    UPDATE ledger_holds SET account_id = b.id WHERE account_id = a.id;
    p := ledger_hand_over(a, b, ARRAY(SELECT l FROM ledger_lots l WHERE account_id = a.id),
                          ARRAY(SELECT id FROM ledger_dues WHERE account_id = a.id));
    p.taker := ledger_settle_up(p.taker, p_now);
    r := ledger_write(p.giver, c, c->>'key', NULL, p_now);
    PERFORM ledger_write(p.taker, c, (c->>'key') || '/to', r.journal_id, p_now);
    UPDATE ledger_accounts SET merged_into = b.id WHERE id = a.id;
    RETURN r;
END $$;

-- An account and those that were merged into it before.
CREATE FUNCTION ledger_family(p_account uuid) RETURNS uuid[] LANGUAGE sql STABLE AS $$
    WITH RECURSIVE f AS (SELECT p_account AS id
                         UNION SELECT a.id FROM ledger_accounts a JOIN f ON a.merged_into = f.id)
    SELECT array_agg(id) FROM f
$$;

-- The merge that an unmerge undoes: the last posting of the merged account, into one that is still itself.
CREATE FUNCTION ledger_merge_of(a ledger_accounts, p_key text) RETURNS ledger_journal LANGUAGE plpgsql STABLE AS $$
DECLARE m ledger_journal;
BEGIN
    SELECT * INTO m FROM ledger_journal WHERE merchant_id = a.merchant_id AND key = p_key;
    IF NOT FOUND OR m.account_id <> a.id THEN PERFORM ledger_fail('posting_unknown', p_key); END IF;
    IF m.verb <> 'merge' OR m.seq <> a.seq OR a.merged_into IS NULL
       OR EXISTS (SELECT FROM ledger_accounts WHERE id = a.merged_into AND merged_into IS NOT NULL) THEN
        PERFORM ledger_fail('posting_unfitting', 'not a merge that stands now');
    END IF;
    RETURN m;
END $$;

-- unmerge: what is left of the lots that came with a merge goes back, with what they owe. What was spent stays spent.
CREATE FUNCTION ledger_unmerge(c jsonb, p_now timestamptz) RETURNS ledger_result LANGUAGE plpgsql AS $$
DECLARE
    a ledger_accounts := ledger_lock(ledger_account_id((c->>'member')::uuid, c->>'wallet'));
    m ledger_journal := ledger_merge_of(a, c->>'parent');
    b ledger_accounts := ledger_lock(a.merged_into);
    family uuid[] := ledger_family(a.id);
    lots ledger_lots[] := ARRAY(SELECT l FROM ledger_lots l JOIN ledger_journal j ON j.id = l.journal_id
                                WHERE l.account_id = b.id AND j.account_id = ANY (family));
    p ledger_pair;
    r ledger_result;
BEGIN
    PERFORM ledger_free_of_holds(b, lots, family);
    UPDATE ledger_accounts SET merged_into = NULL WHERE id = a.id;
    UPDATE ledger_holds h SET account_id = a.id FROM ledger_journal j
    WHERE j.id = h.journal_id AND h.account_id = b.id AND j.account_id = ANY (family);
    p := ledger_hand_over(b, a, lots, ARRAY(
        SELECT u.id FROM ledger_dues u LEFT JOIN ledger_journal j ON j.id = u.lot_journal_id
        WHERE u.account_id = b.id AND coalesce(j.account_id, u.lot_journal_id) = ANY (family)));
    p := ledger_untie(p, p_now);
    p.giver := ledger_settle_up(p.giver, p_now);
    p.taker := ledger_settle_up(p.taker, p_now);
    r := ledger_write(p.giver, c, c->>'key', m.id, p_now);
    PERFORM ledger_write(p.taker, c, (c->>'key') || '/to', r.journal_id, p_now);
    RETURN r;
END $$;

-- A hold made since the merge must not have points of lots that go back: its capture would find them in two accounts.
CREATE FUNCTION ledger_free_of_holds(b ledger_accounts, p_lots ledger_lots[], p_family uuid[]) RETURNS void
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger_holds h JOIN ledger_journal j ON j.id = h.journal_id
               CROSS JOIN LATERAL ledger_back(h.journal_id, 'held', ledger_children(h.journal_id, 'held', '{release}'),
                                              h.points_left) e
               JOIN unnest(p_lots) l ON l.journal_id = e.lot_journal_id AND l.line = e.lot_line
               WHERE h.account_id = b.id AND h.points_left > 0 AND NOT j.account_id = ANY (p_family)) THEN
        PERFORM ledger_fail('hold_open', 'capture or release the holds that were made since the merge');
    END IF;
END $$;

-- What lots of one account paid for lots of the other is owed again there, and goes back to who paid.
CREATE FUNCTION ledger_untie(p ledger_pair, p_now timestamptz) RETURNS ledger_pair LANGUAGE plpgsql AS $$
DECLARE
    source uuid := ((p.taker).account).id;
    u ledger_dues;
    tied ledger_dues[] := ARRAY(
        SELECT due FROM ledger_dues due JOIN ledger_lots l ON l.journal_id = due.payer_journal_id AND l.line = due.payer_line
        WHERE due.account_id IN (source, ((p.giver).account).id) AND due.points_left > 0 AND l.account_id <> due.account_id
        ORDER BY due.account_id <> source, due.lot_journal_id, due.lot_line, due.id);
BEGIN
    FOREACH u IN ARRAY tied LOOP
        UPDATE ledger_dues SET points_left = 0 WHERE id = u.id;
        INSERT INTO ledger_dues (merchant_id, account_id, lot_journal_id, lot_line, payer, points_left)
        VALUES (u.merchant_id, u.account_id, u.lot_journal_id, u.lot_line, 'debt', u.points_left);
        IF u.account_id = source THEN p.taker := ledger_owe_again(p.taker, u.points_left);
        ELSE p.giver := ledger_owe_again(p.giver, u.points_left); END IF;
    END LOOP;
    FOREACH u IN ARRAY tied LOOP
        IF u.account_id = source THEN p.giver := ledger_paid_back(p.giver, u, p_now);
        ELSE p.taker := ledger_paid_back(p.taker, u, p_now); END IF;
    END LOOP;
    RETURN p;
END $$;

CREATE FUNCTION ledger_owe_again(d ledger_draft, p_points bigint) RETURNS ledger_draft LANGUAGE plpgsql AS $$
BEGIN
    d := ledger_add(d, 'debt', 'transfer', p_points, NULL, NULL);
    d.owed := d.owed + p_points;
    RETURN d;
END $$;

CREATE FUNCTION ledger_paid_back(d ledger_draft, u ledger_dues, p_at timestamptz) RETURNS ledger_draft LANGUAGE plpgsql AS $$
BEGIN
    d := ledger_add(d, 'transfer', 'active', u.points_left, u.payer_journal_id, u.payer_line);
    RETURN ledger_come_back(d, u.payer_journal_id, u.payer_line, u.points_left, p_at);
END $$;
