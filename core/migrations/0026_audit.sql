-- What somebody changed: who, when, from where, by which door, from what to what. Written by triggers, in the
-- transaction of the deed, so that no code can forget it. docs/decisions/0024-personal.md.

CREATE TABLE audit_entries (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    merchant_id uuid NOT NULL,                 -- no foreign key: each entry would look the merchant up
    deed text NOT NULL,                        -- the id of the request: entries of one belong together
    actor text NOT NULL CHECK (actor IN ('staff', 'key', 'command')),
    actor_id uuid,                             -- of staff or an API key
    actor_name text NOT NULL DEFAULT '',       -- of who ran a command
    address text NOT NULL,                     -- '': of a command
    door text NOT NULL,                        -- method and path without ids, or the command
    table_name text NOT NULL,
    row_id text NOT NULL,                      -- its primary key
    op text NOT NULL CHECK (op IN ('insert', 'update', 'delete')),
    before jsonb,                              -- columns that changed
    after jsonb,
    at timestamptz NOT NULL
);
CREATE INDEX audit_entries_newest ON audit_entries (merchant_id, id DESC);
CREATE INDEX audit_entries_actor ON audit_entries (merchant_id, actor_id, id DESC);
CREATE INDEX audit_entries_table ON audit_entries (merchant_id, table_name, id DESC);
SELECT protect('audit_entries', 'SELECT');
SELECT append_only('audit_entries');
CREATE POLICY audit ON audit_entries FOR INSERT TO regulars_audit WITH CHECK (merchant_id = (SELECT current_merchant()));
GRANT INSERT ON audit_entries TO regulars_audit;

-- Arguments: columns of the key, columns whose values are not kept, each apart by commas.
CREATE FUNCTION audit_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_actor jsonb := nullif(current_setting('app.actor', true), '')::jsonb;
    v_old jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    v_new jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    v_row jsonb := coalesce(v_new, v_old);
    v_hidden text[] := string_to_array(TG_ARGV[1], ',');
    v_before jsonb;
    v_after jsonb;
BEGIN
    IF TG_TABLE_NAME = 'sessions' AND coalesce(v_actor->>'kind', 'visitor') = 'visitor' THEN
        v_actor := coalesce(v_actor, '{"address": "", "door": ""}') || jsonb_build_object('kind', 'staff', 'id', v_row->>'staff_id');
    END IF;
    IF v_actor->>'kind' = 'visitor' THEN
        RETURN NULL;
    END IF;
    SELECT jsonb_object_agg(key, CASE WHEN key = ANY (v_hidden) THEN '"…"' ELSE v_old->key END),
           jsonb_object_agg(key, CASE WHEN key = ANY (v_hidden) THEN '"…"' ELSE v_new->key END)
    INTO v_before, v_after
    FROM jsonb_object_keys(v_row) key
    WHERE key <> 'merchant_id' AND (v_old->key) IS DISTINCT FROM (v_new->key)
      AND NOT (TG_OP <> 'UPDATE' AND v_row->key = 'null');
    IF v_before IS NULL AND TG_OP = 'UPDATE' THEN
        RETURN NULL;
    END IF;
    INSERT INTO audit_entries (merchant_id, deed, actor, actor_id, actor_name, address, door, table_name, row_id, op,
                               before, after, at)
    VALUES ((v_row->>'merchant_id')::uuid, coalesce(v_actor->>'deed', uuidv7()::text), v_actor->>'kind',
            (v_actor->>'id')::uuid, coalesce(v_actor->>'name', ''), v_actor->>'address', v_actor->>'door',
            TG_TABLE_NAME,
            (SELECT coalesce(string_agg(v_row->>k, ' ' ORDER BY n), '')
             FROM unnest(string_to_array(TG_ARGV[0], ',')) WITH ORDINALITY AS u (k, n) WHERE k <> 'merchant_id'),
            lower(TG_OP), CASE WHEN TG_OP <> 'INSERT' THEN v_before END, CASE WHEN TG_OP <> 'DELETE' THEN v_after END,
            now());
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION audit_change FROM PUBLIC;
ALTER FUNCTION audit_change OWNER TO regulars_audit;
SET LOCAL ROLE regulars_audit;
GRANT EXECUTE ON FUNCTION audit_change TO regulars_owner;  -- to make triggers of it
SET LOCAL ROLE regulars_owner;

-- Put the trigger on a table, or leave the one that is just so. core.audit.attach calls it after each migration.
-- p_when: as SQL; what does not meet it costs nothing.
CREATE FUNCTION audit_table(p_table regclass, p_hidden text, p_ops text, p_when text) RETURNS bool
LANGUAGE plpgsql AS $$
DECLARE
    v_key text := coalesce((SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM pg_index i
                            CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, n)
                            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                            WHERE i.indrelid = p_table AND i.indisprimary), '');
    v_sql text := format('CREATE OR REPLACE TRIGGER audit AFTER %s ON %s FOR EACH ROW WHEN (%s)
                          EXECUTE FUNCTION audit_change(%L, %L)', p_ops, p_table, p_when, v_key, p_hidden);
BEGIN
    IF obj_description((SELECT oid FROM pg_trigger WHERE tgrelid = p_table AND tgname = 'audit'), 'pg_trigger') = v_sql THEN
        RETURN false;
    END IF;
    EXECUTE v_sql;
    EXECUTE format('COMMENT ON TRIGGER audit ON %s IS %L', p_table, v_sql);
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION audit_table FROM PUBLIC;
