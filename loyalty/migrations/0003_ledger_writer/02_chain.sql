-- Every posting is chained to the one before it in its account:
--     hash = sha256(hash of the posting before, or nothing  ||  UTF-8 of ledger_content(...))
-- docs/decisions/0001-ledger.md gives the format to whoever verifies an export without this database.

CREATE FUNCTION ledger_time_text(t timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- One entry as a line of text.
CREATE FUNCTION ledger_entry_text(line int, debit ledger_side, credit ledger_side, points bigint, lot_journal_id uuid,
                                  lot_line int, expires_at timestamptz)
RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN E'\n' || line || ' ' || debit || ' ' || credit || ' ' || points
           || coalesce(' ' || lot_journal_id || '/' || lot_line, '')
           || coalesce(' until ' || ledger_time_text(expires_at), '');

-- What is hashed. The reason has no line break and the key comes last: no two postings have the same text.
CREATE FUNCTION ledger_content(account_id uuid, seq bigint, journal_id uuid, verb ledger_verb, parent_id uuid,
    points bigint, effective_at timestamptz, recorded_at timestamptz, pending bigint, active bigint, held bigint,
    debt bigint, entries text, reason jsonb, key text)
RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
    RETURN convert_to(account_id || E'\n' || seq || E'\n' || journal_id || E'\n' || verb || E'\n'
        || coalesce(parent_id::text, '-') || E'\n' || points || E'\n' || ledger_time_text(effective_at) || E'\n'
        || ledger_time_text(recorded_at) || E'\n' || pending || ' ' || active || ' ' || held || ' ' || debt
        || entries || E'\n' || reason || E'\n' || key, 'UTF8');

-- The same of a row that is there.
CREATE FUNCTION ledger_content(j ledger_journal) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT ledger_content(j.account_id, j.seq, j.id, j.verb, j.parent_id, j.points, j.effective_at, j.recorded_at,
        j.pending_after, j.active_after, j.held_after, j.debt_after,
        (SELECT coalesce(string_agg(ledger_entry_text(line, debit, credit, points, lot_journal_id, lot_line, expires_at), ''
                                    ORDER BY line), '')
         FROM ledger_entries WHERE journal_id = j.id),
        j.reason, j.key)
$$;

-- Postings made before there was a chain are chained now.
DO $$
DECLARE
    j ledger_journal;
    last bytea;
BEGIN
    FOR j IN SELECT * FROM ledger_journal ORDER BY account_id, seq LOOP
        last := sha256(CASE WHEN j.seq = 1 THEN '' ELSE last END || ledger_content(j));
        UPDATE ledger_journal SET hash = last WHERE id = j.id;
        UPDATE ledger_accounts SET hash = last WHERE id = j.account_id;
    END LOOP;
END $$;
ALTER TABLE ledger_journal ALTER hash SET NOT NULL, ADD CONSTRAINT ledger_journal_check CHECK (seq > 0 AND points >= 0 AND length(hash) = 32 AND length(key) BETWEEN 1 AND 300
               AND effective_at BETWEEN '1970-01-01Z' AND '2300-01-01Z');

ALTER TABLE ledger_journal ENABLE TRIGGER append_only;
ALTER TABLE ledger_entries ENABLE TRIGGER append_only;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ledger_accounts, ledger_journal, ledger_entries, ledger_lots,
    ledger_holds, ledger_dues FROM regulars_owner;
-- Foreign-key checks lock the referenced row as the owner, which takes an UPDATE right on some column.
GRANT UPDATE (merchant_id) ON ledger_accounts, ledger_journal, ledger_entries, ledger_lots TO regulars_owner;
GRANT SELECT, INSERT ON ledger_holds, ledger_dues TO regulars_ledger;
GRANT UPDATE (merged_into, hash) ON ledger_accounts TO regulars_ledger;
GRANT UPDATE (account_id) ON ledger_lots TO regulars_ledger;
GRANT UPDATE (points_left, account_id) ON ledger_holds, ledger_dues TO regulars_ledger;
