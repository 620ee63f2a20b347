SET LOCAL ROLE regulars_gate;
-- contract: the version before does not know it
DROP FUNCTION gate_webhook_source(uuid);
SET LOCAL ROLE regulars_owner;
-- SQL cannot open what is sealed: such a source ends, and its sender needs another one.
UPDATE webhook_sources SET secret = '', revoked_at = coalesce(revoked_at, now()) WHERE secret IS NULL;
ALTER TABLE webhook_sources ALTER COLUMN secret SET NOT NULL;
ALTER TABLE webhook_sources DROP COLUMN sealed;
