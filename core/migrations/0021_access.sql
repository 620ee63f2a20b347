-- Staff who are invited by mail, and API keys that are replaced without a gap.

ALTER TABLE staff ADD password_set_at timestamptz;  -- NULL: invited, and has not chosen a password yet
UPDATE staff SET password_set_at = created_at;

-- A link of a mail with which one of the staff chooses a password, once.
CREATE TABLE staff_links (
    token_hash bytea PRIMARY KEY,
    merchant_id uuid NOT NULL,
    staff_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, staff_id) REFERENCES staff (merchant_id, id)
);
CREATE INDEX staff_links_staff ON staff_links (staff_id);
CREATE INDEX staff_links_expiry ON staff_links (merchant_id, expires_at);
SELECT protect('staff_links', 'SELECT, INSERT, DELETE');
SELECT open_gate('staff_links', 'SELECT');

CREATE FUNCTION gate_staff_link(p_token_hash bytea) RETURNS TABLE (merchant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT merchant_id FROM staff_links WHERE token_hash = p_token_hash;
$$;
REVOKE ALL ON FUNCTION gate_staff_link FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gate_staff_link TO regulars_app;
ALTER FUNCTION gate_staff_link OWNER TO regulars_gate;

ALTER TABLE api_keys
    ADD expires_at timestamptz,                -- set when another key took its place
    ADD last_used_at timestamptz;              -- to the minute

SET LOCAL ROLE regulars_gate;
DROP FUNCTION gate_api_key(text);
SET LOCAL ROLE regulars_owner;
CREATE FUNCTION gate_api_key(p_prefix text)
RETURNS TABLE (id uuid, merchant_id uuid, secret_hash bytea, scopes text[], expires_at timestamptz, last_used_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT id, merchant_id, secret_hash, scopes, expires_at, last_used_at
    FROM api_keys WHERE prefix = p_prefix AND revoked_at IS NULL;
$$;
REVOKE ALL ON FUNCTION gate_api_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gate_api_key TO regulars_app;
ALTER FUNCTION gate_api_key OWNER TO regulars_gate;
