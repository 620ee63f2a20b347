-- A rule run over what has happened, a part of the members at a time: parts add up, since limits are of one member.

CREATE TABLE backtests (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    code text NOT NULL,                        -- of the rule; '': of none that there is
    version_id uuid,                           -- NULL: of no version, what somebody typed
    definition jsonb NOT NULL,
    wallet text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    bounds uuid[] NOT NULL,                    -- the first member of each part but the first
    parts_done int NOT NULL DEFAULT 0 CHECK (parts_done BETWEEN 0 AND cardinality(bounds) + 1),
    result jsonb NOT NULL DEFAULT '{"months": {}}',
    asked_by uuid,
    asked_at timestamptz NOT NULL,
    ended_at timestamptz,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, asked_by) REFERENCES staff (merchant_id, id),
    FOREIGN KEY (merchant_id, version_id) REFERENCES earning_rule_versions (merchant_id, id),
    CHECK ((ended_at IS NOT NULL) = (parts_done = cardinality(bounds) + 1))
);
CREATE INDEX backtests_newest ON backtests (merchant_id, asked_at DESC);
SELECT protect('backtests', 'SELECT, INSERT');
GRANT UPDATE (parts_done, result, ended_at) ON backtests TO regulars_app;
