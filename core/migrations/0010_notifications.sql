-- Messages to customers: one path for all of them, with what each customer wants, quiet hours and a log.

-- The customer's own clock, as they chose it; NULL: the shop's.
ALTER TABLE customer_profiles ADD time_zone text;

-- The newest row counts.
CREATE TABLE notification_settings (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    quiet_from time NOT NULL,                  -- on the customer's clock; equal to quiet_until: no quiet hours
    quiet_until time NOT NULL,
    marketing_needs_consent bool NOT NULL,     -- false: whoever did not say no gets it
    kinds jsonb NOT NULL,                      -- {kind: whether it is sent}, where it is not as shipped
    changed_by uuid,                           -- NULL: by the installation
    changed_at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, changed_by) REFERENCES staff (merchant_id, id)
);
CREATE INDEX notification_settings_newest ON notification_settings (merchant_id, id DESC);
SELECT protect('notification_settings', 'SELECT, INSERT');
SELECT append_only('notification_settings');

-- The merchant's own systems for text messages and push; the secret that signs is sealed (core.vault).
CREATE TABLE notification_gateways (
    merchant_id uuid NOT NULL REFERENCES merchants,
    channel text NOT NULL CHECK (channel IN ('sms', 'push')),
    url text NOT NULL,
    secret bytea NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, channel)
);
SELECT protect('notification_gateways', 'SELECT, INSERT, UPDATE, DELETE');

-- What somebody said they want or do not want, and where; the newest word on a channel and a matter counts.
CREATE TABLE notification_choices (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    about text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('mail', 'sms', 'push')),
    wanted bool NOT NULL,
    via text NOT NULL CHECK (via IN ('portal', 'link', 'one_click', 'shop')),
    said_at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id)
);
CREATE INDEX notification_choices_newest ON notification_choices (customer_id, channel, about, said_at DESC, id DESC);
SELECT protect('notification_choices', 'SELECT, INSERT');
SELECT append_only('notification_choices');

-- The log of deliveries. `told` is emptied when nothing is left to do with it.
CREATE TABLE notifications (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    kind text NOT NULL,
    about text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('mail', 'sms', 'push')),
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 300),
    fingerprint bytea NOT NULL,
    zone text NOT NULL,                        -- whose quiet hours they are while the customer has chosen no clock
    told jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('held', 'queued', 'sent', 'failed', 'suppressed')),
    reason text NOT NULL DEFAULT '',           -- why it was suppressed, or failed last
    attempts smallint NOT NULL DEFAULT 0,
    due_at timestamptz,                        -- when its quiet hours end
    mail_id uuid REFERENCES mails,
    created_at timestamptz NOT NULL,
    settled_at timestamptz,                    -- handed over, given up or suppressed
    UNIQUE (merchant_id, key, channel),
    CHECK ((state = 'held') = (due_at IS NOT NULL)),
    CHECK (state <> 'suppressed' OR reason <> ''),
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id)
);
CREATE INDEX notifications_newest ON notifications (merchant_id, id DESC);
CREATE INDEX notifications_state ON notifications (merchant_id, state, id DESC);
CREATE INDEX notifications_due ON notifications (merchant_id, due_at, id) WHERE state = 'held';
SELECT protect('notifications', 'SELECT, INSERT, UPDATE');

-- A link of a mail that ends one matter on one channel, without signing in.
CREATE TABLE notification_links (
    token_hash bytea PRIMARY KEY,
    merchant_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    about text NOT NULL,
    channel text NOT NULL,
    expires_at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id)
);
CREATE INDEX notification_links_expiry ON notification_links (merchant_id, expires_at);
SELECT protect('notification_links', 'SELECT, INSERT, DELETE');
SELECT open_gate('notification_links', 'SELECT');

CREATE FUNCTION gate_notification_link(p_token_hash bytea) RETURNS TABLE (merchant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT merchant_id FROM notification_links WHERE token_hash = p_token_hash;
$$;
REVOKE ALL ON FUNCTION gate_notification_link FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gate_notification_link TO regulars_app;
ALTER FUNCTION gate_notification_link OWNER TO regulars_gate;
