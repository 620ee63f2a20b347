-- The points ledger. docs/decisions/0001-ledger.md says why it looks like this.
--
-- Sides are the chart of accounts. A member's account has four: pending, active, held, debt. The
-- programme's are the rest; they are sums over entries and have no row that writers would queue for.
CREATE TYPE ledger_side AS ENUM
    ('pending', 'active', 'held', 'debt',
     'issued', 'goodwill', 'opening', 'adjusted', 'transfer', 'redeemed', 'clawed_back', 'expired', 'written_off');

CREATE TYPE ledger_verb AS ENUM ('earn', 'settle', 'clawback', 'redeem', 'reverse', 'expire');

CREATE FUNCTION is_member_side(s ledger_side) RETURNS bool LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT s IN ('pending', 'active', 'held', 'debt') $$;

-- One wallet of one member. The only row that a posting updates besides lots.
CREATE TABLE ledger_accounts (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    member_id uuid NOT NULL,
    wallet_type_id uuid NOT NULL,
    seq bigint NOT NULL DEFAULT 0 CHECK (seq >= 0),
    points_pending bigint NOT NULL DEFAULT 0 CHECK (points_pending >= 0),
    points_active bigint NOT NULL DEFAULT 0 CHECK (points_active >= 0),
    points_held bigint NOT NULL DEFAULT 0 CHECK (points_held >= 0),
    points_debt bigint NOT NULL DEFAULT 0 CHECK (points_debt >= 0),
    UNIQUE (member_id, wallet_type_id),
    UNIQUE (merchant_id, id),
    CHECK (points_debt = 0 OR points_active = 0),        -- every credit pays debt first
    FOREIGN KEY (merchant_id, member_id) REFERENCES members (merchant_id, id),
    FOREIGN KEY (merchant_id, wallet_type_id) REFERENCES wallet_types (merchant_id, id)
) WITH (fillfactor = 70);

-- One posting: who asked for what, when, why, and what the account held after it.
CREATE TABLE ledger_journal (
    id uuid PRIMARY KEY,
    merchant_id uuid NOT NULL,
    account_id uuid NOT NULL REFERENCES ledger_accounts,
    seq bigint NOT NULL CHECK (seq > 0),                 -- order of the account's postings, without gaps
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 300),
    fingerprint bytea NOT NULL,
    verb ledger_verb NOT NULL,
    parent_id uuid REFERENCES ledger_journal,            -- what it settles, claws back, reverses, expires
    points bigint NOT NULL CHECK (points > 0),
    reason jsonb NOT NULL,
    effective_at timestamptz NOT NULL                    -- when it happened
        CHECK (effective_at BETWEEN '1970-01-01Z' AND '2300-01-01Z'),
    recorded_at timestamptz NOT NULL,                    -- when we learnt it
    pending_after bigint NOT NULL,
    active_after bigint NOT NULL,
    held_after bigint NOT NULL,
    debt_after bigint NOT NULL,
    UNIQUE (merchant_id, key),
    UNIQUE (account_id, seq)
);

-- An entry takes points from one side and gives the same points to another: it cannot be unbalanced.
CREATE TABLE ledger_entries (
    journal_id uuid NOT NULL REFERENCES ledger_journal,
    line smallint NOT NULL CHECK (line > 0),
    merchant_id uuid NOT NULL,
    debit ledger_side NOT NULL,
    credit ledger_side NOT NULL,
    points bigint NOT NULL CHECK (points > 0),
    PRIMARY KEY (journal_id, line),
    CHECK (debit <> credit AND (is_member_side(debit) OR is_member_side(credit)))
);

-- The credit entry that made it is a lot's identity.
CREATE TABLE ledger_lots (
    journal_id uuid NOT NULL,
    line smallint NOT NULL,
    merchant_id uuid NOT NULL,
    account_id uuid NOT NULL REFERENCES ledger_accounts,
    points bigint NOT NULL CHECK (points > 0),
    points_pending bigint NOT NULL CHECK (points_pending >= 0),
    points_active bigint NOT NULL CHECK (points_active >= 0),
    points_held bigint NOT NULL DEFAULT 0 CHECK (points_held >= 0),
    points_clawed_back bigint NOT NULL DEFAULT 0 CHECK (points_clawed_back BETWEEN 0 AND points),
    settles_at timestamptz,
    expires_at timestamptz CHECK (expires_at BETWEEN '1970-01-01Z' AND '2300-01-01Z'),
    PRIMARY KEY (journal_id, line),
    FOREIGN KEY (journal_id, line) REFERENCES ledger_entries (journal_id, line),
    CHECK (points_pending + points_active + points_held <= points)
) WITH (fillfactor = 85);
CREATE INDEX ledger_lots_open ON ledger_lots (account_id, expires_at)
    WHERE points_pending + points_active + points_held > 0;
CREATE INDEX ledger_lots_expiring ON ledger_lots (merchant_id, expires_at)
    WHERE points_active > 0 AND expires_at IS NOT NULL;

-- Which lot gave (or got back) the points of an entry: an entry moves points of one lot at most.
CREATE TABLE ledger_consumptions (
    journal_id uuid NOT NULL,
    line smallint NOT NULL,
    lot_journal_id uuid NOT NULL,
    lot_line smallint NOT NULL,
    merchant_id uuid NOT NULL,
    points bigint NOT NULL CHECK (points > 0),
    PRIMARY KEY (journal_id, line),
    FOREIGN KEY (journal_id, line) REFERENCES ledger_entries (journal_id, line),
    FOREIGN KEY (lot_journal_id, lot_line) REFERENCES ledger_lots (journal_id, line)
);
CREATE INDEX ledger_consumptions_lot ON ledger_consumptions (lot_journal_id, lot_line);

SELECT protect(t, 'SELECT') FROM unnest(ARRAY['ledger_accounts', 'ledger_journal', 'ledger_entries',
    'ledger_lots', 'ledger_consumptions']::regclass[]) t;
SELECT append_only(t) FROM unnest(ARRAY['ledger_journal', 'ledger_entries', 'ledger_consumptions']::regclass[]) t;

-- The one writer's rights, and nobody else's: not even the owner of the tables may insert.
GRANT SELECT, INSERT ON ledger_accounts, ledger_journal, ledger_entries, ledger_lots, ledger_consumptions
    TO regulars_ledger;
GRANT UPDATE (seq, points_pending, points_active, points_held, points_debt) ON ledger_accounts TO regulars_ledger;
GRANT UPDATE (points_pending, points_active, points_held, points_clawed_back) ON ledger_lots TO regulars_ledger;
GRANT SELECT ON wallet_types TO regulars_ledger;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ledger_accounts, ledger_journal, ledger_entries, ledger_lots,
    ledger_consumptions FROM regulars_owner;
-- Foreign-key checks lock the referenced row as the owner, which takes an UPDATE right on some column.
GRANT UPDATE (merchant_id) ON ledger_accounts, ledger_journal, ledger_entries, ledger_lots TO regulars_owner;

-- ---------------------------------------------------------------- the one writer
--
-- ledger_post(commands) = for each command: plan (read lots, decide moves) -> write (everything).
-- A move takes points of one lot (or of none: debt) from one side to another.

CREATE TYPE ledger_move AS (
    debit ledger_side, credit ledger_side, points bigint, lot_journal_id uuid, lot_line smallint);

CREATE TYPE ledger_result AS (
    key text, replayed bool, journal_id uuid, account_id uuid, seq bigint, points bigint,
    points_pending bigint, points_active bigint, points_held bigint, points_debt bigint);

CREATE FUNCTION ledger_fail(p_code text, p_detail text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', p_code USING ERRCODE = 'RG001', DETAIL = p_detail;
END $$;

-- The account of a command, locked; made on first use.
CREATE FUNCTION ledger_account(p_member uuid, p_wallet text) RETURNS ledger_accounts
LANGUAGE plpgsql AS $$
DECLARE
    w uuid := (SELECT id FROM wallet_types WHERE merchant_id = (SELECT current_merchant()) AND code = p_wallet);
    a ledger_accounts;
BEGIN
    IF w IS NULL THEN PERFORM ledger_fail('wallet_unknown', p_wallet); END IF;
    SELECT * INTO a FROM ledger_accounts WHERE member_id = p_member AND wallet_type_id = w FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        INSERT INTO ledger_accounts (merchant_id, member_id, wallet_type_id)
        VALUES (current_merchant(), p_member, w) ON CONFLICT (member_id, wallet_type_id) DO NOTHING;
        SELECT * INTO a FROM ledger_accounts WHERE member_id = p_member AND wallet_type_id = w FOR NO KEY UPDATE;
    END IF;
    RETURN a;
END $$;

-- Points out of active lots that have not expired, those that expire first before the others.
CREATE FUNCTION ledger_take(p_account uuid, p_points bigint, p_at timestamptz, p_credit ledger_side, p_skip uuid)
RETURNS SETOF ledger_move LANGUAGE sql STABLE AS $$
    SELECT 'active'::ledger_side, p_credit, least(points_active, p_points - before), journal_id, line
    FROM (SELECT journal_id, line, points_active,
                 coalesce(sum(points_active) OVER (ORDER BY expires_at NULLS LAST, journal_id, line
                          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::bigint AS before
          FROM ledger_lots
          WHERE account_id = p_account AND points_pending + points_active + points_held > 0 AND points_active > 0
            AND (expires_at IS NULL OR expires_at > p_at) AND journal_id IS DISTINCT FROM p_skip) l
    WHERE before < p_points;
$$;

CREATE FUNCTION ledger_sum(p_moves ledger_move[]) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT coalesce(sum(points), 0)::bigint FROM unnest(p_moves) $$;

-- earn: points out of a programme side into a new lot; a debt is paid from it first.
CREATE FUNCTION ledger_plan_earn(a ledger_accounts, c jsonb, p_journal uuid) RETURNS ledger_move[]
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    n bigint := (c->>'points')::bigint;
    target ledger_side := CASE WHEN (c->>'pending')::bool THEN 'pending' ELSE 'active' END;
    moves ledger_move[];
BEGIN
    moves := ARRAY[((c->>'side')::ledger_side, target, n, p_journal, 1::smallint)::ledger_move];
    IF target = 'active' AND a.points_debt > 0 THEN
        moves := moves || ('active', 'debt', least(n, a.points_debt), p_journal, 1)::ledger_move;
    END IF;
    RETURN moves;
END $$;

-- settle: what is still pending of a lot (or so many of its points) becomes active; debt is paid from it first.
CREATE FUNCTION ledger_plan_settle(a ledger_accounts, c jsonb, p_parent uuid) RETURNS ledger_move[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
    moves ledger_move[];
    n bigint;
BEGIN
    SELECT array_agg(('pending', 'active', least(points_pending, coalesce((c->>'points')::bigint, points_pending)),
                      journal_id, line)::ledger_move), sum(least(points_pending, coalesce((c->>'points')::bigint, points_pending)))
    INTO moves, n FROM ledger_lots WHERE journal_id = p_parent AND points_pending > 0;
    IF moves IS NOT NULL AND a.points_debt > 0 THEN
        moves := moves || ('active', 'debt', least(n, a.points_debt), p_parent, 1)::ledger_move;
    END IF;
    RETURN moves;
END $$;

-- What went from one lot to a side, less what came back from there.
CREATE FUNCTION ledger_lot_net(l ledger_lots, p_side ledger_side) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(CASE WHEN e.credit = p_side THEN s.points ELSE -s.points END), 0)::bigint
    FROM ledger_consumptions s JOIN ledger_entries e USING (journal_id, line)
    WHERE s.lot_journal_id = l.journal_id AND s.lot_line = l.line AND p_side IN (e.debit, e.credit);
$$;

-- clawback: points of one earn are taken back: its own pending, then its own active points. What had expired
-- was never spent, so nobody pays for it. The rest was spent: other lots pay; what they lack is refused,
-- written off or owed, by policy. Expired and written-off points pass through debt and leave none there.
CREATE FUNCTION ledger_plan_clawback(a ledger_accounts, c jsonb, p_parent uuid, p_at timestamptz)
RETURNS ledger_move[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    l ledger_lots;
    n bigint := (c->>'points')::bigint;
    taken bigint;
    others ledger_move[];
    moves ledger_move[] := '{}';
BEGIN
    SELECT * INTO l FROM ledger_lots WHERE journal_id = p_parent AND line = 1;
    IF n > l.points - l.points_clawed_back THEN
        PERFORM ledger_fail('clawback_exceeds_earn', format('%s of %s left', n, l.points - l.points_clawed_back));
    END IF;
    taken := least(n, l.points_pending);
    IF taken > 0 THEN moves := moves || ('pending', 'clawed_back', taken, l.journal_id, l.line)::ledger_move; END IF;
    n := n - taken;
    taken := least(n, l.points_active);
    IF taken > 0 THEN moves := moves || ('active', 'clawed_back', taken, l.journal_id, l.line)::ledger_move; END IF;
    n := n - taken;
    taken := CASE WHEN n > 0 THEN least(n, ledger_lot_net(l, 'expired')) ELSE 0 END;
    IF taken > 0 THEN
        moves := moves || ARRAY[('debt', 'clawed_back', taken, NULL, NULL)::ledger_move,
                                ('expired', 'debt', taken, l.journal_id, l.line)::ledger_move];
    END IF;
    n := n - taken;
    IF n = 0 THEN RETURN moves; END IF;
    others := ARRAY(SELECT m FROM ledger_take(a.id, n, p_at, 'clawed_back', l.journal_id) m);
    moves := moves || others;
    n := n - ledger_sum(others);
    IF n = 0 THEN RETURN moves; END IF;
    IF c->>'policy' = 'forbid' THEN PERFORM ledger_fail('points_insufficient', format('%s missing', n)); END IF;
    moves := moves || ('debt', 'clawed_back', n, NULL, NULL)::ledger_move;
    IF c->>'policy' = 'clamp' THEN
        RETURN moves || ('written_off', 'debt', n, l.journal_id, l.line)::ledger_move;
    END IF;
    -- Who owes has nothing active: what has expired and still waits for its sweep is swept now.
    RETURN moves || ARRAY(
        SELECT ('active', 'expired', points_active, journal_id, line)::ledger_move FROM ledger_lots
        WHERE account_id = a.id AND points_pending + points_active + points_held > 0 AND points_active > 0
          AND expires_at <= p_at AND journal_id <> l.journal_id ORDER BY journal_id, line);
END $$;

-- redeem: points are spent, those that expire first before the others.
CREATE FUNCTION ledger_plan_redeem(a ledger_accounts, c jsonb, p_at timestamptz) RETURNS ledger_move[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
    n bigint := (c->>'points')::bigint;
    moves ledger_move[] := ARRAY(SELECT m FROM ledger_take(a.id, n, p_at, (c->>'side')::ledger_side, NULL) m);
BEGIN
    IF ledger_sum(moves) < n THEN
        PERFORM ledger_fail('points_insufficient', format('%s of %s available', ledger_sum(moves), n));
    END IF;
    RETURN moves;
END $$;

-- reverse: a redemption is undone; the same lots get the same points back, with the expiry they had. What was
-- written off of a lot because it was spent is taken back first; then debt is paid; what has expired meanwhile
-- expires at once.
CREATE FUNCTION ledger_plan_reverse(a ledger_accounts, p_parent uuid, p_at timestamptz) RETURNS ledger_move[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
    moves ledger_move[] := '{}';
    back record;
    l ledger_lots;
    n bigint;
    taken bigint;
    owed bigint := a.points_debt;
BEGIN
    IF EXISTS (SELECT FROM ledger_journal WHERE parent_id = p_parent AND verb = 'reverse' AND account_id = a.id) THEN
        PERFORM ledger_fail('already_reversed', p_parent::text);
    END IF;
    FOR back IN SELECT e.debit, e.credit, s.points, s.lot_journal_id, s.lot_line
                FROM ledger_entries e JOIN ledger_consumptions s USING (journal_id, line)
                WHERE e.journal_id = p_parent ORDER BY e.line LOOP
        SELECT * INTO l FROM ledger_lots WHERE journal_id = back.lot_journal_id AND line = back.lot_line;
        n := back.points;
        moves := moves || (back.credit, back.debit, n, l.journal_id, l.line)::ledger_move;
        taken := least(n, -ledger_lot_net(l, 'written_off'));
        IF taken > 0 THEN moves := moves || ('active', 'written_off', taken, l.journal_id, l.line)::ledger_move; END IF;
        n := n - taken;
        taken := least(n, owed);
        IF taken > 0 THEN moves := moves || ('active', 'debt', taken, l.journal_id, l.line)::ledger_move; END IF;
        n := n - taken;
        owed := owed - taken;
        IF n > 0 AND l.expires_at <= p_at THEN
            moves := moves || ('active', 'expired', n, l.journal_id, l.line)::ledger_move;
        END IF;
    END LOOP;
    RETURN moves;
END $$;

-- expire: what is active of a lot whose time has come.
CREATE FUNCTION ledger_plan_expire(p_parent uuid, p_at timestamptz) RETURNS ledger_move[] LANGUAGE sql STABLE AS $$
    SELECT array_agg(('active', 'expired', points_active, journal_id, line)::ledger_move)
    FROM ledger_lots WHERE journal_id = p_parent AND points_active > 0 AND expires_at <= p_at;
$$;

CREATE FUNCTION ledger_plan(a ledger_accounts, c jsonb, p_journal uuid, p_parent uuid, p_now timestamptz)
RETURNS ledger_move[] LANGUAGE plpgsql AS $$
DECLARE at timestamptz := (c->>'effective_at')::timestamptz;
BEGIN
    CASE c->>'verb'
        WHEN 'earn' THEN RETURN ledger_plan_earn(a, c, p_journal);
        WHEN 'settle' THEN RETURN ledger_plan_settle(a, c, p_parent);
        WHEN 'clawback' THEN RETURN ledger_plan_clawback(a, c, p_parent, p_now);
        WHEN 'redeem' THEN RETURN ledger_plan_redeem(a, c, p_now);
        WHEN 'reverse' THEN RETURN ledger_plan_reverse(a, p_parent, p_now);
        WHEN 'expire' THEN RETURN ledger_plan_expire(p_parent, at);
    END CASE;
END $$;

-- What no command may say, whoever sends it: loyalty.ledger.commands cannot, other SQL could.
CREATE FUNCTION ledger_check_command(c jsonb) RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
    verb text := c->>'verb';
    refers bool := c->>'parent' IS NOT NULL;
BEGIN
    IF NOT coalesce(CASE verb
        WHEN 'earn' THEN c->>'side' IN ('issued', 'goodwill', 'opening', 'adjusted') AND NOT refers AND c->>'points' IS NOT NULL
        WHEN 'redeem' THEN c->>'side' = 'redeemed' AND NOT refers AND c->>'points' IS NOT NULL
        WHEN 'clawback' THEN c->>'policy' IN ('forbid', 'clamp', 'debt') AND refers AND c->>'points' IS NOT NULL
        WHEN 'settle' THEN refers
        WHEN 'reverse' THEN refers
        WHEN 'expire' THEN refers
    END, false) THEN
        PERFORM ledger_fail('command_invalid', format('a %s cannot be like this', verb));
    END IF;
    IF (c->>'points')::numeric <= 0 OR (c->>'points')::numeric > 1000000000000 THEN
        PERFORM ledger_fail('points_out_of_range', c->>'points');
    END IF;
END $$;

-- The journal another command refers to by its key; it must be of the same account and of a fitting verb.
CREATE FUNCTION ledger_parent(a ledger_accounts, c jsonb) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
DECLARE p record;
BEGIN
    IF c->>'parent' IS NULL THEN RETURN NULL; END IF;
    SELECT id, verb, account_id INTO p FROM ledger_journal
    WHERE merchant_id = (SELECT current_merchant()) AND key = c->>'parent';
    IF NOT FOUND OR p.account_id <> a.id THEN PERFORM ledger_fail('posting_unknown', c->>'parent'); END IF;
    IF p.verb <> (CASE c->>'verb' WHEN 'reverse' THEN 'redeem' ELSE 'earn' END)::ledger_verb THEN
        PERFORM ledger_fail('posting_unfitting', format('%s of %s', c->>'verb', p.verb));
    END IF;
    RETURN p.id;
END $$;

-- What one side of an account changes by, over all moves. Debt grows when it is debited, the others when credited.
CREATE FUNCTION ledger_change(p_moves ledger_move[], p_side ledger_side) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    m ledger_move;
    n bigint := 0;
BEGIN
    FOREACH m IN ARRAY p_moves LOOP
        IF m.credit = p_side THEN n := n + m.points; END IF;
        IF m.debit = p_side THEN n := n - m.points; END IF;
    END LOOP;
    RETURN CASE p_side WHEN 'debt' THEN -n ELSE n END;
END $$;

-- Write one move: its entry, the lot it makes or changes, and the trace between the two.
CREATE FUNCTION ledger_write_move(a ledger_accounts, c jsonb, p_journal uuid, p_line smallint, m ledger_move)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_entries (journal_id, line, merchant_id, debit, credit, points)
    VALUES (p_journal, p_line, a.merchant_id, m.debit, m.credit, m.points);
    IF m.lot_journal_id IS NULL THEN
        RETURN;                                            -- debt: no lot paid
    ELSIF m.lot_journal_id = p_journal AND p_line = 1 THEN
        INSERT INTO ledger_lots (journal_id, line, merchant_id, account_id, points, points_pending, points_active,
                                 settles_at, expires_at)
        VALUES (p_journal, 1, a.merchant_id, a.id, m.points, CASE m.credit WHEN 'pending' THEN m.points ELSE 0 END,
                CASE m.credit WHEN 'active' THEN m.points ELSE 0 END,
                (c->>'settles_at')::timestamptz, (c->>'expires_at')::timestamptz);
        RETURN;                                            -- the lot itself is the trace
    END IF;
    UPDATE ledger_lots SET
        points_pending = points_pending + CASE WHEN m.credit = 'pending' THEN m.points WHEN m.debit = 'pending' THEN -m.points ELSE 0 END,
        points_active = points_active + CASE WHEN m.credit = 'active' THEN m.points WHEN m.debit = 'active' THEN -m.points ELSE 0 END,
        points_held = points_held + CASE WHEN m.credit = 'held' THEN m.points WHEN m.debit = 'held' THEN -m.points ELSE 0 END
    WHERE journal_id = m.lot_journal_id AND line = m.lot_line;
    INSERT INTO ledger_consumptions (journal_id, line, lot_journal_id, lot_line, merchant_id, points)
    VALUES (p_journal, p_line, m.lot_journal_id, m.lot_line, a.merchant_id, m.points);
END $$;

-- Write one planned posting: journal, moves, account.
CREATE FUNCTION ledger_write(a ledger_accounts, c jsonb, p_journal uuid, p_parent uuid, p_moves ledger_move[],
                             p_fingerprint bytea, p_now timestamptz) RETURNS ledger_result
LANGUAGE plpgsql AS $$
DECLARE
    verb ledger_verb := c->>'verb';
    total bigint := 0;
    r ledger_result;
BEGIN
    a.seq := a.seq + 1;
    a.points_pending := a.points_pending + ledger_change(p_moves, 'pending');
    a.points_active := a.points_active + ledger_change(p_moves, 'active');
    a.points_held := a.points_held + ledger_change(p_moves, 'held');
    a.points_debt := a.points_debt + ledger_change(p_moves, 'debt');
    FOR i IN 1 .. cardinality(p_moves) LOOP
        -- What becomes of points on the way (they pay debt, they had expired) is not counted again.
        IF p_moves[i].credit <> 'debt' AND NOT (verb = 'reverse' AND p_moves[i].debit = 'active')
           AND NOT (verb = 'clawback' AND p_moves[i].credit = 'expired') THEN
            total := total + p_moves[i].points;
        END IF;
    END LOOP;
    INSERT INTO ledger_journal (id, merchant_id, account_id, seq, key, fingerprint, verb, parent_id, points, reason,
                                effective_at, recorded_at, pending_after, active_after, held_after, debt_after)
    VALUES (p_journal, a.merchant_id, a.id, a.seq, c->>'key', p_fingerprint, verb, p_parent, total, c->'reason',
            (c->>'effective_at')::timestamptz, p_now, a.points_pending, a.points_active, a.points_held, a.points_debt);
    FOR i IN 1 .. cardinality(p_moves) LOOP
        PERFORM ledger_write_move(a, c, p_journal, i::smallint, p_moves[i]);
    END LOOP;
    IF verb = 'clawback' THEN                              -- on the earn that is taken back, whoever paid
        UPDATE ledger_lots SET points_clawed_back = points_clawed_back + total WHERE journal_id = p_parent AND line = 1;
    END IF;
    UPDATE ledger_accounts SET seq = a.seq, points_pending = a.points_pending, points_active = a.points_active,
           points_held = a.points_held, points_debt = a.points_debt
    WHERE id = a.id;
    r := (c->>'key', false, p_journal, a.id, a.seq, total, a.points_pending, a.points_active, a.points_held, a.points_debt);
    RETURN r;
END $$;

CREATE FUNCTION ledger_post_one(c jsonb, p_now timestamptz) RETURNS ledger_result LANGUAGE plpgsql AS $$
DECLARE
    a ledger_accounts := ledger_account((c->>'member')::uuid, c->>'wallet');
    fp bytea := sha256(convert_to(c::text, 'UTF8'));
    j ledger_journal;
    parent uuid;
    id uuid := uuidv7();
    moves ledger_move[];
    r ledger_result;
BEGIN
    SELECT * INTO j FROM ledger_journal WHERE merchant_id = (SELECT current_merchant()) AND key = c->>'key';
    IF FOUND THEN
        IF j.fingerprint <> fp THEN PERFORM ledger_fail('posting_key_reused', j.key); END IF;
        RETURN (j.key, true, j.id, j.account_id, j.seq, j.points, j.pending_after, j.active_after, j.held_after, j.debt_after);
    END IF;
    PERFORM ledger_check_command(c);
    parent := ledger_parent(a, c);
    moves := ledger_plan(a, c, id, parent, p_now);
    IF coalesce(cardinality(moves), 0) = 0 THEN            -- nothing left to settle or expire: nothing is written
        r.key := c->>'key'; r.replayed := false; r.account_id := a.id; r.seq := a.seq; r.points := 0;
        r.points_pending := a.points_pending; r.points_active := a.points_active;
        r.points_held := a.points_held; r.points_debt := a.points_debt;
        RETURN r;
    END IF;
    RETURN ledger_write(a, c, id, parent, moves, fp, p_now);
END $$;

-- Post commands, all or none. One round trip: keys, checks, journal, entries, lots, balances, outbox.
-- A command is a JSON object: key, verb, member, wallet, points, effective_at, reason; and by verb
-- side, pending, settles_at, expires_at (earn), side (redeem), parent (settle, clawback, reverse, expire),
-- policy (clawback). Fails with ERRCODE RG001, a stable code as message.
CREATE FUNCTION ledger_post(p_commands jsonb, p_now timestamptz) RETURNS SETOF ledger_result
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    c jsonb;
    r ledger_result;
    posted jsonb := '[]';
BEGIN
    IF jsonb_array_length(p_commands) > 1 THEN             -- sorted, so that two batches never wait for each other
        PERFORM ledger_account(x.member, x.wallet)
        FROM (SELECT DISTINCT (v->>'member')::uuid AS member, v->>'wallet' AS wallet
              FROM jsonb_array_elements(p_commands) v ORDER BY 1, 2) x;
    END IF;
    FOR c IN SELECT v FROM jsonb_array_elements(p_commands) v LOOP
        r := ledger_post_one(c, p_now);
        IF NOT r.replayed AND r.points > 0 THEN
            posted := posted || jsonb_build_object('journal', r.journal_id, 'member', c->'member', 'wallet', c->'wallet');
        END IF;
        RETURN NEXT r;
    END LOOP;
    IF jsonb_array_length(posted) > 0 THEN
        INSERT INTO outbox (merchant_id, topic, payload, created_at, available_at)
        VALUES (current_merchant(), 'points.posted', jsonb_build_object('postings', posted), p_now, p_now);
    END IF;
END $$;

DO $$
DECLARE f regprocedure;
BEGIN
    FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE proname LIKE 'ledger\_%' AND pronamespace = 'public'::regnamespace LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO regulars_ledger', f);
    END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION ledger_post(jsonb, timestamptz) TO regulars_app;
ALTER FUNCTION ledger_post(jsonb, timestamptz) OWNER TO regulars_ledger;

-- Everything that can disagree, recomputed from entries and consumptions. No rows: all is well.
CREATE FUNCTION ledger_check() RETURNS TABLE (fault text, id uuid) LANGUAGE sql STABLE AS $$
    WITH each AS (
        SELECT j.id, j.account_id, j.seq, j.pending_after, j.active_after, j.held_after, j.debt_after,
               sum(CASE 'pending'::ledger_side WHEN e.credit THEN e.points WHEN e.debit THEN -e.points ELSE 0 END) AS pending,
               sum(CASE 'active'::ledger_side WHEN e.credit THEN e.points WHEN e.debit THEN -e.points ELSE 0 END) AS active,
               sum(CASE 'held'::ledger_side WHEN e.credit THEN e.points WHEN e.debit THEN -e.points ELSE 0 END) AS held,
               sum(CASE 'debt'::ledger_side WHEN e.debit THEN e.points WHEN e.credit THEN -e.points ELSE 0 END) AS debt
        FROM ledger_journal j JOIN ledger_entries e ON e.journal_id = j.id GROUP BY j.id
    ), running AS (
        SELECT id, pending_after, active_after, held_after, debt_after, sum(pending) OVER w AS pending,
               sum(active) OVER w AS active, sum(held) OVER w AS held, sum(debt) OVER w AS debt
        FROM each WINDOW w AS (PARTITION BY account_id ORDER BY seq)
    ), sums AS (
        SELECT account_id, sum(pending) AS pending, sum(active) AS active, sum(held) AS held, sum(debt) AS debt,
               count(*) AS postings, max(seq) AS last_seq
        FROM each GROUP BY 1
    ), lots AS (
        SELECT account_id, sum(points_pending) AS pending, sum(points_active) AS active, sum(points_held) AS held
        FROM ledger_lots GROUP BY 1
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
    SELECT 'lot differs from what was taken of it', l.journal_id FROM ledger_lots l
    WHERE l.points_pending + l.points_active + l.points_held <> l.points + (
        SELECT coalesce(sum(CASE WHEN e.credit IN ('pending', 'active', 'held') THEN s.points ELSE 0 END
                          - CASE WHEN e.debit IN ('pending', 'active', 'held') THEN s.points ELSE 0 END), 0)
        FROM ledger_consumptions s JOIN ledger_entries e USING (journal_id, line)
        WHERE s.lot_journal_id = l.journal_id AND s.lot_line = l.line)
    UNION ALL
    SELECT 'balance differs from lots', a.id FROM ledger_accounts a LEFT JOIN lots l ON l.account_id = a.id
    WHERE (a.points_pending, a.points_active, a.points_held)
          IS DISTINCT FROM (coalesce(l.pending, 0), coalesce(l.active, 0), coalesce(l.held, 0))
    UNION ALL
    SELECT 'entry not traced to lots', e.journal_id FROM ledger_entries e
    WHERE is_member_side(e.debit) AND e.debit <> 'debt'
      AND e.points <> (SELECT coalesce(sum(c.points), 0) FROM ledger_consumptions c WHERE c.journal_id = e.journal_id AND c.line = e.line);
$$;
GRANT EXECUTE ON FUNCTION ledger_check() TO regulars_app;
