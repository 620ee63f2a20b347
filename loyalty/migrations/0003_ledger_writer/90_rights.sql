-- ---------------------------------------------------------------- who may call what

DO $$
DECLARE
    f record;
    entries text[] := '{ledger_post, ledger_earn, ledger_earn_plain, ledger_expire, ledger_budget}';      -- the ways in
BEGIN
    FOR f IN SELECT oid::regprocedure AS name, proname FROM pg_proc
             WHERE proname LIKE 'ledger\_%' AND pronamespace = 'public'::regnamespace LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f.name);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO regulars_ledger', f.name);
        IF f.proname = ANY (entries || '{ledger_verify, ledger_content, ledger_entry_text, ledger_time_text}'::text[])
           OR f.proname LIKE 'ledger\_check%' AND f.proname <> 'ledger_check_command' THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO regulars_app', f.name);
        END IF;
        IF f.proname = ANY (entries) THEN
            EXECUTE format('ALTER FUNCTION %s OWNER TO regulars_ledger', f.name);
        END IF;
    END LOOP;
END $$;
