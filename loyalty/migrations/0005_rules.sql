-- Earning rules, campaigns and segments as data; what was true of an event when it was first counted.

-- ---------------------------------------------------------------- segments

CREATE TABLE segments (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    code text NOT NULL CHECK (code ~ '^[a-z0-9][a-z0-9_-]{0,99}$'),
    name text NOT NULL,
    definition jsonb NOT NULL,
    taints text[] NOT NULL,                    -- review, case, survey: what it uses that no review may earn by
    created_at timestamptz NOT NULL,
    UNIQUE (merchant_id, code),
    UNIQUE (merchant_id, id),
    CHECK (taints <@ ARRAY['review', 'case', 'survey'])
);
-- Never changed: a rule that was allowed to use one could otherwise be given what it may not see.
SELECT protect('segments', 'SELECT, INSERT');
SELECT append_only('segments');

CREATE TABLE member_tags (
    merchant_id uuid NOT NULL,
    member_id uuid NOT NULL,
    origin text NOT NULL CHECK (origin IN ('shop', 'review', 'case', 'survey')),
    tag text NOT NULL CHECK (tag ~ '^[a-z0-9][a-z0-9_-]{0,99}$'),
    tagged_at timestamptz NOT NULL,
    PRIMARY KEY (member_id, origin, tag),
    FOREIGN KEY (merchant_id, member_id) REFERENCES members (merchant_id, id)
);
CREATE INDEX member_tags_tag ON member_tags (merchant_id, origin, tag);
SELECT protect('member_tags', 'SELECT, INSERT, DELETE');

-- ---------------------------------------------------------------- campaigns, rules

-- The definition is written once; a campaign that ends early has its rules retired.
CREATE TABLE campaigns (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    code text NOT NULL CHECK (code ~ '^[a-z0-9][a-z0-9_-]{0,99}$'),
    name text NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'published', 'ended')),
    definition jsonb NOT NULL,
    budget_id uuid,                            -- of ledger_budgets; NULL: without limit
    created_by uuid,
    created_at timestamptz NOT NULL,
    published_at timestamptz,
    ended_at timestamptz,
    UNIQUE (merchant_id, code),
    UNIQUE (merchant_id, id),
    CHECK ((state = 'draft') = (published_at IS NULL)),
    CHECK ((state = 'ended') = (ended_at IS NOT NULL))
);
SELECT protect('campaigns', 'SELECT, INSERT');
GRANT UPDATE (state, budget_id, published_at, ended_at) ON campaigns TO regulars_app;

CREATE TABLE earning_rules (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    code text NOT NULL CHECK (code ~ '^[a-z0-9][a-z0-9_-]{0,99}$'),
    name text NOT NULL,
    campaign_id uuid,
    created_at timestamptz NOT NULL,
    UNIQUE (merchant_id, code),
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, campaign_id) REFERENCES campaigns (merchant_id, id)
);
SELECT protect('earning_rules', 'SELECT, INSERT');
GRANT UPDATE (name) ON earning_rules TO regulars_app;

-- In force from valid_from (NULL: since ever) until just before valid_until, by the time of the event.
CREATE TABLE earning_rule_versions (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    rule_id uuid NOT NULL,
    number int NOT NULL CHECK (number > 0),
    state text NOT NULL CHECK (state IN ('draft', 'published', 'retired')),
    definition jsonb NOT NULL,
    valid_from timestamptz,
    valid_until timestamptz,
    created_by uuid,
    created_at timestamptz NOT NULL,
    published_at timestamptz,
    retired_at timestamptz,
    UNIQUE (rule_id, number),
    UNIQUE (merchant_id, id),
    CHECK ((state = 'draft') = (published_at IS NULL)),
    CHECK ((state = 'retired') = (retired_at IS NOT NULL)),
    CHECK (state <> 'retired' OR valid_until IS NOT NULL),
    CHECK (valid_from <= valid_until),
    FOREIGN KEY (merchant_id, rule_id) REFERENCES earning_rules (merchant_id, id)
);
-- The next version ends the one before it: two are never in force together.
CREATE UNIQUE INDEX earning_rule_versions_open ON earning_rule_versions (rule_id) WHERE state = 'published';
CREATE INDEX earning_rule_versions_live ON earning_rule_versions (merchant_id) WHERE state <> 'draft';
SELECT protect('earning_rule_versions', 'SELECT, INSERT');
GRANT UPDATE (state, valid_from, valid_until, published_at, retired_at) ON earning_rule_versions TO regulars_app;

CREATE TABLE earning_settings (
    merchant_id uuid PRIMARY KEY REFERENCES merchants,
    market text NOT NULL CHECK (market IN ('world', 'cn')),
    review_points bool NOT NULL,               -- off by default in the market cn
    changed_at timestamptz NOT NULL
);
SELECT protect('earning_settings', 'SELECT, INSERT, UPDATE');

-- ---------------------------------------------------------------- what rules look at

-- Tier, number and segments are those of the moment in which the order was first counted; they hold for
-- ever after, so that what an order gives does not depend on when its other events come.
ALTER TABLE orders
    ADD COLUMN channel text,
    ADD COLUMN points_paid_minor bigint NOT NULL DEFAULT 0,     -- part of amount_minor that points paid: earns nothing
    ADD COLUMN counted_at timestamptz,
    ADD COLUMN tier_code text,
    ADD COLUMN multiplier_percent int,
    ADD COLUMN number int CHECK (number > 0),                   -- which order of its customer's
    ADD COLUMN segments uuid[] NOT NULL DEFAULT '{}',
    ADD COLUMN campaigns uuid[] NOT NULL DEFAULT '{}',          -- those that gave points for it
    ADD CHECK (points_paid_minor BETWEEN 0 AND amount_minor),
    ADD CHECK (counted_at IS NULL OR num_nulls(paid_at, tier_code, multiplier_percent, number) = 0);
ALTER TABLE order_lines ADD COLUMN category text;

-- Everything else that rules look at: events of the shop's own, reviews, referrals, birthdays, profiles.
CREATE TABLE earning_events (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 250),    -- what happened, once
    trigger text NOT NULL,
    name text NOT NULL DEFAULT '',
    member_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    counted_at timestamptz NOT NULL,
    tier_code text NOT NULL,
    multiplier_percent int NOT NULL,
    segments uuid[] NOT NULL,
    data jsonb NOT NULL,
    UNIQUE (merchant_id, key),
    FOREIGN KEY (merchant_id, member_id) REFERENCES members (merchant_id, id)
);
CREATE INDEX earning_events_time ON earning_events (merchant_id, occurred_at);
SELECT protect('earning_events', 'SELECT, INSERT');
SELECT append_only('earning_events');

-- What members had of rules with a limit.
CREATE TABLE rule_uses (
    merchant_id uuid NOT NULL,
    rule_id uuid NOT NULL,
    member_id uuid NOT NULL,
    wallet text NOT NULL,
    source_id uuid NOT NULL,                   -- the order or earning event
    occurred_at timestamptz NOT NULL,
    points bigint NOT NULL CHECK (points > 0),
    PRIMARY KEY (rule_id, member_id, wallet, source_id),
    FOREIGN KEY (merchant_id, rule_id) REFERENCES earning_rules (merchant_id, id),
    FOREIGN KEY (merchant_id, member_id) REFERENCES members (merchant_id, id)
);
SELECT protect('rule_uses', 'SELECT, INSERT');
SELECT append_only('rule_uses');

-- ---------------------------------------------------------------- from earn rates to rules

-- The rates of the live terms become the rule `orders`, in force since ever.
WITH live AS (
    SELECT v.merchant_id, v.created_at, jsonb_object_agg(r.currency, r.points_per_100_units) AS rates
    FROM programme_versions v JOIN earn_rates r ON r.version_id = v.id WHERE v.state = 'published' GROUP BY v.id
), made AS (
    INSERT INTO earning_rules (merchant_id, code, name, created_at)
    SELECT merchant_id, 'orders', 'Orders', created_at FROM live RETURNING id, merchant_id
)
INSERT INTO earning_rule_versions (merchant_id, rule_id, number, state, definition, created_at, published_at)
SELECT merchant_id, made.id, 1, 'published',
       jsonb_build_object('trigger', '{"type": "order"}'::jsonb, 'priority', 0, 'wallets', '[]'::jsonb, 'effect',
           jsonb_build_object('type', 'per_amount', 'by_tier', true, 'points_per_100_units', live.rates)),
       live.created_at, live.created_at
FROM made JOIN live USING (merchant_id);

INSERT INTO earning_settings (merchant_id, market, review_points, changed_at)
SELECT DISTINCT merchant_id, 'world', true, now() FROM programme_versions;

DROP TABLE earn_rates;

-- Orders that earned before: counted then, in the tier that their posting names.
WITH earned AS (
    SELECT DISTINCT ON (reason->>'order_id') (reason->>'order_id')::uuid AS order_id, recorded_at, reason
    FROM ledger_journal
    WHERE verb = 'earn' AND reason->>'rule' = 'order' AND reason ? 'order_id'
    ORDER BY reason->>'order_id', (reason->>'multiplier_percent')::int DESC
), numbered AS (
    SELECT id, row_number() OVER (PARTITION BY customer_id ORDER BY paid_at, external_id) AS number
    FROM orders WHERE paid_at IS NOT NULL
)
UPDATE orders o SET counted_at = e.recorded_at, tier_code = e.reason->>'tier', number = n.number,
       multiplier_percent = (e.reason->>'multiplier_percent')::int
FROM earned e JOIN numbered n ON n.id = e.order_id WHERE o.id = e.order_id;
