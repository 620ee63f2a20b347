-- The points ledger's first tables; 0003 alters them and brings the writer. docs/decisions/0001-ledger.md says why
-- it looks like this.
--
-- Sides are the chart of accounts. A member's account has four: pending, active, held, debt. The
-- programme's are the rest; they are sums over entries and have no row that writers would queue for.
CREATE TYPE ledger_side AS ENUM
    ('pending', 'active', 'held', 'debt',
     'issued', 'goodwill', 'opening', 'adjusted', 'transfer', 'redeemed', 'clawed_back', 'expired', 'written_off');

CREATE TYPE ledger_verb AS ENUM ('earn', 'settle', 'clawback', 'redeem', 'reverse', 'expire');

CREATE FUNCTION is_member_side(s ledger_side) RETURNS bool LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT s IN ('pending', 'active', 'held', 'debt') $$;

-- One wallet of one member. The only row that a posting updates besides lots.
CREATE TABLE ledger_accounts (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    member_id uuid NOT NULL,
    wallet_type_id uuid NOT NULL,
    seq bigint NOT NULL DEFAULT 0 CHECK (seq >= 0),
    points_pending bigint NOT NULL DEFAULT 0 CHECK (points_pending >= 0),
    points_active bigint NOT NULL DEFAULT 0 CHECK (points_active >= 0),
    points_held bigint NOT NULL DEFAULT 0 CHECK (points_held >= 0),
    points_debt bigint NOT NULL DEFAULT 0 CHECK (points_debt >= 0),
    UNIQUE (member_id, wallet_type_id),
    UNIQUE (merchant_id, id),
    CHECK (points_debt = 0 OR points_active = 0),        -- every credit pays debt first
    FOREIGN KEY (merchant_id, member_id) REFERENCES members (merchant_id, id),
    FOREIGN KEY (merchant_id, wallet_type_id) REFERENCES wallet_types (merchant_id, id)
) WITH (fillfactor = 70);

-- One posting: who asked for what, when, why, and what the account held after it.
CREATE TABLE ledger_journal (
    id uuid PRIMARY KEY,
    merchant_id uuid NOT NULL,
    account_id uuid NOT NULL REFERENCES ledger_accounts,
    seq bigint NOT NULL CHECK (seq > 0),                 -- order of the account's postings, without gaps
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 300),
    fingerprint bytea NOT NULL,
    verb ledger_verb NOT NULL,
    parent_id uuid REFERENCES ledger_journal,            -- what it settles, claws back, reverses, expires
    points bigint NOT NULL CHECK (points > 0),
    reason jsonb NOT NULL,
    effective_at timestamptz NOT NULL                    -- when it happened
        CHECK (effective_at BETWEEN '1970-01-01Z' AND '2300-01-01Z'),
    recorded_at timestamptz NOT NULL,                    -- when we learnt it
    pending_after bigint NOT NULL,
    active_after bigint NOT NULL,
    held_after bigint NOT NULL,
    debt_after bigint NOT NULL,
    UNIQUE (merchant_id, key),
    UNIQUE (account_id, seq)
);

-- An entry takes points from one side and gives the same points to another: it cannot be unbalanced.
CREATE TABLE ledger_entries (
    journal_id uuid NOT NULL REFERENCES ledger_journal,
    line smallint NOT NULL CHECK (line > 0),
    merchant_id uuid NOT NULL,
    debit ledger_side NOT NULL,
    credit ledger_side NOT NULL,
    points bigint NOT NULL CHECK (points > 0),
    PRIMARY KEY (journal_id, line),
    CHECK (debit <> credit AND (is_member_side(debit) OR is_member_side(credit)))
);

-- The credit entry that made it is a lot's identity.
CREATE TABLE ledger_lots (
    journal_id uuid NOT NULL,
    line smallint NOT NULL,
    merchant_id uuid NOT NULL,
    account_id uuid NOT NULL REFERENCES ledger_accounts,
    points bigint NOT NULL CHECK (points > 0),
    points_pending bigint NOT NULL CHECK (points_pending >= 0),
    points_active bigint NOT NULL CHECK (points_active >= 0),
    points_held bigint NOT NULL DEFAULT 0 CHECK (points_held >= 0),
    points_clawed_back bigint NOT NULL DEFAULT 0 CHECK (points_clawed_back BETWEEN 0 AND points),
    settles_at timestamptz,
    expires_at timestamptz CHECK (expires_at BETWEEN '1970-01-01Z' AND '2300-01-01Z'),
    PRIMARY KEY (journal_id, line),
    FOREIGN KEY (journal_id, line) REFERENCES ledger_entries (journal_id, line),
    CHECK (points_pending + points_active + points_held <= points)
) WITH (fillfactor = 85);
CREATE INDEX ledger_lots_open ON ledger_lots (account_id, expires_at)
    WHERE points_pending + points_active + points_held > 0;
CREATE INDEX ledger_lots_expiring ON ledger_lots (merchant_id, expires_at)
    WHERE points_active > 0 AND expires_at IS NOT NULL;

-- Which lot gave (or got back) the points of an entry: an entry moves points of one lot at most.
CREATE TABLE ledger_consumptions (
    journal_id uuid NOT NULL,
    line smallint NOT NULL,
    lot_journal_id uuid NOT NULL,
    lot_line smallint NOT NULL,
    merchant_id uuid NOT NULL,
    points bigint NOT NULL CHECK (points > 0),
    PRIMARY KEY (journal_id, line),
    FOREIGN KEY (journal_id, line) REFERENCES ledger_entries (journal_id, line),
    FOREIGN KEY (lot_journal_id, lot_line) REFERENCES ledger_lots (journal_id, line)
);
CREATE INDEX ledger_consumptions_lot ON ledger_consumptions (lot_journal_id, lot_line);

SELECT protect(t, 'SELECT') FROM unnest(ARRAY['ledger_accounts', 'ledger_journal', 'ledger_entries',
    'ledger_lots', 'ledger_consumptions']::regclass[]) t;
SELECT append_only(t) FROM unnest(ARRAY['ledger_journal', 'ledger_entries', 'ledger_consumptions']::regclass[]) t;

-- The one writer's rights, and nobody else's: not even the owner of the tables may insert.
GRANT SELECT, INSERT ON ledger_accounts, ledger_journal, ledger_entries, ledger_lots, ledger_consumptions
    TO regulars_ledger;
GRANT UPDATE (seq, points_pending, points_active, points_held, points_debt) ON ledger_accounts TO regulars_ledger;
GRANT UPDATE (points_pending, points_active, points_held, points_clawed_back) ON ledger_lots TO regulars_ledger;
GRANT SELECT ON wallet_types TO regulars_ledger;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ledger_accounts, ledger_journal, ledger_entries, ledger_lots,
    ledger_consumptions FROM regulars_owner;
-- Foreign-key checks lock the referenced row as the owner, which takes an UPDATE right on some column.
GRANT UPDATE (merchant_id) ON ledger_accounts, ledger_journal, ledger_entries, ledger_lots TO regulars_owner;
