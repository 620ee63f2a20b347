DO $$
BEGIN
    IF EXISTS (SELECT FROM ledger_journal WHERE forgotten_hash IS NOT NULL) THEN
        RAISE EXCEPTION 'postings have lost their notes: without this column their chain is broken';
    END IF;
END $$;
SET LOCAL ROLE regulars_eraser;
-- contract: the version before does not know it
DROP FUNCTION ledger_forget(uuid[]);
SET LOCAL ROLE regulars_owner;
CREATE OR REPLACE FUNCTION ledger_verify() RETURNS TABLE (account_id uuid, seq bigint, journal_id uuid) LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (x.account_id) x.account_id, x.seq, x.id
    FROM (SELECT j.id, j.account_id, j.seq, j.hash, ledger_content(j) AS content, lag(j.hash) OVER w AS before,
                 lag(j.seq) OVER w AS seq_before, lead(j.hash) OVER w AS after
          FROM ledger_journal j WINDOW w AS (PARTITION BY j.account_id ORDER BY j.seq)) x
    JOIN ledger_accounts a ON a.id = x.account_id
    WHERE x.hash <> sha256(coalesce(x.before, '') || x.content) OR x.seq <> coalesce(x.seq_before, 0) + 1
       OR x.after IS NULL AND (x.hash, x.seq) <> (a.hash, a.seq)
    ORDER BY x.account_id, x.seq
$$;
REVOKE EXECUTE ON FUNCTION ledger_entry_text, ledger_time_text, ledger_content(ledger_journal),
    ledger_content(uuid, bigint, uuid, ledger_verb, uuid, bigint, timestamptz, timestamptz, bigint, bigint, bigint, bigint,
                   text, jsonb, text) FROM regulars_eraser;
REVOKE ALL ON ledger_entries, ledger_journal FROM regulars_eraser;
DROP POLICY eraser ON ledger_entries;
DROP POLICY eraser ON ledger_journal;
ALTER TABLE ledger_journal DROP COLUMN forgotten_hash;
