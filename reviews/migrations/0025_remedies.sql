-- What is given, by whom and up to how much; and the daily patrol.

-- ---------------------------------------------------------------- remedies

-- Points, a voucher (its points are given and spent at once), a refund or a replacement that the shop carries out.
-- Still nothing here can say what the customer is to do for it.
ALTER TABLE case_remedies
    ADD kind text NOT NULL DEFAULT 'points' CHECK (kind IN ('points', 'voucher', 'refund', 'replacement')),
    ALTER points DROP NOT NULL,
    ALTER journal_id DROP NOT NULL,
    ADD voucher_id uuid UNIQUE,
    ADD amount_minor bigint CHECK (amount_minor > 0),       -- of a refund, or what a replacement is worth
    ADD currency text CHECK (currency ~ '^[A-Z]{3}$'),
    ADD order_line text NOT NULL DEFAULT '',                -- which goods, in the shop's words
    ADD approved_by uuid,
    ADD CHECK ((kind IN ('points', 'voucher')) = (points IS NOT NULL AND journal_id IS NOT NULL)),
    ADD CHECK ((kind = 'voucher') = (voucher_id IS NOT NULL)),
    ADD CHECK ((kind IN ('refund', 'replacement')) = (amount_minor IS NOT NULL AND currency IS NOT NULL)),
    ADD CHECK (approved_by <> staff_id),
    ADD FOREIGN KEY (merchant_id, approved_by) REFERENCES staff (merchant_id, id);

-- Asked for above somebody's authority: a second person decides.
CREATE TABLE case_remedy_requests (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    case_id uuid NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 300),
    remedy jsonb NOT NULL,                                  -- reviews.cases.remedies.rules.Remedy
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'given', 'rejected')),
    asked_by uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    UNIQUE (merchant_id, key),
    CHECK ((state = 'waiting') = (num_nonnulls(decided_by, decided_at) = 0)),
    CHECK (decided_by <> asked_by),
    FOREIGN KEY (merchant_id, case_id) REFERENCES cases (merchant_id, id),
    FOREIGN KEY (merchant_id, asked_by) REFERENCES staff (merchant_id, id),
    FOREIGN KEY (merchant_id, decided_by) REFERENCES staff (merchant_id, id)
);
CREATE INDEX case_remedy_requests_waiting ON case_remedy_requests (merchant_id, id) WHERE state = 'waiting';
SELECT protect('case_remedy_requests', 'SELECT, INSERT, UPDATE');

-- What a role may give on one case alone; without a row it is as shipped.
CREATE TABLE case_authorities (
    merchant_id uuid NOT NULL REFERENCES merchants,
    role text NOT NULL,
    points bigint NOT NULL CHECK (points >= 0),
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    PRIMARY KEY (merchant_id, role)
);
SELECT protect('case_authorities', 'SELECT, INSERT, UPDATE');

-- Sealed: whoever gives and whoever approves, a month holds no more. Points are held by the ledger's own budget.
CREATE TABLE case_budgets (
    merchant_id uuid PRIMARY KEY REFERENCES merchants,
    points_budget_id uuid,
    points_per_month bigint CHECK (points_per_month >= 0),
    amount_minor_per_month bigint CHECK (amount_minor_per_month >= 0),
    CHECK ((points_budget_id IS NULL) = (points_per_month IS NULL))
);
SELECT protect('case_budgets', 'SELECT, INSERT, UPDATE');
CREATE TABLE case_budget_months (
    merchant_id uuid NOT NULL REFERENCES merchants,
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    limit_minor bigint NOT NULL,
    spent_minor bigint NOT NULL DEFAULT 0 CHECK (spent_minor BETWEEN 0 AND limit_minor),
    PRIMARY KEY (merchant_id, month)
);
SELECT protect('case_budget_months', 'SELECT, INSERT, UPDATE');

-- ---------------------------------------------------------------- patrol

-- One a day: what the day before left undone.
CREATE TABLE case_patrols (
    merchant_id uuid NOT NULL REFERENCES merchants,
    day date NOT NULL,
    at timestamptz NOT NULL,
    found jsonb NOT NULL,
    PRIMARY KEY (merchant_id, day)
);
SELECT protect('case_patrols', 'SELECT, INSERT');
SELECT append_only('case_patrols');
