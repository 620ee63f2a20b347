-- Reviews as their sources wrote them, what the model reads in them, and the cases they open.

-- One row a review: where it lives, whom and what it is about, and which version is the current one.
CREATE TABLE reviews (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    source text NOT NULL CHECK (source ~ '^[a-z][a-z0-9_]{0,39}$'),
    account text NOT NULL,                     -- which account at the source; '' if it has but one
    external_id text NOT NULL CHECK (external_id <> ''),
    store_id uuid,
    product_sku text NOT NULL DEFAULT '',      -- '': about the store
    product_name text NOT NULL DEFAULT '',
    customer_id uuid,
    author text NOT NULL DEFAULT '',           -- as shown; never an e-mail address
    order_id uuid,                             -- the line that proves the purchase: nothing else verifies
    order_line_id text,
    verified bool NOT NULL GENERATED ALWAYS AS (order_id IS NOT NULL) STORED,
    solicited bool,                            -- NULL: the source does not say
    incentivised bool NOT NULL DEFAULT false,
    rating_norm numeric(5, 4),                 -- of the current version, as is `edited_at`
    written_at timestamptz,
    edited_at timestamptz,
    received_at timestamptz NOT NULL,
    version int NOT NULL CHECK (version >= 0), -- the current one; 0: known only to be removed
    state text NOT NULL CHECK (state IN ('live', 'tombstone')),
    removed_at timestamptz,
    reply text NOT NULL DEFAULT '',            -- the shop's public reply
    replied_at timestamptz,
    UNIQUE (merchant_id, source, account, external_id),
    UNIQUE (merchant_id, id),
    CHECK (num_nonnulls(order_id, order_line_id) <> 1),
    CHECK (state = 'live' OR removed_at IS NOT NULL),
    CHECK (version > 0 OR state = 'tombstone'),
    CHECK (version = 0 OR num_nulls(written_at, edited_at) = 0),
    FOREIGN KEY (merchant_id, store_id) REFERENCES stores (merchant_id, id),
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id),
    FOREIGN KEY (merchant_id, order_id) REFERENCES orders (merchant_id, id),
    FOREIGN KEY (order_id, order_line_id) REFERENCES order_lines (order_id, line_id)
);
CREATE INDEX reviews_customer ON reviews (customer_id, written_at DESC, id DESC) WHERE customer_id IS NOT NULL;
-- Whose order may still arrive: events come late.
CREATE INDEX reviews_unproven ON reviews (merchant_id, received_at)
    WHERE order_id IS NULL AND customer_id IS NOT NULL;
SELECT protect('reviews', 'SELECT, INSERT, UPDATE');

-- Every wording there ever was, numbered as it arrived. The text stands here and nowhere else.
CREATE TABLE review_versions (
    merchant_id uuid NOT NULL,
    review_id uuid NOT NULL,
    number int NOT NULL CHECK (number > 0),
    fingerprint bytea NOT NULL,                -- of the content and `edited_at`: a replay is known by it
    rating_raw numeric,
    scale_min numeric,
    scale_max numeric,
    rating_norm numeric(5, 4) CHECK (rating_norm BETWEEN 1 AND 5),
    title text NOT NULL,
    body text NOT NULL,                        -- raw: never shown unescaped, cleaned only for the model
    lang text NOT NULL,                        -- as the source declares it; '': it does not
    edited_at timestamptz NOT NULL,            -- when its author wrote this version
    received_at timestamptz NOT NULL,
    extra jsonb NOT NULL DEFAULT '{}',         -- fields of the source that we have no column for
    PRIMARY KEY (review_id, number),
    UNIQUE (review_id, fingerprint),
    CHECK (num_nonnulls(rating_raw, scale_min, scale_max) IN (0, 3)),
    FOREIGN KEY (merchant_id, review_id) REFERENCES reviews (merchant_id, id)
);
SELECT protect('review_versions', 'SELECT, INSERT');
SELECT append_only('review_versions');

-- ---------------------------------------------------------------- what the model reads

CREATE TABLE review_scores (
    merchant_id uuid NOT NULL,
    review_id uuid NOT NULL,
    version int NOT NULL,
    model text NOT NULL,                       -- several may score one version, side by side
    stars real[] NOT NULL CHECK (cardinality(stars) = 5),
    stars_expected real NOT NULL,
    stars_predicted smallint NOT NULL CHECK (stars_predicted BETWEEN 1 AND 5),
    sentiment text NOT NULL CHECK (sentiment IN ('negative', 'neutral', 'positive')),
    negative real NOT NULL,
    neutral real NOT NULL,
    positive real NOT NULL,
    aspects jsonb NOT NULL,
    lang text NOT NULL,
    scored_at timestamptz NOT NULL,
    PRIMARY KEY (review_id, version, model),
    FOREIGN KEY (merchant_id, review_id) REFERENCES reviews (merchant_id, id),
    FOREIGN KEY (review_id, version) REFERENCES review_versions (review_id, number)
);
SELECT protect('review_scores', 'SELECT, INSERT');
SELECT append_only('review_scores');

CREATE TABLE review_flags (
    merchant_id uuid NOT NULL,
    review_id uuid NOT NULL,
    version int NOT NULL,
    reason text NOT NULL CHECK (reason IN ('rating', 'sentiment', 'urgency')),
    detail jsonb NOT NULL,
    flagged_at timestamptz NOT NULL,
    PRIMARY KEY (review_id, version, reason),
    FOREIGN KEY (merchant_id, review_id) REFERENCES reviews (merchant_id, id),
    FOREIGN KEY (review_id, version) REFERENCES review_versions (review_id, number)
);
SELECT protect('review_flags', 'SELECT, INSERT');
SELECT append_only('review_flags');

-- ---------------------------------------------------------------- cases

-- The last number given; its row also lets openers of one merchant take turns.
CREATE TABLE case_numbers (
    merchant_id uuid PRIMARY KEY REFERENCES merchants,
    last int NOT NULL
);
SELECT protect('case_numbers', 'SELECT, INSERT, UPDATE');

CREATE TABLE cases (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    number int NOT NULL,
    review_id uuid UNIQUE,                     -- the review that opened it: none opens two
    customer_id uuid,
    state text NOT NULL CHECK (state IN ('new', 'assigned', 'in_progress', 'waiting_for_customer',
                                         'remedy_offered', 'resolved', 'closed', 'reopened')),
    open bool NOT NULL GENERATED ALWAYS AS (state NOT IN ('resolved', 'closed')) STORED,
    cycle int NOT NULL DEFAULT 1 CHECK (cycle > 0),
    version int NOT NULL DEFAULT 1,            -- rises with every deed that a colleague must see before acting
    priority smallint NOT NULL,                -- higher comes first
    priority_parts jsonb NOT NULL,
    owner_id uuid,
    opened_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    resolved_at timestamptz,
    answered_at timestamptz,                   -- the shop's word; NULL again once the customer has written
    due_at timestamptz,                        -- of the clock that runs out next; NULL: none runs
    UNIQUE (merchant_id, number),
    UNIQUE (merchant_id, id),
    CHECK ((state IN ('resolved', 'closed')) = (resolved_at IS NOT NULL)),
    FOREIGN KEY (merchant_id, review_id) REFERENCES reviews (merchant_id, id),
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id),
    FOREIGN KEY (merchant_id, owner_id) REFERENCES staff (merchant_id, id)
);
CREATE INDEX cases_open ON cases (merchant_id, (-priority), opened_at, id) WHERE open;
CREATE INDEX cases_unanswered ON cases (merchant_id, (-priority), opened_at, id) WHERE open AND answered_at IS NULL;
CREATE INDEX cases_mine ON cases (owner_id, (-priority), opened_at, id) WHERE open;
CREATE INDEX cases_due ON cases (merchant_id, due_at, id) WHERE open AND due_at IS NOT NULL;
CREATE INDEX cases_done ON cases (merchant_id, resolved_at DESC, id DESC) WHERE NOT open;
CREATE INDEX cases_customer ON cases (customer_id) WHERE customer_id IS NOT NULL;
SELECT protect('cases', 'SELECT, INSERT, UPDATE');

CREATE TABLE case_events (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    case_id uuid NOT NULL,
    cycle int NOT NULL,
    kind text NOT NULL CHECK (kind ~ '^[a-z_]+$'),
    actor text NOT NULL CHECK (actor IN ('staff', 'customer', 'system')),
    staff_id uuid,
    detail jsonb NOT NULL,
    at timestamptz NOT NULL,
    CHECK ((actor = 'staff') = (staff_id IS NOT NULL)),
    FOREIGN KEY (merchant_id, case_id) REFERENCES cases (merchant_id, id),
    FOREIGN KEY (merchant_id, staff_id) REFERENCES staff (merchant_id, id)
);
CREATE INDEX case_events_case ON case_events (case_id, id);
-- What a clock says, it says once a cycle.
CREATE UNIQUE INDEX case_events_clock ON case_events (case_id, cycle, kind, (detail ->> 'clock'))
    WHERE kind LIKE 'clock\_%';
SELECT protect('case_events', 'SELECT, INSERT');
SELECT append_only('case_events');

-- The target is what it was when the cycle began, whatever the policy says later.
CREATE TABLE case_clocks (
    merchant_id uuid NOT NULL,
    case_id uuid NOT NULL,
    cycle int NOT NULL,
    kind text NOT NULL CHECK (kind IN ('first_reply', 'private_contact', 'next_reply', 'resolution')),
    target_s int NOT NULL CHECK (target_s > 0),
    started_at timestamptz NOT NULL,
    warn_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    warned_at timestamptz,
    breached_at timestamptz,
    satisfied_at timestamptz,
    stopped_at timestamptz,                    -- the cycle ended without need of it
    PRIMARY KEY (case_id, cycle, kind),
    CHECK (warn_at <= due_at AND started_at <= warn_at),
    FOREIGN KEY (merchant_id, case_id) REFERENCES cases (merchant_id, id)
);
CREATE INDEX case_clocks_warn ON case_clocks (merchant_id, warn_at)
    WHERE warned_at IS NULL AND breached_at IS NULL AND satisfied_at IS NULL AND stopped_at IS NULL;
CREATE INDEX case_clocks_due ON case_clocks (merchant_id, due_at)
    WHERE breached_at IS NULL AND satisfied_at IS NULL AND stopped_at IS NULL;
SELECT protect('case_clocks', 'SELECT, INSERT, UPDATE');

CREATE TABLE case_messages (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    case_id uuid NOT NULL,
    cycle int NOT NULL,
    kind text NOT NULL CHECK (kind IN ('public_reply', 'private_message', 'note', 'customer_message')),
    staff_id uuid,                             -- NULL: the customer
    body text NOT NULL CHECK (body <> ''),
    state text CHECK (state IN ('queued', 'sent', 'failed', 'cancelled')),
    failure text,
    created_at timestamptz NOT NULL,
    send_after timestamptz,                    -- until then it can be taken back
    sent_at timestamptz,
    UNIQUE (merchant_id, id),
    CHECK ((kind = 'customer_message') = (staff_id IS NULL)),
    CHECK ((kind IN ('public_reply', 'private_message')) = (state IS NOT NULL AND send_after IS NOT NULL)),
    CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    CHECK ((state = 'failed') = (failure IS NOT NULL)),
    FOREIGN KEY (merchant_id, case_id) REFERENCES cases (merchant_id, id),
    FOREIGN KEY (merchant_id, staff_id) REFERENCES staff (merchant_id, id)
);
CREATE INDEX case_messages_case ON case_messages (case_id, id);
-- Two public replies never wait for one case.
CREATE UNIQUE INDEX case_messages_queued ON case_messages (case_id) WHERE kind = 'public_reply' AND state = 'queued';
SELECT protect('case_messages', 'SELECT, INSERT, UPDATE');

-- What was given. Nothing here can say what the customer is to do for it: a remedy has no conditions.
CREATE TABLE case_remedies (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    case_id uuid NOT NULL,
    cycle int NOT NULL,
    staff_id uuid NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 300),
    points bigint NOT NULL CHECK (points > 0),
    journal_id uuid NOT NULL UNIQUE REFERENCES ledger_journal,
    message text NOT NULL,                     -- what the customer reads with it
    given_at timestamptz NOT NULL,
    UNIQUE (merchant_id, key),
    FOREIGN KEY (merchant_id, case_id) REFERENCES cases (merchant_id, id),
    FOREIGN KEY (merchant_id, staff_id) REFERENCES staff (merchant_id, id)
);
CREATE INDEX case_remedies_case ON case_remedies (case_id, staff_id);
SELECT protect('case_remedies', 'SELECT, INSERT');
SELECT append_only('case_remedies');
