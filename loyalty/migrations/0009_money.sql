-- Adjustments by hand, and the points as money: closed months of the liability.

-- How many points each role may add or take alone. A role without a row has the limit of its built-in default.
CREATE TABLE adjustment_limits (
    merchant_id uuid NOT NULL REFERENCES merchants,
    role text NOT NULL CHECK (role IN ('owner', 'marketer', 'community_manager', 'agent', 'auditor')),
    limit_points bigint NOT NULL CHECK (limit_points BETWEEN 0 AND 1000000000),
    PRIMARY KEY (merchant_id, role)
);
SELECT protect('adjustment_limits', 'SELECT, INSERT, UPDATE');

-- Above the asker's limit an adjustment waits until another person decides.
CREATE TABLE adjustments (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    member_id uuid NOT NULL,
    wallet text NOT NULL,
    points bigint NOT NULL CHECK (points <> 0 AND abs(points) <= 1000000000), -- negative: taken
    expires_at timestamptz,
    cause text NOT NULL CHECK (cause IN ('correction', 'courtesy', 'promotion', 'migration', 'misuse', 'other')),
    note text NOT NULL CHECK (length(note) BETWEEN 1 AND 500),
    state text NOT NULL CHECK (state IN ('waiting', 'posted', 'rejected')),
    asked_by uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    decided_by uuid,                           -- NULL: within the asker's own limit
    decided_at timestamptz,
    journal_id uuid UNIQUE REFERENCES ledger_journal,
    CHECK (expires_at IS NULL OR points > 0),
    CHECK (decided_by <> asked_by),            -- two persons
    CHECK ((state = 'posted') = (journal_id IS NOT NULL)),
    CHECK ((state = 'waiting') = (decided_at IS NULL)),
    FOREIGN KEY (merchant_id, member_id) REFERENCES members (merchant_id, id),
    FOREIGN KEY (merchant_id, asked_by) REFERENCES staff (merchant_id, id),
    FOREIGN KEY (merchant_id, decided_by) REFERENCES staff (merchant_id, id)
);
CREATE INDEX adjustments_newest ON adjustments (merchant_id, id DESC);
CREATE INDEX adjustments_waiting ON adjustments (merchant_id, id) WHERE state = 'waiting';
CREATE INDEX adjustments_member ON adjustments (member_id, id DESC);
SELECT protect('adjustments', 'SELECT, INSERT, UPDATE');

-- ---------------------------------------------------------------- liability

-- Reports read what was recorded in a stretch of time; the journal only grows, so a block range index does.
CREATE INDEX ledger_journal_recorded ON ledger_journal USING brin (recorded_at);

-- A closed month never changes: what is learnt later about it belongs to the month in which it is learnt.
CREATE TABLE liability_months (
    merchant_id uuid NOT NULL REFERENCES merchants,
    wallet text NOT NULL,
    month date NOT NULL CHECK (month = date_trunc('month', month)),
    ends_at timestamptz NOT NULL,              -- local midnight after its last day
    point_cost_micros bigint NOT NULL CHECK (point_cost_micros >= 0),
    points_outstanding bigint NOT NULL,
    liability_micros numeric(38) NOT NULL CHECK (liability_micros >= 0),
    breakage_micros numeric(38) NOT NULL CHECK (breakage_micros >= 0),
    closed_by uuid,
    closed_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, wallet, month),
    CHECK (closed_at > ends_at),
    FOREIGN KEY (merchant_id, closed_by) REFERENCES staff (merchant_id, id)
);
SELECT protect('liability_months', 'SELECT, INSERT');
SELECT append_only('liability_months');

-- What changed in a closed month: by the month in which the points were earned, and by where they went.
CREATE TABLE liability_movements (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    wallet text NOT NULL,
    month date NOT NULL,
    cohort date,                               -- NULL: what members owe
    kind text NOT NULL,
    points bigint NOT NULL CHECK (points <> 0),
    UNIQUE NULLS NOT DISTINCT (merchant_id, wallet, month, cohort, kind),
    FOREIGN KEY (merchant_id, wallet, month) REFERENCES liability_months (merchant_id, wallet, month)
);
SELECT protect('liability_movements', 'SELECT, INSERT');
SELECT append_only('liability_movements');
