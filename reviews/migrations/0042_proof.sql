-- Proof that winning back helps: who by chance gets no remedy, and what a month was to reach.

-- Shares by chance; the newest row counts, 0 ends it. The seed decides, never a person.
CREATE TABLE case_holdouts (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    share numeric(4, 3) NOT NULL CHECK (share BETWEEN 0 AND 0.5),
    seed uuid NOT NULL,
    changed_by uuid,
    began_at timestamptz NOT NULL,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, changed_by) REFERENCES staff (merchant_id, id)
);
CREATE INDEX case_holdouts_newest ON case_holdouts (merchant_id, id DESC);
SELECT protect('case_holdouts', 'SELECT, INSERT');
SELECT append_only('case_holdouts');

-- Which side a case is on, written before anything is given and for ever.
CREATE TABLE case_arms (
    merchant_id uuid NOT NULL,
    case_id uuid PRIMARY KEY,
    holdout_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    arm text NOT NULL CHECK (arm IN ('remedy', 'holdout')),
    assigned_at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, case_id) REFERENCES cases (merchant_id, id),
    FOREIGN KEY (merchant_id, holdout_id) REFERENCES case_holdouts (merchant_id, id),
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id)
);
CREATE INDEX case_arms_holdout ON case_arms (holdout_id, assigned_at);
SELECT protect('case_arms', 'SELECT, INSERT');
SELECT append_only('case_arms');

-- Somebody gives all the same. The case is counted where chance had put it.
CREATE TABLE case_arm_overrides (
    merchant_id uuid NOT NULL,
    case_id uuid PRIMARY KEY REFERENCES case_arms,
    staff_id uuid NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, staff_id) REFERENCES staff (merchant_id, id)
);
SELECT protect('case_arm_overrides', 'SELECT, INSERT');
SELECT append_only('case_arm_overrides');

-- What a month is to reach; the newest row of a kind counts, share 0: none.
CREATE TABLE case_goals (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    kind text NOT NULL CHECK (kind IN ('reply', 'resolve', 'csat')),
    share numeric(4, 3) NOT NULL CHECK (share BETWEEN 0 AND 1),
    within_hours int NOT NULL CHECK (within_hours BETWEEN 1 AND 2160),
    stars_to smallint NOT NULL CHECK (stars_to BETWEEN 1 AND 5),
    changed_by uuid,
    changed_at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, changed_by) REFERENCES staff (merchant_id, id)
);
CREATE INDEX case_goals_newest ON case_goals (merchant_id, kind, id DESC);
SELECT protect('case_goals', 'SELECT, INSERT');
SELECT append_only('case_goals');

CREATE INDEX cases_opened ON cases (merchant_id, opened_at);
