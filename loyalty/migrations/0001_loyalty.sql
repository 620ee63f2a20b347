-- The programme, its members, their orders; then the ledger (0002) posts for them.

CREATE TABLE wallet_types (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    code text NOT NULL,                        -- 'points' can be spent, 'qualifying' counts for tiers
    debt_policy text NOT NULL CHECK (debt_policy IN ('forbid', 'clamp', 'debt')),
    expires_after_days int CHECK (expires_after_days > 0),
    UNIQUE (merchant_id, code),
    UNIQUE (merchant_id, id)
);
SELECT protect('wallet_types', 'SELECT, INSERT, UPDATE');

-- Terms are versions: what was granted under one keeps it, and a draft is a version not yet published.
CREATE TABLE programme_versions (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    number int NOT NULL CHECK (number > 0),
    state text NOT NULL CHECK (state IN ('draft', 'published', 'retired')),
    based_on uuid,
    qualifying_window_days int NOT NULL CHECK (qualifying_window_days > 0),
    guest_claim_days int NOT NULL CHECK (guest_claim_days >= 0),   -- 0: earlier guest orders earn nothing
    point_cost_micros bigint NOT NULL CHECK (point_cost_micros >= 0), -- millionths of the merchant's currency unit
    terms_version text NOT NULL,
    created_by uuid,
    created_at timestamptz NOT NULL,
    published_at timestamptz,
    UNIQUE (merchant_id, number),
    UNIQUE (merchant_id, id),
    CHECK ((state = 'draft') = (published_at IS NULL))
);
CREATE UNIQUE INDEX programme_versions_live ON programme_versions (merchant_id) WHERE state = 'published';
SELECT protect('programme_versions', 'SELECT, INSERT, UPDATE');

CREATE TABLE earn_rates (
    merchant_id uuid NOT NULL,
    version_id uuid NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    points_per_100_units int NOT NULL CHECK (points_per_100_units >= 0),
    PRIMARY KEY (version_id, currency),
    FOREIGN KEY (merchant_id, version_id) REFERENCES programme_versions (merchant_id, id)
);
SELECT protect('earn_rates', 'SELECT, INSERT');

CREATE TABLE tiers (
    merchant_id uuid NOT NULL,
    version_id uuid NOT NULL,
    rank smallint NOT NULL CHECK (rank >= 0),  -- 0 is where everybody starts
    code text NOT NULL,
    name jsonb NOT NULL,
    threshold_points bigint NOT NULL CHECK (threshold_points >= 0),
    multiplier_percent int NOT NULL CHECK (multiplier_percent BETWEEN 100 AND 10000),
    PRIMARY KEY (version_id, rank),
    UNIQUE (version_id, code),
    CHECK (rank > 0 OR threshold_points = 0),
    FOREIGN KEY (merchant_id, version_id) REFERENCES programme_versions (merchant_id, id)
);
SELECT protect('tiers', 'SELECT, INSERT, UPDATE');

CREATE TABLE members (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    customer_id uuid NOT NULL,
    joined_at timestamptz NOT NULL,
    left_at timestamptz,
    terms_version text NOT NULL,
    tier_code text NOT NULL,
    tier_since timestamptz NOT NULL,
    UNIQUE (merchant_id, customer_id),
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id)
);
CREATE INDEX members_tier ON members (merchant_id, tier_code);
SELECT protect('members', 'SELECT, INSERT, UPDATE');

CREATE TABLE tier_changes (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    member_id uuid NOT NULL,
    version_id uuid NOT NULL,
    from_code text,
    to_code text NOT NULL,
    qualifying_points bigint NOT NULL,
    reason text NOT NULL CHECK (reason IN ('joined', 'earned', 'window', 'published')),
    changed_at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, member_id) REFERENCES members (merchant_id, id)
);
CREATE INDEX tier_changes_member ON tier_changes (member_id, changed_at);
SELECT protect('tier_changes', 'SELECT, INSERT');
SELECT append_only('tier_changes');

-- ---------------------------------------------------------------- orders

-- One row is what all events about an order say together, in whatever order they came: a delivery
-- or a refund may be known before the payment.
CREATE TABLE orders (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    external_id text NOT NULL,
    store_id uuid,
    customer_id uuid,
    currency text,
    amount_minor bigint CHECK (amount_minor >= 0),
    refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0),
    paid_at timestamptz,
    delivered_at timestamptz,
    created_at timestamptz NOT NULL,
    UNIQUE (merchant_id, external_id),
    UNIQUE (merchant_id, id),
    CHECK (paid_at IS NULL OR num_nulls(store_id, customer_id, currency, amount_minor) = 0),
    FOREIGN KEY (merchant_id, store_id) REFERENCES stores (merchant_id, id),
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id)
);
CREATE INDEX orders_customer ON orders (customer_id, paid_at);
SELECT protect('orders', 'SELECT, INSERT, UPDATE');

CREATE TABLE order_lines (
    merchant_id uuid NOT NULL,
    order_id uuid NOT NULL,
    line_id text NOT NULL,
    sku text NOT NULL,
    name text NOT NULL,
    quantity int NOT NULL CHECK (quantity > 0),
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    PRIMARY KEY (order_id, line_id),
    FOREIGN KEY (merchant_id, order_id) REFERENCES orders (merchant_id, id)
);
SELECT protect('order_lines', 'SELECT, INSERT');

CREATE TABLE order_refunds (
    merchant_id uuid NOT NULL,
    order_id uuid NOT NULL,
    refund_id text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    refunded_at timestamptz NOT NULL,
    lines jsonb NOT NULL,
    PRIMARY KEY (order_id, refund_id),
    FOREIGN KEY (merchant_id, order_id) REFERENCES orders (merchant_id, id)
);
SELECT protect('order_refunds', 'SELECT, INSERT');

-- ---------------------------------------------------------------- rewards

CREATE TABLE rewards (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    code text NOT NULL,
    name jsonb NOT NULL,
    description jsonb NOT NULL,
    cost_points bigint NOT NULL CHECK (cost_points > 0),
    stock int CHECK (stock >= 0),              -- NULL: without limit
    active bool NOT NULL DEFAULT true,
    UNIQUE (merchant_id, code),
    UNIQUE (merchant_id, id)
);
SELECT protect('rewards', 'SELECT, INSERT, UPDATE');

CREATE TABLE vouchers (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    code text NOT NULL,
    reward_id uuid NOT NULL,
    member_id uuid NOT NULL,
    journal_id uuid NOT NULL UNIQUE,           -- the redemption that paid for it
    state text NOT NULL CHECK (state IN ('issued', 'used', 'cancelled')),
    issued_at timestamptz NOT NULL,
    used_at timestamptz,
    UNIQUE (merchant_id, code),
    FOREIGN KEY (merchant_id, reward_id) REFERENCES rewards (merchant_id, id),
    FOREIGN KEY (merchant_id, member_id) REFERENCES members (merchant_id, id)
);
CREATE INDEX vouchers_member ON vouchers (member_id, issued_at);
SELECT protect('vouchers', 'SELECT, INSERT, UPDATE');
