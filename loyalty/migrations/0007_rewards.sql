-- Rewards as versions, stock that many can take from at once, codes out of pools, and vouchers that can be
-- held. docs/decisions/0007-rewards.md says why it looks like this.

-- ---------------------------------------------------------------- pools of codes

CREATE TABLE code_pools (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    code text NOT NULL,
    low_water int NOT NULL DEFAULT 0 CHECK (low_water >= 0),  -- below it, staff are told
    created_at timestamptz NOT NULL,
    UNIQUE (merchant_id, code),
    UNIQUE (merchant_id, id)
);
SELECT protect('code_pools', 'SELECT, INSERT, UPDATE');

-- How far a file or an upload has come: the same one sent again goes on from there.
CREATE TABLE code_imports (
    merchant_id uuid NOT NULL,
    pool_id uuid NOT NULL,
    key text NOT NULL,
    lines bigint NOT NULL DEFAULT 0,
    added bigint NOT NULL DEFAULT 0,
    rejected bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (pool_id, key),
    FOREIGN KEY (merchant_id, pool_id) REFERENCES code_pools (merchant_id, id)
);
SELECT protect('code_imports', 'SELECT, INSERT, UPDATE');

-- ---------------------------------------------------------------- rewards

-- What a reward is, costs and asks for. A change is another version: a voucher keeps the one it was bought under.
CREATE TABLE reward_versions (
    merchant_id uuid NOT NULL,
    reward_id uuid NOT NULL,
    number int NOT NULL CHECK (number > 0),
    name jsonb NOT NULL,
    description jsonb NOT NULL,
    terms jsonb NOT NULL CHECK (terms ? 'kind'),              -- loyalty/rewards/kinds.py
    cost_points bigint NOT NULL CHECK (cost_points > 0),      -- where the member chooses: the least
    limit_member int CHECK (limit_member > 0),
    limit_period int CHECK (limit_period > 0),
    period text CHECK (period IN ('day', 'week', 'month', 'year')),
    tiers text[] NOT NULL,                                    -- empty: every tier
    segments text[] NOT NULL,                                 -- empty: everybody
    offered_from timestamptz,
    offered_until timestamptz,
    valid_days int CHECK (valid_days > 0),
    valid_until timestamptz,
    points_back bool NOT NULL,                                -- of a voucher that expires unused
    pool_id uuid,
    created_by uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (reward_id, number),
    UNIQUE (merchant_id, reward_id, number),
    CHECK ((limit_period IS NULL) = (period IS NULL)),
    CHECK (offered_from < offered_until),
    CHECK (valid_days IS NULL OR valid_until IS NULL),
    FOREIGN KEY (merchant_id, reward_id) REFERENCES rewards (merchant_id, id),
    FOREIGN KEY (merchant_id, pool_id) REFERENCES code_pools (merchant_id, id),
    FOREIGN KEY (merchant_id, created_by) REFERENCES staff (merchant_id, id)
);
SELECT protect('reward_versions', 'SELECT, INSERT');
SELECT append_only('reward_versions');

INSERT INTO reward_versions (merchant_id, reward_id, number, name, description, terms, cost_points, tiers,
                             segments, points_back, created_at)
SELECT merchant_id, id, 1, name, description,
       jsonb_build_object('kind', 'product', 'sku', code, 'quantity', 1), cost_points, '{}', '{}', false, now()
FROM rewards;

-- What is left, in parts: who takes one waits only for whoever takes from the same part. No rows: without limit.
CREATE TABLE reward_stock (
    merchant_id uuid NOT NULL,
    reward_id uuid NOT NULL,
    part smallint NOT NULL CHECK (part BETWEEN 0 AND 7),
    units int NOT NULL CHECK (units >= 0),
    PRIMARY KEY (reward_id, part),
    FOREIGN KEY (merchant_id, reward_id) REFERENCES rewards (merchant_id, id)
) WITH (fillfactor = 50);
SELECT protect('reward_stock', 'SELECT, INSERT, UPDATE, DELETE');

INSERT INTO reward_stock (merchant_id, reward_id, part, units)
SELECT merchant_id, id, part, stock / 8 + (part < stock % 8)::int
FROM rewards, generate_series(0, 7) part WHERE stock IS NOT NULL;

ALTER TABLE rewards
    DROP COLUMN name, DROP COLUMN description, DROP COLUMN cost_points, DROP COLUMN stock,
    ADD COLUMN version int NOT NULL DEFAULT 1;
ALTER TABLE rewards
    ALTER COLUMN version DROP DEFAULT,
    ADD FOREIGN KEY (merchant_id, id, version) REFERENCES reward_versions (merchant_id, reward_id, number)
        DEFERRABLE INITIALLY DEFERRED;

-- ---------------------------------------------------------------- vouchers

-- One row is one redemption: held at a checkout (released when nothing comes of it), then issued with its code,
-- then used, cancelled or expired.
ALTER TABLE vouchers
    ALTER COLUMN code DROP NOT NULL,
    ALTER COLUMN journal_id DROP NOT NULL,                    -- what paid: the redemption, or the hold's capture
    ALTER COLUMN issued_at DROP NOT NULL,
    ADD COLUMN key text,                                      -- whoever asks again with it gets this voucher
    ADD COLUMN version int NOT NULL DEFAULT 1,
    ADD COLUMN points bigint CHECK (points > 0),
    ADD COLUMN worth_minor bigint CHECK (worth_minor > 0),    -- money that it stands for
    ADD COLUMN worth_left_minor bigint CHECK (worth_left_minor BETWEEN 0 AND worth_minor),
    ADD COLUMN currency text CHECK (currency ~ '^[A-Z]{3}$'),
    ADD COLUMN taken_at timestamptz,                          -- held or bought: counts for limits
    ADD COLUMN held_until timestamptz,
    ADD COLUMN expires_at timestamptz;

UPDATE vouchers v SET key = j.key, points = j.points, taken_at = v.issued_at
FROM ledger_journal j WHERE j.id = v.journal_id;

ALTER TABLE vouchers
    ALTER COLUMN key SET NOT NULL,
    ALTER COLUMN version DROP DEFAULT,
    ALTER COLUMN points SET NOT NULL,
    ALTER COLUMN taken_at SET NOT NULL,
    DROP CONSTRAINT vouchers_state_check,
    ADD CONSTRAINT vouchers_state_check
        CHECK (state IN ('held', 'released', 'issued', 'used', 'cancelled', 'expired')),
    ADD CHECK ((state IN ('held', 'released')) = (issued_at IS NULL)),
    ADD CHECK (num_nulls(code, journal_id, issued_at) IN (0, 3)),
    ADD CHECK (state <> 'held' OR held_until IS NOT NULL),
    ADD CHECK ((state = 'used') = (used_at IS NOT NULL)),
    ADD CHECK (num_nulls(worth_minor, worth_left_minor, currency) IN (0, 3)),
    ADD UNIQUE (merchant_id, id),
    ADD UNIQUE (member_id, key),
    ADD FOREIGN KEY (merchant_id, reward_id, version) REFERENCES reward_versions (merchant_id, reward_id, number);
CREATE INDEX vouchers_taken ON vouchers (member_id, reward_id, taken_at);
CREATE INDEX vouchers_held ON vouchers (merchant_id, held_until) WHERE state = 'held';
CREATE INDEX vouchers_expiring ON vouchers (merchant_id, expires_at) WHERE state = 'issued';

-- What was taken off a voucher that stands for money, or the one use of any other.
CREATE TABLE voucher_uses (
    merchant_id uuid NOT NULL,
    voucher_id uuid NOT NULL,
    number int NOT NULL CHECK (number > 0),
    amount_minor bigint CHECK (amount_minor > 0),             -- NULL: it stands for no money
    reference text NOT NULL,                                  -- the till's: an order, a receipt
    used_at timestamptz NOT NULL,
    PRIMARY KEY (voucher_id, number),
    FOREIGN KEY (merchant_id, voucher_id) REFERENCES vouchers (merchant_id, id)
);
SELECT protect('voucher_uses', 'SELECT, INSERT');
SELECT append_only('voucher_uses');

-- A code is issued once: it belongs to one voucher for ever. Only what a released hold had put by, and nobody
-- has seen, is free again.
CREATE TABLE pool_codes (
    merchant_id uuid NOT NULL,
    code text NOT NULL CHECK (length(code) BETWEEN 1 AND 100),
    pool_id uuid NOT NULL,
    voucher_id uuid UNIQUE,
    PRIMARY KEY (merchant_id, code),
    FOREIGN KEY (merchant_id, pool_id) REFERENCES code_pools (merchant_id, id),
    FOREIGN KEY (merchant_id, voucher_id) REFERENCES vouchers (merchant_id, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX pool_codes_free ON pool_codes (pool_id, code) WHERE voucher_id IS NULL;
SELECT protect('pool_codes', 'SELECT, INSERT, UPDATE');
