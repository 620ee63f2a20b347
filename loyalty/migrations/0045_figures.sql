-- What the ledger moved, added up by day: dashboards and liability read these, and only the newest days from the ledger.

-- Movements of outstanding points by the day on which they were recorded (of the shop's time zone), the month in which
-- the points were earned (NULL: what members owe) and the side they came from or went to. A day that is over stays.
CREATE TABLE liability_days (
    merchant_id uuid NOT NULL REFERENCES merchants,
    wallet text NOT NULL,
    day date NOT NULL,
    cohort date,
    kind text NOT NULL,
    points bigint NOT NULL,
    UNIQUE NULLS NOT DISTINCT (merchant_id, wallet, day, cohort, kind)
);
SELECT protect('liability_days', 'SELECT, INSERT, DELETE');

-- Up to when; in another time zone the days are others, and all are added up again.
CREATE TABLE liability_rolls (
    merchant_id uuid NOT NULL REFERENCES merchants,
    wallet text NOT NULL,
    time_zone text NOT NULL,
    ends_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, wallet)
);
SELECT protect('liability_rolls', 'SELECT, INSERT, UPDATE');

CREATE INDEX tier_changes_time ON tier_changes (merchant_id, changed_at);
