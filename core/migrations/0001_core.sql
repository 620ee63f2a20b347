-- Roles (made by core.migrate before this runs):
--   regulars_owner   owns tables, runs migrations; row-level security lets it see all
--   regulars_app     what API and workers connect as; sees the merchant of its transaction only
--   regulars_ledger  owns ledger_post() and holds the only INSERT grant on the ledger's tables
--   regulars_gate    owns the few functions that work before a merchant is known

-- ---------------------------------------------------------------- tenancy

CREATE FUNCTION current_merchant() RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE v text := current_setting('app.merchant', true);
BEGIN
    -- After its first use an unset value reads '', not NULL. Raising beats showing nothing in silence.
    IF v IS NULL OR v = '' THEN
        RAISE EXCEPTION 'no merchant is set for this transaction' USING ERRCODE = 'RG000';
    END IF;
    RETURN v::uuid;
END $$;

-- Put one table under row-level security and grant the application what is named.
CREATE FUNCTION protect(p_table regclass, p_app_rights text, p_merchant_column text DEFAULT 'merchant_id')
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', p_table);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', p_table);
    EXECUTE format('CREATE POLICY tenant ON %s TO regulars_app, regulars_ledger
                    USING (%I = (SELECT current_merchant())) WITH CHECK (%I = (SELECT current_merchant()))',
                   p_table, p_merchant_column, p_merchant_column);
    EXECUTE format('CREATE POLICY owner ON %s TO regulars_owner USING (true) WITH CHECK (true)', p_table);
    EXECUTE format('GRANT %s ON %s TO regulars_app', p_app_rights, p_table);
END $$;

-- Let the gate role read (or claim) rows of every merchant, through its functions alone.
CREATE FUNCTION open_gate(p_table regclass, p_rights text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE POLICY gate ON %s TO regulars_gate USING (true) WITH CHECK (true)', p_table);
    EXECUTE format('GRANT %s ON %s TO regulars_gate', p_rights, p_table);
END $$;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'RG009';
END $$;

-- Make a table append-only for everybody, its owner included.
CREATE FUNCTION append_only(p_table regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %s
                    FOR EACH ROW EXECUTE FUNCTION refuse_change()', p_table);
    EXECUTE format('CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON %s
                    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', p_table);
END $$;

CREATE TABLE merchants (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    code text NOT NULL UNIQUE CHECK (code ~ '^[a-z0-9][a-z0-9-]{1,62}$'),
    name jsonb NOT NULL,                       -- {"en": …, "zh-Hans": …, "zh-Hant": …}
    time_zone text NOT NULL DEFAULT 'UTC',
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    locale text NOT NULL DEFAULT 'en',
    created_at timestamptz NOT NULL
);
SELECT protect('merchants', 'SELECT, INSERT, UPDATE', 'id');
SELECT open_gate('merchants', 'SELECT');

CREATE TABLE stores (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    external_id text NOT NULL,
    name jsonb NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    time_zone text NOT NULL,
    UNIQUE (merchant_id, external_id),
    UNIQUE (merchant_id, id)
);
SELECT protect('stores', 'SELECT, INSERT, UPDATE');

-- ---------------------------------------------------------------- people

CREATE TABLE customers (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    external_id text NOT NULL,
    created_at timestamptz NOT NULL,
    deleted_at timestamptz,
    merged_into uuid,
    UNIQUE (merchant_id, external_id),
    UNIQUE (merchant_id, id)
);
SELECT protect('customers', 'SELECT, INSERT, UPDATE');
SELECT open_gate('customers', 'SELECT');

-- What identifies a person stands here and nowhere else, so that erasing it leaves the rest whole.
CREATE TABLE customer_profiles (
    customer_id uuid PRIMARY KEY,
    merchant_id uuid NOT NULL,
    email text,
    name text NOT NULL DEFAULT '',
    locale text NOT NULL DEFAULT 'en',
    updated_at timestamptz NOT NULL,           -- time of the event that last set it: an older one does not
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id)
);
-- The address first: signing in by e-mail looks it up before a merchant is known.
CREATE INDEX customer_profiles_email ON customer_profiles (lower(email), merchant_id);
SELECT protect('customer_profiles', 'SELECT, INSERT, UPDATE, DELETE');
SELECT open_gate('customer_profiles', 'SELECT');

CREATE TABLE staff (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('owner', 'marketer', 'community_manager', 'agent', 'auditor')),
    locale text NOT NULL DEFAULT 'en',
    password_hash text NOT NULL,
    goodwill_limit_points bigint NOT NULL DEFAULT 0 CHECK (goodwill_limit_points >= 0),
    created_at timestamptz NOT NULL,
    disabled_at timestamptz,
    UNIQUE (merchant_id, id)
);
CREATE UNIQUE INDEX staff_email ON staff (lower(email));
SELECT protect('staff', 'SELECT, INSERT, UPDATE');
SELECT open_gate('staff', 'SELECT');

CREATE TABLE sessions (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    token_hash bytea NOT NULL UNIQUE,
    staff_id uuid,
    customer_id uuid,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CHECK (num_nonnulls(staff_id, customer_id) = 1),
    FOREIGN KEY (merchant_id, staff_id) REFERENCES staff (merchant_id, id),
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id)
);
SELECT protect('sessions', 'SELECT, INSERT, UPDATE');
SELECT open_gate('sessions', 'SELECT');

CREATE TABLE login_links (
    token_hash bytea PRIMARY KEY,
    merchant_id uuid NOT NULL REFERENCES merchants,
    customer_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id)
);
SELECT protect('login_links', 'SELECT, INSERT, UPDATE, DELETE');
SELECT open_gate('login_links', 'SELECT');

CREATE TABLE api_keys (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    name text NOT NULL,
    prefix text NOT NULL UNIQUE,               -- the part that is not secret; finds the row
    secret_hash bytea NOT NULL,                -- sha256: the secret has 256 random bits, a slow hash adds nothing
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
);
SELECT protect('api_keys', 'SELECT, INSERT, UPDATE');
SELECT open_gate('api_keys', 'SELECT');

CREATE TABLE webhook_sources (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    name text NOT NULL,
    secret text NOT NULL,                      -- whsec_…: needed in clear to check a signature
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
);
SELECT protect('webhook_sources', 'SELECT, INSERT, UPDATE');
SELECT open_gate('webhook_sources', 'SELECT');

-- ---------------------------------------------------------------- writes

CREATE TABLE idempotency_keys (
    merchant_id uuid NOT NULL REFERENCES merchants,
    actor text NOT NULL,                       -- whose key it is: two integrators may pick the same word
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    fingerprint bytea NOT NULL,
    status smallint NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, actor, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
SELECT protect('idempotency_keys', 'SELECT, INSERT, DELETE');

-- Work that must happen because a change was committed. The row stays until the work itself is
-- committed, so neither the broker nor a worker can lose it.
CREATE TABLE outbox (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,                 -- no foreign key: every commit would lock the merchant's row
    topic text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    available_at timestamptz NOT NULL,         -- not to be claimed before: delay, lease or back-off
    attempts smallint NOT NULL DEFAULT 0,      -- how often it failed; sending it again does not count
    parked_at timestamptz,
    last_error text
);
CREATE INDEX outbox_due ON outbox (topic, available_at) WHERE parked_at IS NULL;
CREATE INDEX outbox_parked ON outbox (merchant_id, parked_at) WHERE parked_at IS NOT NULL;
SELECT protect('outbox', 'SELECT, INSERT, UPDATE, DELETE');
SELECT open_gate('outbox', 'SELECT, UPDATE');
GRANT INSERT ON outbox TO regulars_ledger;

CREATE FUNCTION outbox_wake() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('outbox', '');
    RETURN NULL;
END $$;
CREATE TRIGGER wake AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_wake();

CREATE TABLE events (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    source text NOT NULL,
    event_id text NOT NULL,
    type text NOT NULL,
    subject text,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    data jsonb NOT NULL,
    fingerprint bytea NOT NULL,
    UNIQUE (merchant_id, source, event_id)
);
SELECT protect('events', 'SELECT, INSERT');
SELECT append_only('events');

CREATE TABLE mails (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    kind text NOT NULL,
    to_address text NOT NULL,
    locale text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    created_at timestamptz NOT NULL,
    sent_at timestamptz
);
CREATE INDEX mails_newest ON mails (merchant_id, created_at DESC);
SELECT protect('mails', 'SELECT, INSERT, UPDATE');

-- ---------------------------------------------------------------- gate: before a merchant is known

CREATE FUNCTION gate_merchants() RETURNS TABLE (id uuid, code text, time_zone text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT id, code, time_zone FROM merchants ORDER BY id;
$$;

CREATE FUNCTION gate_api_key(p_prefix text)
RETURNS TABLE (id uuid, merchant_id uuid, secret_hash bytea, scopes text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT id, merchant_id, secret_hash, scopes FROM api_keys WHERE prefix = p_prefix AND revoked_at IS NULL;
$$;

CREATE FUNCTION gate_staff(p_email text) RETURNS TABLE (id uuid, merchant_id uuid, password_hash text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT id, merchant_id, password_hash FROM staff WHERE lower(email) = lower(p_email) AND disabled_at IS NULL;
$$;

CREATE FUNCTION gate_session(p_token_hash bytea, p_now timestamptz)
RETURNS TABLE (id uuid, merchant_id uuid, staff_id uuid, customer_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT id, merchant_id, staff_id, customer_id FROM sessions
    WHERE token_hash = p_token_hash AND revoked_at IS NULL AND expires_at > p_now;
$$;

-- Whom a sign-in link for this address would let in: one customer a merchant, the survivor after a merge.
CREATE FUNCTION gate_customers(p_email text)
RETURNS TABLE (merchant_id uuid, customer_id uuid, email text, locale text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT DISTINCT ON (p.merchant_id) p.merchant_id, k.id, p.email, p.locale
    FROM customer_profiles p
    JOIN customers c ON c.id = p.customer_id
    JOIN customers k ON k.id = coalesce(c.merged_into, c.id)
    WHERE lower(p.email) = lower(p_email) AND c.deleted_at IS NULL AND k.deleted_at IS NULL
    ORDER BY p.merchant_id, p.updated_at DESC, k.id;
$$;

CREATE FUNCTION gate_login_link(p_token_hash bytea) RETURNS TABLE (merchant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT merchant_id FROM login_links WHERE token_hash = p_token_hash;
$$;

CREATE FUNCTION gate_webhook(p_source uuid) RETURNS TABLE (merchant_id uuid, secret text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT merchant_id, secret FROM webhook_sources WHERE id = p_source AND revoked_at IS NULL;
$$;

-- Claim due rows for one relay, oldest first, at most so many of each topic. They come back by themselves
-- when the lease ends before they are done.
CREATE FUNCTION gate_outbox_claim(p_now timestamptz, p_topics text[], p_limits int[], p_lease interval)
RETURNS TABLE (id uuid, merchant_id uuid, topic text, attempts smallint)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH due AS (
        SELECT d.id FROM unnest(p_topics, p_limits) AS want (topic, rows)
        CROSS JOIN LATERAL (
            SELECT o.id FROM outbox o
            WHERE o.topic = want.topic AND o.parked_at IS NULL AND o.available_at <= p_now
            ORDER BY o.available_at LIMIT want.rows FOR UPDATE SKIP LOCKED) d
    )
    UPDATE outbox o SET available_at = p_now + p_lease FROM due
    WHERE o.id = due.id
    RETURNING o.id, o.merchant_id, o.topic, o.attempts;
$$;

-- Give claimed rows back that could not be sent.
CREATE FUNCTION gate_outbox_release(p_ids uuid[], p_available_at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE outbox SET available_at = p_available_at WHERE id = ANY (p_ids) AND parked_at IS NULL;
$$;

CREATE FUNCTION gate_outbox_lag(p_now timestamptz) RETURNS TABLE (waiting bigint, parked bigint, oldest_s float8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(*) FILTER (WHERE parked_at IS NULL), count(*) FILTER (WHERE parked_at IS NOT NULL),
           coalesce(extract(epoch FROM p_now - min(created_at) FILTER (WHERE parked_at IS NULL)), 0)::float8
    FROM outbox;
$$;

DO $$
DECLARE f regprocedure;
BEGIN
    FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE proname LIKE 'gate\_%' AND pronamespace = 'public'::regnamespace LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO regulars_app', f);
        EXECUTE format('ALTER FUNCTION %s OWNER TO regulars_gate', f);
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION protect, open_gate, append_only FROM PUBLIC;
