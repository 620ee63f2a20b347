-- From the tables of 0002, full or empty, to what the writer of this migration stands on.
SET LOCAL ROLE regulars_ledger;
DROP FUNCTION IF EXISTS ledger_post(jsonb, timestamptz);
SET LOCAL ROLE regulars_owner;
DROP FUNCTION IF EXISTS ledger_check(), ledger_fail, ledger_account, ledger_take, ledger_sum, ledger_plan_earn,
    ledger_plan_settle, ledger_lot_net, ledger_plan_clawback, ledger_plan_redeem, ledger_plan_reverse, ledger_plan_expire,
    ledger_plan, ledger_check_command, ledger_parent, ledger_change, ledger_write_move, ledger_write, ledger_post_one;
DROP TYPE IF EXISTS ledger_move, ledger_result;

-- New values cannot be used in the transaction that adds them: only bodies of plpgsql functions name them below.
ALTER TYPE ledger_side ADD VALUE 'voided';
ALTER TYPE ledger_verb ADD VALUE 'void';
ALTER TYPE ledger_verb ADD VALUE 'hold';
ALTER TYPE ledger_verb ADD VALUE 'capture';
ALTER TYPE ledger_verb ADD VALUE 'release';
ALTER TYPE ledger_verb ADD VALUE 'deduct';
ALTER TYPE ledger_verb ADD VALUE 'transfer';
ALTER TYPE ledger_verb ADD VALUE 'merge';
ALTER TYPE ledger_verb ADD VALUE 'unmerge';

-- Rows of earlier postings get the new columns; what is append-only is opened for that, and closed again.
GRANT UPDATE ON ledger_accounts, ledger_journal, ledger_entries, ledger_lots TO regulars_owner;
ALTER TABLE ledger_journal DISABLE TRIGGER append_only;
ALTER TABLE ledger_entries DISABLE TRIGGER append_only;

-- PostgreSQL reads, plans and compiles every check anew in every statement that writes: so there is one a table.
--
-- The one writer takes every id below from a row that it has just written or locked, and ledger_check() looks again:
-- the foreign keys within the ledger cost a third of a posting and are not kept.
ALTER TABLE ledger_journal
    DROP CONSTRAINT ledger_journal_account_id_fkey, DROP CONSTRAINT ledger_journal_parent_id_fkey,
    DROP CONSTRAINT ledger_journal_seq_check, DROP CONSTRAINT ledger_journal_key_check,
    DROP CONSTRAINT ledger_journal_points_check, DROP CONSTRAINT ledger_journal_effective_at_check,     -- 02 puts them together
    ADD hash bytea;                                        -- chains the account's postings
CREATE INDEX ledger_journal_children ON ledger_journal (parent_id) WHERE parent_id IS NOT NULL AND verb <> 'expire';

-- An entry moves points of one lot at most: of this one. The entry that makes a lot names the lot that it makes.
ALTER TABLE ledger_lots DROP CONSTRAINT ledger_lots_account_id_fkey, DROP CONSTRAINT ledger_lots_journal_id_line_fkey;
ALTER TABLE ledger_entries
    DROP CONSTRAINT ledger_entries_journal_id_fkey, ADD lot_journal_id uuid, ADD lot_line smallint,
    ADD expires_at timestamptz;                            -- of the lot that the entry makes, as it was made
UPDATE ledger_entries e SET lot_journal_id = c.lot_journal_id, lot_line = c.lot_line
FROM ledger_consumptions c WHERE (c.journal_id, c.line) = (e.journal_id, e.line);
UPDATE ledger_entries e SET lot_journal_id = l.journal_id, lot_line = l.line, expires_at = l.expires_at
FROM ledger_lots l WHERE (l.journal_id, l.line) = (e.journal_id, e.line);
DROP TABLE ledger_consumptions;
ALTER TABLE ledger_entries
    -- Of the sides a member's come first, and one of an entry's is a member's. Only debt is without a lot.
    DROP CONSTRAINT ledger_entries_check, DROP CONSTRAINT ledger_entries_line_check, DROP CONSTRAINT ledger_entries_points_check,
    ADD CONSTRAINT ledger_entries_check CHECK (
        line > 0 AND points > 0 AND debit <> credit AND (debit <= 'debt' OR credit <= 'debt')
        AND (lot_journal_id IS NULL) = (lot_line IS NULL) AND (lot_journal_id IS NOT NULL OR 'debt' IN (debit, credit)));
CREATE INDEX ledger_entries_lot ON ledger_entries (lot_journal_id, lot_line) WHERE lot_journal_id <> journal_id;

-- The earn that made a lot's points; another than the lot itself after a transfer.
ALTER TABLE ledger_lots ADD root_id uuid;
UPDATE ledger_lots SET root_id = journal_id;
ALTER TABLE ledger_lots ALTER root_id SET NOT NULL,
    DROP CONSTRAINT ledger_lots_points_check, DROP CONSTRAINT ledger_lots_points_pending_check,
    DROP CONSTRAINT ledger_lots_points_active_check, DROP CONSTRAINT ledger_lots_points_held_check,
    DROP CONSTRAINT ledger_lots_check, DROP CONSTRAINT ledger_lots_check1, DROP CONSTRAINT ledger_lots_expires_at_check,
    ADD CONSTRAINT ledger_lots_check CHECK (
        points > 0 AND least(points_pending, points_active, points_held, points_clawed_back) >= 0
        AND points >= greatest(points_clawed_back, points_pending + points_active + points_held)
        AND expires_at BETWEEN '1970-01-01Z' AND '2300-01-01Z');

ALTER TABLE ledger_accounts
    ADD merged_into uuid,
    ADD hash bytea NOT NULL DEFAULT '',                    -- of the last posting
    DROP CONSTRAINT ledger_accounts_seq_check, DROP CONSTRAINT ledger_accounts_points_pending_check,
    DROP CONSTRAINT ledger_accounts_points_active_check, DROP CONSTRAINT ledger_accounts_points_held_check,
    DROP CONSTRAINT ledger_accounts_points_debt_check, DROP CONSTRAINT ledger_accounts_check,
    -- Every credit pays debt first: nobody has points and debt.
    ADD CONSTRAINT ledger_accounts_check CHECK (
        least(seq, points_pending, points_active, points_held, points_debt) >= 0 AND least(points_active, points_debt) = 0
        AND (merged_into IS NULL OR greatest(points_pending, points_active, points_held, points_debt) = 0)),
    ADD FOREIGN KEY (merchant_id, merged_into) REFERENCES ledger_accounts (merchant_id, id);

-- What of a hold is still held, and until when.
CREATE TABLE ledger_holds (
    journal_id uuid PRIMARY KEY REFERENCES ledger_journal,
    merchant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    points bigint NOT NULL CHECK (points > 0),
    points_left bigint NOT NULL CHECK (points_left BETWEEN 0 AND points),
    ends_at timestamptz NOT NULL CHECK (ends_at BETWEEN '1970-01-01Z' AND '2300-01-01Z'),
    FOREIGN KEY (merchant_id, account_id) REFERENCES ledger_accounts (merchant_id, id)
);
CREATE INDEX ledger_holds_open ON ledger_holds (merchant_id, ends_at) WHERE points_left > 0;

-- Who stands in for points of a lot that were taken back after they had been spent: nobody (written off), the member by a
-- debt, or other lots. Should these points come back to the lot, the payer has them first. A deduction that was not
-- covered is such a claim too: of its journal row, line 0. Debts from before there were dues stand for the account, line 0.
CREATE TYPE ledger_payer AS ENUM ('nobody', 'debt', 'lot');
CREATE TABLE ledger_dues (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    merchant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    lot_journal_id uuid NOT NULL,
    lot_line smallint NOT NULL,
    payer ledger_payer NOT NULL,
    payer_journal_id uuid,
    payer_line smallint,
    points_left bigint NOT NULL CHECK (points_left >= 0),
    CHECK ((payer = 'lot') = (num_nonnulls(payer_journal_id, payer_line) = 2)),
    FOREIGN KEY (merchant_id, account_id) REFERENCES ledger_accounts (merchant_id, id)
);
CREATE INDEX ledger_dues_lot ON ledger_dues (lot_journal_id, lot_line) WHERE points_left > 0;
CREATE INDEX ledger_dues_debt ON ledger_dues (account_id, id) WHERE points_left > 0 AND payer = 'debt';

SELECT protect(t, 'SELECT') FROM unnest(ARRAY['ledger_holds', 'ledger_dues']::regclass[]) t;

INSERT INTO ledger_dues (merchant_id, account_id, lot_journal_id, lot_line, payer, points_left)
SELECT merchant_id, id, id, 0, 'debt', points_debt FROM ledger_accounts WHERE points_debt > 0;
INSERT INTO ledger_dues (merchant_id, account_id, lot_journal_id, lot_line, payer, points_left)
SELECT l.merchant_id, l.account_id, l.journal_id, l.line, 'nobody',
       sum(CASE WHEN e.debit = 'written_off' THEN e.points ELSE -e.points END)
FROM ledger_entries e JOIN ledger_lots l ON (l.journal_id, l.line) = (e.lot_journal_id, e.lot_line)
WHERE 'written_off' IN (e.debit, e.credit)
GROUP BY l.journal_id, l.line HAVING sum(CASE WHEN e.debit = 'written_off' THEN e.points ELSE -e.points END) > 0;
