-- Days of the ledger say when it happened, too: a shop that tells of three years at once has its points in those years.
-- What was added up before is added up again.
DELETE FROM liability_days;
DELETE FROM liability_rolls;
ALTER TABLE liability_days
    DROP CONSTRAINT liability_days_merchant_id_wallet_day_cohort_kind_key,
    ADD COLUMN happened date NOT NULL,
    ADD UNIQUE NULLS NOT DISTINCT (merchant_id, wallet, day, happened, cohort, kind);
CREATE INDEX liability_days_happened ON liability_days (merchant_id, wallet, happened);
CREATE INDEX ledger_journal_effective ON ledger_journal USING brin (effective_at);
