-- A wallet's rules: when its points settle and expire. A change is a new version; lots keep the rules
-- under which they were made, so nothing that was granted becomes worth less.

ALTER TABLE wallet_types
    ADD COLUMN name jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN earns_on_orders bool NOT NULL DEFAULT true,
    ADD COLUMN expiry jsonb NOT NULL DEFAULT '{"kind": "never"}' CHECK (expiry ? 'kind'),
    ADD COLUMN settling jsonb NOT NULL DEFAULT '{"kind": "on_delivery", "days": 0}' CHECK (settling ? 'kind'),
    ADD COLUMN warn_days int CHECK (warn_days BETWEEN 1 AND 365),  -- NULL: no warning before expiry
    ADD COLUMN rules_version int NOT NULL DEFAULT 1 CHECK (rules_version > 0),
    ADD COLUMN rules_since timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN rules_by uuid,
    ADD CHECK (code ~ '^[a-z][a-z0-9_]{0,39}$');

UPDATE wallet_types SET expiry = jsonb_build_object('kind', 'rolling_days', 'days', expires_after_days)
WHERE expires_after_days IS NOT NULL;
ALTER TABLE wallet_types DROP COLUMN expires_after_days;

CREATE TABLE wallet_versions (
    merchant_id uuid NOT NULL,
    wallet_type_id uuid NOT NULL,
    number int NOT NULL,
    debt_policy text NOT NULL,
    expiry jsonb NOT NULL,
    settling jsonb NOT NULL,
    warn_days int,
    since timestamptz NOT NULL,
    created_by uuid,                           -- of the staff; NULL: the API, the command line, the programme
    PRIMARY KEY (wallet_type_id, number),
    FOREIGN KEY (merchant_id, wallet_type_id) REFERENCES wallet_types (merchant_id, id)
);
SELECT protect('wallet_versions', 'SELECT, INSERT');
SELECT append_only('wallet_versions');

INSERT INTO wallet_versions (merchant_id, wallet_type_id, number, debt_policy, expiry, settling, warn_days, since)
SELECT merchant_id, id, 1, debt_policy, expiry, settling, warn_days, rules_since FROM wallet_types;

-- Whoever writes a wallet, its version is kept.
CREATE FUNCTION wallet_version_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO wallet_versions (merchant_id, wallet_type_id, number, debt_policy, expiry, settling, warn_days, since,
                                 created_by)
    VALUES (new.merchant_id, new.id, new.rules_version, new.debt_policy, new.expiry, new.settling, new.warn_days,
            new.rules_since, new.rules_by);
    RETURN NULL;
END $$;
CREATE TRIGGER version_made AFTER INSERT ON wallet_types FOR EACH ROW EXECUTE FUNCTION wallet_version_kept();
CREATE TRIGGER version_changed AFTER UPDATE ON wallet_types FOR EACH ROW
    WHEN ((old.debt_policy, old.expiry, old.settling, old.warn_days, old.rules_version)
          IS DISTINCT FROM (new.debt_policy, new.expiry, new.settling, new.warn_days, new.rules_version))
    EXECUTE FUNCTION wallet_version_kept();

-- The version under which a lot was made.
CREATE FUNCTION wallet_version_at(p_wallet uuid, p_at timestamptz) RETURNS wallet_versions LANGUAGE sql STABLE AS $$
    SELECT v FROM wallet_versions v WHERE v.wallet_type_id = p_wallet AND (v.number = 1 OR v.since <= p_at)
    ORDER BY v.number DESC LIMIT 1;
$$;
