-- Webhooks out: who wants to hear of what, what happened, and what became of telling it.
-- docs/decisions/0025-developers.md says why it looks like this.

CREATE TABLE webhook_endpoints (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    url text NOT NULL CHECK (length(url) BETWEEN 1 AND 2000),
    note text NOT NULL DEFAULT '',
    types text[] NOT NULL,                     -- empty: every type, also those that come later
    state text NOT NULL CHECK (state IN ('on', 'off', 'disabled')),
    reason text NOT NULL DEFAULT '' CHECK ((state = 'disabled') = (reason <> '')),
    secret bytea NOT NULL,                     -- sealed (core.vault), as is the one before
    old_secret bytea,
    old_until timestamptz,                     -- till then both sign
    failing_since timestamptz,                 -- no attempt has succeeded since this first failure
    quiet_until timestamptz,                   -- it did not answer: nothing is sent before
    succeeded_at timestamptz,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    deleted_at timestamptz,
    CHECK ((old_secret IS NULL) = (old_until IS NULL)),
    UNIQUE (merchant_id, id)
);
CREATE INDEX webhook_endpoints_here ON webhook_endpoints (merchant_id) WHERE deleted_at IS NULL;
SELECT protect('webhook_endpoints', 'SELECT, INSERT, UPDATE');

-- What happened, as it is told: the bytes that are signed. They hold no name and no address of a person.
CREATE TABLE webhook_events (
    id uuid PRIMARY KEY,
    merchant_id uuid NOT NULL REFERENCES merchants,
    type text NOT NULL,
    version smallint NOT NULL CHECK (version > 0),
    customer_id uuid,                          -- whom it is about
    body text NOT NULL CHECK (octet_length(body) <= 20480),
    created_at timestamptz NOT NULL,
    UNIQUE (merchant_id, id),
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id)
);
CREATE INDEX webhook_events_age ON webhook_events (merchant_id, created_at);
CREATE INDEX webhook_events_customer ON webhook_events (customer_id) WHERE customer_id IS NOT NULL;
SELECT protect('webhook_events', 'SELECT, INSERT, DELETE');

-- One event for one endpoint.
CREATE TABLE webhook_deliveries (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    event_id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'delivered', 'failed')),
    reason text NOT NULL DEFAULT '' CHECK ((state = 'failed') = (reason <> '')),
    step smallint NOT NULL DEFAULT 0,          -- of the schedule; begins anew when somebody sends it again
    attempts smallint NOT NULL DEFAULT 0,
    next_at timestamptz,
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    UNIQUE (event_id, endpoint_id),
    UNIQUE (merchant_id, id),
    CHECK ((state = 'queued') = (next_at IS NOT NULL) AND (state = 'queued') = (settled_at IS NULL)),
    FOREIGN KEY (merchant_id, event_id) REFERENCES webhook_events (merchant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (merchant_id, endpoint_id) REFERENCES webhook_endpoints (merchant_id, id)
);
CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (merchant_id, id DESC);
CREATE INDEX webhook_deliveries_of ON webhook_deliveries (endpoint_id, state, id DESC);
SELECT protect('webhook_deliveries', 'SELECT, INSERT, UPDATE, DELETE');

-- One request, and what came back.
CREATE TABLE webhook_attempts (
    delivery_id uuid NOT NULL,
    number smallint NOT NULL CHECK (number > 0),
    merchant_id uuid NOT NULL,
    at timestamptz NOT NULL,
    duration_ms int NOT NULL CHECK (duration_ms >= 0),
    status smallint,                           -- NULL: there was no answer
    failure text NOT NULL DEFAULT '',
    answer text NOT NULL DEFAULT '' CHECK (octet_length(answer) <= 4096),
    PRIMARY KEY (delivery_id, number),
    FOREIGN KEY (merchant_id, delivery_id) REFERENCES webhook_deliveries (merchant_id, id) ON DELETE CASCADE
);
SELECT protect('webhook_attempts', 'SELECT, INSERT, DELETE');
