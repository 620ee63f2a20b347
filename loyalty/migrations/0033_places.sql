-- Where a command acts: on the member's account, or where the posting is that it refers to. The two differ only while
-- the account is merged, or for what was posted for the member then. A posting of the same call is not there yet: it
-- will be on the member's account. (Compared with its NULL, as in 0003_ledger_writer/03_accounts.sql, AND went on to look
-- through the merges of the account: half the time of a call that earns and settles.)
CREATE OR REPLACE FUNCTION ledger_place(c jsonb) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    own uuid := ledger_account_id((c->>'member')::uuid, c->>'wallet');
    there uuid;
BEGIN
    IF c->>'parent' IS NULL OR c->>'verb' = 'unmerge' THEN RETURN ledger_resolve(own); END IF;
    SELECT account_id INTO there FROM ledger_journal
    WHERE merchant_id = (SELECT current_merchant()) AND key = c->>'parent';
    IF there IS NOT NULL AND there <> own AND ledger_was_merged(own, there) THEN RETURN ledger_resolve(there); END IF;
    RETURN ledger_resolve(own);
END $$;
