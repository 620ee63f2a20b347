-- Tier sets. A version of the terms has one or more; each places every member by itself.
-- docs/decisions/0006-tiers.md says what a tier depends on.

CREATE TABLE tier_sets (
    merchant_id uuid NOT NULL,
    version_id uuid NOT NULL,
    code text NOT NULL CHECK (code ~ '^[a-z][a-z0-9_]{0,39}$'),
    position smallint NOT NULL CHECK (position >= 0),      -- 0: the first set, which members.tier_code mirrors
    name jsonb NOT NULL,
    metric jsonb NOT NULL CHECK (metric->>'kind' IN ('points', 'spend', 'orders', 'events')),
    qualifying_window jsonb NOT NULL CHECK (qualifying_window->>'kind' IN
        ('rolling_days', 'rolling_months', 'calendar', 'anniversary', 'lifetime')),
    requalification text NOT NULL CHECK (requalification IN ('always', 'period_end')),
    downgrade text NOT NULL CHECK (downgrade IN ('free_fall', 'one_step')),
    grace_days int NOT NULL CHECK (grace_days >= 0),
    PRIMARY KEY (merchant_id, version_id, code),
    UNIQUE (version_id, position),
    FOREIGN KEY (merchant_id, version_id) REFERENCES programme_versions (merchant_id, id),
    CHECK (requalification = 'period_end' OR (downgrade = 'free_fall' AND grace_days = 0)),
    CHECK (requalification = 'always' OR qualifying_window->>'kind' NOT LIKE 'rolling%')
);
SELECT protect('tier_sets', 'SELECT, INSERT');

INSERT INTO tier_sets (merchant_id, version_id, code, position, name, metric, qualifying_window, requalification,
                       downgrade, grace_days)
SELECT merchant_id, id, 'main', 0, '{"en": "Tiers", "zh-Hans": "等级", "zh-Hant": "等級"}',
       '{"kind": "points", "wallet": "qualifying"}',
       jsonb_build_object('kind', 'rolling_days', 'days', qualifying_window_days), 'always', 'free_fall', 0
FROM programme_versions;
ALTER TABLE programme_versions DROP COLUMN qualifying_window_days;

ALTER TABLE tiers RENAME COLUMN threshold_points TO threshold;
ALTER TABLE tiers
    ADD COLUMN set_code text NOT NULL DEFAULT 'main',
    ADD COLUMN benefits jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(benefits) = 'array'),
    DROP CONSTRAINT tiers_pkey,
    DROP CONSTRAINT tiers_version_id_code_key,
    ADD PRIMARY KEY (version_id, set_code, rank),
    ADD UNIQUE (version_id, set_code, code),
    ADD FOREIGN KEY (merchant_id, version_id, set_code) REFERENCES tier_sets (merchant_id, version_id, code);
ALTER TABLE tiers ALTER COLUMN set_code DROP DEFAULT;

-- Where a member is in a set. No row: in its lowest tier, since joining. What stands here follows from orders,
-- points, events, the live terms and the time; it is kept so that a change is noticed, and told once.
CREATE TABLE member_tiers (
    merchant_id uuid NOT NULL,
    member_id uuid NOT NULL,
    set_code text NOT NULL,
    tier_code text NOT NULL,
    since timestamptz NOT NULL,
    basis text NOT NULL CHECK (basis IN ('reached', 'requalified', 'soft_landing', 'grace', 'override')),
    period_start timestamptz,                  -- of the period that the basis is of; NULL: there are no periods
    until timestamptz,                         -- when an override ends
    PRIMARY KEY (member_id, set_code),
    FOREIGN KEY (merchant_id, member_id) REFERENCES members (merchant_id, id),
    CHECK ((basis = 'override') = (until IS NOT NULL))
) WITH (fillfactor = 85);
CREATE INDEX member_tiers_ending ON member_tiers (merchant_id, until) WHERE until IS NOT NULL;
SELECT protect('member_tiers', 'SELECT, INSERT, UPDATE');

-- Somebody of the staff (or a program) puts a member into a tier for a while, and says why.
CREATE TABLE tier_overrides (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    member_id uuid NOT NULL,
    set_code text NOT NULL,
    tier_code text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    created_by uuid,                           -- of the staff
    key_id uuid,                               -- or a program's API key
    ended_at timestamptz,                      -- before its time: taken back, or followed by another
    ended_by uuid,
    UNIQUE (merchant_id, id),
    CHECK (ends_at > starts_at),
    CHECK (num_nonnulls(created_by, key_id) = 1),
    FOREIGN KEY (merchant_id, member_id) REFERENCES members (merchant_id, id),
    FOREIGN KEY (merchant_id, created_by) REFERENCES staff (merchant_id, id),
    FOREIGN KEY (merchant_id, ended_by) REFERENCES staff (merchant_id, id)
);
CREATE UNIQUE INDEX tier_overrides_one ON tier_overrides (member_id, set_code) WHERE ended_at IS NULL;
SELECT protect('tier_overrides', 'SELECT, INSERT, UPDATE');

ALTER TABLE tier_changes RENAME COLUMN qualifying_points TO value;  -- of the metric, when the tier changed
ALTER TABLE tier_changes
    ADD COLUMN set_code text NOT NULL DEFAULT 'main',
    ADD COLUMN override_id uuid,
    ADD FOREIGN KEY (merchant_id, override_id) REFERENCES tier_overrides (merchant_id, id),
    DROP CONSTRAINT tier_changes_reason_check,
    ADD CHECK (reason IN ('joined', 'earned', 'window', 'published', 'requalified', 'downgraded', 'grace', 'override',
                          'override_ended', 'merged'));
ALTER TABLE tier_changes ALTER COLUMN set_code DROP DEFAULT;

-- When everybody was last placed: once in each day of the merchant's.
CREATE TABLE tier_sweeps (
    merchant_id uuid PRIMARY KEY REFERENCES merchants,
    swept_at timestamptz NOT NULL
);
SELECT protect('tier_sweeps', 'SELECT, INSERT, UPDATE');

-- Whose event it was, for metrics that count events.
ALTER TABLE events ADD COLUMN customer text GENERATED ALWAYS AS (data->>'customer_id') STORED;
CREATE INDEX events_customer ON events (merchant_id, customer, type, occurred_at) WHERE customer IS NOT NULL;
CREATE INDEX customers_merged ON customers (merged_into) WHERE merged_into IS NOT NULL;

-- In which period of so many months a day lies, counted from a day on which one began. The last day of a month
-- stands for those it does not have: 29 February has its anniversaries on the 28th.
CREATE FUNCTION period_number(p_origin date, p_day date, p_months int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT floor((m - CASE WHEN p_origin + make_interval(months => m) > p_day THEN 1 ELSE 0 END)::numeric / p_months)::int
    FROM (SELECT (extract(year FROM p_day)::int - extract(year FROM p_origin)::int) * 12
                 + extract(month FROM p_day)::int - extract(month FROM p_origin)::int AS m) x
$$;
