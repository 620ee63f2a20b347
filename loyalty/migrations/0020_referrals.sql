-- Referrals: an advocate's code, the friend who came with it, and the friend's first kept order.

CREATE TABLE referral_terms (
    merchant_id uuid PRIMARY KEY REFERENCES merchants,
    active bool NOT NULL,
    landing_url text NOT NULL CHECK (landing_url ~ '^https?://' AND length(landing_url) <= 500),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    min_order_minor bigint NOT NULL CHECK (min_order_minor > 0),
    order_within_days int NOT NULL CHECK (order_within_days BETWEEN 1 AND 365),
    kept_after_days int NOT NULL CHECK (kept_after_days BETWEEN 0 AND 365),      -- from delivery
    friends_a_month int NOT NULL CHECK (friends_a_month BETWEEN 1 AND 10000),    -- of one advocate
    changed_at timestamptz NOT NULL
);
SELECT protect('referral_terms', 'SELECT, INSERT, UPDATE');

CREATE TABLE referral_codes (
    member_id uuid PRIMARY KEY,
    merchant_id uuid NOT NULL,
    code text NOT NULL CHECK (code ~ '^[A-Z0-9]{6,20}$'),
    created_at timestamptz NOT NULL,
    UNIQUE (merchant_id, code),
    FOREIGN KEY (merchant_id, member_id) REFERENCES members (merchant_id, id)
);
SELECT protect('referral_codes', 'SELECT, INSERT');

-- A customer is somebody's friend once. Kept orders reward both sides; an order that goes back takes both rewards.
CREATE TABLE referrals (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    advocate_id uuid NOT NULL,
    friend_id uuid NOT NULL,                   -- a customer, who need not be a member yet
    state text NOT NULL CHECK (state IN ('claimed', 'rewarded', 'withdrawn', 'lapsed')),
    claimed_at timestamptz NOT NULL,
    order_id uuid,                             -- the friend's first kept order
    rewarded_at timestamptz,
    ended_at timestamptz,                      -- withdrawn or lapsed
    UNIQUE (merchant_id, friend_id),
    CHECK ((state IN ('claimed', 'lapsed')) = (order_id IS NULL)),
    CHECK ((state IN ('withdrawn', 'lapsed')) = (ended_at IS NOT NULL)),
    CHECK ((order_id IS NULL) = (rewarded_at IS NULL)),
    FOREIGN KEY (merchant_id, advocate_id) REFERENCES members (merchant_id, id),
    FOREIGN KEY (merchant_id, friend_id) REFERENCES customers (merchant_id, id),
    FOREIGN KEY (merchant_id, order_id) REFERENCES orders (merchant_id, id)
);
CREATE INDEX referrals_advocate ON referrals (advocate_id, claimed_at);
CREATE INDEX referrals_open ON referrals (merchant_id, state) WHERE state IN ('claimed', 'rewarded');
SELECT protect('referrals', 'SELECT, INSERT, UPDATE');
