-- What the merchant promises: calendars with working hours, and policies with targets. Cycles keep what was promised to them.

CREATE TABLE case_calendars (
    merchant_id uuid NOT NULL REFERENCES merchants,
    code text NOT NULL CHECK (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    name text NOT NULL CHECK (name <> ''),
    calendar jsonb NOT NULL,                   -- reviews.cases.calendars.rules.Calendar; it has working hours
    changed_by uuid,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, code),
    FOREIGN KEY (merchant_id, changed_by) REFERENCES staff (merchant_id, id)
);
SELECT protect('case_calendars', 'SELECT, INSERT, UPDATE, DELETE');

-- The first that fits a case is the one that counts.
CREATE TABLE case_policies (
    merchant_id uuid NOT NULL REFERENCES merchants,
    code text NOT NULL CHECK (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    position int NOT NULL,
    policy jsonb NOT NULL,                     -- reviews.cases.targets.rules.Policy
    calendar text,                             -- NULL: every moment is working time
    changed_by uuid,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, code),
    FOREIGN KEY (merchant_id, calendar) REFERENCES case_calendars (merchant_id, code),
    FOREIGN KEY (merchant_id, changed_by) REFERENCES staff (merchant_id, id)
);
SELECT protect('case_policies', 'SELECT, INSERT, UPDATE, DELETE');
