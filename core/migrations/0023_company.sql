-- Staff who sign in with an account of their company (OpenID Connect).

CREATE TABLE company_providers (
    merchant_id uuid PRIMARY KEY REFERENCES merchants,
    issuer text NOT NULL,
    client_id text NOT NULL,
    client_secret bytea NOT NULL,              -- sealed (core.vault)
    changed_by uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    FOREIGN KEY (merchant_id, changed_by) REFERENCES staff (merchant_id, id)
);
SELECT protect('company_providers', 'SELECT, INSERT, UPDATE, DELETE');

-- Sign-ins under way: between leaving for the provider and coming back.
CREATE TABLE company_flows (
    state_hash bytea PRIMARY KEY,
    merchant_id uuid NOT NULL REFERENCES merchants,
    nonce text NOT NULL,
    verifier text NOT NULL,                    -- of PKCE; worth nothing without the code
    next_path text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX company_flows_expiry ON company_flows (merchant_id, expires_at);
SELECT protect('company_flows', 'SELECT, INSERT, DELETE');
SELECT open_gate('company_flows', 'SELECT');

CREATE FUNCTION gate_company_flow(p_state_hash bytea) RETURNS TABLE (merchant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT merchant_id FROM company_flows WHERE state_hash = p_state_hash;
$$;
REVOKE ALL ON FUNCTION gate_company_flow FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gate_company_flow TO regulars_app;
ALTER FUNCTION gate_company_flow OWNER TO regulars_gate;
