-- ---------------------------------------------------------------- the one writer
--
-- ledger_post(commands) = lock accounts, claim budgets; for each command: plan (read lots, decide moves) -> write.
-- A move takes points of one lot (or of none: debt) from one side to another. The others (ledger_earn and what
-- follows it) do the same to many rows at once.

CREATE TYPE ledger_move AS (
    debit ledger_side, credit ledger_side, points bigint, lot_journal_id uuid, lot_line smallint,
    settles_at timestamptz, expires_at timestamptz, root_id uuid);     -- these three: of a move that makes a lot

-- A posting on its way. `owed`: debt of the account after the moves so far. `points`: what it is about.
CREATE TYPE ledger_draft AS (account ledger_accounts, id uuid, owed bigint, points bigint, moves ledger_move[]);

CREATE TYPE ledger_result AS (
    key text, replayed bool, journal_id uuid, account_id uuid, seq bigint, points bigint,
    points_pending bigint, points_active bigint, points_held bigint, points_debt bigint);

CREATE FUNCTION ledger_fail(p_code text, p_detail text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', p_code USING ERRCODE = 'RG001', DETAIL = coalesce(p_detail, '');
END $$;

CREATE FUNCTION ledger_wallet(p_code text) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
DECLARE w uuid := (SELECT id FROM wallet_types WHERE merchant_id = (SELECT current_merchant()) AND code = coalesce(p_code, 'points'));
BEGIN
    IF w IS NULL THEN PERFORM ledger_fail('wallet_unknown', p_code); END IF;
    RETURN w;
END $$;

-- Where an account's points are now: itself, or the one that it was merged into.
CREATE FUNCTION ledger_resolve(p_account uuid) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
DECLARE
    here uuid := p_account;
    further uuid;
BEGIN
    LOOP
        SELECT merged_into INTO further FROM ledger_accounts WHERE id = here;
        IF further IS NULL THEN RETURN here; END IF;
        here := further;
    END LOOP;
END $$;

-- The account of a member's wallet as it stands there, not locked, merges not followed; made on first use.
CREATE FUNCTION ledger_account_id(p_member uuid, p_wallet text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    w uuid := ledger_wallet(p_wallet);
    found_id uuid;
BEGIN
    SELECT id INTO found_id FROM ledger_accounts WHERE member_id = p_member AND wallet_type_id = w;
    IF found_id IS NULL THEN
        INSERT INTO ledger_accounts (merchant_id, member_id, wallet_type_id)
        VALUES (current_merchant(), p_member, w) ON CONFLICT (member_id, wallet_type_id) DO NOTHING;
        SELECT id INTO found_id FROM ledger_accounts WHERE member_id = p_member AND wallet_type_id = w;
    END IF;
    RETURN found_id;
END $$;

CREATE FUNCTION ledger_lock(p_account uuid) RETURNS ledger_accounts LANGUAGE plpgsql AS $$
DECLARE a ledger_accounts;
BEGIN
    SELECT * INTO STRICT a FROM ledger_accounts WHERE id = p_account FOR NO KEY UPDATE;
    RETURN a;
END $$;

-- Whether an account was ever merged into another, be it by way of a third.
CREATE FUNCTION ledger_was_merged(p_account uuid, p_into uuid) RETURNS bool LANGUAGE sql STABLE AS $$
    WITH RECURSIVE later AS (
        SELECT p_account AS id
        UNION SELECT t.account_id FROM later l
        JOIN ledger_journal m ON m.account_id = l.id AND m.verb::text = 'merge' AND m.parent_id IS NULL
        JOIN ledger_journal t ON t.parent_id = m.id AND t.verb <> 'expire' AND t.verb::text = 'merge')
    SELECT EXISTS (SELECT FROM later WHERE id = p_into)
$$;

-- Where a command acts: on the member's account, or where the posting is that it refers to. The two differ only while
-- the account is merged, or for what was posted for the member then.
CREATE FUNCTION ledger_place(c jsonb) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    own uuid := ledger_account_id((c->>'member')::uuid, c->>'wallet');
    there uuid;
BEGIN
    IF c->>'parent' IS NULL OR c->>'verb' = 'unmerge' THEN RETURN ledger_resolve(own); END IF;
    SELECT account_id INTO there FROM ledger_journal
    WHERE merchant_id = (SELECT current_merchant()) AND key = c->>'parent';
    IF there <> own AND ledger_was_merged(own, there) THEN RETURN ledger_resolve(there); END IF;
    RETURN ledger_resolve(own);
END $$;

-- The account of a command, locked. If it is merged while we wait, the command has to come again: locking the survivor
-- as well would be out of order. Fails with posting_running.
CREATE FUNCTION ledger_account(c jsonb) RETURNS ledger_accounts LANGUAGE plpgsql AS $$
DECLARE a ledger_accounts := ledger_lock(ledger_place(c));
BEGIN
    IF a.id <> ledger_place(c) THEN PERFORM ledger_fail('posting_running', a.id::text); END IF;
    RETURN a;
END $$;

-- All accounts that these commands touch: their own, the other one's, those of lots that reversals give points back to.
CREATE FUNCTION ledger_places(p_commands jsonb) RETURNS uuid[] LANGUAGE sql AS $$
    SELECT array_agg(DISTINCT id) FROM (
        SELECT ledger_place(v) AS id FROM jsonb_array_elements(p_commands) v
        UNION ALL SELECT ledger_account_id((v->>'member')::uuid, v->>'wallet') FROM jsonb_array_elements(p_commands) v
        UNION ALL
        SELECT ledger_resolve(ledger_account_id(m::uuid, v->>'wallet'))
        FROM jsonb_array_elements(p_commands) v CROSS JOIN unnest(ARRAY[v->>'to_member', v->>'into']) m WHERE m IS NOT NULL
        UNION ALL
        SELECT l.account_id FROM jsonb_array_elements(p_commands) v
        JOIN ledger_journal j ON j.merchant_id = (SELECT current_merchant()) AND j.key = v->>'parent'
        JOIN ledger_entries e ON e.journal_id = j.id
        JOIN ledger_lots l ON l.journal_id = e.lot_journal_id AND l.line = e.lot_line
        WHERE v->>'verb' = 'reverse') places
$$;

-- Lock every account that these commands touch, in sorted order, so that two calls never wait for each other.
CREATE FUNCTION ledger_lock_all(p_commands jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE wanted uuid[];
BEGIN
    PERFORM ledger_account_id(x.member, x.wallet)          -- new ones are made in sorted order too
    FROM (SELECT DISTINCT m::uuid AS member, v->>'wallet' AS wallet
          FROM jsonb_array_elements(p_commands) v CROSS JOIN unnest(ARRAY[v->>'member', v->>'to_member', v->>'into']) m
          WHERE m IS NOT NULL ORDER BY 1, 2) x;
    wanted := ledger_places(p_commands);
    PERFORM id FROM ledger_accounts WHERE id = ANY (wanted) ORDER BY id FOR NO KEY UPDATE;
    IF NOT wanted @> ledger_places(p_commands) THEN
        PERFORM ledger_fail('posting_running', 'an account was merged, or a merge undone, a moment ago');
    END IF;
END $$;
