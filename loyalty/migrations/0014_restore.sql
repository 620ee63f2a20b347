-- The ledger of an export, brought back as it was: the same postings in their order, under their ids.

-- Rows come from the caller's temporary tables restore_<table>, one JSON object each, numbered by n; p_tables are the
-- ledger's tables, those that others refer to first. All of it or nothing: a merchant who has any posting or lot
-- already is refused, and so is what ledger_check() finds fault with.
CREATE FUNCTION ledger_restore(p_tables text[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    t text;
    columns text;
    made bigint;
    total bigint := 0;
    broken record;
BEGIN
    FOREACH t IN ARRAY p_tables LOOP
        IF t NOT LIKE 'ledger\_%' THEN PERFORM ledger_fail('ledger_restore_refused', t); END IF;
        EXECUTE format('SELECT 1 FROM %I WHERE merchant_id = current_merchant() LIMIT 1', t) INTO made;
        IF made IS NOT NULL THEN PERFORM ledger_fail('ledger_not_empty', t); END IF;
    END LOOP;
    FOREACH t IN ARRAY p_tables LOOP
        SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns FROM pg_attribute
        WHERE attrelid = t::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = '' AND attgenerated = '';
        EXECUTE format(
            'INSERT INTO %1$I (%2$s) SELECT %2$s FROM (SELECT (jsonb_populate_record(NULL::%1$I, r.row || jsonb_build_object('
            || '''merchant_id'', current_merchant()))).*, r.n AS restored_n FROM pg_temp.%3$I r) x ORDER BY restored_n',
            t, columns, 'restore_' || t);
        GET DIAGNOSTICS made = ROW_COUNT;
        total := total + made;
    END LOOP;
    FOR broken IN SELECT * FROM ledger_check() LIMIT 1 LOOP
        PERFORM ledger_fail('ledger_restore_wrong', format('%s: %s', broken.fault, broken.id));
    END LOOP;
    RETURN total;
END $$;
REVOKE ALL ON FUNCTION ledger_restore FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_restore TO regulars_app;
ALTER FUNCTION ledger_restore OWNER TO regulars_ledger;
