-- Warnings before expiry, and lots that end because their member was inactive.

-- Members hear once of what expires together: of one wallet, on one day of the merchant's calendar.
CREATE TABLE expiry_warnings (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    member_id uuid NOT NULL,
    wallet_type_id uuid NOT NULL,
    expires_on date NOT NULL,
    noted_at timestamptz NOT NULL,
    UNIQUE (member_id, wallet_type_id, expires_on),
    FOREIGN KEY (merchant_id, member_id) REFERENCES members (merchant_id, id),
    FOREIGN KEY (merchant_id, wallet_type_id) REFERENCES wallet_types (merchant_id, id)
);
SELECT protect('expiry_warnings', 'SELECT, INSERT');
SELECT append_only('expiry_warnings');

GRANT UPDATE (expires_at) ON ledger_lots TO regulars_ledger;

-- Lots without a date get one: they ended because nothing happened in their account for too long. p_seq is the
-- account's posting that was seen; if another one came since, its member is active and nothing changes.
CREATE FUNCTION ledger_end_idle(p_account uuid, p_seq bigint, p_lots uuid[], p_lines smallint[], p_at timestamptz[])
RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE ended int := 0;
BEGIN
    PERFORM FROM ledger_accounts WHERE id = p_account AND seq = p_seq FOR NO KEY UPDATE;
    IF FOUND THEN
        UPDATE ledger_lots l SET expires_at = n.at
        FROM unnest(p_lots, p_lines, p_at) AS n (journal_id, line, at)
        WHERE l.journal_id = n.journal_id AND l.line = n.line AND l.account_id = p_account AND l.expires_at IS NULL;
        GET DIAGNOSTICS ended = ROW_COUNT;
    END IF;
    RETURN ended;
END $$;
REVOKE ALL ON FUNCTION ledger_end_idle FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_end_idle TO regulars_app;
ALTER FUNCTION ledger_end_idle OWNER TO regulars_ledger;
