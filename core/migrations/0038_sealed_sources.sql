-- Secrets of systems that send us signed events are sealed (core.vault), as all others are. Those from before are
-- sealed by core.purge, since SQL has no key; after that their `secret` is NULL.
ALTER TABLE webhook_sources ADD COLUMN sealed bytea;
-- Nothing of before is released. A process of before answers 500 for a source that is sealed, and its sender sends again.
-- squawk-ignore ban-drop-not-null
ALTER TABLE webhook_sources ALTER COLUMN secret DROP NOT NULL;

CREATE FUNCTION gate_webhook_source(p_source uuid) RETURNS TABLE (merchant_id uuid, secret text, sealed bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT merchant_id, secret, sealed FROM webhook_sources WHERE id = p_source AND revoked_at IS NULL;
$$;
REVOKE ALL ON FUNCTION gate_webhook_source FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gate_webhook_source TO regulars_app;
ALTER FUNCTION gate_webhook_source OWNER TO regulars_gate;
