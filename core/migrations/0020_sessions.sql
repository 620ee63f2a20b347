-- Sessions that can be listed, that end when nobody uses them, and a second factor for staff.

ALTER TABLE sessions
    ADD via text NOT NULL DEFAULT '' CHECK (via IN ('', 'password', 'link', 'shop', 'company')),
    ADD device text NOT NULL DEFAULT '',                    -- browser and system, as far as it says so
    ADD seen_at timestamptz NOT NULL DEFAULT now(),         -- to the minute
    ADD idle_until timestamptz NOT NULL DEFAULT 'infinity', -- when it ends unless it is used before
    ADD half bool NOT NULL DEFAULT false;                   -- the password was right, the second factor is awaited
CREATE INDEX sessions_staff ON sessions (staff_id) WHERE revoked_at IS NULL AND staff_id IS NOT NULL;
CREATE INDEX sessions_customer ON sessions (customer_id) WHERE revoked_at IS NULL AND customer_id IS NOT NULL;

ALTER TABLE merchants ADD second_factor_required bool NOT NULL DEFAULT false;  -- of all staff

-- What an authenticator shows codes from, sealed (core.vault). `last_step`: that of the last code taken, so
-- that none counts twice. Tries are counted here: a short code must not be guessed while the cache is away.
CREATE TABLE staff_second_factors (
    staff_id uuid PRIMARY KEY,
    merchant_id uuid NOT NULL,
    secret bytea NOT NULL,
    last_step bigint NOT NULL,
    tries smallint NOT NULL DEFAULT 0,
    tries_since timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, staff_id) REFERENCES staff (merchant_id, id)
);
SELECT protect('staff_second_factors', 'SELECT, INSERT, UPDATE, DELETE');

-- For whoever has lost the device; each works once.
CREATE TABLE staff_recovery_codes (
    code_hash bytea PRIMARY KEY,               -- sha256: a code has 120 random bits
    merchant_id uuid NOT NULL,
    staff_id uuid NOT NULL,
    used_at timestamptz,
    FOREIGN KEY (merchant_id, staff_id) REFERENCES staff (merchant_id, id)
);
CREATE INDEX staff_recovery_codes_staff ON staff_recovery_codes (staff_id);
SELECT protect('staff_recovery_codes', 'SELECT, INSERT, UPDATE, DELETE');

SET LOCAL ROLE regulars_gate;
DROP FUNCTION gate_session(bytea, timestamptz);
SET LOCAL ROLE regulars_owner;
CREATE FUNCTION gate_session(p_token_hash bytea, p_now timestamptz)
RETURNS TABLE (id uuid, merchant_id uuid, staff_id uuid, customer_id uuid, via text, half bool, seen_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT id, merchant_id, staff_id, customer_id, via, half, seen_at FROM sessions
    WHERE token_hash = p_token_hash AND revoked_at IS NULL AND least(expires_at, idle_until) > p_now;
$$;
REVOKE ALL ON FUNCTION gate_session FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gate_session TO regulars_app;
ALTER FUNCTION gate_session OWNER TO regulars_gate;
