-- The note that was typed into a posting can go when its member is erased; the chain still shows whatever else somebody
-- changes. docs/decisions/0001-ledger.md

-- NULL: the posting is whole. Else sha256(hash of the account's posting before || what is left of the content); `hash` stays.
ALTER TABLE ledger_journal ADD COLUMN forgotten_hash bytea;

CREATE POLICY eraser ON ledger_journal TO regulars_eraser USING (merchant_id = (SELECT current_merchant()))
    WITH CHECK (merchant_id = (SELECT current_merchant()));
CREATE POLICY eraser ON ledger_entries FOR SELECT TO regulars_eraser USING (merchant_id = (SELECT current_merchant()));
GRANT SELECT, UPDATE (reason, fingerprint, forgotten_hash) ON ledger_journal TO regulars_eraser;
GRANT SELECT ON ledger_entries TO regulars_eraser;
GRANT EXECUTE ON FUNCTION ledger_entry_text, ledger_time_text, ledger_content(ledger_journal),
    ledger_content(uuid, bigint, uuid, ledger_verb, uuid, bigint, timestamptz, timestamptz, bigint, bigint, bigint, bigint,
                   text, jsonb, text) TO regulars_eraser;

-- Notes of these accounts' postings become "—"; answers how many. A posting that somebody changed stays as it is, to be
-- found. The fingerprint goes, too: a note that is guessed could be tried on it.
CREATE FUNCTION ledger_forget(p_accounts uuid[]) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH chain AS (
        SELECT j AS posting, coalesce(lag(j.hash) OVER (PARTITION BY j.account_id ORDER BY j.seq), '') AS before
        FROM ledger_journal j WHERE j.account_id = ANY (p_accounts)
    ), noted AS (
        SELECT (posting).id, before,
               jsonb_populate_record(posting, jsonb_build_object('reason', (posting).reason || '{"note": "—"}')) AS rest
        FROM chain
        WHERE coalesce((posting).reason->>'note', '') NOT IN ('', '—') AND (posting).forgotten_hash IS NULL
          AND (posting).hash = sha256(before || ledger_content(posting))
    ), gone AS (
        UPDATE ledger_journal j SET reason = (n.rest).reason, fingerprint = '',
               forgotten_hash = sha256(n.before || ledger_content(n.rest))
        FROM noted n WHERE j.id = n.id RETURNING 1
    )
    SELECT count(*) FROM gone;
$$;
REVOKE ALL ON FUNCTION ledger_forget FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_forget TO regulars_app;
ALTER FUNCTION ledger_forget OWNER TO regulars_eraser;

-- As in 0003_ledger_writer/20_check.sql; of a posting without its note, what is left is looked at.
CREATE OR REPLACE FUNCTION ledger_verify() RETURNS TABLE (account_id uuid, seq bigint, journal_id uuid) LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (x.account_id) x.account_id, x.seq, x.id
    FROM (SELECT j.id, j.account_id, j.seq, j.hash, coalesce(j.forgotten_hash, j.hash) AS expected,
                 ledger_content(j) AS content, lag(j.hash) OVER w AS before,
                 lag(j.seq) OVER w AS seq_before, lead(j.hash) OVER w AS after
          FROM ledger_journal j WINDOW w AS (PARTITION BY j.account_id ORDER BY j.seq)) x
    JOIN ledger_accounts a ON a.id = x.account_id
    WHERE x.expected <> sha256(coalesce(x.before, '') || x.content) OR x.seq <> coalesce(x.seq_before, 0) + 1
       OR x.after IS NULL AND (x.hash, x.seq) <> (a.hash, a.seq)
    ORDER BY x.account_id, x.seq
$$;
