-- Whole people, and not only their profiles, can be erased and exported. docs/decisions/0024-personal.md.

-- What is history to everybody else may lose somebody's words: through erase_history() alone, whose owner this is.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_user = 'regulars_eraser' AND TG_OP IN ('UPDATE', 'DELETE') THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'RG009';
END $$;

-- What an erasure does to tables that the application may not change. No merchant's: it is part of the code.
CREATE TABLE erasable_history (
    table_name text PRIMARY KEY,
    statement text NOT NULL                    -- $1: ids, or the shop's words for customers, as texts
);
GRANT SELECT ON erasable_history TO regulars_eraser;

-- Let erasures overwrite columns of a person's rows ("column = value; …"), or delete the rows where there are none.
CREATE FUNCTION erasable(p_table regclass, p_by text, p_values text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    c text;
    v_whose text := format('%I = ANY ($1::%s[])', p_by, (
        SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = p_table AND attname = p_by));
BEGIN
    EXECUTE format('CREATE POLICY eraser ON %s TO regulars_eraser USING (merchant_id = (SELECT current_merchant()))
                    WITH CHECK (merchant_id = (SELECT current_merchant()))', p_table);
    EXECUTE format('GRANT SELECT ON %s TO regulars_eraser', p_table);
    IF p_values = '' THEN
        EXECUTE format('GRANT DELETE ON %s TO regulars_eraser', p_table);
        INSERT INTO erasable_history VALUES (p_table::text, format('DELETE FROM %s WHERE %s', p_table, v_whose));
        RETURN;
    END IF;
    FOREACH c IN ARRAY regexp_split_to_array(p_values, '; ') LOOP
        EXECUTE format('GRANT UPDATE (%I) ON %s TO regulars_eraser', split_part(c, ' = ', 1), p_table);
    END LOOP;
    INSERT INTO erasable_history VALUES (p_table::text,
        format('UPDATE %s SET %s WHERE %s', p_table, replace(p_values, '; ', ', '), v_whose));
END $$;
REVOKE ALL ON FUNCTION erasable FROM PUBLIC;

-- Destroys what it is told of the open merchant's, and can do nothing else. Answers how many rows.
CREATE FUNCTION erase_history(p_table text, p_whose text[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_statement text := (SELECT statement FROM erasable_history WHERE table_name = p_table);
    v_rows bigint;
BEGIN
    IF v_statement IS NULL THEN
        RAISE EXCEPTION 'nothing of % can be erased', p_table USING ERRCODE = 'RG009';
    END IF;
    EXECUTE v_statement USING p_whose;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_rows;
END $$;
REVOKE ALL ON FUNCTION erase_history FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_history TO regulars_app;
ALTER FUNCTION erase_history OWNER TO regulars_eraser;

-- ---------------------------------------------------------------- whose a mail is

ALTER TABLE mails ADD customer_id uuid;        -- NULL: to staff
UPDATE mails m SET customer_id = n.customer_id FROM notifications n WHERE n.mail_id = m.id;
UPDATE mails m SET customer_id = p.customer_id FROM customer_profiles p
WHERE m.customer_id IS NULL AND m.kind = 'login_link' AND p.merchant_id = m.merchant_id
  AND lower(p.email) = lower(m.to_address);
CREATE INDEX mails_customer ON mails (customer_id) WHERE customer_id IS NOT NULL;

-- ---------------------------------------------------------------- history that erasures reach

-- Names and addresses are read out of an event into the profile; the event need not have them, too.
ALTER TABLE events DISABLE TRIGGER append_only;
UPDATE events SET data = data - ARRAY['email', 'name', 'birthday'] WHERE type LIKE 'customer.%';
ALTER TABLE events ENABLE TRIGGER append_only;
SELECT erasable('sessions', 'customer_id', '');
SELECT erasable('notification_choices', 'customer_id', '');

-- ---------------------------------------------------------------- erasures and exports

-- Which people were to be erased; opaque ids, so that it may stay for ever.
CREATE TABLE erasures (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL REFERENCES merchants,
    customer_id uuid NOT NULL,
    via text NOT NULL CHECK (via IN ('portal', 'staff', 'api', 'shop', 'command', 'replay')),
    asked_by uuid,                             -- of the staff
    keeps_reviews bool NOT NULL,               -- their author wants them to stay, without a name
    asked_at timestamptz NOT NULL,
    done_at timestamptz,
    UNIQUE (merchant_id, customer_id),
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id)
);
SELECT protect('erasures', 'SELECT, INSERT, UPDATE');

-- A key for each person who has something sealed under it, itself sealed by the installation's key. Erased: destroyed.
CREATE TABLE person_keys (
    customer_id uuid PRIMARY KEY,
    merchant_id uuid NOT NULL,
    sealed_key bytea,                          -- NULL: destroyed
    destroyed_at timestamptz,
    CHECK ((sealed_key IS NULL) = (destroyed_at IS NOT NULL)),
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id)
);
SELECT protect('person_keys', 'SELECT, INSERT, UPDATE');

-- Files that people asked for of what is kept of them; sealed under their own key, gone after some days.
CREATE TABLE person_exports (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    ready_at timestamptz,
    size_bytes bigint,
    UNIQUE (merchant_id, id),
    CHECK ((ready_at IS NULL) = (size_bytes IS NULL)),
    FOREIGN KEY (merchant_id, customer_id) REFERENCES customers (merchant_id, id)
);
CREATE INDEX person_exports_customer ON person_exports (customer_id, id DESC);
SELECT protect('person_exports', 'SELECT, INSERT, UPDATE, DELETE');

CREATE TABLE person_export_parts (
    merchant_id uuid NOT NULL,
    export_id uuid NOT NULL,
    number int NOT NULL CHECK (number >= 0),
    sealed bytea NOT NULL,
    PRIMARY KEY (export_id, number),
    FOREIGN KEY (merchant_id, export_id) REFERENCES person_exports (merchant_id, id) ON DELETE CASCADE
);
ALTER TABLE person_export_parts ALTER sealed SET STORAGE EXTERNAL;
SELECT protect('person_export_parts', 'SELECT, INSERT, DELETE');
