-- Everybody to whom something was delivered is asked for a review, whoever they are and whatever they may think.

-- The newest row counts.
CREATE TABLE review_invitation_settings (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    active bool NOT NULL,
    days_after_delivery int NOT NULL CHECK (days_after_delivery BETWEEN 0 AND 90),
    reminder_after_days int NOT NULL CHECK (reminder_after_days BETWEEN 0 AND 60),  -- 0: none
    cooldown_days int NOT NULL CHECK (cooldown_days BETWEEN 0 AND 365),
    quiet_from time NOT NULL,                  -- on the clock of the store; equal to quiet_until: no quiet hours
    quiet_until time NOT NULL,
    valid_days int NOT NULL CHECK (valid_days BETWEEN 1 AND 180),
    changed_by uuid,                           -- NULL: by the installation
    changed_at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, changed_by) REFERENCES staff (merchant_id, id)
);
CREATE INDEX review_invitation_settings_newest ON review_invitation_settings (merchant_id, id DESC);
SELECT protect('review_invitation_settings', 'SELECT, INSERT');
SELECT append_only('review_invitation_settings');

CREATE TABLE review_invitations (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    order_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    delivered_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'sent', 'skipped')),
    skip_reason text CHECK (skip_reason IN ('no_address', 'opted_out', 'cooldown', 'reviewed', 'too_late')),
    due_at timestamptz,                        -- of the mail or its reminder; NULL: nothing is left to do
    sent_at timestamptz,
    reminded_at timestamptz,
    answered_at timestamptz,
    UNIQUE (merchant_id, order_id),
    UNIQUE (merchant_id, id),
    CHECK ((state = 'skipped') = (skip_reason IS NOT NULL)),
    CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    CHECK (state <> 'waiting' OR due_at IS NOT NULL),
    FOREIGN KEY (merchant_id, order_id) REFERENCES orders (merchant_id, id),
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id)
);
CREATE INDEX review_invitations_due ON review_invitations (merchant_id, due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX review_invitations_customer ON review_invitations (customer_id, sent_at);
CREATE INDEX review_invitations_delivered ON review_invitations (merchant_id, delivered_at);
SELECT protect('review_invitations', 'SELECT, INSERT, UPDATE');

-- A link of a mail opens one thing: the form for that order, or the end of such mails.
CREATE TABLE review_invitation_links (
    token_hash bytea PRIMARY KEY,
    merchant_id uuid NOT NULL,
    invitation_id uuid NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('write', 'unsubscribe')),
    expires_at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, invitation_id) REFERENCES review_invitations (merchant_id, id)
);
CREATE INDEX review_invitation_links_expiry ON review_invitation_links (merchant_id, expires_at);
SELECT protect('review_invitation_links', 'SELECT, INSERT, DELETE');
SELECT open_gate('review_invitation_links', 'SELECT');

CREATE FUNCTION gate_review_link(p_token_hash bytea) RETURNS TABLE (merchant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT merchant_id FROM review_invitation_links WHERE token_hash = p_token_hash;
$$;
REVOKE ALL ON FUNCTION gate_review_link FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gate_review_link TO regulars_app;
ALTER FUNCTION gate_review_link OWNER TO regulars_gate;

-- Who does not want to be asked, and when they wanted it again.
CREATE TABLE review_opt_outs (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    out_at timestamptz NOT NULL,
    in_at timestamptz,
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id)
);
CREATE UNIQUE INDEX review_opt_outs_now ON review_opt_outs (customer_id) WHERE in_at IS NULL;
SELECT protect('review_opt_outs', 'SELECT, INSERT');
GRANT UPDATE (in_at) ON review_opt_outs TO regulars_app;

ALTER TABLE reviews
    ADD invitation_id uuid,                    -- the one that it answers
    ADD FOREIGN KEY (merchant_id, invitation_id) REFERENCES review_invitations (merchant_id, id);

-- What was delivered lately, which the sweep asks for.
CREATE INDEX orders_delivered ON orders (merchant_id, delivered_at) WHERE delivered_at IS NOT NULL;
