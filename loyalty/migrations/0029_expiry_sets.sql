-- Expiry in sets. What stands here supersedes 0003_ledger_writer/11_expire.sql, and of 0015_ledger_sets.sql the functions
-- ledger_expire_lots() and ledger_expire_idle().
SET LOCAL ROLE regulars_ledger;
DROP FUNCTION ledger_expire(timestamptz, int), ledger_expire_idle(uuid[], bigint[], uuid[], smallint[], timestamptz[], timestamptz);
SET LOCAL ROLE regulars_owner;
DROP FUNCTION ledger_expire_turn(ledger_lots[], uuid[], timestamptz),
    ledger_expire_lots(uuid[], smallint[], timestamptz[], jsonb, timestamptz);

-- The n-th id of a set. `p_ids` is the beginning of one fresh id: asking for random bits costs more than a row. Ids of a
-- set follow each other, so that a line of the outbox can name them by the first and the last.
CREATE FUNCTION ledger_nth_id(p_ids text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (p_ids || lpad(to_hex(n), 12, '0'))::uuid;

CREATE FUNCTION ledger_fresh_ids() RETURNS text LANGUAGE sql VOLATILE PARALLEL SAFE RETURN left(uuidv7()::text, 24);

-- Tell of the postings 1 to p_posted of a set.
CREATE FUNCTION ledger_announce_set(p_ids text, p_posted bigint, p_now timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO outbox (merchant_id, topic, payload, created_at, available_at)
    SELECT current_merchant(), 'points.posted', jsonb_build_object(
               'first', ledger_nth_id(p_ids, n), 'last', ledger_nth_id(p_ids, least(n + 499, p_posted))), p_now, p_now
    FROM generate_series(1, p_posted, 500) n
$$;

-- Expire what is active of lots, one an account, in the order of these; answers how many. Lots are named by the place of
-- their row: where it has moved since, or its account is in use, the lot is left for the next time. `p_at`: when it
-- expires; NULL: at the date of the lot, which has come. One posting a lot; with `p_again`, whatever expired once before
-- gets a key with the account's number for it: an undone redemption can bring points back to a lot that expired early. No
-- command has the key of an expiry: its fingerprint is empty.
CREATE FUNCTION ledger_expire_lots(p_accounts uuid[], p_places tid[], p_at timestamptz[], p_reason jsonb, p_again bool,
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
    ), named AS MATERIALIZED (
        SELECT l.*, ledger_nth_id(ids, row_number() OVER ()) AS id,
               'expire:' || lot || ':' || line || CASE WHEN p_again AND EXISTS (
                   SELECT FROM ledger_journal j WHERE j.merchant_id = m AND j.key = 'expire:' || l.lot || ':' || l.line)
                   THEN ':' || seq ELSE '' END AS key
        FROM lots l
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

-- The same for lots of any accounts, the how-manieth of its account each is: first all first ones, then the second.
CREATE FUNCTION ledger_expire_turns(p_accounts uuid[], p_places tid[], p_at timestamptz[], p_turns bigint[], p_reason jsonb,
                                    p_now timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    total bigint := 0;
    accounts uuid[];
    places tid[];
    at timestamptz[];
BEGIN
    FOR n IN 1 .. coalesce((SELECT max(t) FROM unnest(p_turns) t), 0) LOOP
        SELECT array_agg(g.account), array_agg(g.place), array_agg(g.at) INTO accounts, places, at
        FROM unnest(p_accounts, p_places, p_at, p_turns) AS g (account, place, at, turn) WHERE g.turn = n;
        BEGIN
            total := total + ledger_expire_lots(accounts, places, at, p_reason, false, p_now);
        EXCEPTION WHEN unique_violation THEN
            total := total + ledger_expire_lots(accounts, places, at, p_reason, true, p_now);
        END;
    END LOOP;
    RETURN total;
END $$;

-- Expire up to so many lots of the open merchant whose time has come; answers how many. `p_backwards`: those that expired
-- last, else those that expired first; so two sweeps side by side meet in the middle. Accounts in use are left for the
-- next time, so that sweeps hinder nobody.
CREATE FUNCTION ledger_expire(p_now timestamptz, p_limit int, p_backwards bool DEFAULT false) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
-- Thousands of rows of tables with many millions: by index, in order of the accounts, whatever the planner expects.
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET work_mem = '64MB' AS $$
DECLARE
    m uuid := current_merchant();
    accounts uuid[];
    places tid[];
    turns bigint[];
BEGIN
    SELECT array_agg(account_id), array_agg(place), array_agg(turn) INTO accounts, places, turns FROM (
        SELECT account_id, place, row_number() OVER (PARTITION BY account_id ORDER BY expires_at, journal_id, line) AS turn FROM (
            (SELECT ctid AS place, account_id, expires_at, journal_id, line FROM ledger_lots
             WHERE NOT p_backwards AND merchant_id = m AND points_active > 0 AND expires_at <= p_now
             ORDER BY expires_at LIMIT p_limit)
            UNION ALL
            (SELECT ctid AS place, account_id, expires_at, journal_id, line FROM ledger_lots
             WHERE p_backwards AND merchant_id = m AND points_active > 0 AND expires_at <= p_now
             ORDER BY expires_at DESC LIMIT p_limit)) due
        ) numbered;
    RETURN ledger_expire_turns(accounts, places, NULL, turns, '{"rule": "expiry"}', p_now);
END $$;

-- Expire lots before their date, or without one: their member was idle until p_at. p_seqs are the accounts' postings
-- that were seen; where another one came since, the member is active and nothing happens. Answers how many expired.
CREATE FUNCTION ledger_expire_idle(p_accounts uuid[], p_seqs bigint[], p_lots uuid[], p_lines smallint[], p_at timestamptz[],
                                   p_now timestamptz)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    idle uuid[];
    accounts uuid[];
    places tid[];
    at timestamptz[];
    turns bigint[];
BEGIN
    PERFORM FROM ledger_accounts WHERE id = ANY (p_accounts) ORDER BY id FOR NO KEY UPDATE;
    SELECT array_agg(a.id) INTO idle FROM ledger_accounts a
    WHERE EXISTS (SELECT FROM unnest(p_accounts, p_seqs) AS g (id, seq) WHERE g.id = a.id AND g.seq = a.seq)
      AND a.id = ANY (p_accounts);
    SELECT array_agg(account_id), array_agg(place), array_agg(ends_at), array_agg(turn) INTO accounts, places, at, turns FROM (
        SELECT l.account_id, l.ctid AS place, g.ends_at,
               row_number() OVER (PARTITION BY l.account_id ORDER BY g.ends_at, l.journal_id, l.line) AS turn
        FROM unnest(p_lots, p_lines, p_at) AS g (lot, line, ends_at)
        JOIN ledger_lots l ON l.journal_id = g.lot AND l.line = g.line
        WHERE l.account_id = ANY (idle) AND l.points_active > 0) numbered;
    RETURN ledger_expire_turns(accounts, places, at, turns, '{"rule": "inactivity"}', p_now);
END $$;

DO $$
DECLARE f regprocedure;
BEGIN
    FOREACH f IN ARRAY '{ledger_nth_id, ledger_fresh_ids, ledger_announce_set, ledger_expire_lots, ledger_expire_turns,
                         ledger_expire, ledger_expire_idle}'::regproc[] LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO regulars_ledger', f);
    END LOOP;
    FOREACH f IN ARRAY '{ledger_expire, ledger_expire_idle}'::regproc[] LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO regulars_app', f);
        EXECUTE format('ALTER FUNCTION %s OWNER TO regulars_ledger', f);
    END LOOP;
END $$;
