-- ---------------------------------------------------------------- posting commands

-- What no command may say, whoever sends it: loyalty.ledger.commands cannot, other SQL could.
CREATE FUNCTION ledger_check_command(c jsonb) RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
    verb text := c->>'verb';
    refers bool := c->>'parent' IS NOT NULL;
    counts bool := c->>'points' IS NOT NULL;
BEGIN
    IF NOT coalesce(CASE verb
        WHEN 'earn' THEN coalesce(c->>'side', 'issued') IN ('issued', 'goodwill', 'opening', 'adjusted') AND NOT refers AND counts
        WHEN 'redeem' THEN coalesce(c->>'side', 'redeemed') = 'redeemed' AND NOT refers AND counts
        WHEN 'clawback' THEN c->>'policy' IN ('forbid', 'clamp', 'debt') AND refers AND counts
        WHEN 'deduct' THEN c->>'policy' IN ('forbid', 'clamp', 'debt') AND NOT refers AND counts
        WHEN 'hold' THEN c->>'until' IS NOT NULL AND NOT refers AND counts
        WHEN 'capture' THEN coalesce(c->>'side', 'redeemed') = 'redeemed' AND refers
        WHEN 'transfer' THEN c->>'to_member' IS NOT NULL AND NOT refers AND counts
        WHEN 'merge' THEN c->>'into' IS NOT NULL AND NOT refers AND NOT counts
        WHEN 'unmerge' THEN refers AND NOT counts
        WHEN 'expire' THEN refers AND NOT counts
        WHEN 'settle' THEN refers
        WHEN 'void' THEN refers
        WHEN 'release' THEN refers
        WHEN 'reverse' THEN refers
    END, false) THEN
        PERFORM ledger_fail('command_invalid', format('a %s cannot be like this', verb));
    END IF;
    IF (c->>'points')::numeric <= 0 OR (c->>'points')::numeric > 1000000000000 THEN
        PERFORM ledger_fail('points_out_of_range', c->>'points');
    END IF;
    IF EXISTS (SELECT FROM unnest(ARRAY[c->>'effective_at', c->>'settles_at', c->>'expires_at', c->>'until']::timestamptz[]) t
               WHERE NOT t BETWEEN '1970-01-01Z' AND '2300-01-01Z') OR c->>'effective_at' IS NULL THEN
        PERFORM ledger_fail('command_invalid', 'effective_at, settles_at, expires_at and until lie in the years 1970 to 2299');
    END IF;
    IF NOT length(c->>'key') BETWEEN 1 AND 296 THEN        -- with room for what a second account adds to it
        PERFORM ledger_fail('command_invalid', 'a key has 1 to 296 characters');
    END IF;
END $$;

-- The journal row that a command refers to by its key; it must be of the same account and of a fitting verb.
CREATE FUNCTION ledger_parent(a ledger_accounts, c jsonb) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
DECLARE p record;
BEGIN
    IF c->>'parent' IS NULL THEN RETURN NULL; END IF;
    SELECT id, verb, account_id INTO p FROM ledger_journal WHERE merchant_id = a.merchant_id AND key = c->>'parent';
    IF NOT FOUND OR (p.account_id <> a.id AND ledger_resolve(p.account_id) <> a.id) THEN
        PERFORM ledger_fail('posting_unknown', c->>'parent');
    END IF;
    IF NOT p.verb = ANY (CASE c->>'verb' WHEN 'reverse' THEN '{redeem, capture}' WHEN 'capture' THEN '{hold}'
                         WHEN 'release' THEN '{hold}' WHEN 'expire' THEN '{earn, transfer}' ELSE '{earn}' END::ledger_verb[]) THEN
        PERFORM ledger_fail('posting_unfitting', format('%s of %s', c->>'verb', p.verb));
    END IF;
    RETURN p.id;
END $$;

-- The first answer to a key that was posted before; NULL if it was not. Another command under it is refused.
CREATE FUNCTION ledger_replay(p_merchant uuid, c jsonb) RETURNS ledger_result LANGUAGE plpgsql STABLE AS $$
DECLARE j ledger_journal;
BEGIN
    SELECT * INTO j FROM ledger_journal WHERE merchant_id = p_merchant AND key = c->>'key';
    IF NOT FOUND THEN RETURN NULL; END IF;
    IF j.fingerprint IS DISTINCT FROM ledger_fingerprint(c) THEN PERFORM ledger_fail('posting_key_reused', j.key); END IF;
    RETURN (j.key, true, j.id, j.account_id, j.seq, j.points, j.pending_after, j.active_after, j.held_after, j.debt_after);
END $$;

CREATE FUNCTION ledger_post_one(c jsonb, p_now timestamptz) RETURNS ledger_result LANGUAGE plpgsql AS $$
DECLARE
    a ledger_accounts := ledger_account(c);
    r ledger_result := ledger_replay(a.merchant_id, c);
    d ledger_draft;
    parent uuid;
BEGIN
    IF r.key IS NOT NULL THEN RETURN r; END IF;
    PERFORM ledger_check_command(c);
    CASE c->>'verb'
        WHEN 'transfer' THEN RETURN ledger_transfer(a, c, p_now);
        WHEN 'merge' THEN RETURN ledger_merge(c, p_now);
        WHEN 'unmerge' THEN RETURN ledger_unmerge(c, p_now);
        ELSE NULL;
    END CASE;
    parent := ledger_parent(a, c);
    IF c->>'verb' = 'reverse' THEN RETURN ledger_reverse(a, c, parent, p_now); END IF;
    d := ledger_plan(ledger_begin(a), c, parent, p_now);
    IF cardinality(d.moves) = 0 THEN                       -- nothing left to settle or expire: nothing is written
        RETURN (c->>'key', false, NULL, a.id, a.seq, 0, a.points_pending, a.points_active, a.points_held,
                a.points_debt)::ledger_result;
    END IF;
    r := ledger_write(d, c, c->>'key', parent, p_now);
    PERFORM ledger_write_more(d, c, parent);
    RETURN r;
END $$;

-- Post commands, all or none. One round trip: keys, checks, journal, entries, lots, balances, outbox.
-- A command is a JSON object: key, verb, member, wallet, points, effective_at, reason; and by verb what
-- loyalty.ledger.commands says. What has its default there may be missing.
-- Fails with ERRCODE RG001, a stable code as message.
CREATE FUNCTION ledger_post(p_commands jsonb, p_now timestamptz) RETURNS SETOF ledger_result
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    c jsonb;
    r ledger_result;
    posted jsonb := '[]';
    claims bool := jsonb_path_exists(p_commands, '$[*].budgets[*]');
BEGIN
    IF jsonb_array_length(p_commands) = 1 AND p_commands->0->>'verb' = 'earn' THEN
        r := ledger_earn_one(p_commands->0, p_now);
        IF r.key IS NOT NULL THEN RETURN NEXT r; RETURN; END IF;
    END IF;
    IF claims OR jsonb_array_length(p_commands) > 1
       OR p_commands->0->>'verb' IN ('transfer', 'merge', 'unmerge', 'reverse') THEN
        PERFORM ledger_lock_all(p_commands);
    END IF;
    IF claims AND NOT ledger_take_claims(ledger_claims(p_commands)) THEN
        PERFORM ledger_fail('budget_exhausted', '');
    END IF;
    FOR c IN SELECT v FROM jsonb_array_elements(p_commands) v LOOP
        r := ledger_post_one(c, p_now);
        IF NOT r.replayed AND r.journal_id IS NOT NULL THEN
            posted := posted || (
                SELECT jsonb_agg(jsonb_build_object('journal', r.journal_id, 'member', m, 'wallet', coalesce(c->>'wallet', 'points')))
                FROM unnest(ARRAY[c->>'member', c->>'to_member', c->>'into']) m WHERE m IS NOT NULL);
        END IF;
        RETURN NEXT r;
    END LOOP;
    PERFORM ledger_announce(posted, p_now);
END $$;

CREATE FUNCTION ledger_announce(p_postings jsonb, p_now timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO outbox (merchant_id, topic, payload, created_at, available_at)
    SELECT current_merchant(), 'points.posted', jsonb_build_object('postings', p_postings), p_now, p_now
    WHERE jsonb_array_length(p_postings) > 0
$$;
