-- The shop signs its customers in to the portal: keys that its server signs with, and which tokens were used.

CREATE TABLE handoff_keys (
    id uuid PRIMARY KEY DEFAULT uuidv7(),      -- "kid" of a token
    merchant_id uuid NOT NULL REFERENCES merchants,
    name text NOT NULL,
    secret bytea NOT NULL,                     -- sealed (core.vault): needed in clear to check a signature
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,                  -- to the minute
    revoked_at timestamptz
);
CREATE INDEX handoff_keys_merchant ON handoff_keys (merchant_id);
SELECT protect('handoff_keys', 'SELECT, INSERT, UPDATE');
SELECT open_gate('handoff_keys', 'SELECT');

CREATE TABLE handoff_uses (
    merchant_id uuid NOT NULL REFERENCES merchants,
    jti text NOT NULL,
    expires_at timestamptz NOT NULL,           -- after that the token is refused for its age
    PRIMARY KEY (merchant_id, jti)
);
CREATE INDEX handoff_uses_expiry ON handoff_uses (merchant_id, expires_at);
SELECT protect('handoff_uses', 'SELECT, INSERT, DELETE');

CREATE FUNCTION gate_handoff_key(p_id uuid) RETURNS TABLE (merchant_id uuid, secret bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT merchant_id, secret FROM handoff_keys WHERE id = p_id AND revoked_at IS NULL;
$$;
REVOKE ALL ON FUNCTION gate_handoff_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gate_handoff_key TO regulars_app;
ALTER FUNCTION gate_handoff_key OWNER TO regulars_gate;
